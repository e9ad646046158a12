"""The ledger of a case in words: who did what and when, what was given, what changed from what to what."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from django.db.models import QuerySet
from django.utils.translation import gettext as _

from yankao.kernel.audit.models import Entry
from yankao.kernel.casework.asks import Ask
from yankao.kernel.casework.models import Case
from yankao.kernel.casework.process import Move, Process
from yankao.kernel.letters.declare import letters

from .derive import column_of
from .inputs import words_of
from .jinja import format_time
from .parts import Event, Fact
from .values import told

SHORT = 8
FIRST = ("title", "agency", "officer")


def entries_of(case: Case) -> QuerySet[Entry]:
    """The case's lines, newest first, with the names of who acted."""
    return Entry.objects.filter(case=case).select_related("actor").order_by("-seq")


def act_words(process: Process[Any], act: str) -> str:
    """What an act of the ledger is called."""
    move = process.moves.get(act)
    if move is not None:
        return str(move.label)
    known = {
        "open": _("立案"), "amend": _("更正"), "assign": _("分派"), "link": _("連結相關案件"),
        "letter.issue": _("核發文書"), "letter.revoke": _("註銷文書"), "vault.reveal": _("調閱個人資料"),
    }  # fmt: skip
    return known.get(act, act)


def events(process: Process[Any], entries: Sequence[Entry]) -> list[Event]:
    return [event(process, entry) for entry in entries]


def event(process: Process[Any], entry: Entry) -> Event:
    """One line of the timeline."""
    body = json.loads(entry.body)
    move = process.moves.get(entry.act)
    given, changed = dict(body.get("given") or {}), dict(body.get("changed") or {})
    reason = given.pop("reason", None) or body.get("reason") or ""
    order = [*(move.asks if move else FIRST), *process.asks]
    given = {name: given[name] for name in sorted(given, key=lambda name: _place(order, name))}
    if entry.act.startswith("letter."):
        given, letter = {}, _of_letter(given)
    else:
        letter = []
    details = [
        *_moved(process, entry),
        *letter,
        *(fact for name, value in given.items() if (fact := _given(process, move, name, value))),
        *(fact for name, pair in changed.items() if (fact := _changed(process, name, pair, given))),
    ]
    tone = "green" if move is not None and move.closes else "amber" if entry.act in ("amend",) else ""
    late = entry.recorded_at - entry.at
    when = format_time(entry.at)
    if late.total_seconds() > 60:
        when = _("%(at)s（%(recorded)s登錄）") % {"at": when, "recorded": format_time(entry.recorded_at)}
    return Event(
        when, entry.at.isoformat(timespec="minutes"), words_of(entry.actor) if entry.actor else _("系統"),
        act_words(process, entry.act), _kept_elsewhere(reason) or told(reason), details, tone,
        _("帳冊第%(seq)s筆，%(hash)s") % {"seq": f"{entry.seq:,}", "hash": entry.hash[:SHORT]},
    )  # fmt: skip


def _place(order: Sequence[str], name: str) -> int:
    return order.index(name) if name in order else len(order)


def _moved(process: Process[Any], entry: Entry) -> list[Fact]:
    if entry.source == entry.target or not entry.source:
        return []
    return [
        Fact(_("階段"), f"{process.stage_label(entry.source)} → {process.stage_label(entry.target)}"),
    ]


def _of_letter(given: dict[str, Any]) -> list[Fact]:
    """A letter as the register calls it; what else the ledger holds of it is proof and no news."""
    known = letters.get(str(given.get("letter", "")))
    found = [
        Fact(_("文書"), str(known.label) if known else ""),
        Fact(_("發文字號"), told(given.get("number"))),
        Fact(_("發文日期"), told(given.get("dated"))),
    ]
    return [one for one in found if one.value]


def _wordless(column: Any) -> bool:
    """A column nobody gave words to is the machine's own: no reader is told of it."""
    return column is not None and str(column.verbose_name) == str(column.name).replace("_", " ")


def _given(process: Process[Any], move: Move[Any, ...] | None, name: str, value: Any) -> Fact | None:
    ask = move.asks.get(name) if move else None
    column = _docket_column(name) if move is None else None
    column = column or column_of(name, process.record, move.asks.values() if move else ())
    if ask is not None and ask.row is not None and isinstance(value, list):
        text = _rows(process, ask.row, value)
    else:
        text = _kept_elsewhere(value) or told(value, column, ask.type if ask else None)
    if not text or (ask is None and _wordless(column)):
        return None
    label = (ask.label if ask else "") or (column.verbose_name if column is not None else name)
    return Fact(str(label), text)


def _rows(process: Process[Any], asks: dict[str, Ask], rows: list[Any]) -> str:
    """The rows of a table of inputs, a line each, with the words of their columns."""
    lines = []
    for row in rows:
        cells = row if isinstance(row, dict) else {}
        named = []
        for name, ask in asks.items():
            column = column_of(name, process.record, asks.values())
            if text := told(cells.get(name), column, ask.type):
                named.append(f"{ask.label or (column.verbose_name if column is not None else name)} {text}")
        lines.append(_("；").join(named))
    return "\n".join(lines)


def _changed(process: Process[Any], name: str, pair: Any, given: dict[str, Any]) -> Fact | None:
    """A column before and after, unless what was given says the same already."""
    before, after = pair if isinstance(pair, list) and len(pair) == 2 else (None, pair)
    bare = name.removesuffix("_id")
    if before in (None, "") and (name in given or bare in given):
        return None
    column = _docket_column(bare) or column_of(bare, process.record)
    names = {
        one["id"]: one["text"]
        for one in given.values()
        if isinstance(one, dict) and "id" in one and "text" in one
    }
    was, now = (
        names[v] if isinstance(v, int) and v in names else _kept_elsewhere(v) or told(v, column)
        for v in (before, after)
    )
    if _wordless(column):
        return None
    label = column.verbose_name if column is not None else name
    blank = _("（空白）")
    return Fact(str(label), f"{was or blank} → {now or blank}")


def _kept_elsewhere(value: Any) -> str:
    """What the chain names without telling (`ledger.by_digest`); "" for anything it tells."""
    if not isinstance(value, dict):
        return ""
    if set(value) == {"sha256"}:
        return str(_("只記於案件，帳冊存其摘要（%s…）") % value["sha256"][:8])
    return _("另行保管") if set(value) == {"id", "is"} else ""


def _docket_column(name: str) -> Any:
    if name in ("title", "agency", "officer", "district", "due_at", "security"):
        return Case._meta.get_field(name)
    return None
