"""Editions of a report: opening, writing, signing, delivering, and what a signature still holds.

    outline → drafting → submitted → reviewed → checked → approved → frozen → delivered → errata

A state is what the signatures in force amount to: when text or a value that somebody signed changes, the
signature is void with the difference on record, and the edition falls back to where it has to be taken up
again. Author and approver are never the same person. Every step is an entry of the ledger.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from hashlib import sha256
from typing import Any

from django.db import transaction
from django.db.models import Max, QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from yankao.kernel.audit import ledger
from yankao.kernel.people.models import Role, User
from yankao.kernel.period import Period
from yankao.kernel.rooms import rooms

from .access import CHIEFS, COMMISSION, role_of
from .building import LANGUAGES, Built, Heads, build, commission_or_none
from .document.model import Block, Facts, Language, Report, from_dict
from .models import (
    CouncilSession,
    Edition,
    Erratum,
    Explanation,
    FrozenFigure,
    FrozenPart,
    Remark,
    SectionText,
    SignOff,
)
from .outline import paragraphs, section
from .prose import ProseError, references
from .readings import Readings

State, Step = Edition.State, SignOff.Step
LETTER = re.compile(r"[^字\s]+字第(\d{3})(\d{7,8})號")


class Refused(Exception):
    """The step is not open to this person or in this state; `str()` is the sentence to show."""


def editions_of(period: Period) -> QuerySet[Edition]:
    """The editions of a period, newest first."""
    return Edition.objects.filter(period=period.code).select_related("agency", "session").order_by("-number")


def edition_before(edition: Edition) -> Edition | None:
    """The newest frozen edition of an earlier period of the same agency."""
    listed = Edition.objects.filter(
        agency_id=edition.agency_id, as_of__lt=edition.as_of, frozen_at__isnull=False
    )
    days = edition.days
    found = [one for one in listed.order_by("-as_of", "-number") if one.days.last < days.first]
    return found[0] if found else None


def kept_sections() -> tuple[str, ...]:
    """The sections that some room in use writes, in the order of the outline."""
    return tuple(paragraphs())


# ── Building an edition ───────────────────────────────────────────────────────────────────────────────


def built_of(edition: Edition, language: Language) -> Built:
    """An edition in one language: the stored model once frozen, else built from the records of now."""
    if edition.frozen:
        return stored(edition, language)
    return draft(edition)[language]


def stored(edition: Edition, language: Language) -> Built:
    """The frozen document, exactly as stored."""
    part = FrozenPart.objects.get(edition=edition, name=f"model.{language}.json")
    plain = json.loads(part.content)
    return Built(from_dict(Report, plain["report"]), from_dict(Facts, plain["facts"]))


def heads_of(edition: Edition, language: Language, **more: Any) -> Heads:
    session = edition.session
    words = (
        (session.name_en or session.name) if session and language == "en" else session.name if session else ""
    )
    return Heads(
        session=words,
        edition=edition.number,
        key=str(edition.pk),
        chapter=edition.chapter,
        agency=edition.agency,
        **more,
    )


def texts_of(edition: Edition, language: str) -> dict[str, str]:
    """The authors' texts in force, by section."""
    found: dict[str, str] = {}
    for key, text in (
        SectionText.objects.filter(edition=edition, language=language)
        .order_by("at", "pk")
        .values_list("section", "text")
    ):
        found[key] = text
    return {key: text for key, text in found.items() if text.strip()}


def values_before(edition: Edition) -> dict[str, str]:
    """The values of the edition before, by figure."""
    before = edition_before(edition)
    if before is None:
        return {}
    return dict(FrozenFigure.objects.filter(edition=before).values_list("figure", "value"))


