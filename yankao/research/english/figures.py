"""英語生活環境的數據 Members, approved names and certified businesses (functional spec F-R9-1 to F-R9-3)."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

from django.db.models import F, Q, QuerySet
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from yankao.kernel.figures.checks import check
from yankao.kernel.figures.declare import Dimension, Kind, figure, period_for
from yankao.kernel.period import Period
from yankao.kernel.register.validity import in_force

from . import rules
from .badges.models import Badge, Sector, Visit
from .badges.rules import GUIDE as BADGE_GUIDE
from .badges.rules import PROGRAMME
from .models import BilingualName, Category, Meeting, Member, MemberKind
from .signs.models import SignReport

SECTIONS = (("一(九)", "paragraph"),)
"""The outline's section this system writes."""


def _label(choices: type[Category] | type[MemberKind] | type[Sector], code: str) -> str:
    return str(choices(code).label) if code in choices.values else code


@figure(
    gettext_lazy("委員人數"),
    unit="人",
    kind=Kind.STOCK,
    basis=rules.GUIDE,
    dimensions={
        "kind": Dimension("kind", gettext_lazy("委員類別"), names=lambda code: _label(MemberKind, code))
    },
    definition=gettext_lazy("資料截止日在任期內的推動委員會委員。"),
    columns=("name", "kind", "post", "valid_from", "valid_to"),
)
def members(period: Period) -> QuerySet[Member]:
    return Member.objects.filter(in_force(period.as_of))


@figure(
    gettext_lazy("審定英譯名稱數"),
    unit="項",
    kind=Kind.CUMULATIVE,
    basis=rules.GUIDE,
    dimensions={
        "category": Dimension("category", gettext_lazy("譯名類別"), names=lambda code: _label(Category, code))
    },
    definition=gettext_lazy("累計至資料截止日已核定英文名稱的中文名稱；變更譯名不重複計。"),
)
def names_approved(period: Period) -> QuerySet[BilingualName]:
    return BilingualName.objects.approved_by(period.as_of)


def _since(period: Period) -> date:
    return PROGRAMME.at(period.as_of)


@figure(
    gettext_lazy("通過英語服務標章認證家數"),
    unit="家",
    kind=Kind.CUMULATIVE,
    basis=BADGE_GUIDE,
    dimensions={
        "sector": Dimension("sector", gettext_lazy("業別"), names=lambda code: _label(Sector, code)),
        "year": Dimension(
            "first_certified_on__year", gettext_lazy("年度"), names=lambda code: str(int(code) - 1911)
        ),
    },
    definition=gettext_lazy("自96年度推動起，累計至資料截止日經輔導並首次通過認證的業者；續證不重複計。"),
)
def badges_certified(period: Period) -> QuerySet[Badge]:
    return Badge.objects.certified_by(period.as_of).filter(first_certified_on__gte=_since(period))


@figure(
    gettext_lazy("有效英語服務標章數"),
    unit="家",
    kind=Kind.STOCK,
    basis=BADGE_GUIDE,
    definition=gettext_lazy("資料截止日在有效期間內、未經撤銷的標章。"),
    headline=False,
)
def badges_valid(period: Period) -> QuerySet[Badge]:
    return Badge.objects.valid_on(period.as_of)


@figure(
    gettext_lazy("英語服務標章輔導次數"),
    unit="次",
    kind=Kind.FLOW,
    basis=BADGE_GUIDE,
    definition=gettext_lazy("期間內到店輔導的次數。"),
    columns=("badge", "on", "coach"),
    headline=False,
)
def visits(period: Period) -> QuerySet[Visit]:
    return Visit.objects.filter(on__range=period.days)


@figure(
    gettext_lazy("委員會議次數"),
    unit="次",
    kind=Kind.FLOW,
    basis=rules.GUIDE,
    definition=gettext_lazy("期間內召開、未取消的委員會議。"),
    columns=("title", "held_on", "place"),
    headline=False,
)
def meetings(period: Period) -> QuerySet[Meeting]:
    return Meeting.objects.filter(held_on__range=period.days, cancelled_on=None)


@figure(
    gettext_lazy("雙語標示通報件數"),
    unit="件",
    kind=Kind.FLOW,
    definition=gettext_lazy("期間內受理的標示通報。"),
    headline=False,
)
def signs_reported(period: Period) -> QuerySet[SignReport]:
    return SignReport.objects.filter(case__opened_on__range=period.days)


@check("one_name", gettext_lazy("同一類別的中文名稱，任何一日只有一個核定英文名稱"))
def one_name_a_day(period: Period) -> Iterator[str]:
    """The constraint read back from the records, so that a report stands on what is there."""
    end: dict[tuple[str, str], tuple[date, str]] = {}
    rows = BilingualName.objects.filter(valid_from__lte=period.as_of).order_by(
        "category", "key", "valid_from"
    )
    for category, key, zh, first, last in rows.values_list("category", "key", "zh", "valid_from", "valid_to"):
        before = end.get((category, key))
        assert first
        if before and first <= before[0]:
            yield _("「%(zh)s」自%(day)s起同時有兩個核定英文名稱。") % {"zh": zh, "day": first.isoformat()}
        end[category, key] = (last or date.max, zh)


@check("badges", gettext_lazy("認證的業者都有輔導紀錄"))
def badges_coached(period: Period) -> Iterator[str]:
    own = period_for(badges_certified.full_name, period)
    for number in badges_certified(own).filter(visits_made=0).values_list("case__number", flat=True):
        yield _("%(number)s通過認證，卻沒有輔導紀錄。") % {"number": number}


@check("E23", gettext_lazy("審查、提會、核定與函知日依序發生，且不在資料截止日之後"))
def days_in_order(period: Period) -> Iterator[str]:
    own = period_for(names_approved.full_name, period)
    wrong = names_approved(own).filter(
        Q(reviewed_on__gt=F("meeting_on"))
        | Q(meeting_on__gt=F("approved_on"))
        | Q(approved_on__gt=F("notified_on"))
    )
    for number in wrong.values_list("case__number", flat=True):
        yield _("%(number)s的審查、提會、核定與函知日順序不合。") % {"number": number}
