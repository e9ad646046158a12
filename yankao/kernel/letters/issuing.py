"""Writing, numbering and keeping a letter: a preview, one, a batch; and taking one back.

A letter is put together before anything is locked. Then, in one transaction: its place in the series, the
rendering with its number (once), the files, the register, the ledger. A letter that fails leaves no gap.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from hashlib import sha256
from typing import Any

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import models, transaction
from django.utils import timezone
from django.utils.text import format_lazy
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, override

from ..audit import ledger
from ..casework.asks import refuse_strangers
from ..casework.models import Case, Record, Security
from ..casework.steps import Refused
from ..documents.pdf import NoChineseFont, PdfRefused
from ..documents.zipping import zipped
from ..evidence import files
from ..notice import send
from ..people.agencies import commission
from ..people.models import Agency, Post, Role
from ..people.standing import holders
from ..sheets.writing import write_ods
from . import series, text, verify
from .declare import Content, Letter, Table, letters
from .kinds import Kind
from .models import Concerned, Dispatch, Vouched
from .odt import render_odt
from .paper import Check, Paper, paper, receivers, total_of
from .pdf import render_pdf

type About = Any
"""A record of the room, or a sequence of records for a letter about many."""


@dataclass(frozen=True)
class Composed:
    """A letter before it has a number."""

    letter: Letter[...]
    content: Content
    blocks: tuple[text.Block, ...]
    agency: Agency
    language: str
    dated: date
    about: tuple[Any, ...]
    actor: Any
    corner: tuple[tuple[str, str], ...]
    series: Any
    signer: str

    def paper(self, number: str, *, draft: bool = False, check: Check | None = None) -> Paper:
        with override(self.language):
            label = str(self.letter.label)
        return paper(
            self.letter.kind, label, self.content, self.blocks, agency=self.agency, language=self.language,
            dated=self.dated, number=number, corner=self.corner, signer=self.signer, draft=draft, check=check,
        )  # fmt: skip


def case_of(about: Any) -> Case | None:
    """The case of a record, if it has one."""
    if isinstance(about, Case):
        return about
    return about.case if isinstance(about, Record) else None


def subject_of(about: models.Model) -> str:
    """What the register calls it: ``case:12``, ``session.session:7``."""
    case = case_of(about)
    return f"case:{case.pk}" if case else f"{about._meta.label_lower}:{about.pk}"


def _several(letter: Letter[...], about: About) -> tuple[Any, ...]:
    return tuple(about) if letter.many else (about,)


def _holds(letter: Letter[...], one: Any, actor: Any) -> bool:
    """The duty, asked of the record's case, or of its agency alone when it is no case."""
    case = case_of(one)
    if case is None:
        agency = getattr(one, "agency", None)
        case = Case(agency=agency if isinstance(agency, Agency) else commission(timezone.localdate()))
    return letter.by.held_by(actor, case)


def refusal(letter: Letter[...], about: About, actor: Any) -> str:
    """The sentence why this letter cannot be sent now by this person, or an empty one."""
    records = _several(letter, about)
    if not records:
        return _("沒有可以列入「%(letter)s」的資料。") % {"letter": letter.label}
    for one in records:
        if not _holds(letter, one, actor):
            return _("「%(letter)s」由%(duty)s核發。") % {"letter": letter.label, "duty": letter.by.name}
        if sentence := letter.guarded(one):
            return sentence
    return _sent(letter, records) if letter.once else ""


def refusals(letter: Letter[...], records: Sequence[Any], actor: Any) -> list[str]:
    """`refusal` of each record by itself; which were sent before is asked in one question."""
    places = [_only(letter, [one]) for one in records] if letter.once else []
    before = {one.only: one for one in Dispatch.objects.filter(only__in=places)} if places else {}
    found = []
    for at, one in enumerate(records):
        if not _holds(letter, one, actor):
            told = {"letter": letter.label, "duty": letter.by.name}
            found.append(_("「%(letter)s」由%(duty)s核發。") % told)
        elif sentence := letter.guarded(one):
            found.append(sentence)
        else:
            found.append(_told_before(letter, before.get(places[at]) if places else None))
    return found


def _only(letter: Letter[...], records: Sequence[Any]) -> str:
    """The place that a letter sent once about a thing takes; a set is known by all its members."""
    names = sorted(subject_of(one) for one in records)
    mark = names[0] if len(names) == 1 else sha256("\n".join(names).encode()).hexdigest()
    return f"{letter.code}:{mark}"


