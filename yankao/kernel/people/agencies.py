"""Agencies over time: which exist on a day, and who carries on the work of one that no longer does."""

from __future__ import annotations

import csv
from datetime import date
from pathlib import Path

from django.db import transaction
from django.db.models import QuerySet
from django.utils.translation import gettext as _

from ..register.english import called
from ..register.validity import in_force
from .geography import DATA
from .models import Agency

SHIPPED = DATA / "agencies_kaohsiung.csv"


class NoSingleAgency(LookupError):
    """Nobody, or several agencies, carry on on that day; `agencies` holds the several."""

    def __init__(self, sentence: str, agencies: tuple[Agency, ...] = ()) -> None:
        super().__init__(sentence)
        self.sentence, self.agencies = sentence, agencies


def agency_name(code: str) -> str:
    """The name, in the reader's language, of the agency of that code; the code where there is none."""
    found = Agency.objects.filter(code=code).first()
    return code if found is None else called(found)


def agencies_on(on: date) -> QuerySet[Agency]:
    """The agencies that exist on the day."""
    return Agency.objects.filter(in_force(on))


def first_level(on: date) -> QuerySet[Agency]:
    """The first-level agencies of the day, in the order of their establishment in the list."""
    return agencies_on(on).filter(first_level=True).order_by("pk")


def commission(on: date) -> Agency:
    """The commission for research, development and evaluation of the day, or NoSingleAgency."""
    found = tuple(agencies_on(on).filter(is_commission=True)[:2])
    if len(found) != 1:
        raise NoSingleAgency(_("%(day)s沒有唯一的研考會，請檢查機關資料。") % {"day": on.isoformat()}, found)
    return found[0]


def exists(agency: Agency, on: date) -> bool:
    """Whether the agency exists on the day, both edges included."""
    return agency.valid_from <= on and (agency.valid_to is None or on <= agency.valid_to)


def successors(agency: Agency, on: date) -> tuple[Agency, ...]:
    """Who does the agency's work on the day: itself while it exists, else those it went to, by steps."""
    return _follow(agency, on, "successors")


def predecessors(agency: Agency, on: date) -> tuple[Agency, ...]:
    """Who did the agency's work on an earlier day: itself when it existed, else those it was made from."""
    return _follow(agency, on, "predecessors")


def _follow(agency: Agency, on: date, direction: str) -> tuple[Agency, ...]:
    """Breadth first, one query a step; a ring in the data ends the walk instead of turning for ever."""
    found: dict[int, Agency] = {}
    edge, seen = [agency], {agency.pk}
    while edge:
        for one in edge:
            if exists(one, on):
                found[one.pk] = one
        gone = [one.pk for one in edge if one.pk not in found]
        back = "predecessors" if direction == "successors" else "successors"
        step = Agency.objects.filter(**{f"{back}__in": gone}).distinct().order_by("pk") if gone else ()
        edge = [one for one in step if one.pk not in seen]
        seen.update(one.pk for one in edge)
    return tuple(found[key] for key in sorted(found))


def current(agency: Agency, on: date) -> Agency:
    """The one agency that answers for this one's cases on the day. NoSingleAgency when split or ended."""
    found = successors(agency, on)
    if len(found) == 1:
        return found[0]
    if not found:
        ended = {"agency": agency.name, "day": on.isoformat()}
        raise NoSingleAgency(_("%(agency)s在%(day)s沒有承接機關。") % ended)
    told = {"agency": agency.name, "names": "、".join(one.name for one in found)}
    raise NoSingleAgency(_("%(agency)s的業務分由%(names)s承接，請指定其中一個。") % told, found)


def tree(on: date) -> dict[int | None, list[Agency]]:
    """The day's agencies by their parent's id (None: no parent, or one that no longer exists); one query."""
    rows = list(agencies_on(on).order_by("pk"))
    there = {row.pk for row in rows}
    found: dict[int | None, list[Agency]] = {}
    for row in rows:
        found.setdefault(row.parent_id if row.parent_id in there else None, []).append(row)
    return found


@transaction.atomic
def load_agencies(path: Path = SHIPPED) -> int:
    """Agencies of the file into the database, with parents and predecessors; again, it corrects and adds.

    Columns: code, name, name_en, parent, first_level, is_commission, valid_from, valid_to, predecessors
    (codes parted by ;). Rows name parents and predecessors of earlier rows. KeyError for an unknown code.
    """
    known: dict[str, Agency] = {}
    with path.open(encoding="utf-8-sig", newline="") as stream:
        for row in csv.DictReader(stream):
            agency, _made = Agency.objects.update_or_create(
                code=row["code"],
                defaults={
                    "name": row["name"],
                    "name_en": row["name_en"],
                    "parent": known[row["parent"]] if row["parent"] else None,
                    "first_level": row["first_level"] == "1",
                    "is_commission": row["is_commission"] == "1",
                    "valid_from": date.fromisoformat(row["valid_from"] or "1945-01-01"),
                    "valid_to": date.fromisoformat(row["valid_to"]) if row["valid_to"] else None,
                },
            )
            known[row["code"]] = agency
            agency.predecessors.set(known[code] for code in row["predecessors"].split(";") if code)
    return len(known)
