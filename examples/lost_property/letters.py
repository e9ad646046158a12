from datetime import date
from typing import Annotated

from django.utils.translation import gettext_lazy as _

from yankao.kernel.casework import duties
from yankao.kernel.casework.asks import PERSONAL, Label
from yankao.kernel.letters.declare import Content, To, letter
from yankao.kernel.letters.kinds import Kind

from .models import Find
from .process import TERM, Stage


def on_notice(find: Find) -> str:
    return "" if find.case.stage == Stage.NOTICED else str(_("公告招領中的拾得物才能通知認領。"))


@letter(
    "examples.lost_property.claim", _("通知認領函"), Kind.LETTER, Find, by=duties.agency(), unless=on_notice
)
def claim(
    find: Find,
    *,
    owner: Annotated[str, Label(_("所有人")), PERSONAL],
    by_day: Annotated[date, Label(_("認領期限"))],
) -> Content:
    basis = TERM.row(by_day).basis
    return Content(
        to=[To(owner, personal=True)],
        agency=find.case.agency,
        say={"find": find, "by_day": by_day, "basis": basis},
    )
