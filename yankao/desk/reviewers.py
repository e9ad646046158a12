"""審查人員 Who may judge: terms, expertise, load, declared relations; and a reviewer's own declarations.

The load counts only rounds the reader conducts: of a round with something of one's own nothing is told.
"""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import ValidationError
from django.db.models import Count, Q
from django.http import Http404, HttpRequest, HttpResponseBase, HttpResponseRedirect
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods

from yankao.kernel.casework.process import Refused
from yankao.kernel.people.agencies import agencies_on
from yankao.kernel.people.models import User
from yankao.kernel.register.validity import in_force
from yankao.kernel.review import roster
from yankao.kernel.review import rounds as way
from yankao.kernel.review.models import Reviewer

from . import nav
from .derive import choose_among
from .fields import RocDateField
from .inputs import words_of
from .jinja import format_short_date
from .moves import CONFLICT, INVALID
from .pages import render_page
from .parts import Column, Group, Link, Row, Tag


def _keeper_of(request: HttpRequest) -> Any:
    if not roster.keeps(request.user):
        raise Http404(_("沒有這個審查人員名單。"))
    return request.user


def _crumbs(*more: Link) -> list[Link]:
    here = reverse("desk:reviewers") if more else ""
    return [
        Link(_("首頁"), reverse("desk:home")), Link(_("評審梯次"), reverse("desk:rounds")),
        Link(_("審查人員"), here), *more,
    ]  # fmt: skip


def term_of(one: Reviewer) -> str:
    until = format_short_date(one.valid_to) if one.valid_to else _("無期限")
    return f"{format_short_date(one.valid_from)}–{until}"


def state_of(one: Reviewer) -> Tag:
    today = timezone.localdate()
    if one.valid_from > today:
        return Tag(_("尚未起聘"), "amber")
    return Tag(_("聘期屆滿")) if one.valid_to and one.valid_to < today else Tag(_("聘期中"), "green")


class ReviewerForm(forms.Form):
    """A reviewer with the term."""

    use_required_attribute = False
    name = forms.CharField(label=gettext_lazy("姓名"), max_length=100)
    account = forms.CharField(
        label=gettext_lazy("帳號"), max_length=150, required=False,
        help_text=gettext_lazy("有帳號才能上網審查與收到提醒"),
    )  # fmt: skip
    employer = forms.CharField(
        label=gettext_lazy("服務單位"), max_length=120, required=False,
        help_text=gettext_lazy("學校或其他單位"),
    )  # fmt: skip
    expertise = forms.CharField(
        label=gettext_lazy("專長"), max_length=200, required=False, help_text=gettext_lazy("各項以、分開")
    )
    valid_from = RocDateField(label=gettext_lazy("起聘日"))
    valid_to = RocDateField(label=gettext_lazy("迄日"), required=False)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        today = timezone.localdate()
        agencies = agencies_on(today).order_by("pk")
        self.fields["agency"] = choose_among(agencies, label=_("服務機關"), required=False)
        self.order_fields(["name", "account", "agency", "employer", "expertise", "valid_from", "valid_to"])

    def clean_account(self) -> User | None:
        name = self.cleaned_data["account"].strip()
        if not name:
            return None
        found = User.objects.filter(username=name, is_active=True).first()
        if found is None:
            raise ValidationError(_("沒有這個帳號。"))
        return found

    def onto(self, person: Reviewer) -> Reviewer:
        told = dict(self.cleaned_data)
        person.user = told.pop("account")
        for name, value in told.items():
            setattr(person, name, value)
        return person


def _initial(one: Reviewer) -> dict[str, Any]:
    names = ("name", "employer", "expertise", "valid_from", "valid_to", "agency")
    return {name: getattr(one, name) for name in names} | {"account": one.user.username if one.user else ""}


def blame(form: forms.Form, error: ValidationError) -> None:
    """The model's refusals at the fields of the form."""
    told = error.message_dict if hasattr(error, "error_dict") else {"__all__": error.messages}
    for name, sentences in told.items():
        name = {"user": "account"}.get(name, name)
        form.add_error(name if name in form.fields else None, sentences)


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def reviewers(request: HttpRequest) -> HttpResponseBase:
    """Everybody who may judge, those in term first, with load and relations; a form for a new one."""
    user = _keeper_of(request)
    posted = request.method == "POST"
    form, status = ReviewerForm(request.POST if posted else None), 200
    if posted:
        status = INVALID
        if form.is_valid():
            try:
                made = roster.keep(form.onto(Reviewer()), user)
            except ValidationError as error:
                blame(form, error)
            else:
                messages.success(request, _("已新增審查人員%(name)s。") % {"name": made})
                return HttpResponseRedirect(reverse("desk:reviewer", args=[made.pk]))
    today = timezone.localdate()
    held = roster.loads(way.conducted(user), today)
    people = Reviewer.objects.select_related("agency", "user").annotate(
        relations_now=Count("relations", filter=Q(relations__valid_to=None))
    )
    serving = set(Reviewer.objects.filter(in_force(today)).values_list("pk", flat=True))
    rows = []
    for one in sorted(people, key=lambda one: (one.pk not in serving, one.name, one.pk)):
        load = held.get(one.pk, roster.Load())
        waiting = str(load.waiting) + (_("（逾期%(n)s）") % {"n": load.late} if load.late else "")
        where = one.employer or (words_of(one.agency) if one.agency else "")
        cells = [
            one.name, where, one.expertise, term_of(one), str(load.given), waiting, str(one.relations_now),
            state_of(one),
        ]  # fmt: skip
        meta = [] if one.user_id else [_("沒有帳號，不能上網審查")]
        rows.append(Row(str(one.pk), reverse("desk:reviewer", args=[one.pk]), cells, meta))
    context = {
        **nav.frame(request),
        "heading": _("審查人員"),
        "lead": _("各業務的評審共用這份名單；件數只計您辦理的梯次。"),
        "crumbs": _crumbs(),
        "columns": [
            Column(_("姓名"), "subject"), Column(_("服務單位")), Column(_("專長")), Column(_("聘期")),
            Column(_("分派件數"), "number"), Column(_("待評"), "number"), Column(_("利害關係"), "number"),
            Column(_("狀態"), "tag"),
        ],
        "groups": [Group("", rows)] if rows else [],
        "form": form,
    }  # fmt: skip
    return render_page(request, "desk/reviewers.html", context, status=status)


