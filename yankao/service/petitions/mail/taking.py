"""What becomes of a mail: a new case, words added to its case, a note that a message did not arrive, or a
line for a person to decide. Nothing is lost and nothing is taken twice.

A reply belongs to the case of the message it answers; with the case's number in its subject alone it does so
only when it comes from the petitioner's own address. A second case is never made of a reply.
"""

from __future__ import annotations

import hashlib
import logging
import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from email.utils import parseaddr
from typing import Any

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.utils import timezone, translation
from django.utils.translation import gettext as _

from yankao.kernel.audit import ledger
from yankao.kernel.casework.process import Refused
from yankao.kernel.evidence import checks, files
from yankao.kernel.evidence.models import Evidence
from yankao.kernel.jobs import mail as own_mail
from yankao.kernel.outbox import receipts
from yankao.kernel.outbox.models import Handover
from yankao.kernel.vault import keeping, keys, persons, sealing
from yankao.kernel.vault.persons import Person

from .. import intake, process
from ..models import Channel, Incoming, Kind, Petition
from . import reading
from .reading import File, Letter, Unreadable

logger = logging.getLogger("yankao.petitions.mail")
State = Incoming.State
Why = Incoming.Why
MOST_AN_HOUR = 20
"""So many mails of one sender are taken in an hour; the others wait for a person."""
MOST_FILES = 20
KEPT_FOR = timedelta(days=90)
"""So long after a decision the sealed mail stays, in case the decision was wrong."""
HAN = re.compile("[\u3400-\u9fff]")
CODE = re.compile(rf"[{intake.ALPHABET}]{{5}}[-\u2010-\u2015 ]?[{intake.ALPHABET}]{{5}}")


@dataclass(frozen=True)
class Taken:
    """What became of a mail, and whether it was seen for the first time."""

    row: Incoming
    fresh: bool


def take(raw: bytes, *, box: str, kind: str = Kind.PETITION, at: datetime | None = None) -> Taken:
    """Take one mail in. The same mail again changes nothing; whatever comes, there is a row for it."""
    at = at or timezone.now()
    try:
        letter = reading.read(raw)
    except Unreadable as fault:
        return _kept_unread(raw, box, kind, at, fault.why)
    except Exception as error:
        # Mails are made by strangers and programs of all ages: what breaks the reader waits for a person.
        logger.warning("Mail not understood: %s", type(error).__name__)
        return _kept_unread(raw, box, kind, at, Why.BROKEN)
    known = Incoming.objects.filter(message_id=letter.message_id).first()
    if known is not None and known.fingerprint == letter.fingerprint:
        return Taken(known, False)
    row = _row(raw, box, kind, at, letter.message_id, letter)
    if known is not None:
        row.message_id = f"<{letter.fingerprint}@changed>"
        if (before := Incoming.objects.filter(message_id=row.message_id).first()) is not None:
            return Taken(before, False)
        return _saved(_waits(row, raw, Why.CHANGED))
    try:
        with transaction.atomic():
            _decide(row, raw, letter)
            row.save(force_insert=True)
    except IntegrityError:  # the same mail was taken by two at once
        before = Incoming.objects.filter(message_id=letter.message_id).first()
        if before is None:
            raise
        return Taken(before, False)
    except (Refused, ValidationError) as refused:
        row = _row(raw, box, kind, at, letter.message_id, letter)
        words = " ".join(refused.messages) if isinstance(refused, ValidationError) else str(refused)
        return _saved(_waits(row, raw, Why.REFUSED, words))
    return Taken(row, True)


def _row(raw: bytes, box: str, kind: str, at: datetime, number: str, letter: Letter | None) -> Incoming:
    return Incoming(
        message_id=number,
        fingerprint=letter.fingerprint if letter else "",
        sender=_mark(letter.sender) if letter else "",
        box=box[:120],
        size=len(raw),
        taken_at=at,
        kind=kind,
    )


def _mark(address: str) -> str:
    """The keyed hash by which mails of one sender are counted."""
    return sealing.mark(b"email", persons.email_form(address), keys.ring(keys.ORDINARY)) or ""


