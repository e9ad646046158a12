"""推動委員會 The committee's pages: members with terms, meetings, resolutions; the ledger has each change."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from yankao.desk import nav, parts
from yankao.desk.fields import RocDateField
from yankao.desk.jinja import format_date
from yankao.desk.pages import render_page
from yankao.kernel.audit import ledger
from yankao.kernel.casework.duties import RDEC
from yankao.kernel.people.agencies import agencies_on
from yankao.kernel.people.models import User
from yankao.kernel.people.standing import standing
from yankao.kernel.register import english
from yankao.kernel.register.validity import in_force
from yankao.kernel.session.actions import ActionItem, Settled, hand_over, settled

from .models import BilingualName, Meeting, Member, Resolution


def commission(user: Any) -> bool:
    """The commission looks after the committee."""
    return standing(user).has(*RDEC)


def _actor(request: HttpRequest) -> User:
    if not commission(request.user):
        raise PermissionDenied(_("推動委員會的資料由研考會登錄。"))
    assert isinstance(request.user, User)
    return request.user


def _page(
    request: HttpRequest, template: str, title: str, context: dict[str, Any], status: int = 200
) -> HttpResponse:
    crumbs = [
        parts.Link(_("首頁"), reverse("desk:home")),
        parts.Link(str(BilingualName._meta.verbose_name), reverse("desk:list", args=["research.english"])),
        parts.Link(title, ""),
    ]
    told = {**nav.frame(request), "heading": title, "crumbs": crumbs, **context}
    return render_page(request, template, told, status=status)


class MemberForm(forms.ModelForm):  # type: ignore[type-arg]
    """A member and the term."""

    valid_from = RocDateField(label=gettext_lazy("任期起日"))
    valid_to = RocDateField(label=gettext_lazy("任期迄日"))

    class Meta:
        model = Member
        fields = ("name", "kind", "post", "chair", "valid_from", "valid_to")


class LeaveForm(forms.Form):
    """The last day of a member who leaves early."""

    left_on = RocDateField(label=gettext_lazy("最後任職日"))

    def __init__(self, member: Member, *args: Any) -> None:
        super().__init__(*args)
        self.member = member

    def clean_left_on(self) -> Any:
        day = self.cleaned_data["left_on"]
        if not self.member.holds_on(day):
            raise forms.ValidationError(_("最後任職日須在任期內。"))
        return day


class MeetingForm(forms.ModelForm):  # type: ignore[type-arg]
    """A meeting."""

    held_on = RocDateField(label=gettext_lazy("日期"))
    minutes_on = RocDateField(label=gettext_lazy("紀錄發送日"), required=False)

    class Meta:
        model = Meeting
        fields = ("number", "title", "held_on", "place", "minutes_on")


class ResolutionForm(forms.ModelForm):  # type: ignore[type-arg]
    """What a meeting resolved, and who does it by when."""

    due_on = RocDateField(label=gettext_lazy("辦理期限"), required=False)

    class Meta:
        model = Resolution
        fields = ("text", "resolution", "owner", "due_on")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["owner"].queryset = agencies_on(timezone.localdate()).order_by("code")  # type: ignore[attr-defined]
        self.fields["resolution"].required = True


@login_required
@require_safe
def committee(request: HttpRequest) -> HttpResponse:
    """Members of today, those of earlier terms, and the meetings."""
    today = timezone.localdate()
    current = Member.objects.filter(in_force(today))
    earlier = Member.objects.filter(valid_to__lt=today).order_by("-valid_to", "pk")[:60]

    def rows(members: Any) -> list[tuple[Any, ...]]:
        return [
            (
                one.pk,
                one.name,
                str(one.get_kind_display()),
                f"{one.post}{_('（主任委員）') if one.chair else ''}",
                f"{format_date(one.valid_from)}–{format_date(one.valid_to)}",
            )
            for one in members
        ]

    meetings = [
        (
            reverse("english:meeting", args=[one.pk]),
            one.title,
            format_date(one.held_on),
            one.place,
            one.resolutions.count(),
        )
        for one in Meeting.objects.prefetch_related("resolutions")[:40]
    ]
    context = {
        "members": rows(current),
        "earlier": rows(earlier),
        "meetings": meetings,
        "may": commission(request.user),
    }
    return _page(request, "english/committee.html", _("推動委員會"), context)


def _edit(request: HttpRequest, form: Any, act: str, title: str, back: str, said: str) -> HttpResponse:
    """A form of the committee: shown, refused with what was typed, or kept with its line in the ledger."""
    actor = _actor(request)
    if request.method == "POST" and form.is_valid():
        with transaction.atomic():
            row = form.save()
            subject = f"{row._meta.model_name}:{row.pk}"
            ledger.note(act, subject, actor, **form.cleaned_data)
        messages.success(request, said)
        return HttpResponseRedirect(back)
    context = {"form": form, "back": back}
    return _page(request, "english/form.html", title, context, status=422 if form.errors else 200)


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def add_member(request: HttpRequest) -> HttpResponse:
    """A new member, or a new term of one."""
    form = MemberForm(request.POST or None)
    back = reverse("english:committee")
    return _edit(request, form, "english.member.add", _("登錄委員"), back, _("委員已登錄。"))


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def leave(request: HttpRequest, pk: int) -> HttpResponse:
    """A member leaves before the term ends."""
    actor = _actor(request)
    member = get_object_or_404(Member, in_force(timezone.localdate()), pk=pk)
    form = LeaveForm(member, request.POST or None)
    back = reverse("english:committee")
    if request.method == "POST" and form.is_valid():
        with transaction.atomic():
            before, member.valid_to = member.valid_to, form.cleaned_data["left_on"]
            member.save(update_fields=["valid_to"])
            ledger.note("english.member.leave", f"member:{pk}", actor, before=before, left_on=member.valid_to)
        messages.success(request, _("%(name)s的任期已於所填日期終止。") % {"name": member.name})
        return HttpResponseRedirect(back)
    title = _("%(name)s提前卸任") % {"name": member.name}
    return _page(
        request, "english/form.html", title, {"form": form, "back": back}, status=422 if form.errors else 200
    )


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def add_meeting(request: HttpRequest) -> HttpResponse:
    """A meeting that was held or is called."""
    last = Meeting.objects.order_by("-number").values_list("number", flat=True).first() or 0
    form = MeetingForm(request.POST or None, initial={"number": last + 1})
    back = reverse("english:committee")
    return _edit(request, form, "english.meeting.add", _("登錄委員會議"), back, _("會議已登錄。"))


@login_required
@require_safe
def meeting(request: HttpRequest, pk: int) -> HttpResponse:
    """One meeting with its resolutions."""
    one = get_object_or_404(Meeting, pk=pk)
    rows = [
        (
            item.pk,
            item.text,
            item.resolution,
            english.called(item.owner) if item.owner else "",
            format_date(item.due_on),
            format_date(item.done_on),
        )
        for item in one.resolutions.select_related("owner")
    ]
    context = {"one": one, "rows": rows, "may": commission(request.user)}
    return _page(request, "english/meeting.html", one.title, context)


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def add_resolution(request: HttpRequest, pk: int) -> HttpResponse:
    """A resolution of the meeting; one with an owner becomes a directive where directives are in use."""
    actor = _actor(request)
    one = get_object_or_404(Meeting, pk=pk)
    form = ResolutionForm(request.POST or None)
    back = reverse("english:meeting", args=[pk])
    if request.method == "POST" and form.is_valid():
        with transaction.atomic():
            item = form.save(commit=False)
            item.meeting, item.raised_on = one, one.held_on
            item.save()
            ledger.note("english.resolution.add", f"resolution:{item.pk}", actor, **form.cleaned_data)
            _hand_over(item, actor)
        messages.success(request, _("決議已登錄。"))
        return HttpResponseRedirect(back)
    context = {"form": form, "back": back}
    return _page(request, "english/form.html", _("登錄決議"), context, status=422 if form.errors else 200)


MARK = "research.english:resolution:"


def _hand_over(item: Resolution, actor: User) -> None:
    if item.owner is not None:
        hand_over(
            ActionItem(
                key=f"{MARK}{item.pk}",
                actor=actor,
                text=item.resolution,
                owner=item.owner,
                resolved_on=item.meeting.held_on,
                meeting=item.meeting.title,
                due_on=item.due_on,
            )
        )


@settled.hear
def settle_resolution(fact: Settled) -> None:
    """The directive of a resolution came to its end."""
    if fact.key.startswith(MARK):
        number = int(fact.key.removeprefix(MARK))
        Resolution.objects.filter(pk=number, done_on=None).update(done_on=fact.on)


@login_required
@require_POST
def done(request: HttpRequest, pk: int) -> HttpResponse:
    """A resolution was carried out today; a second press changes nothing."""
    actor = _actor(request)
    item = get_object_or_404(Resolution, pk=pk)
    if item.done_on is None:
        with transaction.atomic():
            item.done_on = timezone.localdate()
            item.save(update_fields=["done_on"])
            ledger.note("english.resolution.done", f"resolution:{pk}", actor, done_on=item.done_on)
        messages.success(request, _("已登錄完成。"))
    return HttpResponseRedirect(reverse("english:meeting", args=[item.meeting_id]))
