"""自行研究評獎的畫面 What the desk shows of the reports beside the derived pages."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.urls import path, re_path, reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from yankao.desk.screens import Action, Panel, Screens
from yankao.kernel.people.models import Role
from yankao.kernel.people.standing import standing
from yankao.kernel.review.models import Round
from yankao.kernel.review.rounds import comments_of, until

from . import adoption, repository
from .models import KIND, Paper, Suggestion
from .process import ANSWERERS, Stage

EARLY = (Stage.DRAFT, Stage.SUBMITTED, Stage.RETURNED)


def of_authors(paper: Any, user: Any) -> dict[str, Any]:
    """The authors of the last submission; while the report can still change, published ones like it."""
    rows = paper.authors.filter(submission=paper.submissions)
    found = repository.alike(f"{paper.case.title} {paper.abstract}") if paper.case.stage in EARLY else []
    return {
        "authors": [(one.name, one.unit, one.title, f"{one.share.normalize():f}%") for one in rows],
        "alike": [
            (one.case.title, reverse("papers_public:paper", args=[one.pk]), share) for one, share in found
        ],
    }


def of_result(paper: Any, user: Any) -> dict[str, Any]:
    """What was announced, and the reviewers' words to the author."""
    return {"paper": paper, "comments": comments_of(paper.case.sheet)}


def first(user: Any) -> Sequence[dict[str, Any]]:
    """First-screen items (functional spec part G): the author's own reports and the open call; the
    commission's form checks and prizes to be paid."""
    who, today = standing(user), timezone.localdate()
    place = reverse("desk:list", args=[KIND])
    found: list[dict[str, Any]] = []
    if who.has(Role.RDEC_CONTROLLER, Role.RDEC_CHIEF):
        stages = dict.fromkeys((Stage.SUBMITTED, Stage.FORM_CHECKED, Stage.AWARDED), 0)
        for stage in Paper.objects.filter(case__stage__in=stages).values_list("case__stage", flat=True):
            stages[Stage(stage)] += 1
        words = {
            Stage.SUBMITTED: _("自行研究報告待形式審查"),
            Stage.FORM_CHECKED: _("自行研究報告待送審"),
            Stage.AWARDED: _("自行研究獎金待核發"),
        }
        found += [
            {"label": words[stage], "count": n, "url": f"{place}?stage={stage}"}
            for stage, n in stages.items()
            if n
        ]
        late = Suggestion.objects.filter(answered_on=None, due_on__lt=today).count()
        if late:
            url = f"{reverse('papers:adoption')}?state=late"
            found.append({"label": _("研究建議逾期未回復"), "count": late, "url": url, "tone": "red"})
    if own := who.agencies(*ANSWERERS):
        asked = Suggestion.objects.filter(addressee_id__in=own, answered_on=None)
        if n := asked.count():
            tone = "red" if asked.filter(due_on__lt=today).exists() else "amber"
            url = f"{reverse('papers:adoption')}?state=open"
            found.append({"label": _("研究建議待回復採行情形"), "count": n, "url": url, "tone": tone})
    if who.has(Role.OFFICER):
        mine = Paper.objects.filter(case__officer=user, case__closed_on=None)
        stages_of = list(mine.values_list("case__stage", flat=True))
        if stages_of:
            back = stages_of.count(Stage.RETURNED)
            label = _("我的自行研究報告，%(n)s件待補正") % {"n": back} if back else _("我的自行研究報告")
            found.append(
                {
                    "label": label,
                    "count": len(stages_of),
                    "url": f"{place}?officer={user.username}",
                    "tone": "red" if back else "",
                }
            )
        for one in Round.objects.filter(kind=KIND).open_on(today)[:1]:
            label = _("%(title)s收件中（%(window)s）") % {"title": one.title, "window": until(one)}
            found.append({"label": label, "url": reverse("desk:open", args=[KIND])})
    return found


def of_adoption(paper: Any, user: Any) -> dict[str, Any]:
    """The suggestions with what each agency made of them."""
    rows = paper.suggestions.select_related("addressee")
    return {"rows": [adoption.told(one) for one in rows]}


def shows_adoption(paper: Any, user: Any) -> bool:
    return bool(paper.announced_on and paper.grade)


def shows_result(paper: Any, user: Any) -> bool:
    return paper.announced_on is not None


screens = Screens(
    columns=("year", "category", "submitted_on", "grade"),
    filters=("year", "category", "grade", "submitted_on", "announced_on"),
    facts=(
        "year", "category", "abstract", "abstract_en", "manuscript", "blind_copy", "declared",
        "earlier_award",
        "difference", "submitted_on", "returned_on", "checked_on", "admitted_on", "announced_on",
        "grade", "prize",
        "score", "certificate_no", "paid_on", "voucher", "published_on", "file_open", "withdrawn_on",
    ),
    panels=(
        Panel(gettext_lazy("作者"), "papers/panel_authors.html", of_authors),
        Panel(gettext_lazy("評審結果"), "papers/panel_result.html", of_result, shown=shows_result),
        Panel(
            gettext_lazy("採行追蹤"), "papers/panel_adoption.html", of_adoption, shown=shows_adoption
        ),
    ),
    actions=(Action(gettext_lazy("採行追蹤"), "papers:adoption"),),
    public=(Action(gettext_lazy("市政研究報告庫"), "papers_public:list"),),
    first=first,
    words={
        "tones": {
            "draft": "", "submitted": "blue", "returned": "amber", "form_checked": "blue",
            "reviewing": "violet",
            "awarded": "green", "not_awarded": "", "paid": "green", "published": "green", "withdrawn": "",
        },
        "empty": gettext_lazy("還沒有自行研究報告。收件期間內由作者新增案件並送件。"),
    },
)  # fmt: skip

urlpatterns = [
    path("adoption/", adoption.show, name="adoption"),
    re_path(r"^adoption\.(?P<form>csv|ods)$", adoption.file, name="adoption_file"),
]
public_urlpatterns = [
    path("", repository.show_list, name="list"),
    re_path(r"^open-data\.(?P<form>csv|json)$", repository.open_data, name="open_data"),
    path("<int:pk>/", repository.show_paper, name="paper"),
    path("<int:pk>/file", repository.download, name="file"),
]