def _kept_unread(raw: bytes, box: str, kind: str, at: datetime, why: Incoming.Why) -> Taken:
    number = f"<{hashlib.sha256(raw).hexdigest()}@unread>"
    known = Incoming.objects.filter(message_id=number).first()
    if known is not None:
        return Taken(known, False)
    return _saved(_waits(_row(raw, box, kind, at, number, None), raw, why))


def _saved(row: Incoming) -> Taken:
    try:
        with transaction.atomic():
            row.save(force_insert=True)
    except IntegrityError:
        return Taken(Incoming.objects.get(message_id=row.message_id), False)
    return Taken(row, True)


def _seal(row: Incoming, raw: bytes) -> None:
    envelope = sealing.seal(raw, keys.ring(keys.ORDINARY))
    row.key_id, row.wrapped, row.text = envelope.key_id, envelope.wrapped, envelope.text


def _waits(row: Incoming, raw: bytes, why: Incoming.Why, detail: str = "") -> Incoming:
    row.state, row.why, row.detail = State.WAITING, why, detail[:200]
    _seal(row, raw)
    return row


# ── Deciding ────────────────────────────────────────────────────────────────────────────────────────


def _decide(row: Incoming, raw: bytes, letter: Letter) -> None:
    """Say in the row what the mail is, and do it."""
    if letter.bounce is not None:
        _bounced(row, letter.bounce)
        _seal(row, raw)
        return
    petition, sure = belongs_to(letter)
    if letter.sender in own_addresses() or letter.automatic:
        row.state, row.why = State.AUTOMATIC, Why.MACHINE if letter.automatic else Why.OWN
        row.detail, row.petition = letter.automatic[:200], petition
        _seal(row, raw)
        return
    if _too_many(row):
        _waits(row, raw, Why.MANY)
        return
    if petition is None:
        row.petition, row.state = _opened(row, letter), State.OPENED
        return
    row.petition = petition
    if not sure:
        _waits(row, raw, Why.STRANGER)
    elif not add(petition, letter, row.taken_at):
        _waits(row, raw, Why.ENDED)
    else:
        row.state = State.ADDED


def own_addresses() -> set[str]:
    """The addresses this installation writes from."""
    return {
        parseaddr(settings.DEFAULT_FROM_EMAIL)[1].lower(),
        parseaddr(settings.INTAKE_ADDRESS)[1].lower(),
    } - {""}


def _too_many(row: Incoming) -> bool:
    since = row.taken_at - timedelta(hours=1)
    sent = Incoming.objects.filter(sender=row.sender, taken_at__gt=since)
    return sent.count() >= MOST_AN_HOUR


def belongs_to(letter: Letter) -> tuple[Petition | None, bool]:
    """The case a mail speaks of, and whether it surely comes from its petitioner.

    A message's number is chance of 128 bits: who answers it was sent it. A case number anybody may write.
    What somebody writes who joined the report is read by a person first: the petitioner would read it
    otherwise.
    """
    if letter.answers:
        found, sure = _answered(letter.answers)
        if found is not None:
            return found, sure
    for number in letter.numbers:
        petition = _petitions().filter(case__number=number).first()
        if petition is not None:
            person = Person(email=letter.sender)
            ways = (keeping.same_person(person), keeping.same_person(person, sealed=True))
            sure = any(known.filter(pk=petition.petitioner_id).exists() for known in ways)
            return petition, sure
    return None, False


def _petitions() -> Any:
    return Petition.objects.select_related("case__agency", "case__officer", "petitioner")


def _answered(answers: Iterable[str]) -> tuple[Petition | None, bool]:
    """The case of the nearest known message among those a mail answers: of ours, or of its own writer; and
    whether that one went to, or came from, the petitioner.
    """
    wanted = list(answers)
    of_ours = Handover.objects.filter(reference__in=wanted, message__case__kind=process.process.kind)
    rows = of_ours.values_list("reference", "message__case", "message__identity")
    cases: dict[str, tuple[Any, int | None]] = {
        reference: (case, identity) for reference, case, identity in rows
    }
    theirs = Incoming.objects.filter(message_id__in=wanted, state__in=(State.OPENED, State.ADDED))
    cases |= {reference: (case, None) for reference, case in theirs.values_list("message_id", "petition")}
    for one in wanted:
        if one in cases:
            case, identity = cases[one]
            found: Petition | None = _petitions().filter(pk=case).first()
            return found, found is not None and identity in (None, found.petitioner_id)
    return None, False


