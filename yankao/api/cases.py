"""Cases as programs see them: found by number or id, told with facts, clocks and open moves, listed."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date, datetime, time, timedelta
from typing import Any

from django.db import models
from django.db.models import Q, QuerySet
from django.db.models.fields.tuple_lookups import Tuple, TupleLessThan
from django.utils import timezone
from django.utils.translation import gettext as _

from yankao.kernel.audit.models import Look
from yankao.kernel.casework.asks import Ask
from yankao.kernel.casework.models import Case, CaseEvidence, Clock, Security
from yankao.kernel.casework.process import Move, Process, processes, visible
from yankao.kernel.casework.schema import object_schema, record_asks, rows_for, schema_of
from yankao.kernel.casework.searched import Searched
from yankao.kernel.evidence.models import Evidence

from . import reading
from .answers import Problem

CHOICES = 100
"""So many rows to choose from are told with a move; of more, none."""
FEWEST, USUAL, MOST = 1, 50, 200
NAMED = ("people.Agency", "people.User", "casework.Case")
RESTRICTED = (Security.NAMED, Security.SECRET)


# ── Finding one ─────────────────────────────────────────────────────────────────────────────────────


class Found:
    """A case this person may know of, with its record and process."""

    def __init__(self, case: Case, user: Any) -> None:
        self.case, self.user = case, user
        self.process: Process[Any] = processes[case.kind]
        self.record: Any = self.process.record._default_manager.get(pk=case.pk)
        self.record.case = case

    def move(self, name: str) -> Move[Any, ...]:
        found = self.process.moves.get(name)
        if found is None:
            raise Problem(404, "no_move", _("沒有這個動作。"))
        return found

    def looked(self) -> None:
        """Opening what few may see leaves a trace."""
        if self.case.security in RESTRICTED:
            Look.objects.create(user=self.user, subject=f"case:{self.case.pk}", purpose=_("程式介面"))


def find(name: str, user: Any) -> Found:
    """The case with this id or number. A case the person may not know of is not there: 404."""
    cases = Case.objects.filter(visible(user)).select_related("agency", "officer", "district")
    found = None
    if name.isascii() and name.isdigit() and len(name) < 19:
        found = cases.filter(pk=int(name)).first()
    if found is None and "\x00" not in name:
        found = cases.filter(number=name).first()
    if found is None or found.kind not in processes:
        raise Problem(404, "no_case", _("沒有這個案件，或您不能查看。"))
    return Found(found, user)


# ── Telling of one ──────────────────────────────────────────────────────────────────────────────────


def docket(case: Case, process: Process[Any]) -> dict[str, Any]:
    """What every case has."""
    return {
        "id": case.pk,
        "number": case.number,
        "room": case.kind,
        "title": case.title,
        "agency": {"code": case.agency.code, "name": case.agency.name},
        "officer": {"username": case.officer.username, "name": case.officer.name} if case.officer else None,
        "district": {"code": case.district.code, "name": case.district.name} if case.district else None,
        "stage": {"code": case.stage, "label": process.stage_label(case.stage)},
        "opened_on": case.opened_on,
        "due_at": case.due_at,
        "closed_on": case.closed_on,
        "security": case.security,
    }


def whole(found: Found) -> dict[str, Any]:
    """A case with its facts, clocks and files, and what this person may do with it now."""
    case, record, process, user = found.case, found.record, found.process, found.user
    may_amend = process.amended_by.held_by(user, case)
    return {
        **docket(case, process),
        "record": facts(record, process.unshown),
        "clocks": [clock(one, process) for one in Clock.objects.filter(case=case).order_by("due_at", "pk")],
        "evidence": [
            {"id": one.evidence_id, "name": one.evidence.name, "act": one.act, "purpose": one.purpose}
            for one in CaseEvidence.objects.filter(case=case).select_related("evidence").order_by("pk")
        ],
        "moves": [told_move(move, found) for move in process.open_to(record, user)],
        "held_back": [
            {"name": move.name, "label": str(move.label), "reason": sentence}
            for move, sentence in process.refused_to(record, user)
        ],
        "amend": amending_schema(process, found) if may_amend else None,
    }


def facts(record: Any, unshown: frozenset[str] = frozenset()) -> dict[str, Any]:
    """The record's own columns, without those that are `unshown`."""
    return {
        column.name: getattr(record, column.name)
        for column in record._meta.concrete_fields
        if column.name != "case" and column.name not in unshown
    }


