"""The page of a case: facts, stages, open moves as forms, deadlines, evidence, links, talk and history.

A person who may not know of a case gets 404, as if there were none; opening one of a restricted class
leaves a `Look`. The page asks the same number of questions however many rows the case has.
"""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Any

from django.contrib.auth.decorators import login_required
from django.core.exceptions import FieldDoesNotExist
from django.db import models
from django.db.models import Count, Exists, OuterRef, Prefetch, Q
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.template import loader
from django.urls import reverse
from django.utils import timezone
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from yankao.kernel import span
from yankao.kernel.audit.models import Look
from yankao.kernel.casework import clocks
from yankao.kernel.casework.duties import prefixed
from yankao.kernel.casework.models import (
    Case,
    CaseEvidence,
    Clock,
    ClockChange,
    Comment,
    Follow,
    Link,
    Record,
    Security,
)
from yankao.kernel.casework.process import Extend, Move, Process, processes, visible
from yankao.kernel.evidence import files
from yankao.kernel.evidence.models import Evidence
from yankao.kernel.rooms import Room, room

from . import nav, parts
from .case_letters import offers_of, sent_of
from .columns import stage_tag
from .deadlines import due_cell
from .derive import AskForm, column_of, form_of, needs_rows
from .hanging import empty_of
from .history import entries_of, event
from .inputs import size_words, words_of
from .jinja import english, format_date, format_short_date, format_time
from .pages import render_page
from .screens import PLAIN, Screens, screens_of
from .values import person, shown

HISTORY = 50
"""So many lines of the ledger stand on the page; the rest on a page of its own."""
FRESH = 12
"""So many of them stand open; the others are folded."""
EVENTS_A_PAGE = 100
UNFOLDED = 8
RESTRICTED = (Security.NAMED, Security.SECRET)


@dataclass
class Opened:
    """A case a person may see, with its record and process."""

    case: Case
    record: Any
    process: Process[Any]
    user: Any

    @property
    def room(self) -> Room | None:
        try:
            return room(self.case.kind)
        except LookupError:
            return None

    @property
    def screens(self) -> Screens:
        found = self.room
        return screens_of(found) if found else PLAIN

    @property
    def address(self) -> str:
        return reverse("desk:case", args=[self.case.pk])


def opened(request: HttpRequest, pk: int) -> Opened:
    """The case with its record, or 404: what a person may not know of does not exist for them."""
    found = (
        Case.objects.filter(visible(request.user), pk=pk)
        .select_related("agency", "officer", "district")
        .annotate(followed=Exists(Follow.objects.filter(case=OuterRef("pk"), user_id=request.user.pk or 0)))
        .first()
    )
    process = processes.get(found.kind) if found else None
    if found is None or process is None:
        raise Http404(_("沒有這個案件，或您不能查看。"))
    joined = [f.name for f in process.record._meta.concrete_fields if f.is_relation and f.name != "case"]
    records = process.record._default_manager.all()
    record: Any = (records.select_related(*joined) if joined else records).get(pk=found.pk)
    record.case = found
    return Opened(found, record, process, request.user)


def looked(given: Opened, purpose: str) -> None:
    """Leave a trace when somebody opens what few may see."""
    if given.case.security in RESTRICTED:
        Look.objects.create(user=given.user, subject=f"case:{given.case.pk}", purpose=purpose)


# ── Moves ───────────────────────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True)
class Offer:
    """A move open to the person: its form when it can be drawn here, else the address of its page."""

    move: Move[Any, ...]
    address: str
    form: AskForm | None
    key: str
    target: str
    decided: Sequence[parts.Fact] = ()

    @property
    def label(self) -> str:
        return str(self.move.label)

    @property
    def hint(self) -> str:
        return str(self.move.hint)

    @property
    def name(self) -> str:
        return self.move.name


@dataclass(frozen=True)
class Held:
    """A move of the person's duty that a guard holds back, with the guard's sentence."""

    label: str
    sentence: str
    main: bool = False


HELD_SHOWN = 2
"""So many main moves that a guard holds back stand open with their reason; the rest is folded."""


