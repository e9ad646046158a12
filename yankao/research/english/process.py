"""The way of a name from proposal to notice, and its end when another takes its place (R9)."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, timedelta
from typing import Annotated, Any

from django.db.models import TextChoices
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from yankao.kernel.casework import duties
from yankao.kernel.casework.asks import LONG, Label, Reason
from yankao.kernel.casework.clocks import Deadline
from yankao.kernel.casework.docket import Security
from yankao.kernel.casework.process import Process, Refused, Tell
from yankao.kernel.people.models import Role
from yankao.kernel.people.standing import holders
from yankao.kernel.register import english
from yankao.kernel.roc import date_text

from . import rules
from .models import BilingualName, NameAlias


class Stage(TextChoices):
    """階段"""

    PROPOSED = "proposed", gettext_lazy("已提案")
    RETURNED = "returned", gettext_lazy("退回補正")
    REVIEWED = "reviewed", gettext_lazy("審查通過")
    CITY_MEETING = "city_meeting", gettext_lazy("提市政會議")
    APPROVED = "approved", gettext_lazy("已核定")
    NOTIFIED = "notified", gettext_lazy("已函知")
    SUPERSEDED = "superseded", gettext_lazy("已廢止")
    REJECTED = "rejected", gettext_lazy("不予核定")


UNDECIDED = (Stage.PROPOSED, Stage.RETURNED, Stage.REVIEWED, Stage.CITY_MEETING)
IN_FORCE = (Stage.APPROVED, Stage.NOTIFIED)

proposers = duties.agency(Role.OFFICER, Role.CONTROLLER, Role.MANAGER, Role.HEAD)


def proposer(name: Any) -> list[Any]:
    """Who looks after a proposal at its agency."""
    return [name.case.officer, *holders(name.case.agency_id, Role.CONTROLLER)]


def rdec_controllers(name: Any) -> Iterable[Any]:
    return holders(None, Role.RDEC_CONTROLLER)


REVIEW = Deadline(
    "review",
    gettext_lazy("譯名審查期限"),
    rules.REVIEW_TERM,
    counted_from=lambda name: name.case.opened_on,
    law=rules.OURS,
    remind=(3,),
    owed_by=lambda name, mark: rdec_controllers(name),
)
NOTICE = Deadline(
    "notice",
    gettext_lazy("譯名函知期限"),
    rules.NOTICE_TERM,
    counted_from="approved_on",
    law=rules.OURS,
    remind=(3,),
    owed_by=lambda name, mark: rdec_controllers(name),
)


def find_standing(name: Any) -> None:
    """Look for the name that this one would change: the one in force, else the last one; an archive says so
    itself.
    """
    if name.case.pk is None:
        return
    same = BilingualName.objects.filter(
        category=name.category, key=english.key_of(name.zh), valid_from__isnull=False
    )
    name.replaces = same.exclude(pk=name.pk).order_by("-valid_from").first()


process = Process(
    BilingualName,
    kind="research.english",
    stages=Stage,
    opens_at=Stage.PROPOSED,
    number="譯{roc}-{seq:04d}",
    sees=duties.anyone,
    opened_by=proposers | duties.commission,
    opens_with=(REVIEW,),
    security=Security.OPEN,
    path=tuple(one for one in Stage if one not in (Stage.RETURNED, Stage.SUPERSEDED, Stage.REJECTED)),
    asks=("zh", "english", "category", "way", "basis"),
    on_open=find_standing,
    amendable=("basis", "way", "letter", "notice_letter", "review"),
)

English = Annotated[str, Label(gettext_lazy("英文名稱"))]
Letter = Annotated[str, Label(gettext_lazy("核定文號"))]


def unsound(text: str) -> str:
    """Why a text cannot be an English name: written in Latin letters, without blanks at its ends."""
    if not text.strip() or text != " ".join(text.split()):
        return str(_("英文名稱不能空白，前後與中間不能有多餘的空格。"))
    if any("\u2e80" <= sign <= "\uffef" for sign in text):
        return str(_("英文名稱不能含中文或全形字。"))
    return ""


def english_unsound(name: Any) -> str:
    return unsound(name.english)


@process.move(
    Stage.PROPOSED,
    Stage.REVIEWED,
    by=duties.commission,
    label=gettext_lazy("審查通過"),
    stops=(REVIEW,),
    unless=(english_unsound,),
    hint=gettext_lazy("英文名稱可於審查時修正，原提案留在辦理紀錄。"),
)
def review_name(
    name: BilingualName,
    *,
    english: English = "",
    review: Annotated[str, Label(gettext_lazy("審查意見")), LONG] = "",
) -> None:
    _reword(name, english)
    name.reviewed_on, name.review = name.step.today, review


def _reword(name: BilingualName, text: str) -> None:
    if not text:
        return
    if sentence := unsound(text):
        raise Refused(sentence)
    name.english = text


@process.move(
    (Stage.PROPOSED, Stage.REVIEWED),
    Stage.RETURNED,
    by=duties.commission,
    label=gettext_lazy("退回補正"),
    stops=(REVIEW,),
    main=False,
    tells=(Tell(proposer, gettext_lazy("{number}「{title}」的譯名提案退回補正。"), "returned"),),
)
def send_back(name: BilingualName, *, reason: Reason) -> None:
    name.reviewed_on = None


@process.move(
    Stage.RETURNED,
    Stage.PROPOSED,
    by=proposers | duties.commission,
    label=gettext_lazy("補正後再提"),
    starts=(REVIEW,),
)
def propose_again(
    name: BilingualName,
    *,
    english: English = "",
    basis: Annotated[str, Label(gettext_lazy("依據或理由"))] = "",
) -> None:
    _reword(name, english)
    name.basis = basis or name.basis


@process.move(Stage.REVIEWED, Stage.CITY_MEETING, by=duties.commission, label=gettext_lazy("提市政會議"))
def refer(name: BilingualName, *, meeting_on: Annotated[date, Label(gettext_lazy("市政會議日期"))]) -> None:
    name.meeting_on = meeting_on


@process.move(
    Stage.CITY_MEETING,
    Stage.APPROVED,
    by=duties.commission,
    label=gettext_lazy("核定"),
    starts=(NOTICE,),
    hint=gettext_lazy("自生效日起為唯一的核定英文名稱；變更者，原譯名於前一日失效並列為別名。"),
    tells=(Tell(proposer, gettext_lazy("{number}「{title}」的英文名稱已核定。")),),
)
def approve(
    name: BilingualName,
    *,
    valid_from: Annotated[date, Label(gettext_lazy("生效日"))],
    letter: Letter = "",
    english: English = "",
) -> None:
    _reword(name, english)
    name.approved_on, name.valid_from, name.letter = name.step.today, valid_from, letter
    find_standing(name)
    if name.replaces is not None:
        _take_over(name, name.replaces, valid_from)


def _take_over(name: BilingualName, old: BilingualName, valid_from: date) -> None:
    """The old name ends the day before, unless it has ended, and lives on as an alias of the new one."""
    assert old.valid_from
    ends = valid_from - timedelta(days=1)
    if old.valid_from > ends or (old.valid_to and old.valid_to > ends):
        raise Refused(_("生效日須晚於原譯名的生效日（%(day)s）。") % {"day": date_text(old.valid_from)})
    if old.english != name.english:
        alias = NameAlias(
            entry=name, name=old.english[:160], valid_from=old.valid_from, valid_to=old.valid_to or ends
        )
        name.step.add(alias)
    if name.case_id is not None and old.valid_to is None:  # an archive plays the old name's end itself
        told = {"number": name.case.number, "english": name.english}
        reason = _("由%(number)s變更為「%(english)s」。") % told
        supersede.run(old, name.step.actor, {"ends_on": ends, "reason": reason}, at=name.step.at)


@process.move(
    Stage.PROPOSED,
    Stage.NOTIFIED,
    by=duties.commission,
    label=gettext_lazy("登錄既有核定譯名"),
    stops=(REVIEW,),
    closes=True,
    main=False,
    unless=(english_unsound,),
    hint=gettext_lazy("平台啟用前已核定並函知者，依原核定日與文號登錄。"),
)
def enrol(
    name: BilingualName,
    *,
    approved_on: Annotated[date, Label(gettext_lazy("核定日"))],
    letter: Letter,
    valid_from: Annotated[
        date | None, Label(gettext_lazy("生效日"), help=gettext_lazy("空白即核定日"))
    ] = None,
) -> None:
    if approved_on > name.step.today:
        raise Refused(_("核定日不能晚於今天。"))
    name.approved_on = name.notified_on = approved_on
    name.valid_from, name.letter = valid_from or approved_on, letter
    find_standing(name)
    if name.replaces is not None:
        _take_over(name, name.replaces, name.valid_from)


@process.move(
    Stage.APPROVED,
    Stage.NOTIFIED,
    by=duties.commission,
    label=gettext_lazy("函知各機關"),
    stops=(NOTICE,),
    closes=True,
)
def notify(name: BilingualName, *, notice_letter: Annotated[str, Label(gettext_lazy("函知文號"))]) -> None:
    name.notified_on, name.notice_letter = name.step.today, notice_letter


@process.move(
    IN_FORCE,
    Stage.SUPERSEDED,
    by=duties.commission,
    label=gettext_lazy("廢止"),
    stops=(NOTICE,),
    closes=True,
    main=False,
    hint=gettext_lazy("名稱所指不再存在，或由新譯名取代；失效後仍查得到。"),
)
def supersede(
    name: BilingualName, *, ends_on: Annotated[date, Label(gettext_lazy("失效日"))], reason: Reason
) -> None:
    name.valid_to = ends_on


@process.move(
    UNDECIDED,
    Stage.REJECTED,
    by=duties.commission,
    label=gettext_lazy("不予核定"),
    stops=(REVIEW,),
    closes=True,
    main=False,
    tells=(Tell(proposer, gettext_lazy("{number}「{title}」的譯名提案不予核定。")),),
)
def reject(name: BilingualName, *, reason: Reason) -> None:
    name.rejected_on = name.step.today


@process.move(IN_FORCE, None, by=duties.commission, label=gettext_lazy("登錄別名"), main=False)
def add_alias(
    name: BilingualName,
    *,
    alias: Annotated[str, Label(gettext_lazy("別名"), help=gettext_lazy("舊譯名或常見的異寫"))],
    since: Annotated[date | None, Label(gettext_lazy("使用起日"))] = None,
    until: Annotated[date | None, Label(gettext_lazy("使用迄日"))] = None,
) -> None:
    if sentence := unsound(alias):
        raise Refused(sentence)
    if alias == name.english or name.aliases.filter(name=alias).exists():
        raise Refused(_("「%(alias)s」已是這個譯名的英文名稱或別名。") % {"alias": alias})
    name.step.add(NameAlias(entry=name, name=alias, valid_from=since or name.step.today, valid_to=until))


# ── The names in force, for the whole platform ──────────────────────────────────────────────────────


@english.provide
def names_in_force(day: date) -> dict[tuple[str, str], str]:
    """(Category, Chinese name) → approved English, as the pages of the platform show it."""
    rows = BilingualName.objects.in_force(day).values_list("category", "key", "english")
    return {(category, key): text for category, key, text in rows}