def clock(one: Clock, process: Process[Any]) -> dict[str, Any]:
    base = one.code.partition(":")[0]
    return {
        "code": one.code,
        "label": str(process.deadlines[base].label) if base in process.deadlines else one.code,
        "span": one.span,
        "started_at": one.started_at,
        "due_at": one.due_at,
        "paused_at": one.paused_at,
        "stopped_at": one.stopped_at,
        "calendar": one.calendar,
    }


def told_move(move: Move[Any, ...], found: Found) -> dict[str, Any]:
    """A move open now: its words and what it asks, with the rows to choose from where they are few."""
    schema = move_schema(move)
    _offer(schema, move.asks, found)
    return {"name": move.name, "label": str(move.label), "hint": str(move.hint), "schema": schema}


def _offer(schema: dict[str, Any], asks: Mapping[str, Ask], found: Found) -> None:
    for name, ask in asks.items():
        kind: Any = ask.type
        is_model = isinstance(kind, type) and issubclass(kind, models.Model)
        if not is_model or kind is Evidence or kind._meta.label in NAMED:
            continue
        rows = list(rows_for(ask, found.record, found.user)[: CHOICES + 1])
        if len(rows) <= CHOICES:
            schema["properties"][name]["x-choices"] = [{"id": row.pk, "text": str(row)} for row in rows]


# ── Schemas ─────────────────────────────────────────────────────────────────────────────────────────


def by_name(schema: Any) -> Any:
    """The same schema, saying which rows may also be given by code, account or number."""
    if isinstance(schema, list):
        return [by_name(item) for item in schema]
    if not isinstance(schema, dict):
        return schema
    found = {key: by_name(value) for key, value in schema.items()}
    if found.get("x-row-of") in NAMED:
        kinds = found["type"] if isinstance(found["type"], list) else [found["type"]]
        found["type"] = [*kinds, "string"]
    return found


def move_schema(move: Move[Any, ...]) -> dict[str, Any]:
    schema: dict[str, Any] = by_name(schema_of(move))
    return schema


def _docket_schema(names: tuple[str, ...]) -> dict[str, Any]:
    code = {"maxLength": 20, "description": _("代碼")}
    kinds: dict[str, dict[str, Any]] = {
        "title": {"type": "string", "minLength": 1, "maxLength": 200},
        "agency": {"type": "string", **code},
        "officer": {"type": ["string", "null"], "maxLength": 150, "description": _("帳號")},
        "district": {"type": ["string", "null"], **code},
        "opened_on": {"type": "string", "format": "date"},
    }
    found = {}
    for name in names:
        column: Any = Case._meta.get_field(name)
        found[name] = {**kinds[name], "title": str(column.verbose_name)}
    return found


OPENING = ("title", "agency", "officer", "district", "opened_on")


def opening_schema(process: Process[Any]) -> dict[str, Any]:
    """What is given to open a case."""
    schema: dict[str, Any] = by_name(
        object_schema(record_asks(process, process.asks), process.record, _("立案"))
    )
    schema["properties"] = {**_docket_schema(OPENING), **schema["properties"]}
    schema["required"] = ["title", "agency", *schema["required"]]
    return schema


def amending_asks(process: Process[Any]) -> dict[str, Ask]:
    """What may be corrected: no file, which is replaced by the move that brought it."""
    return {
        name: ask
        for name, ask in record_asks(process, process.may_amend()).items()
        if ask.type is not Evidence
    }


def amending_schema(process: Process[Any], found: Found | None = None) -> dict[str, Any]:
    """What is given to correct a case: the reason, and whatever is to change."""
    asks = amending_asks(process)
    schema: dict[str, Any] = by_name(object_schema(asks, process.record, _("更正")))
    for one in schema["properties"].values():
        one.pop("default", None)
    if found is not None:
        _offer(schema, asks, found)
    reason = {"type": "string", "minLength": 1, "title": _("更正理由")}
    schema["properties"] = {"reason": reason, **_docket_schema(process.amends_docket), **schema["properties"]}
    schema["required"] = ["reason"]
    return schema


