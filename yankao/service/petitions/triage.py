"""分文臺 Where what came in waits: with a proposal each, taken by one click, several at once, or changed.

A proposal is taken by the same moves as from the case page, each case in a transaction of its own with a key
of its own: one refusal stops nobody else, and sending the page twice does nothing twice.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction
from django.db.models import F, QuerySet
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from yankao.desk import parts, reference
from yankao.desk.bulk import MOST
from yankao.desk.deadlines import due_cell
from yankao.desk.jinja import format_time
from yankao.kernel.casework.docket import Security
from yankao.kernel.casework.process import Refused
from yankao.kernel.people.models import Agency, User
from yankao.kernel.suggest.linear import Suggestion

from . import grounds, office, registers, suggestions
from . import process as p
from .models import Category, Kind, Nature, Petition
from .process import INCOMING, Stage

SHOWN = 20
"""Cases of one page: each is read by the model, which takes milliseconds."""
EXCERPT = 120
LEAST = 0.01
"""What is less sure than this is not shown beside the first."""
WAITING = tuple(str(one) for one in (*INCOMING, Stage.REFUSED))


def waiting(user: Any) -> QuerySet[Petition]:
    """What this person may sort, the earliest deadline first."""
    rows = Petition.objects.filter(
        p.process.sees.records(user), p.intake.records(user), case__stage__in=WAITING, case__closed_on=None
    )
    found: QuerySet[Petition] = rows.select_related(
        "case__agency", "case__district", "category", "service__category", "petitioner"
    ).order_by(F("case__due_at").asc(nulls_last=True), "pk")
    return found


@dataclass(frozen=True)
class Choice:
    """One way to sort: its code and words, how sure in per cent (None: nobody guessed), what decided."""

    code: str
    words: str
    sure: int | None = None
    because: tuple[str, ...] = ()


@dataclass
class Waiting:
    """A case of the board with what is proposed for it."""

    petition: Petition
    categories: list[Choice] = field(default_factory=list)
    agencies: list[Choice] = field(default_factory=list)
    before: int = 0
    """How often the same person had an answer in the same family of categories."""

    @property
    def ready(self) -> bool:
        """Whether one click is enough."""
        return bool(self.agencies and self.categories) and not self.held

    @property
    def held(self) -> str:
        """Why it has to be opened first."""
        one = self.petition
        if sentence := p.read_back_done(one):
            return sentence
        if one.case.security in (Security.NAMED, Security.SECRET):
            return _("保密案件須逐件指定可知悉人員。")
        return p.service_known(one) if one.kind == Kind.DISPATCH else ""


def proposed(petition: Petition) -> Waiting:
    """The likeliest three of each; what the citizen or an officer has chosen already stands first."""
    found = Waiting(petition)
    text = suggestions.text_of(petition)
    known = registers.categories()
    if petition.service is not None:
        found.categories = [Choice(petition.service.category_id, str(petition.service.category))]
    else:
        if petition.category_id:
            found.categories.append(Choice(petition.category_id, str(petition.category)))
        for one in _likely(suggestions.CATEGORY.suggest(text)):
            if one.label in known and one.label != petition.category_id and not known[one.label].withdrawn_on:
                words = str(known[one.label])
                found.categories.append(Choice(one.label, words, round(100 * one.sure), one.words))
    agencies = reference.agencies()
    for one in _likely(suggestions.AGENCY.suggest(text)):
        if one.label.isdigit() and int(one.label) in agencies:
            words = agencies[int(one.label)].name
            found.agencies.append(Choice(one.label, words, round(100 * one.sure), one.words))
    return found


def _likely(found: list[Suggestion]) -> list[Suggestion]:
    return [one for place, one in enumerate(found) if not place or one.sure >= LEAST]


# ── Taking what is proposed ─────────────────────────────────────────────────────────────────────────


def take(petition: Petition, user: Any, category: Category, agency: Agency, key: str) -> bool:
    """Sort and assign (a fault: send to the agency's crews) in one transaction; False when done before.

    Raises Refused or ValidationError.
    """
    with transaction.atomic():
        if petition.kind == Kind.DISPATCH:
            return p.dispatch.run(petition, user, {"agency": agency}, key=key)
        if petition.case.stage != Stage.TRIAGED or petition.category_id != category.pk:
            told = {
                "kind": petition.kind, "category": category, "complexity": petition.complexity,
                "nature": petition.nature or str(Nature.RIGHTS), "danger": petition.danger,
            }  # fmt: skip
            if not p.triage.run(petition, user, told, key=f"{key}:sort"):
                return False
        return p.assign.run(petition, user, {"agency": agency}, key=key)


@dataclass
class Result:
    """What became of one row."""

    number: str
    href: str
    state: parts.Tag
    words: str


def carry_out(request: HttpRequest, user: User, numbers: list[str], batch: str) -> list[Result]:
    """Each picked case by the choices of its row; what the person may not sort is as unknown as none."""
    rows = {one.case.number: one for one in waiting(user).filter(case__number__in=numbers)}
    done_before = dict(
        Petition.objects.filter(p.process.sees.records(user), case__number__in=numbers)
        .exclude(case__number__in=rows)
        .values_list("case__number", "pk")
    )
    found = []
    for number in numbers:
        one = rows.get(number)
        if one is None:
            href = reverse("desk:case", args=[done_before[number]]) if number in done_before else ""
            words = _("已不在待分文之列。") if href else _("查無此案。")
            found.append(Result(number, href, parts.Tag(_("未辦理"), "amber"), words))
            continue
        found.append(_one(request, user, one, f"{batch}:{one.pk}"))
    return found


def _one(request: HttpRequest, user: User, one: Petition, key: str) -> Result:
    href = reverse("desk:case", args=[one.pk])
    number = one.case.number
    category = registers.categories().get(request.POST.get(f"category-{number}", ""))
    chosen = request.POST.get(f"agency-{number}", "")
    agency = Agency.objects.filter(pk=int(chosen), valid_to=None).first() if chosen.isdigit() else None
    if category is None or agency is None:
        words = _("沒有選定分類與主辦機關，請開啟案件辦理。")
        return Result(number, href, parts.Tag(_("未辦理"), "red"), words)
    try:
        fresh = take(one, user, category, agency, key)
    except Refused as refused:
        return Result(number, href, parts.Tag(_("未辦理"), "red"), str(refused))
    except ValidationError as wrong:
        return Result(number, href, parts.Tag(_("未辦理"), "red"), " ".join(wrong.messages))
    words = _("%(category)s，%(agency)s") % {
        "category": category, "agency": reference.agencies()[agency.pk].name
    }  # fmt: skip
    return Result(
        number, href, parts.Tag(_("已辦理"), "green"), words if fresh else _("先前已經辦過，這次沒有再辦。")
    )


# ── The page ────────────────────────────────────────────────────────────────────────────────────────


def _batch(text: str) -> str:
    try:
        return uuid.UUID(text).hex
    except ValueError:
        return uuid.uuid4().hex


def _drawn(one: Waiting, may: Callable[[str], str]) -> dict[str, Any]:
    petition, now = one.petition, timezone.now()
    case = petition.case
    words = " ".join(petition.content.split())
    due = due_cell(case.due_at, now, timezone.localtime(now).date(), petition.received_at)
    return {
        "number": case.number,
        "title": case.title,
        "href": reverse("desk:case", args=[case.pk]),
        "tags": [
            parts.Tag(str(petition.get_kind_display()), "", "plain"),
            parts.Tag(str(petition.get_channel_display()), "", "plain"),
            *([parts.Tag(_("涉及危險"), "red")] if petition.danger else []),
            *([parts.Tag(str(Security(case.security).label), "violet", "plain")]
              if case.security in (Security.NAMED, Security.SECRET) else []),
            *([parts.Tag(_("退回改分"), "red")] if case.stage == Stage.REFUSED else []),
        ],
        "received": format_time(petition.received_at),
        "due": due,
        "words": words[:EXCERPT] + ("…" if len(words) > EXCERPT else ""),
        "categories": one.categories,
        "agencies": one.agencies,
        "ready": one.ready,
        "held": one.held,
        "before": _("同一陳情人同一類別已答復%(n)s次") % {"n": one.before} if one.before else "",
        "triage": may("dispatch" if petition.kind == Kind.DISPATCH else "triage") % case.pk,
        "assign": may("assign") % case.pk if petition.category_id and petition.kind != Kind.DISPATCH else "",
        "split": may("split") % case.pk if petition.kind != Kind.DISPATCH else "",
    }  # fmt: skip


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def board(request: HttpRequest) -> HttpResponse:
    """The cases waiting with their proposals; a POST takes those of the picked rows, or of one."""
    user = request.user
    assert isinstance(user, User)
    if not office.sorts(user):
        raise PermissionDenied
    results: list[Result] = []
    status = 200
    fault = ""
    if request.method == "POST":
        one = request.POST.get("one", "")
        numbers = [one] if one else list(dict.fromkeys(request.POST.getlist("id")))
        if not numbers or len(numbers) > MOST:
            fault, status = _("還沒有勾選案件。請勾選後再試，或按該列的「採用」。"), 422
        else:
            results = carry_out(request, user, numbers, _batch(request.POST.get("batch", "")))
    rows = waiting(user)
    total = rows.count()
    place = int(given) if (given := request.GET.get("from", "")).isdigit() and len(given) < 7 else 0
    shown = [proposed(one) for one in rows[place : place + SHOWN]]
    before = grounds.counted([one.petition for one in shown])
    for row in shown:
        row.before = before.get(row.petition.pk, 0)
    models = [one for one in (suggestions.CATEGORY.trained(), suggestions.AGENCY.trained()) if one]

    def move(name: str) -> str:
        return reverse("desk:move", args=[0, name]).replace("/0/", "/%s/")

    def at(start: int) -> str:
        return f"{request.path}?from={start}" if start else request.path

    done = sum(one.state.tone == "green" for one in results)
    context = {
        "lead": _("待分文%(n)s件；建議只供參考，由您選定，選定結果與建議一併留存。") % {"n": total},
        "rows": [_drawn(one, move) for one in shown],
        "results": results,
        "outcome": _("已辦理%(done)s件，未辦理%(refused)s件") % {"done": done, "refused": len(results) - done}
        if results
        else "",
        "fault": fault,
        "batch": uuid.uuid4().hex,
        "learned": bool(models),
        "measured": [f"{one.measured.top1:.1%}" for one in models],
        "shown": _("第%(first)s–%(last)s件") % {"first": place + 1, "last": place + len(shown)},
        "of": _("共%(n)s件") % {"n": total},
        "before": at(max(place - SHOWN, 0)) if place else "",
        "after": at(place + SHOWN) if place + SHOWN < total else "",
    }
    return office.page(request, "petitions/board.html", _("分文臺"), context, status=status)