def _sent(letter: Letter[...], records: Sequence[Any]) -> str:
    return _told_before(letter, Dispatch.objects.filter(only=_only(letter, records)).first())


def _told_before(letter: Letter[...], before: Dispatch | None) -> str:
    if before is None:
        return ""
    return _("「%(letter)s」已核發（%(number)s）；如須重發，請先註銷。") % {
        "letter": letter.label, "number": before.number or before.dated,
    }  # fmt: skip


def signer_of(agency: Agency, day: date, language: str = "zh-hant") -> str:
    """署名 Title and name of the agency's head on the day, in the language active."""
    posts = Post.objects.filter(
        agency=agency, role__in=(Role.HEAD, Role.RDEC_COMMISSIONER), valid_from__lte=day
    ).filter(models.Q(valid_to=None) | models.Q(valid_to__gte=day))
    post = posts.select_related("user").order_by("-valid_from", "pk").first()
    if post is None:
        return ""
    if language == "en":
        return f"{post.user.name_en or post.user.name}, {post.get_role_display()}"
    return f"{post.title or post.get_role_display()}　{post.user.name}"


def compose(
    letter: Letter[...], about: About, actor: Any, given: Mapping[str, Any] | None = None, *,
    language: str = "", dated: date | None = None,
) -> Composed:  # fmt: skip
    """Put the letter together. Raises Refused or ValidationError as a move does."""
    given = dict(given or {})
    records = _several(letter, about)
    language = language or letter.language_for(about)
    if language not in letter.languages:
        raise Refused(_("「%(letter)s」沒有這個語文的範本。") % {"letter": letter.label})
    asks = letter.asks
    missing = [name for name, ask in asks.items() if not ask.optional and name not in given]
    if missing:
        raise ValidationError({name: _("這個欄位是必填的。") for name in missing})
    if unknown := set(given) - set(asks):
        raise ValidationError(_("「%s」不是這份文書的欄位。") % sorted(unknown)[0])
    refuse_strangers(asks, about, actor, given)
    dated = dated or timezone.localdate()
    defaults = {name: ask.default for name, ask in asks.items() if ask.optional}
    with override(language):
        content = letter.body(about if not letter.many else records, **{**defaults, **given})
        agency = content.agency or commission(dated)
        if content.amount is not None and total_of(content) != int(content.amount):
            raise Refused(
                _("清冊合計%(sum)s元與應核銷%(amount)s元不符。")
                % {"sum": f"{total_of(content):,}", "amount": f"{int(content.amount):,}"}
            )
        if letter.kind == Kind.PAYMENT and not any(table.total for table in content.tables()):
            raise Refused(_("核銷清冊須有合計欄。"))
        blocks = text.rendered(letter.folder, letter.template(language), content.say, language)
        numbering = series.in_force(agency, letter.kind, dated, getattr(content.unit, "pk", None))
        corner = _corner(letter, content, numbering, actor)
        signer = content.signer or signer_of(agency, dated, language)
    if letter.kind in (Kind.TABLE, Kind.PAYMENT, Kind.FORM):
        signer = content.signer
    return Composed(
        letter, content, tuple(blocks), agency, language, dated, records, actor, corner, numbering, signer
    )


def _corner(letter: Letter[...], content: Content, numbering: Any, actor: Any) -> tuple[tuple[str, str], ...]:
    """地址、承辦人、電話、電子信箱 of a letter, as far as they are known."""
    if letter.kind not in (Kind.LETTER, Kind.MEETING):
        return ()
    lines = [
        (_("地址"), numbering.address if numbering else ""),
        (_("承辦人"), actor.name),
        (_("電話"), numbering.phone if numbering else ""),
        (_("電子信箱"), actor.email),
    ]
    return tuple((name, words) for name, words in lines if words)


def draft(
    letter: Letter[...], about: About, actor: Any, given: Mapping[str, Any] | None = None, *,
    language: str = "", dated: date | None = None,
) -> Paper:  # fmt: skip
    """預覽 The letter as it would be, marked 草稿 and without a number. The duty and the guards are asked."""
    if sentence := refusal(letter, about, actor):
        raise Refused(sentence)
    made = compose(letter, about, actor, given, language=language, dated=dated)
    check = _check("0" * verify.LENGTH, "") if letter.kind == Kind.CERTIFICATE else None
    return made.paper("", draft=True, check=check)


def _check(code: str, site: str) -> Check:
    place = (site or getattr(settings, "SITE_ADDRESS", "")).rstrip("/") + f"/{verify.PATH}"
    return Check(code, place, verify.picture(f"{place}{code}/"))


