"""`yankao check`: whether this installation and its surroundings are as they should be, in sentences."""

from __future__ import annotations

import argparse
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

from . import installation
from .terminal import FAULTS, INTACT, Progress, remark, say
from .words import _

LEAST_FREE = 1 << 30
SCARCE_FREE = 5 << 30
TAIL = 1000


@dataclass(frozen=True)
class Finding:
    """One thing looked at: `ok`, `note` (worth knowing) or `fault`."""

    level: str
    sentence: str


type Look = Callable[[], Iterator[Finding]]


def check_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--full", action="store_true", help=_("另驗證整本歷程帳本與全部搜尋索引（資料多時較久）")
    )


def check(options: argparse.Namespace) -> int:
    """Look at everything; 1 when there is a fault."""
    installation.up()
    looks = [settings_safe, system, packages, fonts, tables, database, evidence, vault_keys]
    looks += [ledger_end, index_end]
    looks += [worker, mail_boxes, disk]
    if options.full:
        looks += [ledger_whole, index_whole]
    count = 0
    with Progress(_("檢查"), len(looks)) as bar:
        found: list[Finding] = []
        for look in looks:
            bar.enter(look.__name__)
            found += look()
            bar.step()
            if look is tables and any(one.level == "fault" for one in found[-1:]):
                break  # without tables nothing further can be asked
    marks = {"ok": _("正常"), "note": _("注意"), "fault": _("錯誤")}
    for one in found:
        say(f"[{marks[one.level]}] {one.sentence}")
        count += one.level == "fault"
    if count:
        remark(_("發現%(count)s項錯誤。") % {"count": count})
    return FAULTS if count else INTACT


def settings_safe() -> Iterator[Finding]:
    from django.conf import settings  # noqa: PLC0415  (settings are read once Django is set up)

    from .safety import dangers  # noqa: PLC0415
    from .words import tongue  # noqa: PLC0415

    if settings.DEMO:
        yield Finding("note", _("這是示範站（YANKAO_DEMO=1）：不需密碼即可登入，不可放正式資料。"))
        return
    found = dangers()
    for danger in found:
        yield Finding("fault", f"{danger.id} {danger.english if tongue() == 'en' else danger.sentence}")
    if not found:
        yield Finding("ok", _("設定安全。"))


def system() -> Iterator[Finding]:
    from django.core import checks  # noqa: PLC0415

    wrong = [
        one
        for one in checks.run_checks()
        if one.level >= checks.ERROR and not (one.id or "").startswith("yankao.E")
    ]
    for one in wrong:
        yield Finding("fault", f"{one.id} {one.msg}")
    if not wrong:
        yield Finding("ok", _("程式各部分相符。"))


def packages() -> Iterator[Finding]:
    from django.conf import settings  # noqa: PLC0415
    from django.contrib.staticfiles import finders  # noqa: PLC0415

    from .static_files import PACKAGE  # noqa: PLC0415

    here = finders.find(PACKAGE)
    yield (
        Finding("ok", _("瀏覽器套件齊備。"))
        if here
        else Finding("fault", _("缺少瀏覽器套件：請先執行make setup。"))
    )
    house = Path(settings.BASE_DIR) / "yankao"
    stale = [
        po
        for po in sorted(house.rglob("locale/en/LC_MESSAGES/django.po"))
        if not po.with_suffix(".mo").is_file()
    ]
    if stale:
        yield Finding("note", _("有%(count)s份英文訊息尚未編譯：請執行make setup。") % {"count": len(stale)})
    collected = (Path(settings.STATIC_ROOT) / "staticfiles.json").is_file()
    yield (
        Finding("ok", _("靜態檔已備妥。"))
        if collected
        else Finding("note", _("靜態檔尚未備妥：請執行yankao setup。"))
    )