def draft(
    edition: Edition,
    readings: Readings | None = None,
    languages: Iterable[Language] = LANGUAGES,
    **heads: Any,
) -> dict[Language, Built]:
    """The edition in both languages from the records of now; each figure is measured once for both."""
    rooms()
    readings = readings or Readings(edition.days)
    previous = values_before(edition)
    return {
        language: build(
            edition.days,
            language,
            heads=heads_of(edition, language, **heads),
            readings=readings,
            texts=texts_of(edition, language),
            previous=previous,
            notes=notes_of(edition, language, readings),
        )
        for language in languages
    }


def notes_of(edition: Edition, language: Language, readings: Readings) -> Mapping[str, tuple[Block, ...]]:
    """Late records of the edition before and breaks in series, by section."""
    from .late import notes  # noqa: PLC0415  (late records are told by drift, which reads editions)

    return notes(edition, language, readings)


# ── Steps ─────────────────────────────────────────────────────────────────────────────────────────────


def _require(sentence: str, ok: object) -> None:
    if not ok:
        raise Refused(sentence)


def _writable(edition: Edition) -> None:
    _require(_("本版已定稿，不得再更動。"), not edition.frozen)


def open_edition(
    actor: User, period: Period, *, session: CouncilSession | None = None, as_of: date | None = None
) -> Edition:
    """A new edition of a period, numbered after the last."""
    _require(_("僅研考會人員可建立版本。"), role_of(actor, *COMMISSION))
    agency = commission_or_none()
    _require(_("尚未設定研考會機關，無法建立版本。"), agency)
    assert agency
    with transaction.atomic():
        last = Edition.objects.filter(agency=agency, period=period.code).aggregate(n=Max("number"))["n"] or 0
        edition = Edition.objects.create(
            session=session,
            agency=agency,
            period=period.code,
            as_of=as_of or period.as_of,
            number=last + 1,
            opened_at=timezone.now(),
            opened_by=actor,
        )
        _note("report.open", edition, actor)
    return edition


def _note(act: str, edition: Edition, actor: User, **body: Any) -> None:
    ledger.note(act, f"report:{edition.period}:{edition.number}", actor, **body)


def save_text(edition: Edition, actor: User, key: str, language: str, text: str) -> SectionText:
    """An author's text of a section; every figure that the room's prose prints must stay. Empty brings
    the room's back.
    """
    _require(_("僅研考會人員可撰寫。"), role_of(actor, *COMMISSION))
    _writable(edition)
    _require(_("「%(key)s」尚未在本系統辦理，無從撰寫。") % {"key": key}, key in paragraphs())
    if text.strip():
        check_text(edition, key, language, text)
    with transaction.atomic():
        saved = SectionText.objects.create(
            edition=edition, section=key, language=language, text=text.strip(), by=actor, at=timezone.now()
        )
        _note("report.write", edition, actor, section=key, language=language, text=text.strip())
        refresh(edition, actor)
    return saved


def check_text(edition: Edition, key: str, language: str, text: str) -> None:
    """Refuse a text that is no prose, loses a figure, or types a number."""
    from .paragraph import source_of  # noqa: PLC0415

    readings = Readings(edition.days)
    name: Language = "en" if language == "en" else "zh-hant"
    own = [source_of(one, readings, name) for one in paragraphs()[key]]
    lost = [
        one
        for one in dict.fromkeys(references("\n".join(own)))
        if one not in references(text) and ":" not in one
    ]
    _require(_("文字須保留下列數字：%(names)s。") % {"names": "、".join(lost)}, not lost)
    built = build(edition.days, name, heads=heads_of(edition, name), readings=readings, texts={key: text})
    faults = [*built.parts[key].faults]
    if not faults:
        anchor = section(key).in_language(name)
        faults = [
            problem.sentence
            for problem in built.problems
            if not problem.section and anchor in problem.sentence
        ]
        faults = faults or _numbers(built, key)
    if faults:
        raise Refused("\n".join(faults))


