"""審查作業與評審梯次 The reviewer's own desk, and that of those who conduct a round.

A reviewer comes here and nowhere else: the address is a key that cannot be guessed, and a key that is
somebody else's answers exactly as one that does not exist. Nothing on these pages comes from the case.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterator
from decimal import Decimal
from typing import Any
from urllib.parse import quote

from django import forms
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import ValidationError
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase, HttpResponseRedirect
from django.urls import URLPattern, path, re_path, reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from yankao.kernel.casework.process import Refused
from yankao.kernel.evidence.files import serve
from yankao.kernel.evidence.sniff import ENDINGS
from yankao.kernel.letters.declare import letters
from yankao.kernel.people.standing import standing
from yankao.kernel.review import reminding
from yankao.kernel.review import rounds as way
from yankao.kernel.review.models import Assignment, Reviewer, Round, Sheet
from yankao.kernel.roc import parse_money
from yankao.kernel.rooms import room
from yankao.kernel.sheets import Cell, write_csv, write_ods

from . import nav, review_prints
from .fields import MoneyField, RocDateField
from .jinja import format_date, format_money, format_short_date
from .pages import render_page
from .parts import Action, Column, Due, Group, Link, Row, Stat, Tag

INVALID, CONFLICT = 422, 409
ODS = "application/vnd.oasis.opendocument.spreadsheet"


def _nobody() -> Http404:
    """One answer for what is not there and for what is somebody else's."""
    return Http404(_("沒有這件審查。"))


# ── The reviewer ────────────────────────────────────────────────────────────────────────────────────


def _own(request: HttpRequest, key: uuid.UUID) -> Assignment:
    found: Assignment | None = way.mine(request.user).filter(key=key).first()
    if found is None:
        raise _nobody()
    return found


def _state(one: Assignment) -> Tag:
    if one.recused_on:
        return Tag(_("已迴避"), "", "plain")
    if one.scored_on:
        return Tag(_("已評分"), "green")
    if one.sheet.withdrawn_on or one.sheet.round.met_on:
        return Tag(_("已結束"), "", "plain")
    return Tag(_("待評分"), "amber")


def _open(one: Assignment) -> bool:
    return not (one.scored_on or one.recused_on or one.sheet.withdrawn_on or one.sheet.round.met_on)


def _due(one: Assignment) -> Due | None:
    if not _open(one):
        return None
    left = (one.due_on - timezone.localdate()).days
    words = (
        _("剩%(n)s天") % {"n": left}
        if left > 0
        else _("今天到期")
        if left == 0
        else _("逾期%(n)s天") % {"n": -left}
    )
    return Due(words, format_short_date(one.due_on), "late" if left < 0 else "soon" if left < 4 else "")


@login_required
@require_safe
def my_reviews(request: HttpRequest) -> HttpResponseBase:
    """My sheets: those still to be scored first, by deadline; then by code word, which tells no order."""
    found = list(way.mine(request.user))
    open_ = sorted((one for one in found if _open(one)), key=lambda one: (one.due_on, one.sheet.code))
    done = sorted((one for one in found if not _open(one)), key=lambda one: one.sheet.code)
    groups = [
        Group(words, [_row(one) for one in rows], _("%(n)s件") % {"n": len(rows)})
        for words, rows in ((_("待評分"), open_), (_("已辦理"), done))
        if rows
    ]
    context = {
        **nav.frame(request),
        "heading": _("審查作業"),
        "lead": _("請依評審項目評分；審查期間請勿與他人討論，也請勿嘗試辨識作者。"),
        "columns": [
            Column(_("題目"), "subject"), Column(_("代號")), Column(_("審查期限"), "due"),
            Column(_("狀態"), "tag"),
        ],
        "groups": groups,
        "declares": Reviewer.objects.filter(user=request.user.pk).exists(),
    }  # fmt: skip
    return render_page(request, "desk/reviews.html", context)


def _row(one: Assignment) -> Row:
    sheet = one.sheet
    return Row(
        str(one.key), reverse("desk:review", args=[one.key]),
        [sheet.title, sheet.code, _due(one), _state(one)], [sheet.round.title, sheet.category],
    )  # fmt: skip