def fonts() -> Iterator[Finding]:
    from yankao.kernel.documents.pdf import check_fonts  # noqa: PLC0415

    try:
        families = check_fonts()
    except Exception as error:
        yield Finding("fault", str(error))
        return
    yield Finding("ok", _("PDF可用的中文字型：%(fonts)s。") % {"fonts": "、".join(families)})


def tables() -> Iterator[Finding]:
    missing = installation.missing()
    if missing:
        yield Finding(
            "fault",
            _("資料表尚未建立或版本較舊（缺%(count)s步）：請執行yankao setup。") % {"count": len(missing)},
        )
    else:
        yield Finding("ok", _("資料表為最新版。"))


def database() -> Iterator[Finding]:
    from django.db import connection  # noqa: PLC0415

    if connection.vendor != "sqlite":
        with connection.cursor() as cursor:
            cursor.execute("SELECT current_setting('synchronous_commit'), current_setting('server_version')")
            synchronous, version = cursor.fetchone()
        yield Finding("ok", _("PostgreSQL %(version)s可用。") % {"version": version})
        if synchronous == "off":
            yield Finding("fault", _("synchronous_commit為off：斷電時可能遺失已確認的紀錄，請改為on。"))
        return
    with connection.cursor() as cursor:
        cursor.execute("PRAGMA integrity_check")
        told = [row[0] for row in cursor.fetchall()]
        cursor.execute("PRAGMA foreign_key_check")
        loose = cursor.fetchall()
    for line in told if told != ["ok"] else []:
        yield Finding("fault", _("資料庫檔案損毀：%(why)s。請由備份還原（yankao restore）。") % {"why": line})
    if loose:
        yield Finding(
            "fault",
            _("有%(count)s筆資料指向不存在的紀錄（資料表%(table)s）。")
            % {"count": len(loose), "table": loose[0][0]},
        )
    if told == ["ok"] and not loose:
        yield Finding("ok", _("資料庫檔案完整。"))


def evidence() -> Iterator[Finding]:
    from yankao.kernel.evidence.files import verify_store  # noqa: PLC0415

    found = verify_store()
    for sha in found.missing:
        yield Finding("fault", _("佐證檔%(sha)s不見了。") % {"sha": sha})
    for sha in found.damaged:
        yield Finding("fault", _("佐證檔%(sha)s已損毀。") % {"sha": sha})
    if found.sound:
        yield Finding("ok", _("%(count)s個佐證檔的雜湊值相符。") % {"count": found.checked})


def vault_keys() -> Iterator[Finding]:
    """Every key that a record names is here, and opens one record of each table."""
    from yankao.kernel.vault import keys, rotation, sealing  # noqa: PLC0415

    lost = rotation.missing()
    for name in lost:
        yield Finding("fault", _("個資保管庫缺少金鑰%(key)s，其所封資料無法開啟。") % {"key": name})
    spoilt = 0
    for name, rows in rotation.used().items():
        for model, _count in rows if name not in lost else []:
            row = model._default_manager.filter(key_id=name, wrapped__isnull=False).order_by("-pk").first()
            if row is None or (envelope := row.envelope) is None:
                continue
            try:
                sealing.unseal(envelope)
            except (sealing.Damaged, keys.KeyMissing):
                spoilt += 1
                yield Finding("fault", _("金鑰%(key)s開不了%(table)s的資料。")
                              % {"key": name, "table": model._meta.verbose_name})  # fmt: skip
    if not lost and not spoilt:
        yield Finding("ok", _("個資保管庫的金鑰齊備。"))