def issue(
    letter: Letter[...], about: About, actor: Any, given: Mapping[str, Any] | None = None, *, key: str = "",
    language: str = "", dated: date | None = None, at: datetime | None = None, site: str = "",
    batch: str = "",
) -> Dispatch:  # fmt: skip
    """核發 Send the letter: number, render once, keep, enter. A second call with the same key gives the first
    one.

    Raises Refused with the sentence, ValidationError by field, NoChineseFont or PdfRefused.
    """
    if key and (before := Dispatch.objects.filter(key=key).first()):
        return before
    at = at or timezone.now()
    if sentence := refusal(letter, about, actor):
        raise Refused(sentence)
    made = compose(
        letter, about, actor, given, language=language, dated=dated or timezone.localtime(at).date()
    )
    if letter.numbered and made.series is None:
        raise Refused(
            _("%(agency)s在%(day)s沒有發文字號設定，請研考會主管先於「設定」的「發文字號」訂定。")
            % {"agency": made.agency.name, "day": made.dated.isoformat()}
        )
    try:
        with transaction.atomic():
            return _kept(made, at, key, site, batch)
    except _Already as already:
        return already.dispatch


class _Already(Exception):
    """The same request came in twice at once; the first has won."""

    def __init__(self, dispatch: Dispatch) -> None:
        self.dispatch = dispatch


def _kept(made: Composed, at: datetime, key: str, site: str, batch: str) -> Dispatch:
    letter, actor = made.letter, made.actor
    cases = [case for one in made.about if (case := case_of(one))]
    # Whoever writes about the same case, or by the same series, waits here; then the question is asked again.
    locked = {case.pk: case for case in _locked(cases)}
    seq, number = series.draw(made.series, made.dated) if letter.numbered else (None, "")
    if key and (before := Dispatch.objects.filter(key=key).first()):
        raise _Already(before)
    if letter.once and (sentence := _sent(letter, made.about)):
        raise Refused(sentence)
    code = verify.new_code() if letter.kind == Kind.CERTIFICATE else ""
    page = made.paper(number, check=_check(code, site) if code else None)
    name = _file_name(letter, number, made)
    stored = {
        "odt": files.keep(render_odt(page), f"{name}.odt", actor, label=str(letter.label), purpose="letter"),
        "pdf": files.keep(render_pdf(page), f"{name}.pdf", actor, label=str(letter.label), purpose="letter"),
    }
    if sheet := _sheet(made):
        stored["ods"] = files.keep(sheet, f"{name}.ods", actor, label=str(letter.label), purpose="letter")
    one = cases[0] if len(made.about) == 1 and cases else None
    subject = subject_of(made.about[0]) if len(made.about) == 1 else letter.code
    with override("zh-hant"):
        title = made.content.title or str(letter.label)
        to = receivers(made.content, "zh-hant")
    sent = Dispatch.objects.create(
        code=letter.code, kind=letter.kind, language=made.language, agency=made.agency,
        series=made.series if letter.numbered else None, roc_year=made.dated.year - 1911, seq=seq,
        number=number, dated=made.dated, title=title[:200], receivers=to, urgency=made.content.urgency,
        secrecy=made.content.secrecy, subject=subject, case=one, issued_by=actor, issued_at=at, batch=batch,
        key=key or None, only=_only(letter, made.about) if letter.once else None, **stored,
    )  # fmt: skip
    if len(made.about) > 1:
        Concerned.objects.bulk_create([Concerned(dispatch=sent, case_id=pk) for pk in locked])
    if code:
        lines = [[str(words), str(value)] for words, value in made.content.vouches]
        Vouched.objects.create(dispatch=sent, digest=verify.digest(code), lines=lines)
    body = {
        "letter": letter.code, "number": number, "dated": made.dated, "cases": len(made.about),
        "files": {form: kept.sha256 for form, kept in stored.items()},
    }  # fmt: skip
    ledger.append([_entry("letter.issue", sent, one, actor, at, body)])
    _tell(made, sent, one)
    return sent


def _locked(cases: Iterable[Case]) -> list[Case]:
    keys = {case.pk for case in cases}
    return list(Case.objects.select_for_update().filter(pk__in=keys).order_by("pk")) if keys else []


def _entry(
    act: str, sent: Dispatch, case: Case | None, actor: Any, at: datetime, body: dict[str, Any]
) -> ledger.Draft:
    subject = f"case:{case.pk}" if case else f"letter:{sent.pk}"
    stage = case.stage if case else ""
    return ledger.Draft(act, subject, at, actor.pk, case.pk if case else None, stage, stage, {"given": body})