def shown_and_folded(held: Sequence[Held]) -> tuple[list[Held], list[Held]]:
    """The held-back moves a person would look for first, and the others."""
    shown = [one for one in held if one.main][:HELD_SHOWN]
    return shown, [one for one in held if one not in shown]


def form_for(given: Opened, move: Move[Any, ...], **options: Any) -> AskForm:
    """The empty form of a move, beginning with what the room says."""
    begins = given.screens.begins.get(move.name)
    initial = begins(given.record, given.user) if begins else None
    return form_of(move, given.record, given.user, initial=initial, **options)


def decided_by(given: Opened, move: Move[Any, ...]) -> Sequence[parts.Fact]:
    """What the move decides, as the room tells it."""
    decided = given.screens.decided.get(move.name)
    return decided(given.record, given.user) if decided else ()


def move_address(case: Case, name: str) -> str:
    return reverse("desk:move", args=[case.pk, name])


def target_words(move: Move[Any, ...]) -> str:
    """Where the move leads, in words; "" when the stage stays."""
    return _("、").join(move.process.stage_label(stage) for stage in move.targets)


def offers(given: Opened, running: set[str]) -> tuple[list[Offer], list[Offer], list[Held]]:
    """The main moves open now, the further ones, and those a guard holds back."""
    main: list[Offer] = []
    more: list[Offer] = []
    held: list[Held] = []
    answers: dict[Any, str] = {}  # several moves may share a guard: each is asked once

    def answer(guard: Any) -> str:
        if guard not in answers:
            answers[guard] = guard(given.record)
        return answers[guard]

    for move in given.process.moves.values():
        if given.case.stage not in move.sources or not move.by.held_by(given.user, given.case):
            continue
        if isinstance(move, Extend):
            # The clocks are known already: whether one runs need not be asked again.
            if move.deadline is None or move.deadline.code not in running:
                continue
        elif sentence := next((found for guard in move.unless if (found := answer(guard))), ""):
            held.append(Held(str(move.label), sentence, move.main))
            continue
        form = None
        if move.main and not needs_rows(move.asks):
            form = form_for(given, move, auto_id=f"{move.name}_%s")
        offer = Offer(
            move, move_address(given.case, move.name), form, uuid.uuid4().hex, target_words(move),
            decided_by(given, move) if form is not None else (),
        )  # fmt: skip
        (main if move.main else more).append(offer)
    return main, more, held


# ── Stages ──────────────────────────────────────────────────────────────────────────────────────────


def _ahead(process: Process[Any], stage: str) -> set[str]:
    """The stages some chain of moves leads to from here."""
    found: set[str] = set()
    fresh = [stage]
    while fresh:
        here = fresh.pop()
        for move in process.moves.values():
            if here in move.sources and not isinstance(move, Extend):
                for target in set(move.targets) - found:
                    found.add(target)
                    fresh.append(target)
    return found


def stage_line(
    process: Process[Any], case: Case, been: dict[str, Any], *, whole: bool, path: Sequence[str]
) -> list[parts.Step]:
    """The stages passed, the present one, and those still to come; `been` gives the day each was reached.

    Only stages of the case's path stand on the line; one beside it, such as a suspension, while the case
    is
    in it. When the history is not known to its beginning (`whole` is false), stages before the present count
    as passed.
    """
    order = [str(value) for value in process.stages.values if value in path or value == case.stage]
    at = order.index(case.stage) if case.stage in order else 0
    ahead = set() if case.closed_on else _ahead(process, case.stage)
    from_start = set() if case.closed_on else _ahead(process, str(process.opens_at))
    line = []
    for place, stage in enumerate(order):
        label = process.stage_label(stage)
        day = format_short_date(been[stage]) if been.get(stage) else ""
        if stage == case.stage:
            line.append(parts.Step(label, "current", day))
        elif place < at and (stage in been or not whole):
            line.append(parts.Step(label, "done", day))
        elif stage in ahead and place > at:
            line.append(parts.Step(label))
        elif place < at and stage in from_start:
            line.append(parts.Step(label, "skipped"))
        elif stage in been:
            line.append(parts.Step(label, "done", day))
    return line


