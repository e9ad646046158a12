"""What is done to a case beside its moves: assigning, talking, following, linking."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction
from django.db.models import Q
from django.http import HttpRequest, HttpResponseBase, HttpResponseRedirect
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_POST

from yankao.kernel.audit import ledger
from yankao.kernel.casework.models import Case, Comment, Follow, Link, Receipt
from yankao.kernel.casework.process import Refused, visible
from yankao.kernel.notice import send
from yankao.kernel.people.models import User

from . import nav, parts
from .case import Opened, crumbs_of, looked, opened, tags_of
from .derive import AskForm, Asking, choose_among
from .moves import CONFLICT, INVALID, done, key_of
from .pages import render_page


def staff_of(agencies: Any) -> Any:
    """The people holding a post in one of the agencies today."""
    today = timezone.localdate()
    in_force = Q(posts__valid_from__lte=today) & (Q(posts__valid_to=None) | Q(posts__valid_to__gte=today))
    return (
        User.objects.filter(in_force, is_active=True, posts__agency__in=agencies)
        .distinct()
        .order_by("sort_key", "pk")
    )


def form_page(
    request: HttpRequest, given: Opened, form: Any, *, heading: str, submit: str, sentence: str = "",
    hint: str = "", status: int = 200,
) -> HttpResponseBase:  # fmt: skip
    """A form about a case on a page of its own."""
    context = {
        **nav.frame(request),
        "case": given.case,
        "heading": heading,
        "tags": tags_of(given),
        "crumbs": crumbs_of(given, parts.Link(heading, "")),
        "form": form,
        "sentence": sentence,
        "hint": hint,
        "submit": submit,
        "action": request.path,
        "key": key_of(request),
        "back": given.address,
    }
    return render_page(request, "desk/form.html", context, status=status)


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def assign(request: HttpRequest, pk: int) -> HttpResponseBase:
    """Give the case to one of its agency's people."""
    given = opened(request, pk)
    looked(given, _("分派"))
    staff = choose_among(staff_of([given.case.agency_id]), label=_("承辦人"), required=True)
    posted = request.method == "POST"
    form = AskForm(
        {}, Asking(type(given.record), request.user, given.record), request.POST if posted else None,
        first={"officer": staff}, initial={"officer": given.case.officer},
    )  # fmt: skip
    words: dict[str, Any] = {"heading": _("分派承辦人"), "submit": _("分派")}
    if not posted:
        return form_page(request, given, form, **words)
    if not form.is_valid():
        return form_page(request, given, form, **words, status=INVALID)
    officer = form.cleaned_data["officer"]
    try:
        given.process.assign(given.record, request.user, officer, key=key_of(request))
    except Refused as refused:
        return form_page(request, given, form, **words, sentence=str(refused), status=CONFLICT)
    return done(request, given, _("已分派給%s。") % officer)


@login_required
@require_POST
def comment(request: HttpRequest, pk: int) -> HttpResponseBase:
    """A note to colleagues; those who follow the case and its officer hear of it."""
    given = opened(request, pk)
    text = request.POST.get("text", "").strip().replace("\r\n", "\n")
    if not text:
        messages.error(request, _("意見沒有內容，未送出。"))
        return HttpResponseRedirect(given.address)
    most = 4000
    with transaction.atomic():
        key = key_of(request)
        if Receipt.objects.filter(pk=key).exists():
            return done(request, given, _("意見已送出。"))
        Receipt.objects.create(pk=key, case=given.case, act="comment")
        Comment.objects.create(case=given.case, author=given.user, text=text[:most])
        followers = User.objects.filter(
            Q(following__case=given.case) | Q(pk=given.case.officer_id)
        ).distinct()
        send.to(
            [person for person in followers if person != request.user and _sees(person, given.case)],
            kind="comment", case=given.case, text=gettext_lazy("{number}「{title}」有新的意見。"),
        )  # fmt: skip
    return done(request, given, _("意見已送出。"))


def _sees(person: Any, case: Case) -> bool:
    return Case.objects.filter(visible(person), pk=case.pk).exists()


@login_required
@require_POST
def follow(request: HttpRequest, pk: int) -> HttpResponseBase:
    """Hear of the case from now on, or no longer."""
    given = opened(request, pk)
    if request.POST.get("follow") == "1":
        Follow.objects.get_or_create(case=given.case, user=given.user)
        return done(request, given, _("已關注本案，有進展時會通知您。"))
    Follow.objects.filter(case=given.case, user=given.user).delete()
    return done(request, given, _("已取消關注。"))


class LinkForm(forms.Form):
    """Another case by its number, and how the two relate."""

    use_required_attribute = False
    number = forms.CharField(
        label=gettext_lazy("案號"), max_length=32, help_text=gettext_lazy("要連結的案件的案號")
    )
    kind = forms.ChoiceField(
        label=gettext_lazy("關係"),
        choices=Link.Kind.choices,
        widget=forms.RadioSelect,
        initial=Link.Kind.SEE_ALSO,
    )

    def __init__(self, *args: Any, given: Opened, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.given = given

    def clean_number(self) -> Case:
        """The case, if the person may know of it: another one does not exist for them."""
        number = self.cleaned_data["number"].strip()
        found = Case.objects.filter(visible(self.given.user), number=number).first()
        if found is None:
            raise ValidationError(_("沒有案號%s的案件，或您不能查看。") % number)
        if found.pk == self.given.case.pk:
            raise ValidationError(_("不能連結到案件自己。"))
        return found


def may_link(given: Opened) -> bool:
    """Whoever may assign or correct the case may link it."""
    process = given.process
    return process.assigned_by.held_by(given.user, given.case) or process.amended_by.held_by(
        given.user, given.case
    )


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def link(request: HttpRequest, pk: int) -> HttpResponseBase:
    """Tie the case to another one; the ledger of this case says so."""
    given = opened(request, pk)
    if not may_link(given):
        raise PermissionDenied(_("連結案件由%s辦理。") % given.process.assigned_by.name)
    words: dict[str, Any] = {"heading": _("連結案件"), "submit": _("連結")}
    if request.method != "POST":
        return form_page(request, given, LinkForm(given=given), **words)
    form = LinkForm(request.POST, given=given)
    if not form.is_valid():
        return form_page(request, given, form, **words, status=INVALID)
    other, kind = form.cleaned_data["number"], form.cleaned_data["kind"]
    with transaction.atomic():
        _row, fresh = Link.objects.get_or_create(source=given.case, target=other, kind=kind)
        if fresh:
            case = given.case
            body = {"given": {"case": other, "kind": str(Link.Kind(kind).label)}}
            ledger.append(
                [
                    ledger.Draft(
                        "link",
                        f"case:{case.pk}",
                        timezone.now(),
                        given.user.pk,
                        case.pk,
                        case.stage,
                        case.stage,
                        body,
                    )
                ]
            )
    return done(request, given, _("已連結%s。") % other.number)


__all__ = ["assign", "comment", "follow", "form_page", "link", "staff_of"]
