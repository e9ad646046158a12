"""承接預算計畫 A plan put into the budget comes under control as an item of that year's annual programme."""

from __future__ import annotations

from yankao.kernel.casework.docket import Case, Link
from yankao.kernel.money.budgeted import Budgeted, budgeted

from .models import Programme, Project
from .process import process


@budgeted.hear
def take(fact: Budgeted) -> Case | None:
    """The item's case; None while the year has no annual programme yet. Told twice, it is taken once."""
    known = Link.objects.filter(
        target=fact.origin, kind=Link.Kind.FOLLOWS, source__kind=process.kind
    ).select_related("source")
    if link := known.first():
        return link.source
    programme = Programme.objects.filter(year=fact.year, section=Programme.Section.ANNUAL).first()
    if programme is None:
        return None
    project: Project = process.open(
        fact.actor,
        title=fact.origin.title,
        agency=fact.origin.agency,
        officer=fact.origin.officer,
        district=fact.origin.district,
        opened_on=fact.on,
        programme=programme,
        year=fact.year,
        source=f"{fact.document} {fact.origin.number}".strip()[:120],
        budget=fact.total,
        longitude=fact.longitude,
        latitude=fact.latitude,
    )
    return project.case
