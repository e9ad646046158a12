"""`yankao listen service.calls`: follow the exchange's log and its live feed; replay, rebuild and reconcile.

    yankao listen service.calls --queue-log /var/log/asterisk/queue_log --ami 127.0.0.1:5038 --user yankao

The log is looked at every second and is the batch truth; the live feed tells of the same calls sooner and
is kept in the log's name. The password of the feed stands in the environment, never in the database.
"""

from __future__ import annotations

import argparse
import threading
import time
from collections.abc import Callable
from datetime import date, timedelta
from pathlib import Path
from typing import Any

from django.db import connection
from django.utils import timezone
from django.utils.translation import gettext as _

from yankao.kernel.journal import ingest, rollup
from yankao.kernel.journal.models import Source
from yankao.kernel.journal.reconciling import reconcile
from yankao.kernel.journal.tailing import read_file

from .exchange import ami_feed
from .journal import calls

EVERY = 1.0
SECRET = "YANKAO_AMI_SECRET"  # noqa: S105  (the name of the variable)

type Say = Callable[[str], None]


def arguments(parser: argparse.ArgumentParser) -> None:
    """Arguments of `yankao listen service.calls`."""
    parser.add_argument("--queue-log", type=Path, help=_("Asterisk的queue_log檔，續讀、輪替皆可"))
    parser.add_argument("--cdr", type=Path, help=_("Asterisk的通聯紀錄檔（Master.csv），供對帳"))
    parser.add_argument("--ami", default="", help=_("AMI即時連線，主機:埠"))
    parser.add_argument("--user", default="yankao", help=_("AMI帳號，密碼由環境變數YANKAO_AMI_SECRET提供"))
    parser.add_argument("--once", action="store_true", help=_("讀完目前的檔案就結束"))
    parser.add_argument(
        "--rebuild", action="store_true", help=_("由留存的原始資料重建話務紀錄與集計，然後結束")
    )
    parser.add_argument(
        "--reconcile", type=date.fromisoformat, metavar="DAY", help=_("與通聯紀錄核對這一天，然後結束")
    )


def _source(
    code: str, name: str, form: str, address: str, journal: str = "service.calls", **more: Any
) -> Source:
    """The source of a code, with the address given now."""
    found, _made = Source.objects.update_or_create(
        journal=journal,
        code=code,
        defaults={"name": name, "format": form, "address": address, "active": True, **more},
    )
    return found


def listen(options: argparse.Namespace, say: Say, going: Callable[[], bool]) -> None:
    """Do what the arguments say while `going()`. Raises ValueError when they say nothing."""
    if options.rebuild:
        _rebuild(say)
        return
    log = (
        _source("pbx", _("交換機佇列紀錄"), "queue_log", str(options.queue_log.resolve()))
        if options.queue_log
        else None
    )
    cdr = (
        _source("cdr", _("交換機通聯紀錄"), "cdr", str(options.cdr.resolve()), "service.calls.cdr")
        if options.cdr
        else Source.objects.filter(journal="service.calls.cdr", code="cdr").first()
    )
    if options.reconcile:
        if options.cdr and cdr:
            _tell(say, cdr, read_file(cdr))
        _reconcile(cdr, options.reconcile, say)
        return
    if log is None and not options.ami and not options.cdr:
        raise ValueError(_("請以--queue-log、--ami或--cdr指明來源。"))
    feed = _feed(options, going) if options.ami else None
    files = [one for one in (log, cdr if options.cdr else None) if one is not None]
    reconciled = timezone.localdate()
    while True:
        for source in files:
            _tell(say, source, read_file(source))
        if options.once or not going():
            break
        today = timezone.localdate()
        if options.cdr and today > reconciled:  # the day before is complete
            _reconcile(cdr, today - timedelta(days=1), say)
            reconciled = today
        time.sleep(EVERY)
    if feed is not None:
        feed.join(ami_feed.SILENCE)


def _feed(options: argparse.Namespace, going: Callable[[], bool]) -> threading.Thread:
    """The live feed in a thread with a connection of its own."""
    main = Source.objects.filter(journal="service.calls", code="pbx").first()
    source = _source(
        "ami",
        _("交換機即時連線"),
        "ami",
        options.ami,
        same_as=main,
        settings={"user": options.user, "secret": SECRET},
    )

    def run() -> None:
        try:
            ami_feed.follow(source, going)
        finally:
            connection.close()

    thread = threading.Thread(target=run, name="yankao-ami", daemon=True)
    thread.start()
    return thread


def _rebuild(say: Say) -> None:
    """Tell every call anew from the raw, and say whether the sums equal the calls."""
    taken = ingest.rebuild(calls)
    say(
        _("由原始資料重讀%(records)s筆，更新%(changed)s通。")
        % {"records": taken.records, "changed": taken.changed}
    )
    say(_("集計與逐通紀錄不符的半小時：%(n)s個。") % {"n": len(rollup.differences(calls))})


def _reconcile(second: Source | None, day: date, say: Say) -> None:
    main = Source.objects.filter(journal="service.calls", code="pbx").first()
    if main is None or second is None:
        raise ValueError(_("尚未讀入佇列紀錄或通聯紀錄，無法核對。"))
    found = reconcile(main, second, day)
    say(
        _(
            "%(day)s：佇列紀錄%(count)s通，通聯紀錄%(second)s通，只見於通聯%(missing)s通，只見於佇列%(surplus)s通。"
        )
        % {
            "day": day,
            "count": found.count,
            "second": found.second_count,
            "missing": found.missing,
            "surplus": found.surplus,
        }
    )


def _tell(say: Say, source: Source, taken: ingest.Taken) -> None:
    if taken.records:
        say(
            _("%(name)s：讀入%(records)s筆，新增%(new)s通，更新%(changed)s通，無法讀取%(dead)s筆。")
            % {
                "name": source.name,
                "records": taken.records,
                "new": taken.new,
                "changed": taken.changed,
                "dead": taken.dead,
            }
        )
    elif source.fault:
        say(source.fault)