class Scores(forms.Form):
    """A mark for each criterion, what the author will read, and what only the meeting will."""

    def __init__(self, one: Assignment, *args: Any, **given: Any) -> None:
        super().__init__(*args, **given)
        round = one.sheet.round
        self.criteria = way.reviewing_of(round).criteria_on(round.opens_on)
        kept = dict(one.marks.values_list("criterion", "score"))
        draft = "draft" in self.data
        for criterion in self.criteria:
            self.fields[criterion.code] = forms.DecimalField(
                label=str(criterion.label), required=not draft, min_value=0, max_value=100, decimal_places=2,
                max_digits=5, initial=kept.get(criterion.code),
                help_text=_("0到100分，占%(weight)s%%") % {"weight": f"{criterion.weight.normalize():f}"},
                error_messages={
                    name: _("分數須在0到100之間。") for name in ("invalid", "min_value", "max_value")
                }
                | {"required": _("請為「%(name)s」評分。") % {"name": criterion.label}},
            )  # fmt: skip
        for name in ("comment", "note"):
            column: Any = Assignment._meta.get_field(name)
            self.fields[name] = forms.CharField(
                label=column.verbose_name, help_text=column.help_text, required=False, max_length=4000,
                widget=forms.Textarea(attrs={"rows": 5}), initial=getattr(one, name),
            )  # fmt: skip

    def marks(self) -> dict[str, Decimal | None]:
        return {criterion.code: self.cleaned_data.get(criterion.code) for criterion in self.criteria}


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def review(request: HttpRequest, key: uuid.UUID) -> HttpResponseBase:
    """The sheet and its score form; what is typed stays when it is refused."""
    one = _own(request, key)
    posted = request.method == "POST"
    form = Scores(one, request.POST if posted else None)
    sentence, status = "", 200
    if posted:
        final, status = "draft" not in request.POST, INVALID
        if form.is_valid():
            said = form.cleaned_data
            try:
                way.score(
                    one, request.user, form.marks(), comment=said["comment"], note=said["note"], final=final
                )
            except Refused as refused:
                if final and _same(one, form):  # the same form sent twice
                    return HttpResponseRedirect(reverse("desk:reviews"))
                sentence, status = str(refused), CONFLICT
            except ValidationError as error:
                for name, told in error.message_dict.items():
                    form.add_error(name if name in form.fields else None, told)
            else:
                words = _("%(code)s已送出評分。") if final else _("%(code)s已暫存。")
                messages.success(request, words % {"code": one.sheet.code})
                return HttpResponseRedirect(reverse("desk:reviews") if final else request.path)
    sheet = one.sheet
    context = {
        **nav.frame(request),
        "heading": sheet.title,
        "crumbs": [
            Link(_("首頁"), reverse("desk:home")), Link(_("審查作業"), reverse("desk:reviews")),
            Link(sheet.code, ""),
        ],
        "one": one,
        "sheet": sheet,
        "state": _state(one),
        "due": _due(one),
        "form": form if _open(one) else None,
        "actions": [Action(_("暫存"), "draft", "1")],
        "sentence": sentence,
        "marks": [] if _open(one) else _marks(one),
        "file": reverse("desk:review_copy", args=[key]) if sheet.copy_id else "",
        "prints": [
            (form.upper(), reverse("desk:review_sheet", args=[key, form])) for form in review_prints.TYPES
        ],
        "recuse": reverse("desk:review_recuse", args=[key]) if _open(one) else "",
    }  # fmt: skip
    return render_page(request, "desk/review.html", context, status=status)


def _same(one: Assignment, form: Scores) -> bool:
    kept = dict(one.marks.values_list("criterion", "score"))
    return one.scored_on is not None and kept == form.marks()


def _marks(one: Assignment) -> list[tuple[str, str]]:
    kept = dict(one.marks.values_list("criterion", "score"))
    round = one.sheet.round
    return [
        (str(criterion.label), f"{kept[criterion.code].normalize():f}")
        for criterion in way.reviewing_of(round).criteria_on(round.opens_on)
        if criterion.code in kept
    ]


@login_required
@require_safe
def review_sheet(request: HttpRequest, key: uuid.UUID, form: str) -> HttpResponseBase:
    """The own score sheet on paper."""
    return review_prints.own_sheet(_own(request, key), form)