# ── Facts ───────────────────────────────────────────────────────────────────────────────────────────


def facts_of(given: Opened, attached: dict[int, str]) -> list[parts.Fact]:
    """The docket's facts and the record's: those the room names, else every one that is known."""
    case, record, process = given.case, given.record, given.process
    amend = reverse("desk:amend", args=[case.pk]) if process.amended_by.held_by(given.user, case) else ""
    may = set(process.may_amend())

    def change(name: str, allowed: bool = True) -> str:
        return f"{amend}#id_{name}" if amend and allowed else ""

    found = [
        parts.Fact(_("主辦機關"), words_of(case.agency)),
        parts.Fact(_("承辦人"), person(case.officer) or _("未分派")),
        parts.Fact(_("立案日"), format_date(case.opened_on)),
    ]
    if case.district:
        found.append(parts.Fact(_("行政區"), words_of(case.district), change("district")))
    if case.closed_on:
        found.append(parts.Fact(_("結案日"), format_date(case.closed_on)))
    names = given.screens.facts or [f.name for f in record._meta.concrete_fields if f.name != "case"]
    for name in names:
        label, value = _fact(record, name, given.screens, attached)
        if value not in ("", None):
            found.append(parts.Fact(label, value, change(name, name in may)))
    return found


def _fact(record: Record, path: str, screens: Screens, attached: dict[int, str]) -> tuple[str, Any]:
    owner: Any = record
    *steps, last = path.split("__")
    for step in steps:
        owner = getattr(owner, step, None)
        if owner is None:
            return "", ""
    try:
        column: Any = owner._meta.get_field(last)
    except FieldDoesNotExist:
        column = None
    value = getattr(owner, last, None)
    if callable(value) and not isinstance(value, models.Model | models.Manager):
        value = value()
    label = screens.words.get(path) or (column.verbose_name if column is not None else last)
    if isinstance(value, Evidence):
        address = attached.get(value.pk)
        return str(label), parts.Link(value.name, address) if address else value.name
    return str(label), shown(value, column)


# ── Clocks ──────────────────────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True)
class Running:
    """A deadline as the page shows it."""

    label: str
    due: parts.Due
    law: str
    state: str
    explain: str
    running: bool


def clocks_of(given: Opened) -> list[Clock]:
    """The case's clocks, those running first, with how often each was extended."""
    extended = Count("changes", filter=Q(changes__kind=ClockChange.Kind.EXTEND))
    found = list(Clock.objects.filter(case=given.case).annotate(extended=extended).order_by("due_at", "pk"))
    return sorted(found, key=lambda clock: clock.stopped_at is not None)


def clock_words(process: Process[Any], code: str) -> str:
    """What a deadline is called, with what it is for when several run of the same."""
    try:
        label = str(process.deadlines[code].label)
    except KeyError:
        return code
    mark = code.partition(":")[2]
    if not mark:
        return label
    return f"{label} ({mark})" if english() else f"{label}（{mark}）"


def running_of(given: Opened, found: Sequence[Clock]) -> list[Running]:
    now = timezone.now()
    today = timezone.localtime(now).date()
    drawn = []
    for clock in found:
        law = ""
        if clock.code in given.process.deadlines or ":" in clock.code:
            try:
                law = str(given.process.deadlines[clock.code].law)
            except KeyError:
                law = ""
        state = []
        if clock.paused_at and not clock.stopped_at:
            state.append(_("自%s起暫停計時") % format_short_date(clock.paused_at))
        if times := getattr(clock, "extended", 0):
            state.append(_("已展期%s次") % times)
        due = due_cell(clock.due_at, now, today, clock.started_at)
        assert due
        if clock.stopped_at:
            late = clock.stopped_at > clock.due_at
            words = _("逾期完成") if late else _("如期完成")
            due = parts.Due(words, format_short_date(clock.stopped_at), "late" if late else "", None)
        elif clock.paused_at:
            due = parts.Due(_("暫停計時"), due.date, "", None)
        explain = reverse("desk:clock", args=[given.case.pk, clock.pk])
        drawn.append(
            Running(
                clock_words(given.process, clock.code),
                due,
                law,
                _("；").join(state),
                explain,
                not clock.stopped_at,
            )
        )
    return drawn


