"""陳情文書 Acknowledgement, transfer, extension, reply and no-action notice (L11), the dispatch order (L12).

A letter to the petitioner is addressed from the identity vault by the machine: its writer sees a mask, and
whoever opens the file is held to the duty and the log of a look into the vault. No other letter names them.
"""

from __future__ import annotations

from typing import Any

from django.core.exceptions import ObjectDoesNotExist
from django.utils import timezone
from django.utils.translation import get_language, gettext_lazy
from django.utils.translation import gettext as _

from yankao.counter import maps
from yankao.desk.jinja import format_time
from yankao.kernel.casework.docket import CaseEvidence, Clock, Security
from yankao.kernel.casework.steps import Refused
from yankao.kernel.evidence import exif, files
from yankao.kernel.evidence.models import Evidence
from yankao.kernel.letters.declare import Column, Content, Picture, Table, To, letter
from yankao.kernel.letters.kinds import Kind, Secrecy, Urgency
from yankao.kernel.letters.models import Dispatch
from yankao.kernel.people.models import District
from yankao.kernel.register.english import called
from yankao.kernel.vault import keeping, persons, revealing
from yankao.kernel.vault.models import Purpose

from .models import Appeal, Extension, Ground, Language, Petition, Reply, Supplement, Work
from .process import Stage, crews, ethics, handlers, intake, last, senders

LANGUAGES = tuple(Language.values)
PICTURES = ("jpeg", "png")
NEAR = 3
"""The zoom of the map on a dispatch order: about a kilometre."""
MANY = "\n"


# ── To whom ─────────────────────────────────────────────────────────────────────────────────────────


def somebody(petition: Petition) -> str:
    """Why nobody can be written to, or an empty sentence."""
    identity = petition.petitioner
    if identity is None:
        return _("匿名案件沒有可以寄送的陳情人。")
    return _("陳情人資料已依保存年限銷毀，不能再寄送。") if identity.shredded_at else ""


def petitioner_of(petition: Petition) -> To:
    """The petitioner as on the envelope, masked on the preview."""
    assert petition.petitioner
    person = keeping.unsealed(petition.petitioner)
    hidden = persons.masked(person)
    english = get_language() == "en"
    name = person.name or (_("陳情人") if not english else "Petitioner")
    polite = name if english else f"{name}　君"
    masked = hidden.name or name
    return To(polite, personal=True, address=person.address, hidden=masked if english else f"{masked}　君")


def looked_at(petition: Petition, user: Any, which: str) -> None:
    """Who opens a letter to the petitioner sees name and address: a look like any other into the vault."""
    identity = petition.petitioner
    if identity is None or identity.shredded_at:
        return  # the file outlives the vault by its own retention; what is left names nobody to look up
    revealing.reveal(identity, actor=user, purpose=Purpose.REPLY, why=which, fields=("name", "address"))


def _secrecy(petition: Petition) -> Secrecy:
    close = petition.case.security in (Security.NAMED, Security.SECRET)
    return Secrecy.RESTRICTED if close else Secrecy.NONE


def _content(petition: Petition, **say: Any) -> Content:
    case = petition.case
    common = {
        "number": case.number, "received": timezone.localtime(petition.received_at).date(),
        "kind": str(petition.get_kind_display()), "agency": called(case.agency),
    }  # fmt: skip
    return Content(
        to=[petitioner_of(petition)], agency=case.agency, secrecy=_secrecy(petition), say={**common, **say}
    )


def _due(petition: Petition) -> Any:
    """The day by which there will be an answer, as its clock stands; None when none runs."""
    rows = Clock.objects.filter(
        case_id=petition.pk, stopped_at=None, code__in=("answer", "reopened", "fix")
    ).order_by("-due_at")
    clock = rows.first()
    return timezone.localtime(clock.due_at).date() if clock else None


def to_petitioner(petition: Petition) -> list[Dispatch]:
    """The letters the petitioner may fetch by number and access code, newest first: those that were sent to
    them and hold. `pdf` and `odt` are the files.
    """
    rows = Dispatch.objects.filter(case=petition.case_id, code__in=THEIRS, revoked_at=None)
    return list(rows.select_related("pdf", "odt").order_by("-dated", "-pk"))


def reply_letter(petition: Petition) -> Dispatch | None:
    """The newest reply letter, or None while there is none."""
    return next((one for one in to_petitioner(petition) if one.code == reply.code), None)


_to_them: dict[str, Any] = {
    "by": handlers | intake | ethics, "languages": LANGUAGES, "opened": looked_at,
    "speaks": lambda petition: Language.of(petition.language),
}  # fmt: skip


# ── L11 ─────────────────────────────────────────────────────────────────────────────────────────────


def not_on_record(petition: Petition) -> str:
    return "" if petition.registered_at else _("案件登錄後才發收件通知。")