@login_required
@require_safe
def review_copy(request: HttpRequest, key: uuid.UUID) -> HttpResponseBase:
    """The cleaned file, named by the code word alone and without its date."""
    sheet = _own(request, key).sheet
    if sheet.copy is None:
        raise _nobody()
    return bare(sheet)


def bare(sheet: Sheet) -> HttpResponseBase:
    """The blind copy as a download."""
    assert sheet.copy
    try:
        response = serve(sheet.copy)
    except FileNotFoundError:
        raise _nobody() from None
    ending = "jpg" if sheet.copy.kind == "jpeg" else min(ENDINGS[sheet.copy.kind], key=len)
    response["Content-Disposition"] = f'attachment; filename="{sheet.code}.{ending}"'
    return response


class Recusal(forms.Form):
    reason = forms.CharField(
        label=gettext_lazy("迴避事由"), max_length=300, widget=forms.Textarea(attrs={"rows": 3}),
        help_text=gettext_lazy("例如：與推測的作者共事或有親屬關係。僅研考會看得到。"),
    )  # fmt: skip


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def review_recuse(request: HttpRequest, key: uuid.UUID) -> HttpResponseBase:
    """聲明迴避 Give a sheet back."""
    one = _own(request, key)
    form = Recusal(request.POST if request.method == "POST" else None)
    status = 200
    if request.method == "POST":
        status = INVALID
        if form.is_valid():
            try:
                way.recuse(one, request.user, form.cleaned_data["reason"])
            except Refused as refused:
                form.add_error(None, str(refused))
                status = CONFLICT
            else:
                messages.success(request, _("已聲明迴避%(code)s。") % {"code": one.sheet.code})
                return HttpResponseRedirect(reverse("desk:reviews"))
    context = {
        **nav.frame(request),
        "heading": _("聲明迴避"),
        "lead": f"{one.sheet.code} {one.sheet.title}",
        "crumbs": [
            Link(_("首頁"), reverse("desk:home")),
            Link(_("審查作業"), reverse("desk:reviews")),
            Link(one.sheet.code, reverse("desk:review", args=[key])),
            Link(_("聲明迴避"), ""),
        ],
        "form": form,
        "submit": _("聲明迴避"),
        "back": reverse("desk:review", args=[key]),
    }
    return render_page(request, "desk/review_form.html", context, status=status)


def first(user: Any) -> list[dict[str, Any]]:
    """First-screen items (functional spec part G): my reviews with their deadline."""
    open_ = list(way.to_do(user).values_list("due_on", flat=True))
    if not open_:
        return []
    late = min(open_) < timezone.localdate()
    words = _("待評分的審查，最近期限%(day)s") % {"day": format_short_date(min(open_))}
    return [
        {"label": words, "count": len(open_), "url": reverse("desk:reviews"), "tone": "red" if late else ""}
    ]


# ── Those who conduct a round ───────────────────────────────────────────────────────────────────────


def _round(request: HttpRequest, pk: int) -> Round:
    found = Round.objects.filter(pk=pk).first()
    if found is None or not way.conducts(request.user, found):
        raise Http404(_("沒有這個評審梯次。"))
    return found


def _title(kind: str) -> str:
    return room(kind).title


def _crumbs(*more: Link) -> list[Link]:
    return [
        Link(_("首頁"), reverse("desk:home")), Link(_("評審梯次"), reverse("desk:rounds")), *more,
    ]  # fmt: skip


def _stage(one: Round) -> Tag:
    if one.revealed:
        return Tag(_("已公布"), "green")
    if one.met_on:
        return Tag(_("已決審"), "violet")
    if one.closes_on >= timezone.localdate():
        return Tag(_("收件中"), "blue")
    return Tag(_("審查中"), "amber")


