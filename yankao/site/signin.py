"""Who may sign in and how: allauth with our locks, our mail queue and no self-made accounts."""

from __future__ import annotations

import hashlib
from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from allauth.account.auth_backends import AuthenticationBackend
from allauth.account.forms import LoginForm
from allauth.core import context as allauth_context
from django import forms
from django.conf import settings
from django.contrib.auth import login as sign_in
from django.contrib.sites.shortcuts import get_current_site
from django.core.exceptions import ValidationError
from django.db import connection
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404, render
from django.utils import timezone
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import get_language, gettext_lazy
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods

from yankao.kernel import prepared
from yankao.kernel.jobs.mail import queue_mail
from yankao.kernel.people.models import Post, Role, User
from yankao.kernel.register.validity import in_force

from .lockout import account_key, forget, locked_until, record_failure

BACKEND = "yankao.site.signin.Backend"


class Backend(AuthenticationBackend):  # type: ignore[misc]
    """Username or e-mail with password; demonstration people count only on a demonstration site."""

    def user_can_authenticate(self, user: Any) -> bool:
        allowed = bool(super().user_can_authenticate(user))
        return allowed and (settings.DEMO or not user.demo)

    def get_user(self, user_id: int) -> User | None:
        """The person of a session: asked on every request, hence a statement put together once."""
        names = [column.attname for column in User._meta.concrete_fields]
        found = prepared.rows(
            "user", [int(user_id)], lambda values: User.objects.filter(pk=values[0]).values_list(*names)
        )
        user = User.from_db(connection.alias, names, found[0]) if found else None
        return user if self.user_can_authenticate(user) else None