def _bounced(row: Incoming, bounce: reading.Bounce) -> None:
    """Link a delivery report to what it is about; a final one makes the message "not delivered"."""
    row.state, row.detail = State.BOUNCED, bounce.status
    row.why = Why.UNDELIVERED if bounce.final else Why.DELAYED
    handed = Handover.objects.select_related("message__case").filter(reference=bounce.about).first()
    if handed is not None:
        row.lost = handed.message
        case = handed.message.case
        if case is not None and case.kind == process.process.kind:
            row.petition = Petition.objects.filter(pk=case.pk).first()
        if bounce.final:
            receipts.take(bounce.about, False, said=bounce.status)
        return
    if not bounce.about or not own_mail.bounced(bounce.about, bounce.status, final=bounce.final):
        row.why = Why.UNKNOWN


# ── A new case ──────────────────────────────────────────────────────────────────────────────────────


def key_of(row: Incoming) -> str:
    """The client's key of a mail: made of its Message-ID, so that the same mail is the same case."""
    return f"mail:{hashlib.sha256(row.message_id.encode()).hexdigest()[:48]}"


def _opened(row: Incoming, letter: Letter) -> Petition:
    language = language_of(f"{letter.subject}{letter.text}")
    with translation.override(language):
        kept, notes = evidence_of(letter)
        text, more = _fitting(letter.text or _("（信件沒有內文，請看附件。）"), notes, letter.name)
    arrived = letter.arrived_at
    told = intake.Told(
        channel=Channel.EMAIL,
        kind=row.kind,
        client_key=key_of(row),
        subject=letter.subject[: intake.LONGEST["subject"]],
        content=text,
        petitioner=Person(name=letter.name, email=letter.sender, language=language),
        language=language,
        files=[*kept, *more],
        received_at=arrived if arrived is not None and arrived <= row.taken_at else row.taken_at,
    )
    return intake.receive(told).petition


def language_of(text: str) -> str:
    """English for a mail without a Chinese character, else Traditional Chinese."""
    return "zh-hant" if HAN.search(text) or not text.strip() else "en"


def evidence_of(letter: Letter) -> tuple[list[Evidence], list[str]]:
    """The files that may come in, and a line for each thing that was doubtful or may not."""
    kept, notes = [], list(letter.notes)
    for place, one in enumerate(letter.files):
        if place >= MOST_FILES:
            notes.append(_("附件超過%(n)s個，其餘未收：%(names)s") % {
                "n": MOST_FILES, "names": "、".join(other.name for other in letter.files[MOST_FILES:])[:300],
            })  # fmt: skip
            break
        try:
            kept.append(files.keep(one.data, named(one), None, purpose="files"))
        except checks.Refused as refused:
            notes.append(_("未收附件「%(name)s」：%(why)s") % {"name": one.name, "why": refused.sentence})
    return kept, notes


def named(one: File) -> str:
    """Its name without signs that only hide something."""
    clean = "".join(sign for sign in one.name if sign.isprintable()).replace("..", ".").strip(" .")
    return clean if "." in clean else f"{clean or 'file'}.bin"


def _fitting(text: str, notes: list[str], name: str) -> tuple[str, list[Evidence]]:
    """The words as a case holds them, with what was left out said below; a longer letter goes whole into a
    file.
    """
    below = "".join(f"\n〔{note}〕" for note in notes)[:2000]
    most = intake.LONGEST["content"] - len(below) - 60
    if len(text) <= most:
        return text + ("\n" + below if below else ""), []
    whole = files.keep(text.encode(), _("來信全文.txt"), None, purpose="files")
    cut = text[:most].rstrip()
    return cut + "\n" + _("〔信件過長，全文見附檔「%(name)s」。〕") % {"name": whole.name} + below, [whole]


# ── Words for a case ────────────────────────────────────────────────────────────────────────────────