def _numbers(built: Built, key: str) -> list[str]:
    from .document.lint import numbers_in  # noqa: PLC0415
    from .document.model import Text, block_runs  # noqa: PLC0415

    found = []
    for block in built.parts[key].blocks:
        for runs in block_runs(block):
            words = "".join(run.text if isinstance(run, Text) else "\ufffc" for run in runs)
            found += [
                _("「%(number)s」是未經追溯之數字。") % {"number": number}
                for number, _a, _b in numbers_in(words)
            ]
    return found


def authors(edition: Edition, key: str = "") -> set[int]:
    """Who wrote or submitted a section, or any section."""
    texts = SectionText.objects.filter(edition=edition)
    signed = SignOff.objects.filter(edition=edition, step=Step.SUBMIT, void_at=None)
    if key:
        texts, signed = texts.filter(section=key), signed.filter(section=key)
    return {*texts.values_list("by_id", flat=True), *signed.values_list("user_id", flat=True)}


def seals(built: Mapping[Language, Built], key: str = "") -> tuple[str, str]:
    """(hash, canonical content) of a section in both languages, or of all sections together."""
    if key:
        content = json.dumps(
            {language: json.loads(one.bound(key)) for language, one in built.items()},
            ensure_ascii=False,
            sort_keys=True,
        )
    else:
        content = "\n".join(f"{one} {seals(built, one)[0]}" for one in kept_sections())
    return sha256(content.encode()).hexdigest(), content


def _sign(
    edition: Edition, actor: User, key: str, step: str, role: str, built: Mapping[Language, Built]
) -> SignOff:
    seal, content = seals(built, key)
    made = SignOff.objects.create(
        edition=edition,
        section=key,
        step=step,
        user=actor,
        role=role,
        at=timezone.now(),
        seal=seal,
        bound=content,
    )
    _note(f"report.{step}", edition, actor, section=key, seal=seal, role=role)
    return made


def in_force(edition: Edition) -> dict[tuple[str, str], SignOff]:
    """The signatures not void, by section and step."""
    signed = SignOff.objects.filter(edition=edition, void_at=None).select_related("user").order_by("pk")
    return {(one.section, str(one.step)): one for one in signed}


@dataclass(frozen=True)
class Broken:
    """A signature whose text or value has changed since: what it bound and what stands there now."""

    signature: SignOff
    now: str


def broken(edition: Edition, built: Mapping[Language, Built]) -> list[Broken]:
    """Signatures in force that no longer bind what stands there."""
    if edition.frozen:
        return []
    found = []
    for one in in_force(edition).values():
        if one.section and one.section not in paragraphs():
            continue
        seal, content = seals(built, one.section)
        if seal != one.seal:
            found.append(Broken(one, content))
    return found


def refresh(
    edition: Edition, actor: User | None, built: Mapping[Language, Built] | None = None
) -> list[Broken]:
    """Make void what no longer binds, and set the state that the rest amounts to."""
    if edition.frozen:
        return []
    built = built or draft(edition)
    gone = broken(edition, built)
    with transaction.atomic():
        for one in gone:
            SignOff.objects.filter(pk=one.signature.pk).update(
                void_at=timezone.now(), void_reason=_("簽核後文字或數字已變更")
            )
            ledger.note(
                "report.unsign",
                f"report:{edition.period}:{edition.number}",
                actor,
                section=one.signature.section,
                step=str(one.signature.step),
                signed=one.signature.bound,
                now=one.now,
            )
        _settle(edition)
    return gone


def _settle(edition: Edition) -> None:
    """The state that the signatures in force amount to."""
    signed = in_force(edition)
    kept = kept_sections()
    state = State.OUTLINE
    if signed or SectionText.objects.filter(edition=edition).exists() or edition.state != State.OUTLINE:
        state = State.DRAFTING
    if kept and all((key, Step.SUBMIT) in signed for key in kept):
        state = State.SUBMITTED
        if all((key, Step.REVIEW) in signed for key in kept):
            state = State.REVIEWED
            if ("", Step.CHECK) in signed:
                state = State.APPROVED if ("", Step.APPROVE) in signed else State.CHECKED
    if edition.state != state:
        edition.state = state
        edition.save(update_fields=["state"])