@login_required
@require_safe
def rounds(request: HttpRequest) -> HttpResponseBase:
    """The rounds the person conducts; a place to open one."""
    kinds = [kind for kind, one in way.reviewings.items() if standing(request.user).has(*one.conductors)]
    if not kinds:
        raise Http404(_("沒有這個評審梯次。"))
    rows = [
        Row(
            str(one.pk), reverse("desk:round", args=[one.pk]),
            [one.title, way.until(one), format_short_date(one.announced_on), _stage(one)], [_title(one.kind)],
        )
        for one in way.conducted(request.user)
    ]  # fmt: skip
    context = {
        **nav.frame(request),
        "heading": _("評審梯次"),
        "lead": _("結果公布前，分派、評分與決審內容只有辦理評審的人員看得到。"),
        "crumbs": [Link(_("首頁"), reverse("desk:home")), Link(_("評審梯次"), "")],
        "columns": [
            Column(_("名稱"), "subject"), Column(_("收件期間")), Column(_("公布日"), "date"),
            Column(_("狀態"), "tag"),
        ],
        "groups": [Group("", rows)] if rows else [],
        "new": [Link(_title(kind), reverse("desk:round_new", args=[kind])) for kind in kinds],
    }  # fmt: skip
    return render_page(request, "desk/rounds.html", context)


class RoundForm(forms.ModelForm):  # type: ignore[type-arg]
    """A new round: its year, window and money."""

    opens_on = RocDateField(label=gettext_lazy("收件起日"))
    closes_on = RocDateField(label=gettext_lazy("收件迄日"))
    appropriation = MoneyField(label=gettext_lazy("預算額度"))

    class Meta:
        model = Round
        fields = ("code", "title", "opens_on", "closes_on", "appropriation")


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def round_new(request: HttpRequest, kind: str) -> HttpResponseBase:
    """開辦梯次 Open a round."""
    told = way.reviewings.get(kind)
    if told is None or not standing(request.user).has(*told.conductors):
        raise Http404(_("沒有這個評審梯次。"))
    form = RoundForm(request.POST if request.method == "POST" else None, instance=Round(kind=kind))
    status = 200
    if request.method == "POST":
        status = INVALID
        if form.is_valid():
            made = way.open_round(form.instance, request.user)
            messages.success(request, _("已開辦%(title)s。") % {"title": made.title})
            return HttpResponseRedirect(reverse("desk:round", args=[made.pk]))
    context = {
        **nav.frame(request),
        "heading": _("開辦評審梯次"),
        "lead": _title(kind),
        "crumbs": _crumbs(Link(_("開辦評審梯次"), "")),
        "form": form,
        "submit": _("開辦"),
        "back": reverse("desk:rounds"),
    }
    return render_page(request, "desk/review_form.html", context, status=status)


def _number(value: Decimal | None) -> str:
    return "" if value is None else f"{value:.2f}"


@login_required
@require_safe
def show_round(request: HttpRequest, pk: int) -> HttpResponseBase:
    """How far a round is: sheets by rank, what is missing, how the reviewers score beside each other."""
    one = _round(request, pk)
    lines = way.table(one)
    told = way.reviewing_of(one)
    unfinished = [line for line in lines if not line.complete]
    wide = [line for line in lines if line.wide]
    given = sum(line.sheet.amount for line in lines)
    identities = one.revealed
    cases = dict(Sheet.objects.filter(round=one).values_list("pk", "case__number")) if identities else {}
    rows = [
        {
            "code": line.sheet.code,
            "href": reverse("desk:round_sheet", args=[one.pk, line.sheet.code]),
            "title": line.sheet.title,
            "scores": _("、").join(_number(score) for score in line.scores),
            "open": line.open,
            "result": _number(line.result),
            "spread": _number(line.spread) if len(line.scores) > 1 else "",
            "wide": line.wide,
            "rank": line.rank or "",
            "grade": str(told.grades[line.sheet.grade])
            if line.sheet.grade
            else (_("未錄取") if line.sheet.decided else ""),
            "amount": f"{line.sheet.amount:,}" if line.sheet.amount else "",
            "number": cases.get(line.sheet.pk, ""),
        }
        for line in lines
    ]
    judged = [
        (str(c.judge), str(c.count), _number(c.mean), f"{c.least.normalize():f}–{c.most.normalize():f}",
         "" if c.milder_by is None else f"{c.milder_by:+.2f}")
        for c in way.calibrations(one)
    ]  # fmt: skip
    context = {
        **nav.frame(request),
        "heading": one.title,
        "lead": _("收件%(window)s，預算額度%(money)s")
        % {"window": way.until(one), "money": format_money(one.appropriation)},
        "crumbs": _crumbs(Link(one.title, "")),
        "one": one,
        "stage": _stage(one),
        "stats": [
            Stat(str(len(lines)), _("送審件"), "#sheets"),
            Stat(str(len(unfinished)), _("尚未完成審查"), "#sheets", "", bool(unfinished)),
            Stat(str(len(wide)), _("意見分歧，須加審"), "#sheets", "", bool(wide)),
            Stat(f"{given:,}", _("決審金額（元）"), "#sheets"),
        ],
        "rows": rows,
        "identities": identities,
        "judged": judged,
        "meeting": _("%(day)s %(place)s") % {"day": format_date(one.met_on), "place": one.place}
        if one.met_on
        else "",
        "files": [
            Link(label, reverse("desk:round_file", args=[one.pk, form]), icon="download")
            for label, form in ((_("排名表CSV"), "csv"), (_("排名表ODS"), "ods"))
        ]
        + [
            Link(label, reverse("desk:round_scores", args=[one.pk, form]), icon="download")
            for label, form in ((_("評分表ODT"), "odt"), (_("評分表PDF"), "pdf"))
        ],
        "waiting": any(line.open for line in lines),
        "call": reverse("desk:room_letter", args=[one.kind, "call"])
        if f"{one.kind}.call" in letters and one.closes_on >= timezone.localdate()
        else "",
    }
    return render_page(request, "desk/round.html", context)