class AccountAdapter(DefaultAccountAdapter):  # type: ignore[misc]
    """allauth's decisions where ours differ."""

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        """Accounts are made by the administrator, never by whoever comes along."""
        return False

    def pre_authenticate(self, request: HttpRequest, **credentials: Any) -> None:
        super().pre_authenticate(request, **credentials)
        until = locked_until(self._key(credentials))
        if until is not None:
            minutes = max(1, -int(-(until - timezone.now()).total_seconds() // 60))
            raise ValidationError(
                _("密碼連續錯誤，此帳號暫停登入，請於%(minutes)s分鐘後再試。") % {"minutes": minutes},
                code="too_many_login_attempts",
            )

    def authenticate(self, request: HttpRequest, **credentials: Any) -> Any:
        user = super().authenticate(request, **credentials)
        if user is not None:
            forget(self._key(credentials))
        return user

    def authentication_failed(self, request: HttpRequest, **credentials: Any) -> None:
        record_failure(self._key(credentials))

    def _key(self, credentials: dict[str, Any]) -> str:
        return account_key(str(credentials.get("username") or credentials.get("email") or ""))

    def pre_login(self, request: HttpRequest, user: Any, **kwargs: Any) -> HttpResponse | None:
        """Passkeys pass no password backend: demonstration people are stopped here as well."""
        if user.demo and not settings.DEMO:
            answer: HttpResponse = self.respond_user_inactive(request, user)
            return answer
        found: HttpResponse | None = super().pre_login(request, user, **kwargs)
        return found

    def send_mail(self, template_prefix: str, email: str, context: dict[str, Any]) -> None:
        """Through the outbox: a mail server that is down delays the letter, not the page."""
        request = allauth_context.request
        told = {"request": request, "email": email, "current_site": get_current_site(request), **context}
        message = self.render_mail(template_prefix, email, told)
        once = hashlib.sha256(f"{template_prefix}|{email}|{timezone.now().isoformat()}".encode()).hexdigest()
        language = get_language() or settings.LANGUAGE_CODE
        queue_mail(email, message.subject, str(message.body), key=f"sign-in:{once}", language=language)


class SignInForm(LoginForm):  # type: ignore[misc]
    """The sign-in form in our words, without "remember me": sessions end when idle."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields.pop("remember", None)
        self.fields["login"].label = _("帳號或電子郵件")
        self.fields["login"].widget = forms.TextInput(
            attrs={"autocomplete": "username webauthn", "autocapitalize": "none", "spellcheck": "false"}
        )
        self.fields["password"].label = _("密碼")
        self.fields["password"].help_text = ""
        self.fields["password"].widget = forms.PasswordInput(attrs={"autocomplete": "current-password"})


ROLE_WORK = {
    Role.OFFICER: gettext_lazy("辦理案件、填月報"),
    Role.CONTROLLER: gettext_lazy("彙整機關的列管與報告"),
    Role.MANAGER: gettext_lazy("核稿、看單位進度"),
    Role.HEAD: gettext_lazy("核定機關的計畫與延期"),
    Role.REGISTRAR: gettext_lazy("審查機關的出國報告，完成公開登錄"),
    Role.PERSONNEL: gettext_lazy("登錄核准的出國案、返國日與變更"),
    Role.RDEC_CONTROLLER: gettext_lazy("看全市列管、提報與解除"),
    Role.RDEC_CHIEF: gettext_lazy("覆核全會案件、核准撤案、維護規則與辦公日曆"),
    Role.RDEC_COMMISSIONER: gettext_lazy("簽核施政報告"),
    Role.INSPECTION_SECRETARY: gettext_lazy("排定工程查核、彙整評分、追蹤缺失改善"),
    Role.INSPECTOR: gettext_lazy("查核工程品質、評分"),
    Role.CREW: gettext_lazy("到場處理派工通報、拍照回報、完工"),
    Role.CALL_AGENT: gettext_lazy("代為登錄陳情與通報、分類分文、派工"),
    Role.CALL_SUPERVISOR: gettext_lazy("看話務量與服務水準、分文、派工、代為登錄"),
    Role.KNOWLEDGE_EDITOR: gettext_lazy("編寫知識庫的文章，定期檢討"),
    Role.SECURITY: gettext_lazy("看資通安全案件與通報"),
    Role.MAYOR: gettext_lazy("看全市列管、逾期案件與施政報告"),
    Role.COUNCILLOR: gettext_lazy("讀施政報告、查每個數字的來源"),
    Role.AUDITOR: gettext_lazy("查歷程帳本、驗證查核點，看得到但不能改"),
    Role.ETHICS: gettext_lazy("保管檢舉案件，指定可知悉人員"),
    Role.ADMIN: gettext_lazy("管理帳號、任職與代理"),
}


def personas() -> list[tuple[User, Post]]:
    """One demonstration person for each role that has one today, in the order of the roles; two queries."""
    held = (
        Post.objects.filter(in_force(timezone.localdate()), user__demo=True, user__is_active=True)
        .select_related("user", "agency")
        .order_by("user__username", "pk")
    )
    # The named log-ins (demo.officer …) before the crowd of colleagues.
    first: dict[str, Post] = {}
    for post in sorted(held, key=lambda post: not post.user.username.startswith("demo.")):
        first.setdefault(post.role, post)
    return [(first[role].user, first[role]) for role in Role.values if role in first]


def reviewers() -> list[User]:
    """The demonstration reviewer to sign in as, who holds no post."""
    found = User.objects.filter(demo=True, is_active=True, reviewer__isnull=False)
    return list(found.select_related("reviewer").order_by("pk")[:1])


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
@sensitive_post_parameters()
def demo(request: HttpRequest) -> HttpResponse:
    """The demonstration log-ins; a POST with `user` signs in as that person, without a password.

    Not there (404) outside demonstration mode, whatever the address book says.
    """
    if not settings.DEMO:
        raise Http404
    following = request.POST.get("next", request.GET.get("next", ""))
    ours = {request.get_host()}
    if not url_has_allowed_host_and_scheme(following, ours, require_https=request.is_secure()):
        following = ""
    if request.method == "POST":
        given = request.POST.get("user", "")
        number = int(given) if given.isdecimal() and len(given) < 16 else 0
        user = get_object_or_404(User, pk=number, demo=True, is_active=True)
        sign_in(request, user, backend=BACKEND)
        return HttpResponseRedirect(following or settings.LOGIN_REDIRECT_URL)
    people = [(user, post, ROLE_WORK.get(Role(post.role), "")) for user, post in personas()]
    context = {"people": people, "reviewers": reviewers(), "next": following}
    return render(request, "account/demo.html", context)
