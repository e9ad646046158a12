"""What is done with enquiries: a contact is written, an article changed and verified, a caller listed."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import Q, QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from yankao.kernel.audit import ledger
from yankao.kernel.casework.asked import Asked, Joining, Opened, asked, join, open_case
from yankao.kernel.casework.docket import Case
from yankao.kernel.casework.process import Refused, visible
from yankao.kernel.journal.declare import AtHand, Pulse, journals
from yankao.kernel.journal.ingest import merge_rows
from yankao.kernel.people.models import Role
from yankao.kernel.people.standing import standing
from yankao.kernel.search import index
from yankao.kernel.search.corpus import Corpus
from yankao.kernel.search.find import Found, best
from yankao.kernel.search.grams import words_of
from yankao.kernel.vault.persons import Person

from .journal import contacts, desk
from .models import (
    Article,
    ArticleVersion,
    Channel,
    Contact,
    Incident,
    NotOpened,
    Nuisance,
    Outcome,
    Script,
)

CALLS = "service.calls"
LONGEST_LISTING = timedelta(days=184)
SCRIPT = tuple(one.name for one in Script._meta.fields)
VERSIONED = ("question", "answer", "question_en", "answer_en", "law", *SCRIPT)


def at_hand(user: Any) -> AtHand | None:
    """The call the person is talking on, as the journal of calls tells it; None where there is no such
    journal.
    """
    found = journals.get(CALLS)
    return found.at_hand(user) if found else None


def pulse() -> Pulse | None:
    """Who waits and who is free, as the journal of calls tells it; None where there is no such journal."""
    found = journals.get(CALLS)
    return found.pulse() if found else None


def lines() -> list[tuple[str, str]]:
    """The queues calls come in by: codes with their words."""
    found = journals.get(CALLS)
    return found.lines() if found else []


def last_contacts(caller: str, count: int = 5) -> list[Contact]:
    """What this caller asked before, latest first."""
    if not caller:
        return []
    rows = Contact.objects.filter(caller=caller).select_related("article", "agency", "incident", "case")
    return list(rows.order_by("-at")[:count])


def record(
    actor: Any,
    key: str,
    *,
    outcome: str,
    channel: str,
    call: AtHand | None = None,
    article: Article | None = None,
    agency: Any = None,
    language: str = "zh",
    note: str = "",
    matter: Matter | None = None,
    incident: Incident | None = None,
    joins: int | None = None,
) -> Contact:
    """Write a contact down; the same key again gives the one that is there. Raises ValidationError.

    A call answered at once is answered once: a second immediate answer to it is refused. `joins` is the open
    case the caller has the same trouble as, `incident` what everybody asks about.
    """
    source, name = desk(), f"{actor.pk}:{key}"
    if found := Contact.objects.filter(source=source, external_id=name).first():
        return found
    if outcome == Outcome.CASE_CREATED and not asked.heard:
        raise ValidationError({"outcome": _("陳情系統尚未啟用，不能立案；請改用「待立案」。")})
    if outcome == Outcome.TRANSFERRED and agency is None:
        raise ValidationError({"agency": _("轉接須指定機關。")})
    if outcome == Outcome.CASE_WANTED and not note.strip():
        raise ValidationError({"note": _("待立案須寫明來電內容。")})
    if outcome == Outcome.IMMEDIATE and call is not None:
        named = Contact.objects.filter(call_source=call.source, call_id=call.external_id)
        if named.filter(outcome=outcome).exists():
            raise ValidationError(_("這通來電已登錄為立即答復，一通來電只計一件。"))
    now = timezone.now()
    made = Contact(
        source=source,
        external_id=name,
        day=timezone.localdate(now),
        at=int(now.timestamp()),
        channel=channel,
        outcome=outcome,
        language=language,
        article=article,
        agency=agency if outcome == Outcome.TRANSFERRED else None,
        agent=actor,
        call_source_id=call.source if call else None,
        call_id=call.external_id if call else "",
        caller=call.party if call else "",
        note=note.strip(),
        incident=incident,
    )
    with transaction.atomic():
        if outcome == Outcome.CASE_JOINED:
            made.case = _joined(actor, name, made, joins, matter or Matter(note))
        if outcome == Outcome.CASE_CREATED:
            opened = _opened(actor, name, made, matter or Matter(note))
            made.case, made.code = opened.case, opened.code
        made.full_clean(exclude=["block"])  # it comes from no raw block
        made.save(force_insert=True)
    return made


@dataclass(frozen=True)
class Matter:
    """What is to become a case: told by word of mouth, read back to whoever told it."""

    content: str = field(repr=False)
    place: str = ""
    person: Person = field(default=Person(), repr=False)
    read_back: bool = False
    service: str = ""
    district: Any = None
    point: tuple[Decimal, Decimal] | None = None
    """Longitude and latitude (WGS84 degrees), where they are known to the house."""


def _joined(actor: Any, name: str, contact: Contact, case: int | None, matter: Matter) -> Case:
    """The open case the caller was added to. ValidationError where there is none any more."""
    found = join(Joining(actor, f"enquiry:{name}", case, matter.person)) if case is not None else None
    if found is None:
        raise ValidationError(_("沒有這一件未結案件，請重新查附近案件。"))
    ledger.note("enquiries.case.join", f"case:{found.pk}", actor, case=found.number)
    return found


def _opened(actor: Any, name: str, contact: Contact, matter: Matter) -> Opened:
    """The case of a contact. ValidationError, by field, where it cannot be opened."""
    channel = Channel.COUNTER if contact.channel == Channel.COUNTER else Channel.PHONE
    language = "en" if contact.language == "en" else "zh-hant"
    fact = Asked(
        actor, f"enquiry:{name}", str(channel), matter.content.strip(), matter.place.strip(), matter.person,
        language, matter.read_back, matter.service, matter.district, *(matter.point or (None, None)),
    )  # fmt: skip
    if matter.service and not matter.place.strip() and matter.point is None:
        raise ValidationError({"place": _("要派人到場的，請說明地點。")})
    try:
        opened = open_case(fact)
    except Refused as refusal:
        raise ValidationError(str(refusal)) from refusal
    if opened is None:
        raise ValidationError({"outcome": _("陳情系統尚未啟用，不能立案；請改用「待立案」。")})
    return opened


def waiting() -> QuerySet[Contact]:
    """Contacts that were written down while no room took cases, and still wait for theirs; oldest first."""
    found = Contact.objects.filter(outcome=Outcome.CASE_WANTED, case=None, not_opened=None)
    return found.order_by("at", "pk")


def open_wanted(actor: Any, contact: Contact, matter: Matter) -> Contact:
    """Open the case such a contact waits for. That it waited stays on record: only the case is added.

    Pressed twice it is one case. Raises ValidationError, by field.
    """
    with transaction.atomic():
        kept = Contact.objects.select_for_update().get(pk=contact.pk)
        if kept.case_id is not None:
            return kept
        if kept.outcome != Outcome.CASE_WANTED or NotOpened.objects.filter(contact=kept).exists():
            raise ValidationError(_("這筆諮詢不是待立案。"))
        opened = _opened(actor, kept.external_id, kept, matter)
        kept.case, kept.code = opened.case, opened.code
        kept.save(update_fields=["case"])
        ledger.note("enquiries.wanted.open", f"contact:{kept.pk}", actor, case=opened.case.number)
    return kept


def leave_unopened(actor: Any, contact: Contact, reason: str) -> NotOpened:
    """Say why such a contact gets no case; the first word stands. Raises ValidationError, by field."""
    if not reason.strip():
        raise ValidationError({"reason": _("不立案須說明理由。")})
    with transaction.atomic():
        kept = Contact.objects.select_for_update().get(pk=contact.pk)
        if kept.outcome != Outcome.CASE_WANTED or kept.case_id is not None:
            raise ValidationError(_("這筆諮詢不是待立案。"))
        told = {"reason": reason.strip(), "decided_by": actor, "decided_on": timezone.localdate()}
        found, made = NotOpened.objects.get_or_create(contact=kept, defaults=told)
        if made:
            ledger.note("enquiries.wanted.leave", f"contact:{kept.pk}", actor, reason=found.reason)
    return found


def open_cases(user: Any, caller: str, count: int = 5) -> list[Case]:
    """Cases opened of what this caller asked, still open and for the person to see, latest first."""
    if not caller:
        return []
    mine = Contact.objects.filter(caller=caller, case__isnull=False).values("case")
    found = Case.objects.filter(visible(user), pk__in=mine, closed_on=None)
    return list(found.order_by("-opened_on", "-pk")[:count])


def put(rows: dict[str, tuple[Any, ...]]) -> None:
    """Many contacts at once, by their keys (a city's history)."""
    with transaction.atomic():
        merge_rows(contacts, desk(), rows, None)


# ── Knowledge ───────────────────────────────────────────────────────────────────────────────────────


def published(day: date | None = None) -> QuerySet[Article]:
    """The articles that hold on a day."""
    day = day or timezone.localdate()
    return Article.objects.filter(published_on__lte=day).filter(
        Q(withdrawn_on=None) | Q(withdrawn_on__gt=day)
    )


ARTICLES: Corpus[Article] = Corpus(
    1,
    "enquiries.article",
    Article,
    lambda one: (one.code, one.question, one.question_en, one.keywords, one.answer, one.answer_en),
    (6, 4, 4, 3, 1, 1),
    lambda: Article.objects.all(),
)
"""What articles are found by: in either language, what they are asked by before what they answer."""


def matching(articles: QuerySet[Article], words: str) -> QuerySet[Article]:
    """Articles in which every word stands: in the question, the key words or the answer, in either language.

    With `ranked` the one place where articles are searched.
    """
    asked = words_of(words)
    return articles.filter(Found(ARTICLES, asked).where()) if asked else articles


def ranked(articles: QuerySet[Article], words: str, most: int) -> list[Article]:
    """The same, the best first; without words in the order of their codes."""
    if not words_of(words):
        return list(articles.order_by("code")[:most])
    keys = best(ARTICLES, words, Q(pk__in=articles.order_by().values("pk")), most)
    told = articles.in_bulk(keys)
    return [told[key] for key in keys if key in told]


def keep_searched(articles: Iterable[Article]) -> None:
    """Have articles found by what they say now."""
    index.keep(ARTICLES, [(one.pk, ARTICLES.text(one)) for one in articles])


def script_of(words: str, picked: Article | None, line: str) -> Article | None:
    """The article whose script fits: the picked one's, else the best that the words find, else the queue's.

    An article without a script is passed over; None where none has one.
    """
    if picked is not None and picked.scripted:
        return picked
    told = published().exclude(greeting="", asks="", says="").select_related("owner")
    if words_of(words):
        return next(iter(ranked(told, words, 1)), None)
    return told.filter(queue=line).order_by("code").first() if line else None


def without_script() -> list[str]:
    """The queues no published article has a script for, in words."""
    known = set(
        published().exclude(queue="").exclude(greeting="", asks="", says="").values_list("queue", flat=True)
    )
    return [words for code, words in lines() if code not in known]


def edits(user: Any) -> bool:
    """Who writes articles."""
    return standing(user).has(Role.KNOWLEDGE_EDITOR)


def save_article(actor: Any, article: Article, *, reason: str, today: date | None = None) -> Article:
    """Keep an article, new or changed: a changed text is a new version and loses its verification."""
    with transaction.atomic():
        before = Article.objects.select_for_update().filter(pk=article.pk).first() if article.pk else None
        changed = before is None or any(getattr(before, name) != getattr(article, name) for name in VERSIONED)
        if before is not None and changed:
            if not reason.strip():
                raise ValidationError({"reason": _("修改內容須說明理由。")})
            article.version = before.version + 1
            article.verified_on = None
        article.full_clean()
        article.save()
        keep_searched([article])
        if changed:
            ArticleVersion.objects.create(
                article=article,
                number=article.version,
                changed_by=actor,
                reason=reason.strip(),
                **{name: getattr(article, name) for name in VERSIONED},
            )
        act = "enquiries.article." + ("new" if before is None else "change")
        ledger.note(act, f"article:{article.code}", actor, version=article.version, reason=reason)
    return article


def verify(actor: Any, article: Article, *, review_by: date) -> None:
    """The owner's word that the article is right, until its next review."""
    today = timezone.localdate()
    if not today < review_by <= today + timedelta(days=731):
        raise ValidationError({"review_by": _("下次複核日須在明日起二年內。")})
    with transaction.atomic():
        Article.objects.filter(pk=article.pk).update(verified_on=today, review_by=review_by)
        ledger.note("enquiries.article.verify", f"article:{article.code}", actor, review_by=review_by)


def show(actor: Any, article: Article, *, public: bool) -> None:
    """Publish an article, or take it out of use."""
    today = timezone.localdate()
    with transaction.atomic():
        if public:
            Article.objects.filter(pk=article.pk).update(
                published_on=article.published_on or today, withdrawn_on=None
            )
        else:
            Article.objects.filter(pk=article.pk).update(withdrawn_on=today)
        ledger.note("enquiries.article.show", f"article:{article.code}", actor, public=public)


# ── Nuisance ────────────────────────────────────────────────────────────────────────────────────────


def propose(actor: Any, contact: Contact, *, reason: str, warned_on: date, expires_on: date) -> Nuisance:
    """Propose that the caller of a contact be listed, once a warning was given."""
    today = timezone.localdate()
    if not contact.caller:
        raise ValidationError(_("這筆諮詢沒有來電號碼，不能列入名單。"))
    if warned_on > today:
        raise ValidationError({"warned_on": _("警告日不能是未來。")})
    if not today < expires_on <= today + LONGEST_LISTING:
        raise ValidationError({"expires_on": _("到期日須在明日起六個月內。")})
    made = Nuisance(
        caller=contact.caller,
        reason=reason.strip(),
        warned_on=warned_on,
        proposed_by=actor,
        expires_on=expires_on,
    )
    made.full_clean()
    with transaction.atomic():
        made.save(force_insert=True)
        ledger.note(
            "enquiries.nuisance.propose", f"nuisance:{made.pk}", actor, reason=reason, expires_on=expires_on
        )
    return made


def approve(actor: Any, listing: Nuisance) -> None:
    """A second person approves."""
    if listing.proposed_by_id == actor.pk:
        raise ValidationError(_("提報人不能核准自己的提報。"))
    with transaction.atomic():
        changed = Nuisance.objects.filter(pk=listing.pk, approved_by=None, ended_on=None).update(
            approved_by=actor, approved_on=timezone.localdate()
        )
        if changed:
            ledger.note("enquiries.nuisance.approve", f"nuisance:{listing.pk}", actor)


def end(actor: Any, listing: Nuisance) -> None:
    """Take a caller off the list, or a proposal back."""
    with transaction.atomic():
        if Nuisance.objects.filter(pk=listing.pk, ended_on=None).update(ended_on=timezone.localdate()):
            ledger.note("enquiries.nuisance.end", f"nuisance:{listing.pk}", actor)