def _file_name(letter: Letter[...], number: str, made: Composed) -> str:
    """A name for the file: the number, else the letter's words and the day. No personal data."""
    return number or f"{letter.label}{made.dated:%Y%m%d}"


def _sheet(made: Composed) -> bytes | None:
    """The first table of a list as a spreadsheet, with its sum."""
    if made.letter.kind not in (Kind.TABLE, Kind.PAYMENT):
        return None
    table: Table | None = next(iter(made.content.tables()), None)
    if table is None:
        return None
    with override(made.language):
        header = [str(column.label) for column in table.columns]
        rows = [list(row) for row in table.rows]
        if table.total:
            sums: list[Any] = list(table.sums)
            rows.append([sums[0] if sums[0] is not None else _("合計"), *sums[1:]])
        return write_ods(header, rows, str(table.caption) or str(made.letter.label))


def _tell(made: Composed, sent: Dispatch, case: Case | None) -> None:
    """The agencies addressed hear of a letter about a case they may know of."""
    if case is None or case.security not in (Security.OPEN, Security.AGENCY):
        return
    agencies = [one for one in made.content.to if isinstance(one, Agency) and one.pk == case.agency_id]
    people = [person for agency in agencies for person in holders(agency.pk, Role.CONTROLLER)]
    words = format_lazy("{}{}", gettext_lazy("{number}「{title}」收到公文："), made.letter.label)
    send.to(
        [person for person in people if person != made.actor], kind="letter", case=case, text=words,
        link=f"/letters/{sent.pk}/", key=f"letter:{sent.pk}",
    )  # fmt: skip


# ── Several at once ─────────────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True)
class Outcome:
    """What became of one row of a batch."""

    about: Any
    dispatch: Dispatch | None
    sentence: str = ""


def batch(
    letter: Letter[...], records: Iterable[Any], actor: Any, given: Mapping[str, Any] | None = None, *,
    key: str, language: str = "", dated: date | None = None, site: str = "",
) -> list[Outcome]:  # fmt: skip
    """整批核發 One letter for each record, each in its own transaction: what fails stops no other.

    The same key goes on where it stopped.
    """
    found = []
    for one in records:
        try:
            sent = issue(
                letter, one, actor, given, key=f"{key}:{subject_of(one)}", language=language, dated=dated,
                site=site, batch=key,
            )  # fmt: skip
            found.append(Outcome(one, sent))
        except (Refused, PdfRefused, NoChineseFont) as refused:
            found.append(Outcome(one, None, str(refused)))
        except ValidationError as error:
            found.append(Outcome(one, None, " ".join(error.messages)))
    return found


def bundle(sent: Iterable[Dispatch]) -> bytes:
    """A zip of the files of several documents, each under its number."""
    parts: dict[str, bytes] = {}
    for one in sent:
        for kept in (one.odt, one.pdf, one.ods):
            if kept is not None:
                stem, dot, ending = kept.name.rpartition(".")
                name = kept.name if kept.name not in parts else f"{stem}-{one.pk}{dot}{ending}"
                with files.open_bytes(kept) as file:
                    parts[name] = file.read()
    return zipped(sorted(parts.items()))


# ── Taking back ─────────────────────────────────────────────────────────────────────────────────────


def revoke(sent: Dispatch, actor: Any, reason: str, *, at: datetime | None = None) -> Dispatch:
    """註銷 The document no longer holds; its number is not given out again.

    Raises Refused or ValidationError.
    """
    letter = letters.get(sent.code)
    at = at or timezone.now()
    if not reason.strip():
        raise ValidationError({"reason": _("註銷必須說明理由。")})
    with transaction.atomic():
        sent = (
            Dispatch.objects.select_for_update(of=("self",)).select_related("case", "agency").get(pk=sent.pk)
        )
        case = sent.case or Case(agency=sent.agency)
        if letter is None or not letter.by.held_by(actor, case):
            name = letter.by.name if letter else _("原核發機關")
            raise Refused(_("註銷由%(duty)s辦理。") % {"duty": name})
        if sent.revoked_at:
            return sent
        sent.revoked_at, sent.revoked_by, sent.revoked_for, sent.only = at, actor, reason.strip()[:200], None
        sent.save(update_fields=["revoked_at", "revoked_by", "revoked_for", "only"])
        body = {"letter": sent.code, "number": sent.number}
        entry = _entry("letter.revoke", sent, sent.case, actor, at, body)
        entry.body["reason"] = reason
        ledger.append([entry])
    return sent