@letter(
    "service.petitions.acknowledgement", gettext_lazy("收件通知函"), Kind.LETTER, Petition,
    unless=(somebody, not_on_record), once=True, **_to_them,
)  # fmt: skip
def acknowledgement(petition: Petition) -> Content:
    return _content(petition, due=_due(petition), given=petition.case.stage not in EARLY)


EARLY = (str(Stage.RECEIVED), str(Stage.REGISTERED), str(Stage.TRIAGED))


def not_transferred(petition: Petition) -> str:
    return "" if petition.case.stage == Stage.TRANSFERRED else _("移轉後才發移轉通知。")


@letter(
    "service.petitions.transfer", gettext_lazy("移轉通知函"), Kind.LETTER, Petition,
    unless=(somebody, not_transferred), once=True, **_to_them,
)  # fmt: skip
def transfer(petition: Petition) -> Content:
    return _content(petition, to=petition.transferred_to, day=petition.case.closed_on)


@letter(
    "service.petitions.referral", gettext_lazy("移文函"), Kind.LETTER, Petition,
    by=handlers | intake | ethics, unless=not_transferred, once=True, languages=("zh-hant",),
    hint=gettext_lazy("寄給接辦機關；陳情人個人資料不列入，接辦機關另洽承辦人調閱。"),
)  # fmt: skip
def referral(petition: Petition) -> Content:
    case = petition.case
    return Content(
        to=[To(petition.transferred_to)], agency=case.agency, secrecy=_secrecy(petition),
        say={
            "number": case.number, "received": timezone.localtime(petition.received_at).date(),
            "content": petition.content, "place": petition.place, "named": not petition.anonymous,
        },
    )  # fmt: skip


def granted(petition: Petition) -> Extension | None:
    """The extension approved last."""
    rows = [row for row in petition.extension_rows.all() if row.approved]
    return rows[-1] if rows else None


def not_extended(petition: Petition) -> str:
    return "" if petition.extensions else _("展延核准後才發展延通知。")


@letter(
    "service.petitions.extension", gettext_lazy("展延通知函"), Kind.LETTER, Petition,
    unless=(somebody, not_extended), **_to_them,
)  # fmt: skip
def extension(petition: Petition) -> Content:
    row = granted(petition)
    if row is None:
        raise Refused(_("展延核准後才發展延通知。"))
    return _content(petition, due=_due(petition), reason=row.reason, days=row.days)


def asked_for(petition: Petition) -> Supplement | None:
    """What the petitioner is waited for to give."""
    rows = [row for row in petition.supplements.all() if row.ended_at is None]
    return rows[-1] if rows else None


def not_asked(petition: Petition) -> str:
    return "" if petition.case.stage == Stage.AWAITING else _("通知補正後才發補正通知。")


@letter(
    "service.petitions.supplement", gettext_lazy("補正通知函"), Kind.LETTER, Petition,
    unless=(somebody, not_asked), **_to_them,
)  # fmt: skip
def supplement(petition: Petition) -> Content:
    row = asked_for(petition)
    if row is None:
        raise Refused(_("通知補正後才發補正通知。"))
    return _content(petition, wanted=row.wanted, until=row.by_day)


def sent_reply(petition: Petition) -> Reply | None:
    """The reply sent last: what the citizen has."""
    rows = [row for row in petition.replies.all() if row.sent_at]
    return rows[-1] if rows else None


def not_replied(petition: Petition) -> str:
    return "" if petition.replied_at else _("答復後才發復函。")


@letter(
    "service.petitions.reply", gettext_lazy("復函"), Kind.LETTER, Petition,
    unless=(somebody, not_replied), **_to_them,
)  # fmt: skip
def reply(petition: Petition) -> Content:
    row = sent_reply(petition)
    if row is None:  # a history from elsewhere may tell the day of an answer and not its words
        raise Refused(_("這件案件沒有答復的文字，不能製作復函。"))
    return _content(
        petition, text=row.text, basis=row.basis, outcome=str(row.get_disposition_display()),
        appeal="" if row.appeal == Appeal.NONE else f"{row.get_appeal_display()} {row.appeal_to}".strip(),
    )  # fmt: skip


PARAGRAPHS = {Ground.NAMELESS: 1, Ground.REPEATED: 2, Ground.COPIED: 3}
"""Of 行政程序法 §173."""


def not_refused(petition: Petition) -> str:
    return "" if petition.case.stage == Stage.NO_ACTION else _("不予處理核定後才發通知。")


def answered_before(petition: Petition) -> tuple[Any, str]:
    """Day and number of the earlier answer: all that a repeated petition is told (B3)."""
    earlier = petition.earlier
    if earlier is None:
        return None, ""
    sent = reply_letter(earlier)
    if sent is not None:
        return sent.dated, sent.number
    replied = earlier.replied_at
    return (timezone.localtime(replied).date() if replied else None), earlier.case.number