# ── Evidence, links, talk ───────────────────────────────────────────────────────────────────────────


def purpose_words(process: Process[Any], row: CaseEvidence) -> str:
    """What the file was asked for, in the words of the form that asked."""
    move = process.moves.get(row.act)
    if move is not None:
        for ask in move.asks.values():
            inner = (ask.row or {}).get(row.purpose)
            found = ask if ask.name == row.purpose else inner
            if found is not None and found.label:
                return str(found.label)
    column = column_of(row.purpose, process.record) if row.purpose else None
    return str(column.verbose_name) if column is not None else ""


def attachments(given: Opened) -> tuple[list[parts.Attachment], dict[int, str]]:
    """The case's files, and where each can be had by the id of its evidence."""
    rows = (
        CaseEvidence.objects.filter(case=given.case)
        .select_related("evidence", "evidence__uploaded_by")
        .order_by("-pk")
    )
    drawn, addresses = [], {}
    for row in rows:
        one = row.evidence
        address = reverse("desk:evidence", args=[given.case.pk, row.pk])
        addresses[one.pk] = address
        state = parts.Tag(_("公開"), "green", "plain") if one.public else None
        who = words_of(one.uploaded_by) if one.uploaded_by else _("民眾")
        drawn.append(
            parts.Attachment(
                one.name, address, size_words(one.size),
                _("，").join(filter(None, (purpose_words(given.process, row), one.kind.upper()))),
                one.sha256[:8], state,
                f"{who} {format_short_date(one.uploaded_at)}",
            )
        )  # fmt: skip
    return drawn, addresses


@dataclass(frozen=True)
class Related:
    """A linked case the person may know of."""

    relation: str
    title: str
    number: str
    href: str
    stage: parts.Tag
    pk: int
    outward: bool


def related(given: Opened) -> list[Related]:
    """Links in both directions, to cases the person may know of only."""
    case = given.case
    seen = visible(given.user)
    # Asked of the linked cases alone: all visible ones beforehand would be a pass over the docket.
    rows = (
        Link.objects.filter(Q(source=case) | Q(target=case))
        .filter(Q(source=case) & prefixed(seen, "target__") | Q(target=case) & prefixed(seen, "source__"))
        .select_related("source", "target")
        .order_by("pk")
    )
    backwards = {
        Link.Kind.CAUSED_BY: _("引發"), Link.Kind.FOLLOWS: _("後續為"), Link.Kind.SEE_ALSO: _("參見"),
    }  # fmt: skip
    drawn = []
    for row in rows:
        outward = row.source_id == case.pk
        other = row.target if outward else row.source
        kind = Link.Kind(row.kind)
        drawn.append(
            Related(
                str(kind.label) if outward else backwards[kind], other.title, other.number,
                reverse("desk:case", args=[other.pk]), stage_tag(other.kind, other.stage), row.pk, outward,
            )
        )  # fmt: skip
    return drawn


def talk(given: Opened) -> list[parts.Comment]:
    rows = Comment.objects.filter(case=given.case).select_related("author").order_by("pk")
    return [
        parts.Comment(
            words_of(row.author), format_time(row.at), row.at.isoformat(timespec="minutes"), row.text
        )
        for row in rows
    ]


# ── The page ────────────────────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True)
class Drawn:
    """A panel of the room, drawn."""

    title: str
    text: SafeString


def panels_of(given: Opened, request: HttpRequest) -> list[Drawn]:
    drawn = []
    for panel in given.screens.panels:
        if panel.shown(given.record, given.user):
            context = {"record": given.record, "case": given.case, **panel.context(given.record, given.user)}
            # The room's own template, escaped by Jinja.
            text = SafeString(loader.render_to_string(panel.template, context, request))
            drawn.append(Drawn(str(panel.title), text))
    return drawn


