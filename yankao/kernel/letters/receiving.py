"""收文 The incoming register: a number for every letter, its term by urgency, and when it was dealt with.

Terms are those of official documents (functional spec B2.1): most urgent one working day, urgent three,
ordinary six, from the day after receipt.
"""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import Q, QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from ..audit import ledger
from ..casework.models import Case
from ..casework.numbering import take
from ..casework.process import visible as visible_cases
from ..casework.steps import Refused
from ..people.models import Agency, Role
from ..people.standing import standing
from ..rules.office import office_calendar
from ..rules.values import Seed, term
from ..span import due
from .kinds import Secrecy, Urgency
from .models import Dispatch, Received

BASIS = "文書處理手冊"
TERMS = {
    Urgency.MOST_URGENT: term(
        "kernel.letters.most_urgent", gettext_lazy("最速件辦理期限"), Seed("1 working days", basis=BASIS)
    ),
    Urgency.URGENT: term(
        "kernel.letters.urgent", gettext_lazy("速件辦理期限"), Seed("3 working days", basis=BASIS)
    ),
    Urgency.ORDINARY: term(
        "kernel.letters.ordinary", gettext_lazy("普通件辦理期限"), Seed("6 working days", basis=BASIS)
    ),
}
REGISTRARS = (
    Role.OFFICER, Role.CONTROLLER, Role.MANAGER, Role.HEAD, Role.RDEC_CONTROLLER, Role.RDEC_CHIEF,
    Role.RDEC_COMMISSIONER, Role.INSPECTION_SECRETARY,
)  # fmt: skip
SHOWN = 50
HEADS = (Role.MANAGER, Role.HEAD, Role.RDEC_CHIEF, Role.RDEC_COMMISSIONER)


def houses(user: Any) -> QuerySet[Agency]:
    """The agencies a person keeps the register for."""
    return Agency.objects.filter(pk__in=standing(user).agencies(*REGISTRARS)).order_by("pk")


def incoming(user: Any) -> QuerySet[Received]:
    """The register as this person may read it, newest first: what the own agency received, every agency's for
    the auditor; a restricted letter is for who registered it and for the heads, and one about a case for
    whoever may know of the case.
    """
    seen = Case.objects.filter(visible_cases(user))
    rows = Received.objects.filter(_readable(user)).filter(Q(case=None) | Q(case__in=seen))
    near = rows.select_related("agency", "case", "registered_by", "done_by", "file", "answer")
    return near.order_by("-received_on", "-pk")


def _readable(user: Any) -> Q:
    """By house and secrecy alone."""
    who = standing(user)
    house = Q() if who.has(Role.AUDITOR) else Q(agency_id__in=who.agencies(*REGISTRARS))
    heads = Q(agency_id__in=who.agencies(*HEADS)) | Q(registered_by_id=who.user_id)
    return house & (Q(secrecy=Secrecy.NONE) | heads)


def of_case(case: Case, user: Any) -> list[Received]:
    """The letters that came in about a case the person has open, as far as they are hers to read."""
    who = standing(user)
    if not who.agencies(*REGISTRARS) and not who.has(Role.AUDITOR):
        return []
    return list(Received.objects.filter(_readable(user), case=case).order_by("-received_on", "-pk")[:SHOWN])


def matching(words: str) -> Q:
    """Every word in number, sender, the sender's number, subject or case number."""
    found = Q()
    for word in words[:80].split():
        found &= (
            Q(number__icontains=word)
            | Q(sender__icontains=word)
            | Q(sender_number__icontains=word)
            | Q(title__icontains=word)
            | Q(case__number__icontains=word)
        )
    return found


def term_of(urgency: str, received_on: date) -> datetime:
    """Until when a letter received that day is to be handled."""
    return due(TERMS[Urgency(urgency)].at(received_on), received_on, office_calendar()).at


def receive(
    actor: Any, agency: Agency, *, received_on: date, sender: str, title: str, sender_number: str = "",
    dated: date | None = None, urgency: str = Urgency.ORDINARY, secrecy: str = Secrecy.NONE,
    case: Case | None = None, file: Any = None, key: str = "", at: datetime | None = None,
) -> Received:  # fmt: skip
    """登錄收文 Enter a letter; the same key gives the first one.

    Raises Refused, or ValidationError by field.
    """
    at = at or timezone.now()
    if key and (before := Received.objects.filter(key=key).first()):
        return before
    if not houses(actor).filter(pk=agency.pk).exists():
        raise Refused(_("收文由%(agency)s登錄。") % {"agency": agency.name})
    if received_on > timezone.localtime(at).date():
        raise ValidationError({"received_on": _("收文日期不能晚於今天。")})
    made = Received(
        agency=agency, received_on=received_on, sender=sender.strip(), sender_number=sender_number.strip(),
        dated=dated, title=title.strip(), urgency=urgency, secrecy=secrecy, case=case, file=file,
        registered_by=actor, registered_at=at, key=key or None, due_at=term_of(urgency, received_on),
    )  # fmt: skip
    year = received_on.year - 1911
    with transaction.atomic():
        made.number = f"收{agency.code}-{year}-{take(f'received:{agency.pk}:{year}'):05d}"
        made.full_clean()
        made.save(force_insert=True)
        about = f"case:{case.pk}" if case else f"received:{made.pk}"
        ledger.note("letter.receive", about, actor, number=made.number, urgency=urgency)
    return made


def conclude(
    actor: Any, one: Received, *, done_on: date, outcome: str, answer: Dispatch | None = None
) -> Received:
    """辦結 Say what became of a letter, and by which letter it was answered. Twice is once."""
    if not houses(actor).filter(pk=one.agency_id).exists():
        raise Refused(_("收文由%(agency)s辦理。") % {"agency": one.agency.name})
    if done_on > timezone.localdate():
        raise ValidationError({"done_on": _("辦結日期不能晚於今天。")})
    with transaction.atomic():
        one = Received.objects.select_for_update(of=("self",)).select_related("agency").get(pk=one.pk)
        if one.done_on is not None:
            return one
        one.done_on, one.done_by, one.outcome, one.answer = done_on, actor, outcome.strip(), answer
        one.full_clean()
        one.save()
        about = f"case:{one.case_id}" if one.case_id else f"received:{one.pk}"
        ledger.note("letter.conclude", about, actor, number=one.number, done_on=done_on)
    return one


def late(user: Any, now: datetime | None = None) -> QuerySet[Received]:
    """逾期未辦 What the own house has not dealt with in time, the longest first."""
    rows = incoming(user).filter(agency__in=houses(user), done_on=None, due_at__lt=now or timezone.now())
    return rows.order_by("due_at", "pk")
