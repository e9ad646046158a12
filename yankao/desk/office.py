"""設定 What is settled for everybody: rules, office calendar, people, ledger; and who may do what with it.

Each page asks the person's posts; a change is made once for one key, with its line in the ledger.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseBase, HttpResponseRedirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_safe

from yankao.kernel.jobs.effects import once
from yankao.kernel.journal.declare import journals
from yankao.kernel.people.models import Role
from yankao.kernel.people.standing import standing

from . import nav
from .moves import key_of
from .pages import render_page
from .parts import Link

CHIEFS = (Role.RDEC_CHIEF, Role.RDEC_COMMISSIONER)
COMMISSION = (Role.RDEC_CONTROLLER, *CHIEFS)
OVERSEERS = (Role.AUDITOR, Role.ADMIN)


@dataclass(frozen=True)
class Page:
    """One page: its address, its words, and who may open it (nobody named: whoever has a post)."""

    name: str
    title: Any
    about: Any
    icon: str
    roles: tuple[Role, ...] = ()

    def open_to(self, user: Any) -> bool:
        who = standing(user)
        return who.has(*self.roles) if self.roles else bool(who.posts)


RULES = Page(
    "desk:office_rules", gettext_lazy("法規參數"), gettext_lazy("門檻、期限與金額各自的值、生效日與法令依據"),
    "book", (*COMMISSION, *OVERSEERS),
)  # fmt: skip
CALENDAR = Page(
    "desk:office_calendar",
    gettext_lazy("辦公日曆"),
    gettext_lazy("上班日、放假日與停止上班；期限以此計算"),
    "calendar",
)
PEOPLE = Page(
    "desk:office_people", gettext_lazy("機關與人員"), gettext_lazy("機關沿革、職務與職務代理"), "people"
)
LEDGER = Page(
    "desk:office_ledger", gettext_lazy("帳冊"), gettext_lazy("案件以外的紀錄、每日查核點與驗證"),
    "shield", (*CHIEFS, *OVERSEERS),
)  # fmt: skip
LOOKS = Page(
    "desk:office_looks",
    gettext_lazy("調閱紀錄"),
    gettext_lazy("誰在何時開啟了限閱案件"),
    "eye",
    (Role.AUDITOR,),
)


class Feeds(Page):
    """Open to whoever looks after one of the journals."""

    def open_to(self, user: Any) -> bool:
        return any(one.may(user) for one in journals.values())


JOURNALS = Feeds(
    "desk:office_journals", gettext_lazy("紀錄來源"),
    gettext_lazy("各項紀錄由哪裡讀取、讀到哪裡、哪些資料讀不懂，以及與第二來源的核對"), "history",
)  # fmt: skip
LETTERS = Page(
    "desk:office_letters", gettext_lazy("發文字號"), gettext_lazy("各機關發文代字、字號格式與生效日"),
    "sheet", (*COMMISSION, *OVERSEERS),
)  # fmt: skip
OUTSIDE = Page(
    "office_outside", gettext_lazy("介接單位"),
    gettext_lazy("以Open311通報與追蹤案件的外部系統及其金鑰"), "link", (Role.ADMIN,),
)  # fmt: skip
HOOKS = Page(
    "office_hooks", gettext_lazy("事件訂閱"),
    gettext_lazy("外部系統接收案件事件的位址、簽章與未送達的事件"), "message", (Role.ADMIN,),
)  # fmt: skip
PERMISSIONS = Page(
    "office_permissions", gettext_lazy("權限矩陣"),
    gettext_lazy("各角色在各業務與位址可做的事；與程式建置時檢查的是同一份宣告"), "lock", OVERSEERS,
)  # fmt: skip
"""These three pages are of the top floor: the programming interface and the desk do not know each other, and
the matrix knows every address.
"""
MESSAGES = Page(
    "desk:office_messages", gettext_lazy("對民眾的訊息"),
    gettext_lazy("民眾收到哪些通知、送到哪裡；未送出者由此重送"), "bell",
    (*COMMISSION, Role.ADMIN, Role.ETHICS),
)  # fmt: skip
RETENTION = Page(
    "desk:office_retention", gettext_lazy("個資保存與銷毀"),
    gettext_lazy("各類個人資料的保存年數、到期人數與銷毀案"), "shield",
    (*COMMISSION, Role.ETHICS, Role.AUDITOR),
)  # fmt: skip
PAGES = (
    RULES,
    LETTERS,
    CALENDAR,
    PEOPLE,
    LEDGER,
    LOOKS,
    PERMISSIONS,
    JOURNALS,
    MESSAGES,
    RETENTION,
    OUTSIDE,
    HOOKS,
)


def entered(request: HttpRequest, page: Page) -> None:
    """Refuse who may not open the page."""
    if not page.open_to(request.user):
        raise PermissionDenied(_("「%(page)s」不開放給您的職務。") % {"page": page.title})


def must(request: HttpRequest, roles: tuple[Role, ...], deed: Any) -> None:
    """Refuse who may not do this."""
    if not standing(request.user).has(*roles):
        names = _("、").join(str(role.label) for role in roles)
        raise PermissionDenied(_("「%(deed)s」由%(duty)s辦理。") % {"deed": deed, "duty": names})


def make_once(request: HttpRequest, deed: Callable[[], None]) -> bool:
    """Do it once for the key of the form, in one transaction; whether it was done now."""
    with once(f"office:{request.user.pk}:{key_of(request)}") as first:
        if first:
            deed()
    return first


def done(request: HttpRequest, words: str, name: str, *args: Any, query: str = "") -> HttpResponse:
    """Say what was done, on the page it was done from."""
    messages.success(request, words)
    return HttpResponseRedirect(reverse(name, args=args) + query)


def drawn(
    request: HttpRequest, page: Page, template: str, *, heading: Any = "", beyond: tuple[Link, ...] = (),
    status: int = 200, **context: Any,
) -> HttpResponse:  # fmt: skip
    """A page of the office inside the common frame."""
    crumbs = [Link(_("首頁"), reverse("desk:home")), Link(_("設定"), reverse("desk:office"))]
    crumbs.append(Link(str(page.title), reverse(page.name) if beyond else ""))
    frame = {
        **nav.frame(request),
        "heading": str(heading or page.title),
        "lead": "" if heading else str(page.about),
        "crumbs": [*crumbs, *beyond],
        "key": key_of(request),
    }
    return render_page(request, template, {**frame, **context}, status=status)


@login_required
@require_safe
def office(request: HttpRequest) -> HttpResponseBase:
    """The pages open to the person."""
    pages = [
        (Link(str(page.title), reverse(page.name), icon=page.icon), str(page.about))
        for page in PAGES
        if page.open_to(request.user)
    ]
    if not pages:
        raise PermissionDenied(_("「%(page)s」不開放給您的職務。") % {"page": _("設定")})
    context = {
        **nav.frame(request),
        "heading": _("設定"),
        "crumbs": [Link(_("首頁"), reverse("desk:home")), Link(_("設定"), "")],
        "pages": pages,
    }
    return render_page(request, "desk/office.html", context)
