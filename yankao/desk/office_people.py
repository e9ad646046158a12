"""機關與人員 Agencies as they stand on a day, who holds which post, and who deputises for whom."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

from django import forms
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.db.models import Prefetch
from django.http import Http404, HttpRequest, HttpResponseBase
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from yankao.kernel import roc
from yankao.kernel.audit import ledger
from yankao.kernel.people.agencies import agencies_on, tree
from yankao.kernel.people.models import Agency, Deputy, Post, Role, User
from yankao.kernel.people.people import find_people
from yankao.kernel.people.standing import standing
from yankao.kernel.register.validity import in_force

from . import office
from .derive import choose_among
from .fields import RocDateField
from .handling import staff_of
from .inputs import words_of
from .jinja import format_short_date
from .moves import INVALID
from .parts import Link

LONGEST = timedelta(days=366)
FOUND = 30


def _day(request: HttpRequest) -> tuple[date, str]:
    """The day asked for and, when it cannot be read, the sentence."""
    given = request.GET.get("on", "").strip()
    if not given:
        return timezone.localdate(), ""
    try:
        return roc.parse_roc(given), ""
    except roc.RocError:
        return timezone.localdate(), _("看不懂「%s」，以今天的機關顯示。") % given[:20]


def _branch(found: dict[int | None, list[Agency]], parent: int | None, before: dict[int, str]) -> list[Any]:
    """The agencies below one: (agency's words, address, before words, its own branch)."""
    return [
        (words_of(one), reverse("desk:office_agency", args=[one.code]), before.get(one.pk, ""),
         _branch(found, one.pk, before))
        for one in found.get(parent, ())
    ]  # fmt: skip


def _names(agencies: Any) -> str:
    return _("、").join(str(words_of(one)) for one in agencies)


@login_required
@require_safe
def people(request: HttpRequest) -> HttpResponseBase:
    """The agencies of a day as a tree; those that ended by then with their successors; people by name."""
    office.entered(request, office.PEOPLE)
    on, fault = _day(request)
    made = agencies_on(on).filter(predecessors__isnull=False).distinct().prefetch_related("predecessors")
    before = {one.pk: _names(one.predecessors.all()) for one in made}
    gone = Agency.objects.filter(valid_to__lt=on).order_by("-valid_to", "pk").prefetch_related("successors")
    ended = [
        (words_of(one), format_short_date(one.valid_to), _names(one.successors.all()) or _("無"))
        for one in gone[:200]
    ]
    asked = request.GET.get("q", "").strip()[:40]
    held = Post.objects.filter(in_force(on)).select_related("agency")
    found = (
        find_people(asked).prefetch_related(Prefetch("posts", held, to_attr="held"))[:FOUND] if asked else ()
    )
    persons = [
        (
            words_of(one),
            one.username,
            _("、").join(f"{words_of(p.agency)} {p.get_role_display()}" for p in one.held),
        )
        for one in found
    ]
    return office.drawn(
        request, office.PEOPLE, "desk/office_people.html", branch=_branch(tree(on), None, before),
        ended=ended, on_words=format_short_date(on), fault=fault, asked=asked, persons=persons,
    )  # fmt: skip


# ── One agency ──────────────────────────────────────────────────────────────────────────────────────


class PostForm(forms.Form):
    """A post for a person."""

    user = forms.CharField(label=gettext_lazy("帳號"), max_length=150)
    role = forms.ChoiceField(label=gettext_lazy("角色"), choices=Role.choices)
    title = forms.CharField(label=gettext_lazy("職稱"), max_length=60, required=False)
    valid_from = RocDateField(label=gettext_lazy("到職日"))
    valid_to = RocDateField(label=gettext_lazy("離職日"), required=False, help_text="")

    def __init__(self, *args: Any, giver: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.giver = giver

    def clean_user(self) -> User:
        found = User.objects.filter(username=self.cleaned_data["user"].strip(), is_active=True).first()
        if found is None:
            raise forms.ValidationError(_("沒有這個帳號。"))
        if found == self.giver:
            raise forms.ValidationError(_("不能替自己加職務，請由另一位管理員辦理。"))
        return found

    def clean(self) -> dict[str, Any]:
        given = super().clean() or self.cleaned_data
        since, until = given.get("valid_from"), given.get("valid_to")
        if since and until and until < since:
            self.add_error("valid_to", _("離職日不能早於到職日。"))
        return given


def _person(request: HttpRequest) -> User:
    user: Any = request.user
    return user  # type: ignore[no-any-return]


def _agency(code: str) -> Agency:
    found = Agency.objects.filter(code=code).select_related("parent").first()
    if found is None:
        raise Http404(_("沒有這個機關。"))
    return found


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def agency(request: HttpRequest, code: str) -> HttpResponseBase:
    """An agency with those who hold its posts today; an administrator adds a post."""
    office.entered(request, office.PEOPLE)
    found, today = _agency(code), timezone.localdate()
    is_admin = standing(request.user).has(Role.ADMIN)
    form: PostForm | None = None
    if request.method == "POST":
        office.must(request, (Role.ADMIN,), _("新增職務"))
        form = PostForm(request.POST, giver=request.user)
        if form.is_valid():
            given = form.cleaned_data
            office.make_once(request, lambda: _appointed(request.user, found, given))
            return office.done(request, _("已新增職務。"), "desk:office_agency", code)
    elif is_admin:
        form = PostForm(giver=request.user, initial={"valid_from": today})
    deputies = Deputy.objects.filter(in_force(today)).select_related("user")
    held = (
        found.posts.filter(in_force(today)).select_related("user", "unit")
        .prefetch_related(Prefetch("deputies", deputies, to_attr="now"))
        .order_by("role", "user__sort_key", "pk")
    )  # fmt: skip
    rows = [
        (post.pk, words_of(post.user), post.user.username, str(post.get_role_display()), post.title,
         format_short_date(post.valid_from), format_short_date(post.valid_to) if post.valid_to else "",
         _("、").join(f"{words_of(d.user)}（{format_short_date(d.valid_to)}）" for d in post.now),
         is_admin and post.user_id != request.user.pk)
        for post in held
    ]  # fmt: skip
    return office.drawn(
        request, office.PEOPLE, "desk/office_agency.html", heading=words_of(found),
        beyond=(Link(str(words_of(found)), ""),), agency=found, rows=rows, form=form,
        before=_names(found.predecessors.all()), after=_names(found.successors.all()),
        parent=words_of(found.parent) if found.parent else "",
        since=format_short_date(found.valid_from) if found.valid_from > date(1945, 1, 1) else "",
        until=format_short_date(found.valid_to) if found.valid_to else "",
        status=INVALID if form is not None and form.is_bound else 200,
    )  # fmt: skip


def _appointed(admin: Any, where: Agency, given: dict[str, Any]) -> None:
    post = Post.objects.create(
        user=given["user"], agency=where, role=given["role"], title=given["title"],
        valid_from=given["valid_from"], valid_to=given["valid_to"],
    )  # fmt: skip
    ledger.note(
        "post.give", f"post:{post.pk}", admin, user=post.user, agency=where, role=post.role,
        valid_from=post.valid_from, valid_to=post.valid_to,
    )  # fmt: skip


@login_required
@require_POST
def end_post(request: HttpRequest, pk: int) -> HttpResponseBase:
    """An administrator ends a post with today; what was done in it stays as it was."""
    office.must(request, (Role.ADMIN,), _("結束職務"))
    today, admin = timezone.localdate(), _person(request)
    post = Post.objects.filter(in_force(today), pk=pk).select_related("agency", "user").first()
    if post is None:
        raise Http404(_("沒有這個職務，或已經結束。"))
    if post.user_id == admin.pk:
        raise PermissionDenied(_("不能結束自己的職務，請由另一位管理員辦理。"))

    def deed() -> None:
        Post.objects.filter(pk=post.pk).update(valid_to=max(today, post.valid_from))
        ledger.note("post.end", f"post:{post.pk}", admin, user=post.user, role=post.role, valid_to=today)

    office.make_once(request, deed)
    return office.done(request, _("職務至今日為止。"), "desk:office_agency", post.agency.code)


# ── Deputies ────────────────────────────────────────────────────────────────────────────────────────


class DeputyForm(forms.Form):
    """Who does what one's own post may do, between two days."""

    valid_from = RocDateField(label=gettext_lazy("代理起日"))
    valid_to = RocDateField(label=gettext_lazy("代理迄日"))

    def __init__(self, *args: Any, posts: Any, colleagues: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        own = {
            "post": choose_among(posts, label=_("職務"), label_of=post_words),
            "user": choose_among(colleagues, label=_("代理人"), help_text=_("同機關的人員")),
        }
        self.fields = {**own, **self.fields}

    def clean(self) -> dict[str, Any]:
        given = super().clean() or self.cleaned_data
        since, until, post, deputy = (given.get(n) for n in ("valid_from", "valid_to", "post", "user"))
        today = timezone.localdate()
        if until and until < today:
            self.add_error("valid_to", _("代理迄日不能早於今天。"))
        if since and until and until < since:
            self.add_error("valid_to", _("代理迄日不能早於起日。"))
        elif since and until and until - since > LONGEST:
            self.add_error("valid_to", _("代理最長一年。"))
        if post and deputy and not staff_of([post.agency_id]).filter(pk=deputy.pk).exists():
            self.add_error("user", _("代理人須在同一機關任職。"))
        return given


def post_words(post: Post) -> str:
    return f"{words_of(post.agency)} {post.get_role_display()}"


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def deputies(request: HttpRequest) -> HttpResponseBase:
    """The deputies of one's own posts; a deputy cannot pass on what is only lent."""
    office.entered(request, office.PEOPLE)
    user: Any = request.user
    today = timezone.localdate()
    posts = Post.objects.filter(in_force(today), user=user).select_related("agency").order_by("pk")
    agencies = [post.agency_id for post in posts]
    form = None
    if agencies:
        form = DeputyForm(
            request.POST if request.method == "POST" else None, posts=posts,
            colleagues=staff_of(agencies).exclude(pk=user.pk), initial={"valid_from": today},
        )  # fmt: skip
        if request.method == "POST" and form.is_valid():
            given = form.cleaned_data
            office.make_once(request, lambda: _deputised(user, given))
            return office.done(request, _("已設定代理人。"), "desk:office_deputies")
    lent = (
        Deputy.objects.filter(post__user=user)
        .select_related("user", "post__agency")
        .order_by("-valid_from", "-pk")
    )
    rows = [
        (one.pk, words_of(one.user), post_words(one.post), format_short_date(one.valid_from),
         format_short_date(one.valid_to), one.valid_to >= today)
        for one in lent[:50]
    ]  # fmt: skip
    return office.drawn(
        request, office.PEOPLE, "desk/office_deputies.html", heading=_("職務代理"),
        beyond=(Link(_("職務代理"), ""),), rows=rows, form=form,
        status=INVALID if form is not None and form.is_bound else 200,
    )  # fmt: skip


def _deputised(user: Any, given: dict[str, Any]) -> None:
    made = Deputy.objects.create(
        post=given["post"], user=given["user"], valid_from=given["valid_from"], valid_to=given["valid_to"]
    )
    ledger.note(
        "deputy.name", f"deputy:{made.pk}", user, post=made.post, deputy=made.user,
        valid_from=made.valid_from, valid_to=made.valid_to,
    )  # fmt: skip


@login_required
@require_POST
def end_deputy(request: HttpRequest, pk: int) -> HttpResponseBase:
    """End a deputy of one's own post: one not begun never begins, another ends with yesterday."""
    user: Any = request.user
    today = timezone.localdate()
    found = Deputy.objects.filter(pk=pk, post__user=user, valid_to__gte=today).first()
    if found is None:
        raise Http404(_("沒有這項代理，或已經結束。"))

    def deed() -> None:
        last = today - timedelta(days=1)
        Deputy.objects.filter(pk=pk).update(valid_from=min(found.valid_from, last), valid_to=last)
        ledger.note(
            "deputy.end", f"deputy:{pk}", user, deputy=found.user, valid_from=found.valid_from, valid_to=last
        )

    office.make_once(request, deed)
    return office.done(request, _("代理已結束。"), "desk:office_deputies")
