"""諮詢的文書 The letter that asks the owners of articles to review them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta
from typing import Annotated, Any

from django.db.models import QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from yankao.kernel.casework import duties
from yankao.kernel.casework.asks import Label
from yankao.kernel.letters.declare import Column, Content, Table, letter
from yankao.kernel.letters.kinds import Kind
from yankao.kernel.people.models import Role

from .models import Article

SOON = timedelta(days=30)
editors = duties.role(Role.KNOWLEDGE_EDITOR, Role.RDEC_CONTROLLER, Role.RDEC_CHIEF)


def due(_user: Any) -> QuerySet[Article]:
    """The articles whose review is over or comes within a month, by their owner."""
    found = Article.objects.filter(withdrawn_on=None, review_by__lte=timezone.localdate() + SOON)
    return found.select_related("owner").order_by("owner__code", "review_by", "code")


@letter(
    "service.enquiries.review", gettext_lazy("知識庫條目複核函"), Kind.LETTER, Article, by=editors, many=True,
    among=due, hint=gettext_lazy("請權責機關複核即將到期與逾期的條目。"),
)  # fmt: skip
def review(
    articles: Sequence[Article], *, answer_by: Annotated[date, Label(gettext_lazy("請於何日前回復"))]
) -> Content:
    """To every owner, with the list of what each is to look at."""
    rows = [(one.owner.name, one.code, one.question, one.law, one.review_by) for one in articles]
    columns = (
        Column(gettext_lazy("權責機關"), 1.2), Column(gettext_lazy("編號"), 0.7),
        Column(gettext_lazy("問題"), 2.4), Column(gettext_lazy("法令依據"), 1.2),
        Column(gettext_lazy("應複核日"), 0.9),
    )  # fmt: skip
    return Content(
        to=list(dict.fromkeys(one.owner for one in articles)),
        say={"rows": Table(columns, rows), "number": len(rows), "answer_by": answer_by},
        title=_("請複核知識庫條目%(count)s則") % {"count": len(rows)},
    )