def _act(request: HttpRequest, one: Round, deed: Callable[[], str]) -> HttpResponseBase:
    """Do it and say so, or say why not; then back to the round."""
    try:
        messages.success(request, deed())
    except Refused as refused:
        messages.error(request, str(refused))
    except ValidationError as error:
        messages.error(request, "".join(error.messages))
    return HttpResponseRedirect(reverse("desk:round", args=[one.pk]))


@login_required
@require_POST
def round_assign(request: HttpRequest, pk: int) -> HttpResponseBase:
    """自動分派 Fill every sheet up."""
    one = _round(request, pk)

    def deed() -> str:
        made, short = way.assign_all(one, request.user)
        words = _("已分派%(n)s件次。") % {"n": made}
        if short:
            codes = _("、").join(sheet.code for sheet in short)
            words += _("下列送審件可用的審查人員不足：%(codes)s。") % {"codes": codes}
        return words

    return _act(request, one, deed)


@login_required
@require_POST
def round_announce(request: HttpRequest, pk: int) -> HttpResponseBase:
    """公布結果 Tell every case its result."""
    one = _round(request, pk)
    return _act(request, one, lambda: _("已公布%(n)s件結果。") % {"n": way.announce(one, request.user)})


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def round_sheet(request: HttpRequest, pk: int, code: str) -> HttpResponseBase:
    """One sheet: its reviewers, those who could be asked, those who must not and why."""
    one = _round(request, pk)
    sheet = Sheet.objects.filter(round=one, code=code).select_related("round", "copy").first()
    if sheet is None:
        raise Http404(_("沒有這個送審件。"))
    here = reverse("desk:round_sheet", args=[one.pk, sheet.code])
    if request.method == "POST":
        try:
            messages.success(request, _sheet_deed(request, sheet))
        except Refused as refused:
            messages.error(request, str(refused))
        except ValidationError as error:
            messages.error(request, "".join(error.messages))
        return HttpResponseRedirect(here)
    lines = {line.sheet.pk: line for line in way.table(one)}
    people = [] if one.met_on else way.choice(sheet, timezone.localdate())
    rows = [
        {
            "pk": a.pk, "name": str(a.reviewer), "where": a.reviewer.employer or str(a.reviewer.agency or ""),
            "extra": a.extra, "due": format_short_date(a.due_on), "state": _state(a),
            "total": _number(a.total),
            "comment": a.comment, "note": a.note, "recusal": a.recusal,
            "may_withdraw": _open(a), "may_reopen": bool(a.scored_on) and not one.met_on,
        }
        for a in sheet.assignments.select_related("reviewer__agency", "sheet__round").order_by("pk")
    ]  # fmt: skip
    context = {
        **nav.frame(request),
        "heading": f"{sheet.code} {sheet.title}",
        "crumbs": _crumbs(Link(one.title, reverse("desk:round", args=[one.pk])), Link(sheet.code, "")),
        "sheet": sheet,
        "line": lines.get(sheet.pk),
        "rows": rows,
        "fit": [
            {
                "pk": p.pk,
                "name": str(p),
                "where": p.employer or str(p.agency or ""),
                "expertise": p.expertise,
                "load": n,
            }
            for p, n, against in people
            if not against
        ],
        "unfit": [(str(p), _("；").join(against)) for p, _n, against in people if against],
        "case": reverse("desk:case", args=[sheet.case_id]) if one.met_on else "",
    }
    return render_page(request, "desk/round_sheet.html", context)