# ── Listing ─────────────────────────────────────────────────────────────────────────────────────────


def _text(values: list[str], seen: Q) -> Q:
    return Searched(values[-1], seen).where


def _state(values: list[str], seen: Q) -> Q:
    if values[-1] not in ("open", "closed"):
        raise reading.Fault(_("請給open或closed。"))
    return Q(closed_on__isnull=values[-1] == "open")


def _due_before(values: list[str], seen: Q) -> Q:
    """Open cases due before the end of a day."""
    end = timezone.make_aware(datetime.combine(reading.day(values[-1]) + timedelta(days=1), time.min))
    return Q(closed_on=None, due_at__lt=end)


def _late(values: list[str], seen: Q) -> Q:
    if values[-1] != "true":
        raise reading.Fault(_("請給true，或不給這個條件。"))
    return Q(closed_on=None, due_at__lt=timezone.now())


FILTERS: dict[str, tuple[Callable[[list[str], Q], Q], str]] = {
    "q": (_text, "words of title or number"),
    "agency": (lambda values, _seen: Q(agency__code__in=values), "agency code; may be repeated"),
    "stage": (lambda values, _seen: Q(stage__in=values), "stage code; may be repeated"),
    "officer": (
        lambda values, _seen: Q(officer__username__in=values),
        "account of the officer; may be repeated",
    ),
    "district": (lambda values, _seen: Q(district__in=values), "district code; may be repeated"),
    "state": (_state, "open or closed"),
    "late": (_late, "true: open and past the deadline"),
    "due_before": (_due_before, "open and due on or before this day"),
    "opened_from": (
        lambda values, _seen: Q(opened_on__gte=reading.day(values[-1])),
        "opened on or after this day",
    ),
    "opened_to": (
        lambda values, _seen: Q(opened_on__lte=reading.day(values[-1])),
        "opened on or before this day",
    ),
}
"""What a list of cases can be narrowed by: the docket's own columns. The words are for the description."""


def page(process: Process[Any], user: Any, query: Any) -> tuple[list[dict[str, Any]], str]:
    """One page of the room's cases, newest first, and the key of the next page ("" at the end)."""
    errors: dict[str, list[str]] = {}
    seen = process.visible(user)
    cases: QuerySet[Case] = Case.objects.filter(seen)
    size, after = USUAL, None
    for name in query:
        values = query.getlist(name)
        try:
            if any("\x00" in value or len(value) > 200 for value in values):
                raise reading.Fault(_("含有無法使用的內容。"))
            if name == "limit":
                size = _size(values[-1])
            elif name == "after":
                after = _key(values[-1])
            elif name in FILTERS:
                cases = cases.filter(FILTERS[name][0](values, seen))
            else:
                raise reading.Fault(_("沒有這個條件。"))
        except reading.Fault as fault:
            errors[name] = [str(fault)]
    if errors:
        raise Problem(422, "invalid", _("有條件看不懂。"), errors)
    if after is not None:
        cases = cases.filter(TupleLessThan(Tuple("opened_on", "pk"), after))
    rows = list(
        cases.select_related("agency", "officer", "district").order_by("-opened_on", "-pk")[: size + 1]
    )
    following = f"{rows[size - 1].opened_on.isoformat()}.{rows[size - 1].pk}" if len(rows) > size else ""
    return [docket(case, process) for case in rows[:size]], following


def _size(text: str) -> int:
    if not (text.isascii() and text.isdigit() and len(text) < 5 and FEWEST <= int(text) <= MOST):
        raise reading.Fault(_("請給1到%(most)s的整數。") % {"most": MOST})
    return int(text)


def _key(text: str) -> tuple[date, int]:
    day, _dot, pk = text.partition(".")
    try:
        if not (pk.isascii() and pk.isdigit() and len(pk) < 19):
            raise ValueError(pk)
        return date.fromisoformat(day), int(pk)
    except ValueError:
        raise reading.Fault(_("這不是清單給的位置。")) from None
