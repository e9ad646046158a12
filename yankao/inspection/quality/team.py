"""What a move needs of an inspection's rows, and who may not sit on its team, with the reasons in words."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import date
from typing import Any

from django.db import models
from django.db.models import Count, Q
from django.utils import timezone
from django.utils.translation import gettext as _

from yankao.kernel.register.validity import in_force
from yankao.kernel.review.panel import Conflict, by_load, conflicts, share_is_met

from . import rules
from .models import Bond, Commissioner, Deficiency, Inspection, Sample, Seat, SeatRole, Tender, firm_key


def rows_of[M: models.Model](model: type[M], inspection: Inspection) -> list[M]:
    """The inspection's rows of a child model; while an archive plays it in memory, those added so far."""
    if inspection.case_id is not None:
        return list(model._default_manager.filter(inspection=inspection))
    added = [*inspection.docket.added, *inspection.step.added]
    return [row for row in added if isinstance(row, model)]


def seats_of(inspection: Inspection) -> list[Seat]:
    """The team as it stands."""
    return [seat for seat in rows_of(Seat, inspection) if seat.left_on is None]


def faults_of(inspection: Inspection) -> list[Deficiency]:
    """The deficiencies that stand."""
    return [fault for fault in rows_of(Deficiency, inspection) if fault.withdrawn_on is None]


def open_samples(inspection: Inspection) -> list[Sample]:
    """The samples whose tests are not judged yet."""
    return [sample for sample in rows_of(Sample, inspection) if sample.passed is None]


# ── Conflicts ───────────────────────────────────────────────────────────────────────────────────────


def day_of(inspection: Inspection) -> date:
    """The day the team is judged for: that of the visit, else today."""
    return inspection.inspected_on or inspection.planned_on or timezone.localdate()


def conflicts_of(people: Iterable[Commissioner], inspection: Inspection) -> list[Conflict[Commissioner]]:
    """Why each person should not inspect this tender: 組織準則 §7 and §8, and the city's own limits."""
    people, tender, day = list(people), inspection.tender, day_of(inspection)
    bonds = _bonds(people, tender, day)
    uses = _uses(people, inspection, day)
    limit = rules.SAME_CONTRACTOR.at(day)

    def not_appointed(person: Commissioner) -> Iterator[Conflict[Commissioner]]:
        if person.disqualified_on and person.disqualified_on <= day:
            yield Conflict(person, _("已解除職務：%(why)s") % {"why": person.disqualified_for})
        if person.valid_from > day or (person.valid_to and person.valid_to < day):
            yield Conflict(person, _("查核日不在聘期內"))

    def of_the_host(person: Commissioner) -> Iterator[Conflict[Commissioner]]:
        if person.agency_id == tender.agency_id:
            yield Conflict(person, _("任職於主辦機關%(agency)s") % {"agency": tender.agency})

    def declared(person: Commissioner) -> Iterator[Conflict[Commissioner]]:
        for bond in bonds.get(person.pk, ()):
            told = {"kind": bond.get_kind_display(), "with": bond.firm or bond.agency}
            yield Conflict(person, _("申報%(kind)s：%(with)s") % told, declared=True)

    def employed(person: Commissioner) -> Iterator[Conflict[Commissioner]]:
        from_firm = firm_key(person.employer)
        if from_firm and from_firm in {tender.contractor_key, tender.supervisor_key}:
            yield Conflict(person, _("任職於受查廠商%(firm)s") % {"firm": person.employer})

    def used_too_often(person: Commissioner) -> Iterator[Conflict[Commissioner]]:
        times = uses.get(person.pk, 0)
        if times >= limit:
            told = {"firm": tender.contractor, "times": times, "limit": limit}
            yield Conflict(person, _("當年已查核%(firm)s%(times)s次，達上限%(limit)s次") % told)

    return conflicts(people, not_appointed, of_the_host, declared, employed, used_too_often)


def _bonds(people: list[Commissioner], tender: Tender, day: date) -> dict[int, list[Bond]]:
    firms = [key for key in (tender.contractor_key, tender.supervisor_key) if key]
    found: dict[int, list[Bond]] = {}
    concerned = Q(firm_key__in=firms) | Q(agency_id=tender.agency_id)
    for bond in Bond.objects.filter(in_force(day), concerned, commissioner__in=people).select_related(
        "agency"
    ):
        found.setdefault(bond.commissioner_id, []).append(bond)
    return found


def _uses(people: list[Commissioner], inspection: Inspection, day: date) -> dict[int, int]:
    """How often each inspected this contractor in the year, without the case at hand."""
    if not inspection.tender.contractor_key:
        return {}
    seats = Seat.objects.filter(
        commissioner__in=people,
        left_on=None,
        inspection__tender__contractor_key=inspection.tender.contractor_key,
        inspection__inspected_on__year=day.year,
    ).exclude(inspection=inspection)
    return dict(seats.values_list("commissioner").annotate(times=Count("pk")))


def loads(day: date) -> dict[int, int]:
    """How often each commissioner was named this year, for a fair share."""
    year = Q(inspection__planned_on__year=day.year) | Q(inspection__inspected_on__year=day.year)
    return dict(
        Seat.objects.filter(year, left_on=None).values_list("commissioner").annotate(times=Count("pk"))
    )


def choice(inspection: Inspection) -> list[tuple[Commissioner, int, list[str]]]:
    """Every commissioner with the year's load and the reasons against, the fittest first."""
    day = day_of(inspection)
    people = list(Commissioner.objects.filter(in_force(day)).select_related("agency"))
    load = loads(day)
    against: dict[int, list[str]] = {}
    for found in conflicts_of(people, inspection):
        against.setdefault(found.person.pk, []).append(found.reason)
    ordered = by_load(people, {person: load.get(person.pk, 0) for person in people})
    fitting = sorted(ordered, key=lambda p: (p.pk in against, p.specialty != inspection.tender.work))
    return [(person, load.get(person.pk, 0), against.get(person.pk, [])) for person in fitting]


# ── Guards on the team ──────────────────────────────────────────────────────────────────────────────


def team_unsound(inspection: Any) -> str:
    """A lead, enough from outside, nobody with a conflict; else the sentence of what is wrong."""
    seats = list(inspection.seats.filter(left_on=None).select_related("commissioner__agency"))
    return _unbalanced(inspection, seats) or _conflicted(inspection, seats)


def _unbalanced(inspection: Inspection, seats: list[Seat]) -> str:
    day = day_of(inspection)
    outside = sum(seat.external for seat in seats)
    least, most = rules.EXTERNALS_LEAST.at(day), rules.EXTERNALS_MOST.at(day)
    share = rules.EXTERNAL_SHARE.at(day)
    if not any(seat.role == SeatRole.LEAD for seat in seats):
        return _("團隊尚無領隊。")
    if not least <= outside <= most:
        told = {"least": least, "most": most, "now": outside}
        return _("外聘委員須為%(least)s至%(most)s人，目前%(now)s人。") % told
    if not share_is_met(outside, len(seats), share):
        said = {"share": str(share), "now": str(outside), "all": str(len(seats))}
        return _("外聘委員不得少於%(share)s，目前%(all)s人中外聘%(now)s人。") % said
    return ""


def _conflicted(inspection: Inspection, seats: list[Seat]) -> str:
    found = conflicts_of([seat.commissioner for seat in seats], inspection)
    if not found:
        return ""
    names = _("；").join(f"{one.person}{_('：')}{one.reason}" for one in found)
    return _("下列委員應迴避或不能擔任：%(names)s。") % {"names": names}
