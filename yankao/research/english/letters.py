"""函知核定譯名 The list of approved names that goes to every first-level agency."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Annotated, Any

from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _

from yankao.kernel.casework import duties
from yankao.kernel.casework.asks import Label
from yankao.kernel.letters.declare import Column, Content, Table, letter
from yankao.kernel.letters.kinds import Kind
from yankao.kernel.people.agencies import commission, first_level

from .models import BilingualName
from .process import Stage


def waiting(user: Any) -> QuerySet[BilingualName]:
    """Approved names the agencies were not told of yet."""
    return BilingualName.objects.filter(case__stage=Stage.APPROVED).select_related("case")


def undecided(name: BilingualName) -> str:
    return "" if name.approved_on else str(_("核定後才能函知各機關。"))


@letter(
    "research.english.notification",
    _("函知核定譯名"),
    Kind.LETTER,
    BilingualName,
    by=duties.commission,
    many=True,
    among=waiting,
    hint=_("發文後，請在各案以發文字號登錄「函知各機關」。"),
)
def notification(
    names: Sequence[BilingualName],
    *,
    mend_by: Annotated[date, Label(_("標示與網站更新期限"))],
) -> Content:
    today = names[0].approved_on or mend_by
    rows = [
        (
            one.zh,
            one.english,
            str(one.get_category_display()),
            one.valid_from,
            one.replaces.english if one.replaces else "",
        )
        for one in names
    ]
    table = Table(
        (
            Column(_("中文名稱"), 2),
            Column(_("核定英文名稱"), 3),
            Column(_("譯名類別"), 1.4),
            Column(_("生效日"), 1.4),
            Column(_("原譯名"), 2),
        ),
        rows,
        _("核定譯名一覽表"),
    )
    return Content(
        to=list(first_level(today)),
        agency=commission(today),
        say={"names": table, "count": len(rows), "mend_by": mend_by},
        title=str(_("函知核定譯名%(count)s項")) % {"count": len(rows)},
    )


def in_force(user: Any) -> QuerySet[BilingualName]:
    """The names that may stand on a sign, the latest first."""
    found = BilingualName.objects.filter(approved_on__isnull=False, valid_to=None).select_related("case")
    return found.order_by("-approved_on", "case__number")


@letter(
    "research.english.proof", _("標示文字校樣"), Kind.FORM, BilingualName, by=duties.commission, many=True,
    among=in_force, unless=undecided, hint=_("交標示製作廠商照樣排版，完成後對照校樣驗收。"),
)  # fmt: skip
def proof(names: Sequence[BilingualName]) -> Content:
    """標示校樣 Each name as it stands on a sign, Chinese above English, and a list to check it against."""
    columns = (
        Column(_("中文名稱"), 2), Column(_("核定英文名稱"), 3), Column(_("譯名類別"), 1.2),
        Column(_("案號"), 1.4), Column(_("校對"), 0.8, "sign"),
    )  # fmt: skip
    rows = [(one.zh, one.english, str(one.get_category_display()), one.case.number, "") for one in names]
    return Content(say={"names": names, "table": Table(columns, rows, _("校對表"))})