class RelationForm(forms.Form):
    """An agency or a person whose work must not be judged, and why."""

    use_required_attribute = False
    person = forms.CharField(
        label=gettext_lazy("人員姓名"), max_length=100, required=False,
        help_text=gettext_lazy("機關與人員擇一填寫"),
    )  # fmt: skip
    reason = forms.CharField(
        label=gettext_lazy("關係"), max_length=120,
        help_text=gettext_lazy("例如：配偶任職、指導教授、共同研究"),
    )  # fmt: skip

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        agencies = agencies_on(timezone.localdate()).order_by("pk")
        self.fields = {"agency": choose_among(agencies, label=_("機關"), required=False), **self.fields}


def _declared(request: HttpRequest, one: Reviewer, form: RelationForm) -> int:
    """Keep what the form says; 0 when it is kept, else the status of the page."""
    if not form.is_valid():
        return INVALID
    told = form.cleaned_data
    try:
        roster.declare(one, request.user, agency=told["agency"], name=told["person"], reason=told["reason"])
    except Refused as refused:
        form.add_error(None, str(refused))
        return CONFLICT
    except ValidationError as error:
        blame(form, error)
        return INVALID
    messages.success(request, _("已登錄利害關係申報。"))
    return 0


def relations_of(one: Reviewer, *, lifting: bool) -> list[dict[str, Any]]:
    return [
        {
            "pk": row.pk,
            "who": words_of(row.agency) if row.agency else row.person,
            "reason": row.reason,
            "since": format_short_date(row.valid_from),
            "until": format_short_date(row.valid_to),
            "lift": lifting and row.valid_to is None,
        }
        for row in one.relations.select_related("agency").order_by("-valid_from", "-pk")
    ]


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def reviewer(request: HttpRequest, pk: int) -> HttpResponseBase:
    """One reviewer: the term to be changed, the relations, how many sheets of which round."""
    user = _keeper_of(request)
    one = Reviewer.objects.select_related("agency", "user").filter(pk=pk).first()
    if one is None:
        raise Http404(_("沒有這位審查人員。"))
    deed = request.POST.get("deed", "") if request.method == "POST" else ""
    form = ReviewerForm(request.POST if deed == "keep" else None, initial=_initial(one))
    relation = RelationForm(request.POST if deed == "declare" else None)
    status = 200
    if deed == "lift":
        row = one.relations.filter(pk=_number(request.POST.get("of", ""))).first()
        if row is None:
            raise Http404(_("沒有這項申報。"))
        roster.lift(row, user)
        messages.success(request, _("已解除利害關係。"))
        return HttpResponseRedirect(request.path)
    if deed == "declare":
        status = _declared(request, one, relation)
    elif deed == "keep":
        status = INVALID
        if form.is_valid():
            try:
                roster.keep(form.onto(one), user)
            except ValidationError as error:
                blame(form, error)
            else:
                messages.success(request, _("已更新審查人員資料。"))
                status = 0
    if status == 0:
        return HttpResponseRedirect(request.path)
    today = timezone.localdate()
    rounds = []
    for round in way.conducted(user):
        load = roster.loads([round], today).get(one.pk)
        if load:
            counts = (load.given, load.waiting, load.late, load.recused)
            rounds.append((round.title, *map(str, counts)))
    context = {
        **nav.frame(request),
        "heading": one.name,
        "lead": one.employer or (words_of(one.agency) if one.agency else ""),
        "crumbs": _crumbs(Link(one.name, "")),
        "one": one,
        "state": state_of(one),
        "form": form,
        "relation": relation,
        "relations": relations_of(one, lifting=True),
        "rounds": rounds,
    }
    return render_page(request, "desk/reviewer.html", context, status=status or 200)


def _number(text: str) -> int:
    return int(text) if text.isascii() and text.isdigit() and len(text) < 18 else 0


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def my_relations(request: HttpRequest) -> HttpResponseBase:
    """申報利害關係 The reviewer's own declarations: whose work not to be given at all."""
    one = Reviewer.objects.filter(user=request.user.pk).first()
    if one is None:
        raise Http404(_("沒有這件審查。"))
    posted = request.method == "POST"
    form, status = RelationForm(request.POST if posted else None), 200
    if posted and not (status := _declared(request, one, form)):
        return HttpResponseRedirect(request.path)
    context = {
        **nav.frame(request),
        "heading": _("利害關係申報"),
        "lead": _("申報後不會分派這些機關或人員的送審件給您；只有研考會看得到。"),
        "crumbs": [
            Link(_("首頁"), reverse("desk:home")), Link(_("審查作業"), reverse("desk:reviews")),
            Link(_("利害關係申報"), ""),
        ],
        "relation": form,
        "relations": relations_of(one, lifting=False),
    }  # fmt: skip
    return render_page(request, "desk/my_relations.html", context, status=status)


urls: list[URLPattern] = [
    path("reviews/relations/", my_relations, name="review_relations"),
    path("rounds/reviewers/", reviewers, name="reviewers"),
    path("rounds/reviewers/<int:pk>/", reviewer, name="reviewer"),
]