def begin(edition: Edition, actor: User) -> None:
    """Outline fixed: the sections may be written."""
    _require(_("僅研考會人員可開始撰寫。"), role_of(actor, *COMMISSION))
    _require(_("本版不在大綱階段。"), edition.state == State.OUTLINE)
    with transaction.atomic():
        edition.state = State.DRAFTING
        edition.save(update_fields=["state"])
        _note("report.begin", edition, actor)


def submit(edition: Edition, actor: User, keys: Iterable[str]) -> None:
    """Section authors give their sections to the chapter editor."""
    role = role_of(actor, *COMMISSION)
    _require(_("僅研考會人員可送審。"), role)
    _writable(edition)
    built = draft(edition)
    refresh(edition, actor, built)
    with transaction.atomic():
        for key in keys:
            _require(_("「%(key)s」尚未在本系統辦理。") % {"key": key}, key in paragraphs())
            faults = [fault for one in built.values() for fault in one.parts[key].faults]
            _require("\n".join(faults), not faults)
            _require(_("「%(key)s」已送審。") % {"key": key}, (key, Step.SUBMIT) not in in_force(edition))
            _sign(edition, actor, key, Step.SUBMIT, role, built)
        _settle(edition)


def review(edition: Edition, actor: User, keys: Iterable[str]) -> None:
    """The chapter editor passes sections; who wrote one may not pass it."""
    role = role_of(actor, *CHIEFS)
    _require(_("僅主任秘書或主任委員可審閱。"), role)
    _writable(edition)
    built = draft(edition)
    refresh(edition, actor, built)
    with transaction.atomic():
        signed = in_force(edition)
        for key in keys:
            _require(_("「%(key)s」尚未送審。") % {"key": key}, (key, Step.SUBMIT) in signed)
            _require(_("「%(key)s」已審閱。") % {"key": key}, (key, Step.REVIEW) not in signed)
            _require(
                _("撰寫人不得審閱自己的「%(key)s」。") % {"key": key}, actor.pk not in authors(edition, key)
            )
            _sign(edition, actor, key, Step.REVIEW, role, built)
        _settle(edition)


def send_back(edition: Edition, actor: User, key: str, reason: str) -> None:
    """The chapter editor gives a section back to its author, with the reason."""
    _require(_("僅主任秘書或主任委員可退回。"), role_of(actor, *CHIEFS))
    _require(_("退回須說明理由。"), reason.strip())
    _writable(edition)
    with transaction.atomic():
        gone = SignOff.objects.filter(edition=edition, section__in=(key, ""), void_at=None).update(
            void_at=timezone.now(), void_reason=reason.strip()[:200]
        )
        _require(_("「%(key)s」尚未送審。") % {"key": key}, gone)
        Remark.objects.create(edition=edition, section=key, by=actor, at=timezone.now(), text=reason.strip())
        _note("report.send_back", edition, actor, section=key, reason=reason.strip())
        _settle(edition)


def remark(edition: Edition, actor: User, key: str, text: str, figure: str = "") -> Remark:
    """A remark on a section or on one of its figures."""
    _require(_("僅研考會人員可提意見。"), role_of(actor, *COMMISSION))
    _require(_("請寫下意見。"), text.strip())
    section(key)
    with transaction.atomic():
        made = Remark.objects.create(
            edition=edition, section=key, figure=figure, by=actor, at=timezone.now(), text=text.strip()
        )
        _note("report.remark", edition, actor, section=key, figure=figure, text=text.strip())
    return made