def tags_of(given: Opened) -> list[parts.Tag]:
    case = given.case
    found = [stage_tag(case.kind, case.stage)]
    if case.security in RESTRICTED:
        found.append(parts.Tag(str(Security(case.security).label), "violet", "plain"))
    return found


def crumbs_of(given: Opened, *more: parts.Link) -> list[parts.Link]:
    case = given.case
    listed = reverse("desk:list", args=[case.kind])
    title = given.room.title if given.room else given.process.title
    here = [parts.Link(case.number, given.address if more else "")]
    return [parts.Link(_("首頁"), reverse("desk:home")), parts.Link(title, listed), *here, *more]


def case_context(given: Opened, request: HttpRequest) -> dict[str, Any]:
    """Everything `desk/case.html` needs."""
    case, process = given.case, given.process
    empty = empty_of(given)
    found = clocks_of(given)
    running = {clock.code for clock in found if clock.stopped_at is None}
    main, more, held = offers(given, running)
    held_first, held_more = shown_and_folded(held)
    entries = list(entries_of(case)[: HISTORY + 1])
    whole = len(entries) <= HISTORY
    been: dict[str, Any] = {}
    for entry in entries:
        if entry.source != entry.target:
            been[entry.target] = entry.at
    drawn, addresses = ([], {}) if "evidence" in empty else attachments(given)
    drawn_clocks = running_of(given, found)
    now = timezone.now()
    due = None if case.closed_on else due_cell(case.due_at, now, timezone.localtime(now).date())
    return {
        "case": case,
        "heading": case.title,
        "tags": tags_of(given),
        "due": due,
        "crumbs": crumbs_of(given),
        "steps": stage_line(process, case, been, whole=whole, path=process.path_of(given.record)),
        "facts": facts_of(given, addresses),
        "main_moves": main,
        "more_moves": more,
        "held": held_first,
        "held_more": held_more,
        "clocks": [clock for clock in drawn_clocks if clock.running],
        "clocks_done": [clock for clock in drawn_clocks if not clock.running],
        "files": drawn,
        "related": [] if "links" in empty else related(given),
        "talk": [] if "comments" in empty else talk(given),
        "events": [event(process, entry) for entry in entries[:FRESH]],
        "older_events": [event(process, entry) for entry in entries[FRESH:HISTORY]],
        "whole_history": whole,
        "panels": panels_of(given, request),
        "letters_sent": sent_of(given, empty),
        "letter_offers": offers_of(given),
        "followed": bool(getattr(case, "followed", False)),
        "may_assign": not case.closed_on and process.assigned_by.held_by(given.user, case),
        "may_amend": process.amended_by.held_by(given.user, case),
        "link_kinds": [(kind.value, str(kind.label)) for kind in Link.Kind],
        "key": uuid.uuid4().hex,
        "printing": "print" in request.GET,
        "swapped": False,
    }


@login_required
@require_safe
def show_case(request: HttpRequest, pk: int) -> HttpResponseBase:
    """The page of a case; htmx gets its body alone."""
    given = opened(request, pk)
    looked(given, _("查看案件"))
    context = {**nav.frame(request), **case_context(given, request)}
    if context["printing"]:
        context["nav"] = []
    return render_page(request, "desk/case.html", context, block="case")


@login_required
@require_safe
def show_ledger(request: HttpRequest, pk: int) -> HttpResponse:
    """The whole history of a case, a hundred lines a page, with what proves each."""
    given = opened(request, pk)
    looked(given, _("查看歷程"))
    before = request.GET.get("before", "")
    entries = entries_of(given.case)
    if before.isascii() and before.isdigit():
        entries = entries.filter(seq__lt=int(before[:18]))
    page = list(entries[: EVENTS_A_PAGE + 1])
    older = page[EVENTS_A_PAGE - 1].seq if len(page) > EVENTS_A_PAGE else None
    context = {
        **nav.frame(request),
        "heading": _("%(number)s辦理歷程") % {"number": given.case.number},
        "lead": given.case.title,
        "crumbs": crumbs_of(given, parts.Link(_("辦理歷程"), "")),
        "events": [(event(given.process, entry), entry) for entry in page[:EVENTS_A_PAGE]],
        "older": f"{request.path}?before={older}" if older else "",
        "newest": request.path if before else "",
        "back": given.address,
    }
    return render_page(request, "desk/ledger.html", context)


