"""一再陳情與不予處理事由 What speaks for one of the three grounds of 行政程序法 §173; a human decides.

The same person is known by the vault's keyed marks alone, the same matter by the family of its category or by
its words.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from django.urls import reverse
from django.utils.translation import gettext as _

from yankao.kernel.likeness import likeness, pairs
from yankao.kernel.vault import keeping

from . import registers, rules
from .models import Ground, Petition
from .process import propose_no_action

SAME_WORDS = 0.35
"""From this likeness on two texts of one person are taken to be about one matter."""
FEWEST = 10
"""Fewer letters than this say nothing concrete."""
COPIES = ("副本", "副知", "同時陳情", "分送", "並寄")
"""Words by which a letter says that it went to others, too."""


@dataclass(frozen=True)
class Proposed:
    """A ground with what speaks for it, and the form of the move filled in."""

    ground: str
    words: str
    because: str
    href: str


def matter_of(petition: Petition, theirs: Iterable[Petition]) -> list[Petition]:
    """Of the same person's other cases (`alike.others`) those about the same matter, the newest first."""
    own, family = pairs(f"{petition.subject}{petition.content}"), registers.top_of(petition.category_id)
    found = []
    for one in theirs:
        if petition.pk == one.split_from_id or one.pk == petition.split_from_id:
            continue  # parts of one letter are not a repetition
        filed_alike = bool(family) and registers.top_of(one.category_id) == family
        if filed_alike or likeness(own, pairs(f"{one.subject}{one.content}")) >= SAME_WORDS:
            found.append(one)
    return found


def answered(rows: Iterable[Petition]) -> list[Petition]:
    """Those that had an answer, the one answered last first."""
    found = [(one.replied_at, one) for one in rows if one.replied_at is not None]
    return [one for _at, one in sorted(found, key=lambda told: told[0], reverse=True)]


def counted(petitions: Iterable[Petition]) -> dict[int, int]:
    """How often the person of each case had an answer in its family of categories: two queries a page."""
    rows = [one for one in petitions if one.petitioner is not None and one.category_id]
    alike = keeping.same_as_each([one.petitioner for one in rows])
    known = {pk for found in alike.values() for pk in found}
    told = list(
        Petition.objects.filter(petitioner__in=known, replied_at__isnull=False).values_list(
            "pk", "petitioner", "category"
        )
    )
    counts = {}
    for one in rows:
        same = alike[one.petitioner_id or 0]
        counts[one.pk] = sum(
            who in same and registers.top_of(what) == registers.top_of(one.category_id) and pk != one.pk
            for pk, who, what in told
        )
    return counts


def proposed(petition: Petition, user: Any, same: list[Petition]) -> list[Proposed]:
    """The grounds for which something speaks, when the person may propose to do nothing now."""
    if propose_no_action.refusal(petition, user):
        return []
    found = []
    before, least = answered(same), rules.REPEATED.at(petition.received_at.date())
    if len(before) >= least:
        why = _("同一陳情人就同一事由已明確答復%(n)s次，最近一次為%(number)s。") % {
            "n": len(before), "number": before[0].case.number
        }  # fmt: skip
        found.append(_proposal(petition, Ground.REPEATED, why, earlier=before[0].pk))
    if why := nameless(petition, user):
        found.append(_proposal(petition, Ground.NAMELESS, why))
    if said := [word for word in COPIES if word in petition.content or word in petition.reference]:
        why = _("來文提到「%(words)s」，可能已分向主管機關陳情；請先確認主管機關已收文。") % {
            "words": _("、").join(said)
        }  # fmt: skip
        found.append(_proposal(petition, Ground.COPIED, why))
    return found


def nameless(petition: Petition, user: Any) -> str:
    """Why it may have no concrete content or no true name and address; masks are enough to tell."""
    if petition.anonymous:
        return _("未具真實姓名與聯絡方式。")
    if sum(letter.isalnum() for letter in petition.content) < FEWEST:
        return _("內容不足%(n)s字，看不出具體事項；宜先通知補正。") % {"n": FEWEST}
    person = keeping.masked(petition.petitioner, user)
    if person and not person.name:
        return _("未具真實姓名。")
    if person and not (person.phone or person.mobile or person.email or person.address):
        return _("沒有任何聯絡方式。")
    return ""


def _proposal(petition: Petition, ground: Ground, because: str, **more: Any) -> Proposed:
    place = reverse("desk:move", args=[petition.pk, propose_no_action.name])
    query = urlencode({"ground": str(ground), **more})
    return Proposed(str(ground), str(ground.label), because, f"{place}?{query}")