def add(petition: Petition, letter: Letter, at: datetime, actor: Any = None) -> bool:
    """Add what a reply says to its case: as the supplement that was asked for, else as further words. False
    where the case takes none any more.
    """
    way = process.supplement if petition.case.stage == process.Stage.AWAITING else process.add_words
    if petition.case.stage not in way.sources:
        return False
    with translation.override(petition.language):
        own, left = reading.without_quotation(letter.text)
        kept, notes = evidence_of(letter)
        if left:
            notes.append(_("引述的原信%(n)s行略") % {"n": left})
        text, more = _fitting(
            without_code(own, petition) or _("（信件沒有內文，請看附件。）"), notes, letter.name
        )
    given = {"text": text, "files": [*kept, *more] or None}
    key = f"mail:{hashlib.sha256(letter.message_id.encode()).hexdigest()[:48]}"
    way.run(petition, actor, given, key=key, at=at)
    return True


def without_code(text: str, petition: Petition) -> str:
    """Without the access code of the case, which a quoted notice still carries: officers need not have it."""
    return CODE.sub(
        lambda found: "＊＊＊＊＊" if intake.code_mark(found[0]) == petition.access else found[0], text
    )


# ── What a person decides ───────────────────────────────────────────────────────────────────────────


def raw_of(row: Incoming) -> bytes:
    """The mail as it came. Raises keeping.Shredded when it is no longer kept."""
    if row.envelope is None:
        raise keeping.Shredded(_("這封信的原文已依保存期限銷毀。"))
    return sealing.unseal(row.envelope)


def open_case(row: Incoming, actor: Any) -> Petition:
    """A case of its own after all, by a person's decision."""
    with transaction.atomic():
        row = _undecided(row)
        try:
            letter = reading.read(raw_of(row))
        except Unreadable as fault:
            raise Refused(str(fault.why.label)) from None
        petition = _opened(row, letter)
        _settle(row, State.OPENED, petition, actor)
    return petition


def add_to(row: Incoming, number: str, actor: Any) -> Petition:
    """Words of a case, by a person's decision; of one that was answered, an application to reopen it."""
    with transaction.atomic():
        row = _undecided(row)
        mine = _petitions().filter(process.process.sees.records(actor))
        petition: Petition | None = mine.filter(case__number=number.strip().upper()).first()
        if petition is None:
            raise ValidationError({"number": _("找不到這個案號，或您不能檢視這件案件。")})
        try:
            letter = reading.read(raw_of(row))
        except Unreadable as fault:
            raise Refused(str(fault.why.label)) from None
        if petition.case.stage in process.ANSWERED:
            own, _left = reading.without_quotation(letter.text)
            given = {"reason": without_code(own, petition)[:2000]}
            process.ask_reopening.run(petition, actor, given, key=f"{key_of(row)}:reopen")
        elif not add(petition, letter, timezone.now(), actor):
            raise ValidationError({"number": _("這件案件目前不能補充說明。")})
        _settle(row, State.ADDED, petition, actor)
    return petition


def dismiss(row: Incoming, reason: str, actor: Any) -> None:
    """Nothing for a case; the reason stays on record."""
    if not reason.strip():
        raise ValidationError({"reason": _("請說明理由。")})
    with transaction.atomic():
        row = _undecided(row)
        row.detail = reason.strip()[:200]
        _settle(row, State.DISMISSED, row.petition, actor)


def _undecided(row: Incoming) -> Incoming:
    found = Incoming.objects.select_for_update().get(pk=row.pk)
    if found.state not in (State.WAITING, State.AUTOMATIC, State.DISMISSED):
        raise Refused(_("這封信已經處理過了。"))
    return found


def _settle(row: Incoming, state: Incoming.State, petition: Petition | None, actor: Any) -> None:
    row.state, row.petition = state, petition
    row.decided_at, row.decided_by = timezone.now(), actor
    row.save()
    subject = f"case:{petition.pk}" if petition else f"mail:{row.pk}"
    ledger.note("petitions.mail", subject, actor, state=str(state), mail=row.pk)


def forget(now: datetime) -> int:
    """Destroy mails nobody has to look at any more; how many. Those that wait stay."""
    done = Incoming.objects.exclude(state=State.WAITING).exclude(text=None)
    return (
        done.filter(taken_at__lt=now - KEPT_FOR)
        .exclude(decided_at__gte=now - KEPT_FOR)
        .update(wrapped=None, text=None)
    )