@dataclass(frozen=True)
class Days:
    """Some lines of a count in a row, by one edition of the calendar; a long plain run is `folded`."""

    edition: str
    lines: tuple[str, ...]
    folded: str = ""


def counting(steps: Sequence[span.Step], language: str) -> list[Days]:
    """Every day of a count in words; runs of more than a week of plain counted days are folded."""
    found: list[Days] = []
    for (edition, plain), group in groupby(steps, lambda step: (step.edition, step.reason == "counted")):
        days = list(group)
        lines = [span.sentence(step, language) for step in days]
        if not plain or len(days) <= UNFOLDED:
            found.append(Days(edition, tuple(lines)))
            continue
        words = _("第%(first)s日至第%(last)s日逐日計入") % {"first": days[1].number, "last": days[-2].number}
        found.append(Days(edition, (lines[0],)))
        found.append(Days(edition, tuple(lines[1:-1]), words))
        found.append(Days(edition, (lines[-1],)))
    return found


@login_required
@require_safe
def show_clock(request: HttpRequest, pk: int, clock_pk: int) -> HttpResponse:
    """How a deadline was counted: every day counted or passed over, and every later change."""
    given = opened(request, pk)
    looked(given, _("查看期限"))
    changes = Prefetch("changes", ClockChange.objects.select_related("by").order_by("at", "pk"))
    clock = Clock.objects.filter(case=given.case, pk=clock_pk).prefetch_related(changes).first()
    if clock is None:
        raise Http404(_("沒有這個期限。"))
    clock.case = given.case
    language = "en" if english() else "zh"
    steps = clocks.explanation(clock)
    label = clock_words(given.process, clock.code)
    (drawn,) = running_of(given, [clock])
    context = {
        **nav.frame(request),
        "heading": _("%(label)s如何計算") % {"label": label},
        "lead": f"{given.case.number} {given.case.title}",
        "crumbs": crumbs_of(given, parts.Link(label, "")),
        "clock": clock,
        "drawn": drawn,
        "facts": [
            parts.Fact(_("期間"), span.span_text(span.parse_span(clock.span), language)),
            parts.Fact(_("起算"), format_time(clock.started_at)),
            parts.Fact(_("目前期限"), format_time(clock.due_at)),
            parts.Fact(_("辦公日曆版本"), clock.calendar),
            *([parts.Fact(_("完成"), format_time(clock.stopped_at))] if clock.stopped_at else []),
            *([parts.Fact(_("依據"), drawn.law)] if drawn.law else []),
        ],
        "counting": counting(steps, language),
        "changes": [
            (
                str(ClockChange.Kind(change.kind).label), format_time(change.at),
                words_of(change.by) if change.by else _("系統"), change.reason,
                format_time(change.due_before), format_time(change.due_after),
            )
            for change in clock.changes.all()
        ],
        "back": given.address,
    }  # fmt: skip
    return render_page(request, "desk/clock.html", context)


@login_required
@require_safe
def give_evidence(request: HttpRequest, pk: int, evidence_pk: int) -> HttpResponseBase:
    """A file of the case as a download."""
    given = opened(request, pk)
    row = CaseEvidence.objects.filter(case=given.case, pk=evidence_pk).select_related("evidence").first()
    if row is None:
        raise Http404(_("沒有這個檔案。"))
    looked(given, _("下載%s") % row.evidence.name)
    try:
        return files.serve(row.evidence)
    except FileNotFoundError:
        raise Http404(_("檔案庫中找不到這個檔案，請通知系統管理員。")) from None


__all__ = ["Opened", "case_context", "opened", "show_case"]
