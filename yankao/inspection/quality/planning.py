"""How many of each value band are owed and done, and which tenders should be visited, with the reasons."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from django.db.models import OuterRef, Q, Subquery
from django.utils.translation import gettext as _

from yankao.kernel.roc import half_up

from . import rules
from .models import Band, Inspection, QualityGrade, Tender, YearPlan

BAD_RECORD_YEARS = 2


def band_of(budget: Decimal, day: date) -> str:
    """The value band of a tender by its budget on a day; "" below the smallest."""
    try:
        return rules.BANDS.at(day).of(budget)
    except ValueError:
        return ""


# ── The meter ───────────────────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True)
class Gauge:
    """One band of the year: tenders under way, visits owed, done and planned."""

    code: str
    label: str
    tenders: int
    owed: int
    done: int
    planned: int
    adjusted: bool = False

    @property
    def share(self) -> float:
        return self.done / self.owed if self.owed else 1.0

    @property
    def left(self) -> int:
        """Visits neither done nor planned."""
        return max(0, self.owed - self.done - self.planned)


def owed(band: str, tenders: int, day: date, plan: YearPlan | None) -> tuple[int, bool]:
    """The number of a band: the rule's, or all where there are fewer; the head's own where adjusted."""
    own = getattr(plan, band, None) if plan else None
    if own is not None:
        return int(own), True
    return min(rules.QUOTA[band].at(day), tenders), False


def gauges(year: int) -> list[Gauge]:
    """The meter of a year (of our era): each band, and the share of all own tenders."""
    first, last = date(year, 1, 1), date(year, 12, 31)
    plan = YearPlan.objects.filter(pk=year - 1911).first()
    under_way = [
        (band_of(budget, last), own)
        for budget, own in Tender.objects.executed_in(first, last).values_list("budget", "own")
    ]
    done = [
        band_of(budget, last)
        for budget in Inspection.objects.carried_out(first, last).values_list("tender__budget", flat=True)
    ]
    planned = [
        band_of(budget, last)
        for budget in Inspection.objects.filter(
            inspected_on=None, dropped_on=None, planned_on__range=(first, last)
        ).values_list("tender__budget", flat=True)
    ]
    found = []
    for band in Band:
        tenders = sum(code == band for code, _own in under_way)
        number, adjusted = owed(band, tenders, last, plan)
        found.append(
            Gauge(band, str(band.label), tenders, number, done.count(band), planned.count(band), adjusted)
        )
    own = sum(1 for code, is_own in under_way if code and is_own)
    share = int(half_up(own * rules.QUOTA_SHARE.at(last) / 100 + Decimal("0.4999")))
    told = _("自辦標案總數的%(share)s%%") % {"share": rules.QUOTA_SHARE.at(last)}
    found.append(
        Gauge("share", told, own, share, len([c for c in done if c]), len([c for c in planned if c]))
    )
    return found


# ── Candidates ──────────────────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True)
class Candidate:
    """A tender that could be visited, what speaks for it in words, and how much that weighs."""

    tender: Tender
    reasons: tuple[str, ...]
    weight: int
    band: str


def _bad_firms(day: date) -> set[str]:
    """Contractors with a lowest grade in the last two years."""
    since = day - timedelta(days=365 * BAD_RECORD_YEARS)
    rows = Inspection.objects.filter(grade=QualityGrade.POOR, issued_on__range=(since, day))
    return {key for key in rows.values_list("tender__contractor_key", flat=True) if key}


def reasons(tender: Any, day: date, bad_firms: set[str]) -> Iterator[tuple[int, str]]:
    """What speaks for a visit (作業辦法 §4 and the city's own grounds), with its weight."""
    if tender.complaints:
        yield 5, _("檢舉或媒體報導%(times)s次") % {"times": tender.complaints}
    if tender.designated:
        yield 5, _("指定查核：%(by)s") % {"by": tender.designated}
    if tender.award and tender.award * 100 < tender.budget * rules.LOW_AWARD.at(day):
        yield 3, _("決標標比%(share)s%%偏低") % {"share": half_up(tender.award * 100 / tender.budget)}
    if tender.lag >= rules.LAG.at(day):
        yield 4, _("進度落後%(lag)s個百分點") % {"lag": tender.lag}
    if tender.changes >= rules.MANY_CHANGES.at(day):
        yield 2, _("變更契約%(times)s次") % {"times": tender.changes}
    if tender.last_score is not None and tender.last_score < rules.LOW_SCORE.at(day):
        yield 4, _("前次成績%(score)s分") % {"score": tender.last_score}
    if tender.contractor_key in bad_firms:
        yield 3, _("承攬廠商近年有丙等紀錄")
    if tender.filed_on is None or tender.filed_on < day - timedelta(days=rules.FILING_DAYS.at(day)):
        yield 2, _("標案系統逾期未填報")


def candidates(day: date) -> list[Candidate]:
    """Tenders under construction that are neither about to be visited nor visited this year, by risk."""
    last = Inspection.objects.filter(tender=OuterRef("pk"), issued_on__isnull=False).order_by("-issued_on")
    busy = Inspection.objects.filter(
        Q(inspected_on__year=day.year) | Q(inspected_on=None, dropped_on=None)
    ).values("tender")
    rows = (
        Tender.objects.executed_in(day, day)
        .exclude(pk__in=busy)
        .select_related("agency", "district")
        .annotate(last_score=Subquery(last.values("score")[:1]))
    )
    bad = _bad_firms(day)
    found = []
    for tender in rows:
        said = sorted(reasons(tender, day, bad), key=lambda pair: -pair[0])
        found.append(
            Candidate(
                tender,
                tuple(words for _w, words in said),
                sum(w for w, _s in said),
                band_of(tender.budget, day),
            )
        )
    return sorted(found, key=lambda one: (-one.weight, one.tender.case_no))