def explain(edition: Edition, actor: User, code: str, text: str) -> Explanation:
    """A signed sentence on why a check may fail; it holds for what the check finds now and for nothing
    else.
    """
    from .checks import run  # noqa: PLC0415  (checks read editions)

    _require(_("僅研考會人員可說明。"), role_of(actor, *COMMISSION))
    _require(_("請寫下說明。"), text.strip())
    _writable(edition)
    found = next((one for one in run(edition.days, edition) if one.code == code), None)
    _require(_("沒有這項檢核。"), found)
    assert found
    _require(_("這項檢核相符，不必說明。"), found.faults)
    _require(_("這項檢核不得以說明代替，請先改正。"), found.explainable)
    with transaction.atomic():
        made = Explanation.objects.create(
            edition=edition,
            check_code=code,
            found=found.digest,
            text=text.strip(),
            by=actor,
            at=timezone.now(),
        )
        _note("report.explain", edition, actor, check=code, found=found.faults, text=text.strip())
    return made


def check(edition: Edition, actor: User) -> None:
    """Every check passes or is explained."""
    from .checks import run  # noqa: PLC0415

    role = role_of(actor, *COMMISSION)
    _require(_("僅研考會人員可檢核。"), role)
    _writable(edition)
    built = draft(edition)
    refresh(edition, actor, built)
    _require(_("各節尚未全部審閱。"), edition.state == State.REVIEWED)
    still = [one for one in run(edition.days, edition, built) if one.open]
    if still:
        lines = [f"{one.code} {one.label}：{one.faults[0]}" for one in still]
        raise Refused(_("下列檢核不符，須改正或說明：") + "\n" + "\n".join(lines))
    with transaction.atomic():
        _sign(edition, actor, "", Step.CHECK, role, built)
        _settle(edition)


def approve(edition: Edition, actor: User) -> None:
    """The commissioner approves the whole; who wrote a section of it may not."""
    role = role_of(actor, Role.RDEC_COMMISSIONER)
    _require(_("僅主任委員可核定。"), role)
    _writable(edition)
    built = draft(edition)
    refresh(edition, actor, built)
    _require(_("尚未檢核，不得核定。"), edition.state == State.CHECKED)
    _require(_("撰寫人不得核定自己撰寫之報告。"), actor.pk not in authors(edition))
    with transaction.atomic():
        _sign(edition, actor, "", Step.APPROVE, role, built)
        _settle(edition)


def deliver(edition: Edition, actor: User, letter_no: str, day: date) -> None:
    """Given to the council under the number of its letter."""
    _require(_("僅研考會人員可登錄送達。"), role_of(actor, *COMMISSION))
    _require(_("定稿後始得送議會。"), edition.state == State.FROZEN)
    _require(_("發文字號格式不符，例如「高市研發字第10130674800號」。"), LETTER.fullmatch(letter_no.strip()))
    _require(_("送達日不得早於定稿日。"), edition.frozen_at and day >= timezone.localdate(edition.frozen_at))
    with transaction.atomic():
        edition.letter_no, edition.delivered_on, edition.state = letter_no.strip(), day, State.DELIVERED
        edition.save(update_fields=["letter_no", "delivered_on", "state"])
        _note("report.deliver", edition, actor, letter=letter_no.strip(), day=day)


def correct(
    edition: Edition, actor: User, key: str, text: str, *, text_en: str = "", figure: str = ""
) -> Erratum:
    """An erratum after delivery; the frozen text stays."""
    _require(_("僅主任秘書或主任委員可登錄勘誤。"), role_of(actor, *CHIEFS))
    _require(_("送議會後始有勘誤。"), edition.public)
    _require(_("請寫下勘誤內容。"), text.strip())
    section(key)
    with transaction.atomic():
        made = Erratum.objects.create(
            edition=edition,
            section=key,
            figure=figure,
            text=text.strip(),
            text_en=text_en.strip(),
            by=actor,
            at=timezone.now(),
        )
        edition.state = State.ERRATA
        edition.save(update_fields=["state"])
        _note("report.correct", edition, actor, section=key, figure=figure, text=text.strip())
    return made


__all__ = [
    "LETTER",
    "Broken",
    "ProseError",
    "Refused",
    "approve",
    "begin",
    "built_of",
    "check",
    "correct",
    "deliver",
    "draft",
]