def _sheet_deed(request: HttpRequest, sheet: Sheet) -> str:
    deed, pk = request.POST.get("deed", ""), request.POST.get("of", "")
    number = int(pk) if pk.isascii() and pk.isdigit() and len(pk) < 18 else 0
    if deed == "assign":
        person = Reviewer.objects.filter(pk=number).select_related("user").first()
        if person is None:
            raise Refused(_("沒有這位審查人員。"))
        line = next((line for line in way.table(sheet.round) if line.sheet.pk == sheet.pk), None)
        way.assign(sheet, person, request.user, extra=line is not None and line.wide)
        return _("已分派%(name)s。") % {"name": person}
    one = sheet.assignments.filter(pk=number).first()
    if one is None:
        raise Refused(_("沒有這件審查。"))
    if deed == "withdraw":
        way.withdraw(one, request.user, request.POST.get("reason", ""))
        return _("已撤回分派。")
    if deed == "reopen":
        way.reopen(one, request.user, request.POST.get("reason", ""))
        return _("已退回更正。")
    raise Refused(_("沒有這個動作。"))


class MeetingForm(forms.Form):
    """When, where, who sat there, what was said."""

    met_on = RocDateField(label=gettext_lazy("會議日"))
    place = forms.CharField(label=gettext_lazy("會議地點"), max_length=120, required=False)
    present = forms.CharField(label=gettext_lazy("出席委員"), widget=forms.Textarea(attrs={"rows": 2}))
    minutes = forms.CharField(label=gettext_lazy("會議紀錄"), widget=forms.Textarea(attrs={"rows": 5}))


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def round_meeting(request: HttpRequest, pk: int) -> HttpResponseBase:
    """決審會議 The ranking without names, a grade for each, and the meeting's own facts."""
    one = _round(request, pk)
    if one.revealed:
        return HttpResponseRedirect(reverse("desk:round", args=[one.pk]))
    told, lines = way.reviewing_of(one), way.table(one)
    posted = request.method == "POST"
    first_ = {name: getattr(one, name) for name in ("met_on", "place", "present", "minutes")}
    form = MeetingForm(request.POST if posted else None, initial=first_ if one.met_on else None)
    wrong: list[str] = []
    status = 200
    if posted:
        status = INVALID
        decisions, wrong = _decisions(request, one, lines)
        if form.is_valid() and not wrong:
            try:
                way.decide(one, request.user, way.Meeting(**form.cleaned_data), decisions)
            except Refused as refused:
                wrong, status = str(refused).splitlines(), CONFLICT
            else:
                messages.success(request, _("已登錄決審。公布前仍可更正。"))
                return HttpResponseRedirect(reverse("desk:round", args=[one.pk]))
    rows = []
    for line in lines:
        code = line.sheet.code
        grade = line.sheet.grade if line.sheet.decided else line.proposed
        asked = line.sheet.amount if line.sheet.decided else line.sheet.asked
        rows.append(
            {
                "code": code, "title": line.sheet.title, "rank": line.rank or "",
                "result": _number(line.result),
                "spread": _number(line.spread), "torn": line.torn, "complete": line.complete,
                "grade": request.POST.get(f"grade-{code}", "") if posted else grade,
                "asked": "" if line.sheet.asked is None else f"{line.sheet.asked:,}",
                "amount": request.POST.get(f"amount-{code}", "") if posted else f"{asked or 0:,}",
            }
        )  # fmt: skip
    context = {
        **nav.frame(request),
        "heading": _("決審會議"),
        "lead": one.title,
        "crumbs": _crumbs(Link(one.title, reverse("desk:round", args=[one.pk])), Link(_("決審會議"), "")),
        "one": one,
        "form": form,
        "wrong": wrong,
        "rows": rows,
        "grades": [(code, str(words)) for code, words in told.grades.items()],
        "priced": told.prize is None,
        "quotas": [
            _("%(grade)s%(n)s件") % {"grade": told.grades[code], "n": most}
            for most, code, _least in told.quotas.at(one.opens_on).steps
        ]
        if told.quotas
        else [],
        "money": format_money(one.appropriation),
        "back": reverse("desk:round", args=[one.pk]),
    }
    return render_page(request, "desk/round_meeting.html", context, status=status)