@letter(
    "service.petitions.no_action", gettext_lazy("不予處理通知函"), Kind.LETTER, Petition,
    unless=(somebody, not_refused), once=True, **_to_them,
)  # fmt: skip
def no_action(petition: Petition) -> Content:
    day, number = answered_before(petition)
    return _content(
        petition, ground=str(petition.get_ground_display()),
        paragraph=PARAGRAPHS[Ground(petition.ground)], earlier_day=day, earlier_number=number,
    )  # fmt: skip


THEIRS = tuple(one.code for one in (acknowledgement, transfer, supplement, extension, reply, no_action))
"""The letters that go to the petitioner."""


# ── L12 ─────────────────────────────────────────────────────────────────────────────────────────────


def not_sent_out(petition: Petition) -> str:
    return "" if petition.dispatched_at else _("派工後才有派工單。")


@letter(
    "service.petitions.order", gettext_lazy("派工單"), Kind.FORM, Petition,
    by=senders | handlers | crews | intake, unless=not_sent_out, languages=LANGUAGES,
    hint=gettext_lazy("地點、位置圖與照片；不列通報人資料。"),
)  # fmt: skip
def order(petition: Petition) -> Content:
    work = last(petition, Work)
    if work is None:
        raise Refused(_("這件案件沒有派工單。"))
    pictures = {"map": map_of(petition), "photo": photo_of(petition)}
    return Content(
        agency=petition.case.agency,
        urgency=Urgency.MOST_URGENT if petition.danger else Urgency.URGENT,
        say={
            "number": petition.case.number, "work": work.number, "table": _order(petition, work),
            "limits": _limits(petition), "content": petition.content, "danger": petition.danger, **pictures,
        },
    )  # fmt: skip


def _order(petition: Petition, work: Work) -> Table:
    case = petition.case
    district = called(case.district) if case.district else ""
    where = [petition.place, "" if district in petition.place else district]
    if petition.latitude is not None:
        where.append(_("北緯%(y)s、東經%(x)s") % {"y": petition.latitude, "x": petition.longitude})
    rows = [
        (_("案號"), case.number),
        (_("服務項目"), str(petition.service or "")),
        (_("地點"), MANY.join(one for one in where if one)),
        (_("通報時間"), format_time(petition.received_at)),
        (_("派工機關"), called(case.agency)),
        (_("派工人員"), str(work.crew or "")),
        (_("承商"), work.contractor),
        (_("派工時間"), format_time(work.dispatched_at)),
        (_("重做理由"), _redo(petition, work)),
    ]
    return Table((Column(_("項目"), 1), Column(_("內容"), 4)), [row for row in rows if row[1]])


def _redo(petition: Petition, work: Work) -> str:
    """Why the crew before was sent again."""
    before = [row for row in petition.works.all() if row.number == work.number - 1]
    return before[0].redo_for if before else ""


def _limits(petition: Petition) -> Table:
    """The hours and days as the clocks stand, and a place for the hand of who was there."""
    words = {"survey": _("到場會勘"), "safety": _("臨時安全措施"), "fix": _("修復完工")}
    newest = {
        clock.code: clock
        for clock in Clock.objects.filter(case_id=petition.pk, code__in=words).order_by("pk")
    }
    rows = [(words[code], format_time(newest[code].due_at), "") for code in words if code in newest]
    columns = (Column(_("期限"), 2), Column(_("至"), 3), Column(_("實際時間與簽名"), 3, "sign"))
    return Table(columns, rows)


def map_of(petition: Petition) -> Picture | None:
    """A few streets around the place with a cross on it; None where no position is known."""
    if petition.latitude is None or petition.longitude is None:
        return None
    view = maps.View(float(petition.longitude), float(petition.latitude), NEAR)
    names = {one.pk: called(one) for one in District.objects.all()}
    drawing = maps.picture(view, names, cross=True)
    alt = _("位置圖：%(place)s") % {"place": petition.place or petition.case.number}
    return Picture(drawing.encode(), alt, _("位置圖（十字為通報地點）"), 12.0)


def photo_of(petition: Petition) -> Picture | None:
    """The first photograph of the case without what its camera says; None where there is none to draw."""
    rows = CaseEvidence.objects.filter(case_id=petition.pk, evidence__kind__in=PICTURES)
    first = rows.select_related("evidence").order_by("pk").first()
    if first is None:
        return None
    data = _bytes_of(first.evidence)
    picture = Picture(data, _("通報照片"), _("第一張照片"), 10.0)
    try:
        wide, high = picture.size
    except ValueError:
        return None
    return Picture(data, picture.alt, picture.caption, round(min(10.0, 9.0 * wide / high), 2))


def _bytes_of(one: Evidence) -> bytes:
    try:
        with files.open_bytes(one) as file:
            data = file.read()
    except (FileNotFoundError, ObjectDoesNotExist):
        return b""
    return exif.without_metadata(data) if one.kind == "jpeg" else data
