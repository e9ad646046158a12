"""發文登記 The outgoing register: which documents a person may know of, and how they are found."""

from __future__ import annotations

from typing import Any

from django.db.models import Exists, OuterRef, Q, QuerySet

from ..casework.duties import RDEC
from ..casework.models import Case
from ..casework.process import visible as visible_cases
from ..people.models import Role
from ..people.standing import standing
from .declare import letters
from .models import Concerned, Dispatch

SHOWN = 50
"""So many documents of a case are listed on its page."""


def visible(user: Any) -> Q:
    """Documents this person may know of: about cases she may know of, every one; a letter's own `sees`
    narrows it. Those about no case: people of the sending agency, the commission and the overseers.
    """
    who = standing(user)
    if not who.user_id:
        return Q(pk__in=())
    seen = Case.objects.filter(visible_cases(user))
    about = Concerned.objects.filter(dispatch=OuterRef("pk"))
    several = Exists(about) & ~Exists(about.exclude(case__in=seen))
    house = Q(agency_id__in=who.agencies()) | Q(issued_by_id=who.user_id)
    if who.has(*RDEC, Role.MAYOR, Role.AUDITOR):
        house = Q()
    none = Q(case=None) & ~Exists(about) & house
    allowed = Q(case__in=seen) | (Q(case=None) & several) | none
    for one in letters.values():
        if one.sees is not None:
            mine = Case.objects.filter(one.sees.cases(user))
            few = Exists(about) & ~Exists(about.exclude(case__in=mine))
            allowed &= ~Q(code=one.code) | Q(case__in=mine) | (Q(case=None) & few)
    return allowed


def register(user: Any) -> QuerySet[Dispatch]:
    """The register as this person may read it, newest first, ready to be shown."""
    rows = Dispatch.objects.filter(visible(user)).select_related("agency", "case", "issued_by")
    return rows.order_by("-dated", "-pk")


def matching(words: str) -> Q:
    """Every word in number, subject, addressees, agency or case number; the texts are not searched."""
    found = Q()
    for word in words[:80].split():
        found &= (
            Q(number__icontains=word)
            | Q(title__icontains=word)
            | Q(receivers__icontains=word)
            | Q(agency__name__icontains=word)
            | Q(case__number__icontains=word)
        )
    return found


def of_case(case: Any, user: Any) -> list[Dispatch]:
    """The documents about a case the person may know of, alone or among others, newest first.

    One question: whether she may know of a list of many is asked again only when there is one.
    """
    among = Concerned.objects.filter(case=case).values("dispatch")
    about = Dispatch.objects.filter(Q(case=case) | Q(case=None, pk__in=among))
    found = list(about.order_by("-dated", "-pk")[:SHOWN])
    lists = [one.pk for one in found if one.case_id is None]
    known = set(register(user).filter(pk__in=lists).values_list("pk", flat=True)) if lists else set()
    narrow = {one.code: one.sees for one in letters.values() if one.sees is not None}
    return [
        one
        for one in found
        if (one.case_id is None and one.pk in known)
        or (one.case_id is not None and (one.code not in narrow or narrow[one.code].held_by(user, case)))
    ]