def _decisions(
    request: HttpRequest, one: Round, lines: list[way.Line]
) -> tuple[dict[str, way.Decision], list[str]]:
    """The decisions as typed, and what cannot be read."""
    priced = way.reviewing_of(one).prize is None
    found: dict[str, way.Decision] = {}
    wrong: list[str] = []
    for line in lines:
        code = line.sheet.code
        grade, text = request.POST.get(f"grade-{code}", ""), request.POST.get(f"amount-{code}", "").strip()
        amount: Decimal | None = None
        if priced and grade and text:
            try:
                amount = Decimal(parse_money(text))
            except ValueError:
                wrong.append(_("%(code)s：看不懂這個金額「%(text)s」。") % {"code": code, "text": text[:30]})
        found[code] = way.Decision(grade, amount)
    return found, wrong


@login_required
@require_safe
def round_file(request: HttpRequest, pk: int, form: str) -> HttpResponseBase:
    """排名表 The ranking as a file, by code word; no author and no reviewer stands in it."""
    one = _round(request, pk)
    told = way.reviewing_of(one)
    head = [_("名次"), _("代號"), _("題目"), _("類別"), _("平均"), _("差距"), _("等第"), _("金額")]
    rows: Iterator[list[Cell]] = (
        [
            line.rank, line.sheet.code, line.sheet.title, line.sheet.category, line.result, line.spread,
            str(told.grades[line.sheet.grade]) if line.sheet.grade else "", int(line.sheet.amount),
        ]
        for line in way.table(one)
    )  # fmt: skip
    name = _("%(title)s排名表") % {"title": one.title}
    if form == "csv":
        response = HttpResponse(b"".join(write_csv(head, rows)), content_type="text/csv; charset=utf-8")
    else:
        response = HttpResponse(write_ods(head, rows, title=name), content_type=ODS)
    response["Content-Disposition"] = f"attachment; filename*=UTF-8''{quote(name)}.{form}"
    response["Cache-Control"] = "private, no-store"
    return response


@login_required
@require_safe
def round_scores(request: HttpRequest, pk: int, form: str) -> HttpResponseBase:
    """評分彙整表 The score sheets of a round on paper, for its meeting; who took them is noted, sealed."""
    one = _round(request, pk)
    way.sealed("review.print", f"review:round:{one.pk}", request.user, timezone.now(), form=form)
    return review_prints.round_scores(one, form)


@login_required
@require_POST
def round_urge(request: HttpRequest, pk: int) -> HttpResponseBase:
    """催審 Remind everybody who still has sheets of the round to score."""
    one = _round(request, pk)
    return _act(request, one, lambda: _("已提醒%(n)s位審查人員。") % {"n": reminding.urge(one, request.user)})


urls: list[URLPattern] = [
    path("reviews/", my_reviews, name="reviews"),
    path("reviews/<uuid:key>/", review, name="review"),
    path("reviews/<uuid:key>/copy", review_copy, name="review_copy"),
    path("reviews/<uuid:key>/sheet.<str:form>", review_sheet, name="review_sheet"),
    path("reviews/<uuid:key>/recuse", review_recuse, name="review_recuse"),
    path("rounds/", rounds, name="rounds"),
    path("rounds/new/<str:kind>/", round_new, name="round_new"),
    path("rounds/<int:pk>/", show_round, name="round"),
    path("rounds/<int:pk>/assign", round_assign, name="round_assign"),
    path("rounds/<int:pk>/meeting/", round_meeting, name="round_meeting"),
    path("rounds/<int:pk>/urge", round_urge, name="round_urge"),
    path("rounds/<int:pk>/scores.<str:form>", round_scores, name="round_scores"),
    path("rounds/<int:pk>/announce", round_announce, name="round_announce"),
    path("rounds/<int:pk>/sheets/<str:code>/", round_sheet, name="round_sheet"),
    re_path(r"^rounds/(?P<pk>\d+)/ranking\.(?P<form>csv|ods)$", round_file, name="round_file"),
]