def ledger_end() -> Iterator[Finding]:
    """The last entries, the head and the newest published checkpoint agree; the whole is walked by
    `verify`."""
    import json  # noqa: PLC0415

    from yankao.kernel.audit import ledger  # noqa: PLC0415
    from yankao.kernel.audit.models import Entry, Head  # noqa: PLC0415

    last = list(Entry.objects.order_by("-seq").values_list("seq", "hash", "prev")[:TAIL])
    head = Head.objects.filter(pk=1).values_list("seq", "hash").first() or (0, ledger.GENESIS)
    wrong = [older[0] for newer, older in pairwise(last)
             if newer[2] != older[1] or newer[0] != older[0] + 1]  # fmt: skip
    if wrong or head != (last[0][:2] if last else (0, ledger.GENESIS)):
        yield Finding("fault", _("歷程帳本末端不連貫：請執行yankao verify。"))
        return
    marks = sorted(ledger.published().glob("????-??-??.json"))
    if marks:
        told = json.loads(marks[-1].read_text("ascii"))
        held = Entry.objects.filter(seq=told["seq"]).values_list("hash", flat=True).first()
        if told["seq"] and held != told["hash"]:
            yield Finding(
                "fault", _("歷程帳本與%(day)s公布的查核點不符：請執行yankao verify。") % {"day": told["day"]}
            )
            return
    else:
        yield Finding("note", _("尚未公布查核點：背景工作每日公布一次。"))
    yield Finding("ok", _("歷程帳本末端連貫，至第%(seq)s筆。") % {"seq": head[0]})


def ledger_whole() -> Iterator[Finding]:
    from yankao.kernel.audit import ledger  # noqa: PLC0415

    faults = ledger.verify()
    for fault in faults:
        yield Finding("fault", fault.sentence)
    if not faults:
        yield Finding("ok", _("整本歷程帳本完好。"))


def index_end() -> Iterator[Finding]:
    """The newest records are found as they are; all of them are compared by `--full`."""
    from .searching import NEWEST, compare  # noqa: PLC0415

    yield _index_found(compare(newest=NEWEST), _("搜尋索引與最近的紀錄相符。"))


def index_whole() -> Iterator[Finding]:
    from .searching import compare  # noqa: PLC0415

    yield _index_found(compare(), _("搜尋索引與全部紀錄相符。"))


def _index_found(behind: int, fine: str) -> Finding:
    if not behind:
        return Finding("ok", fine)
    told = _("搜尋索引有%(count)s筆與紀錄不符：請執行yankao index。") % {"count": f"{behind:,}"}
    return Finding("fault", told)


def worker() -> Iterator[Finding]:
    from yankao.kernel.jobs.models import Job, State  # noqa: PLC0415

    from .health import worker_state  # noqa: PLC0415

    states = {
        "ok": Finding("ok", _("背景工作執行中。")),
        "silent": Finding("note", _("背景工作超過5分鐘沒有回報：請確認yankao worker執行中。")),
        "never": Finding("note", _("背景工作尚未執行過。")),
    }
    yield states[worker_state()]
    dead = Job.objects.filter(state=State.FAILED).count()
    if dead:
        yield Finding(
            "note", _("有%(count)s件背景工作無法完成，請由系統管理員處理後重試。") % {"count": dead}
        )


def mail_boxes() -> Iterator[Finding]:
    """Each box that citizens write to is opened as the worker opens it; nothing in it is taken or marked."""
    # Its models exist only once Django is set up, which `check` does before it looks.
    from yankao.service.petitions.mail import boxes  # noqa: PLC0415  (needs Django set up, see above)

    for name, why in boxes.tried():
        if why:
            yield Finding("fault", _("收信信箱%(box)s打不開：%(why)s") % {"box": name, "why": why})
        else:
            yield Finding("ok", _("收信信箱%(box)s可收信。") % {"box": name})


def disk() -> Iterator[Finding]:
    from django.conf import settings  # noqa: PLC0415

    free = shutil.disk_usage(settings.DATA).free
    told = {"free": f"{free / (1 << 30):.1f}", "folder": settings.DATA}
    if free < LEAST_FREE:
        yield Finding("fault", _("%(folder)s只剩%(free)s GB，將無法寫入：請清出空間。") % told)
    elif free < SCARCE_FREE:
        yield Finding("note", _("%(folder)s剩下%(free)s GB，請留意。") % told)
    else:
        yield Finding("ok", _("%(folder)s尚有%(free)s GB可用。") % told)
