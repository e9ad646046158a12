"""標示校樣 The proof of a sign to be mended: what stands there, and what is to stand there (R9)."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from yankao.kernel.casework import duties
from yankao.kernel.letters.declare import Column, Content, Table, letter
from yankao.kernel.letters.kinds import Kind

from .models import SignReport
from .process import menders


def unchecked(report: SignReport) -> str:
    return "" if report.approved_name and report.keeper else str(_("查證並交辦後才有校樣。"))


@letter(
    "research.english.signs.proof", _("標示改善校樣"), Kind.FORM, SignReport,
    by=duties.commission | menders, unless=unchecked,
    hint=_("交標示製作廠商照樣更換，完成後對照驗收。"),
)  # fmt: skip
def proof(report: SignReport) -> Content:
    columns = (Column(_("項目"), 1), Column(_("內容"), 4))
    rows = [
        (_("地點"), report.place),
        (_("錯誤情形"), str(report.get_fault_display())),
        (_("現有文字"), report.wording),
        (_("應有的英文"), report.approved_name),
        (_("標示管理機關"), str(report.keeper)),
        (_("案號"), report.case.number),
    ]
    checks = (Column(_("驗收事項"), 3), Column(_("符合"), 1, "sign"))
    wanted = (_("英文與校樣一字不差"), _("大小寫、空格與連字號相符"), _("中英文對齊，字體清楚"))
    asked = [(one, "") for one in wanted]
    return Content(
        say={"report": report, "table": Table(columns, rows), "checks": Table(checks, asked, _("驗收"))}
    )
