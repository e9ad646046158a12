"""標章證書 The certificate of a badge, with a code by which anybody can verify it."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from yankao.kernel.casework import duties
from yankao.kernel.letters.declare import Content, To, letter
from yankao.kernel.letters.kinds import Kind

from .models import Badge
from .process import Stage


def uncertified(badge: Badge) -> str:
    return "" if badge.case.stage == Stage.CERTIFIED else str(_("已認證的業者才能發給證書。"))


@letter(
    "research.english.badges.certificate",
    _("英語服務標章證書"),
    Kind.CERTIFICATE,
    Badge,
    by=duties.commission,
    unless=(uncertified,),
)
def certificate(badge: Badge) -> Content:
    return Content(
        to=[To(badge.case.title)],
        agency=badge.case.agency,
        say={"badge": badge},
        vouches=[
            (_("業者"), badge.case.title),
            (_("英文店名"), badge.name_en),
            (_("標章號碼"), badge.badge_no),
            (_("有效至"), badge.expires_on),
        ],
    )
