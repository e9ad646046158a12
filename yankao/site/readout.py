"""`yankao report`, `figures`, `freeze` and `verify`: what the records say, and the proof that nobody changed
them."""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from . import installation
from .terminal import FAULTS, INTACT, Progress, Stop, remark, say, table
from .words import _, tongue

if TYPE_CHECKING:
    from yankao.kernel.people.models import User
    from yankao.kernel.period import Period
    from yankao.report.models import Edition

FORMATS = ("html", "odt", "pdf", "json", "zip")


def report_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("period", help=_("期間，如101H1；101H1#2為第2版"))
    parser.add_argument("--format", choices=FORMATS, default="html", help=_("格式，預設html"))
    parser.add_argument("--output", type=Path, required=True, help=_("輸出的檔案；-為標準輸出"))


def figures_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("period", help=_("期間，如101H1"))
    parser.add_argument("names", nargs="*", metavar="NAME", help=_("數據名稱；省略時為報告的主要數據"))
    parser.add_argument("--supporting", action="store_true", help=_("併列支持主要數據的細目"))
    parser.add_argument("--json", action="store_true", help=_("以JSON輸出"))


def freeze_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("edition", metavar="period", help=_("期間，如101H1；101H1#2為第2版"))
    parser.add_argument("--by", required=True, metavar="USERNAME", help=_("定稿人帳號（主任秘書或主任委員）"))


def verify_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("edition", nargs="?", help=_("一併驗證的定稿，如101H1（該期間的各定稿）或101H1#2"))


# ── What is meant ───────────────────────────────────────────────────────────────────────────────────


def period_of(text: str) -> Period:
    """The period named; Stop with a sentence when there is none of that name."""
    from yankao.kernel.period import Period, PeriodError  # noqa: PLC0415  (one import for every command)

    try:
        return Period.parse(text)
    except PeriodError as error:
        raise Stop(str(error)) from error


def editions(text: str) -> list[Edition]:
    """The editions meant by `101H1` (all of the period, oldest first) or `101H1#2` (one)."""
    from yankao.report.editions import editions_of  # noqa: PLC0415  (models are ready only after `up`)

    period, _mark, number = text.partition("#")
    found = list(editions_of(period_of(period)).order_by("number"))
    if number:
        if not number.isdigit():
            raise Stop(_("版次須為數字，如101H1#2。"))
        found = [one for one in found if one.number == int(number)]
    if not found:
        raise Stop(_("沒有「%(edition)s」這個報告版本。") % {"edition": text})
    return found


def person(username: str) -> User:
    """The active person of that username, or Stop."""
    from yankao.kernel.people.models import User  # noqa: PLC0415

    found = User.objects.filter(username=username, is_active=True).first()
    if found is None:
        raise Stop(_("沒有「%(name)s」這個啟用中的帳號。") % {"name": username})
    return found


# ── Figures and report ──────────────────────────────────────────────────────────────────────────────


def figures(options: argparse.Namespace) -> int:
    """Print the figures of a period: a table, or JSON with each figure's records and digest."""
    installation.ready()
    from yankao.report.api import figures_json  # noqa: PLC0415
    from yankao.report.prose import ProseError  # noqa: PLC0415

    with Progress(_("計算數據")) as bar:
        bar.enter(options.period)
        try:
            found = figures_json(period_of(options.period), options.names, supporting=options.supporting)
        except LookupError as error:
            raise Stop(str(error.args[0])) from error
        except ProseError as error:
            raise Stop(str(error), FAULTS) from error
    if options.json:
        say(json.dumps(found, ensure_ascii=False, indent=1))
    else:
        language = "en" if tongue() == "en" else "zh"
        heads = [_("數據"), _("值"), _("單位"), _("紀錄數"), _("說明")]
        table([heads, *([row["figure"], row["value"], row["unit"], str(row["records"]), _words(row, language)]
                        for row in found)])  # fmt: skip
    return INTACT


def _words(row: dict[str, Any], language: str) -> str:
    label = row.get("label") or {}
    return str(label.get(language) or label.get("zh-hant") or label.get("zh") or "")


def report(options: argparse.Namespace) -> int:
    """Write the report of a period as it reads now, or of an edition as it was frozen."""
    installation.ready()
    from yankao.report import api  # noqa: PLC0415
    from yankao.report.editions import built_of  # noqa: PLC0415

    with Progress(_("產出報告")) as bar:
        bar.enter(options.period)
        language = tongue()
        if "#" in options.period:
            built = built_of(editions(options.period)[0], language)
        else:
            built = api.build(period_of(options.period), language)
        made = api.render(built, options.format)
    if str(options.output) == "-":
        sys.stdout.buffer.write(made)
    else:
        options.output.write_bytes(made)
        remark(_("已寫入%(file)s（%(bytes)s位元組）。") % {"file": options.output, "bytes": f"{len(made):,}"})
    for problem in built.problems:
        remark(problem.sentence)
    return FAULTS if built.problems else INTACT


def freeze(options: argparse.Namespace) -> int:
    """Freeze an approved edition in the name of a chief of the commission."""
    installation.ready()
    from yankao.report.editions import Refused  # noqa: PLC0415
    from yankao.report.freezing import freeze as freeze_edition  # noqa: PLC0415

    edition = editions(options.edition)[-1]
    with Progress(_("定稿")) as bar:
        bar.enter(str(edition))
        try:
            freeze_edition(edition, person(options.by))
        except Refused as refused:
            remark(str(refused))
            return FAULTS
    say(_("%(edition)s已定稿。") % {"edition": edition})
    return INTACT


# ── Proof ───────────────────────────────────────────────────────────────────────────────────────────


def verify(options: argparse.Namespace) -> int:
    """Walk the whole ledger, and the frozen editions named; exit code 1 lists what is wrong."""
    installation.ready()
    faults = ledger_faults()
    if options.edition:
        faults += edition_faults(options.edition)
    for sentence in faults:
        say(sentence)
    if faults:
        remark(_("發現%(count)s項錯誤。") % {"count": len(faults)})
        return FAULTS
    say(_("完好無誤。"))
    return INTACT


def ledger_faults() -> list[str]:
    """Every fault of the ledger in sentences, with the number of entries read told on the way."""
    from yankao.kernel.audit import ledger  # noqa: PLC0415
    from yankao.kernel.audit.models import Entry  # noqa: PLC0415

    with Progress(_("驗證歷程帳本"), Entry.objects.count()) as bar:
        return [fault.sentence for fault in ledger.verify(lambda done: bar.step(done=done))]


def edition_faults(text: str) -> list[str]:
    """What is wrong with the edition named, or with all frozen editions of the period named."""
    from yankao.report.freezing import verify as verify_edition  # noqa: PLC0415

    found = editions(text)
    frozen = found if "#" in text else [one for one in found if one.frozen]
    if not frozen:
        raise Stop(_("「%(edition)s」尚無定稿的版本。") % {"edition": text})
    faults = []
    with Progress(_("驗證定稿"), len(frozen)) as bar:
        for one in frozen:
            bar.enter(str(one))
            faults += [f"{one}: {sentence}" for sentence in verify_edition(one)]
            bar.step()
    return faults
