"""What the room proposes when a petition is sorted: its category and agency, learned from closed cases.

Nothing is learned from a confidential or sealed case. The proposal is a link to the form of the move, filled
in; the move is made by whoever holds the duty, and keeps what was proposed beside what was chosen.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from django.urls import reverse
from django.utils import timezone
from django.utils.translation import get_language, gettext_lazy

from yankao.desk.jinja import format_date
from yankao.kernel.casework.docket import Security
from yankao.kernel.casework.process import processes
from yankao.kernel.people.models import Agency
from yankao.kernel.suggest.suggesters import Suggester

from .models import Category, Petition

SCANNED = 50_000
"""Closed cases looked through for texts that differ, the newest first."""


def text_of(petition: Petition) -> str:
    """What the citizen wrote."""
    return f"{petition.subject}\n{petition.content}"


def _closed(label: str) -> Iterator[tuple[str, str]]:
    rows = Petition.objects.filter(
        case__closed_on__isnull=False, case__security__in=(Security.OPEN, Security.AGENCY), ground=""
    ).exclude(**{label: None})
    for subject, content, found in (
        rows.order_by("-pk").values_list("subject", "content", label)[:SCANNED].iterator(2000)
    ):
        yield f"{subject}\n{content}", str(found)


CATEGORY = Suggester("service.petitions.category", gettext_lazy("案件分類"), lambda: _closed("category_id"))
AGENCY = Suggester("service.petitions.agency", gettext_lazy("主辦機關"), lambda: _closed("case__agency_id"))


@dataclass(frozen=True)
class Proposed:
    """One proposal: in words, how sure in per cent, the words that decided, and the form it fills in."""

    words: str
    sure: int
    because: tuple[str, ...]
    href: str


@dataclass(frozen=True)
class Told:
    """The proposals of one suggester and what its model is."""

    label: Any
    rows: list[Proposed]
    trained_on: str
    texts: int
    top1: str
    top3: str


def proposals(petition: Petition, user: Any) -> dict[str, Any]:
    """What the panel of the case page shows; nothing while nothing was learned."""
    found = []
    for suggester, move, ask, rows in (
        (CATEGORY, "triage", "category", _categories),
        (AGENCY, "assign", "agency", _agencies),
    ):
        model = suggester.trained()
        if model is None:
            continue
        address = reverse("desk:move", args=[petition.pk, move])
        suggested = model.model.suggest(text_of(petition))
        names = rows([one.label for one in suggested])
        told = [
            Proposed(names[one.label], round(100 * one.sure), one.words, f"{address}?{ask}={one.label}")
            for one in suggested
            if one.label in names
        ]
        measured = model.measured
        found.append(
            Told(suggester.label, told, format_date(timezone.localdate(model.trained_at)), model.texts,
                 f"{measured.top1:.1%}", f"{measured.top3:.1%}")
        )  # fmt: skip
    return {"told": found}


def shown(petition: Petition, user: Any) -> bool:
    """To whoever may sort the case now, once something was learned."""
    if not any(one.trained() for one in (CATEGORY, AGENCY)):
        return False
    moves = processes["service.petitions"].moves
    return any(
        petition.case.stage in moves[name].sources and moves[name].by.held_by(user, petition.case)
        for name in ("triage", "assign")
    )


def keep(petition: Petition, suggester: Suggester, chosen: object) -> None:
    """Keep what was proposed beside what was chosen, with the move under way. Histories played in memory and
    restricted cases have no proposals.
    """
    if petition.pk is None or petition.case.security not in (Security.OPEN, Security.AGENCY):
        return
    row = suggester.choice(petition.case, text_of(petition), str(chosen), petition.step.at)
    if row is not None:
        petition.step.add(row)


def _categories(codes: list[str]) -> dict[str, str]:
    return {row.pk: str(row) for row in Category.objects.filter(pk__in=codes, withdrawn_on=None)}


def _agencies(keys: list[str]) -> dict[str, str]:
    rows = Agency.objects.filter(pk__in=[int(key) for key in keys], valid_to=None)
    english = get_language() == "en"
    return {str(row.pk): (row.name_en if english and row.name_en else row.name) for row in rows}
