"""定期報告 What reports by month have in common: who filed and checked them when, how late, locked months
and errata.

A room derives its table from `Report` and adds what is reported; `state` follows from the dates alone.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime
from typing import Any, ClassVar, Self

from django.conf import settings
from django.db import models
from django.db.models import Case, Count, F, Q, Value, When
from django.utils import timezone
from django.utils.translation import gettext_lazy as _


class State(models.TextChoices):
    """Where a report stands. 逾期 late is no state: it is computed from the due time."""

    OPEN = "open", _("待填報")
    SUBMITTED = "submitted", _("已填報")
    AGENCY_CHECKED = "agency_checked", _("機關已審")
    CITY_CHECKED = "city_checked", _("研考會已審")
    LOCKED = "locked", _("已鎖定")


LATE = Q(submitted_at__gt=F("due_at"))


class Reports(models.QuerySet[Any]):
    """Reports of any room, asked by where they stand."""

    def owed(self) -> Self:
        """Not submitted yet."""
        return self.filter(submitted_at=None)

    def filed(self) -> Self:
        return self.exclude(submitted_at=None)

    def late(self, now: datetime | None = None) -> Self:
        """逾期 Submitted after the due time, or still owed past it."""
        return self.filter(LATE | Q(submitted_at=None, due_at__lt=now or timezone.now()))

    def matrix(
        self, by: str, months: Iterable[date], now: datetime | None = None
    ) -> dict[Any, dict[date, dict[str, int]]]:
        """未填報總表 For each value of `by` and month: how many reports, owed and late ones. One query."""
        moment = now or timezone.now()
        rows = (
            self.filter(month__in=list(months))
            .order_by()
            .values_list(by, "month")
            .annotate(
                reports=Count("pk"),
                owed=Count("pk", filter=Q(submitted_at=None)),
                late=Count("pk", filter=LATE | Q(submitted_at=None, due_at__lt=moment)),
            )
        )
        table: dict[Any, dict[date, dict[str, int]]] = {}
        for key, month, reports, owed, late in rows:
            table.setdefault(key, {})[month] = {"reports": reports, "owed": owed, "late": late}
        return table


def _person(label: Any) -> Any:
    return models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=label
    )


class Report(models.Model):
    """月報 One month of something under control. Stored freely until it is submitted; locked once the city
    has checked it.
    """

    month = models.DateField(_("月份"))
    opened_at = models.DateTimeField(_("開放填報"))
    due_at = models.DateTimeField(_("填報期限"))
    submitted_at = models.DateTimeField(_("填報時間"), null=True, blank=True)
    submitted_by = _person(_("填報人"))
    agency_checked_at = models.DateTimeField(_("機關審核"), null=True, blank=True)
    agency_checked_by = _person(_("機關審核人"))
    city_checked_at = models.DateTimeField(_("研考會審核"), null=True, blank=True)
    city_checked_by = _person(_("研考會審核人"))
    locked_at = models.DateTimeField(_("鎖定"), null=True, blank=True)
    state = models.GeneratedField(
        verbose_name=_("填報狀態"),
        expression=Case(
            When(submitted_at__isnull=True, then=Value("open")),
            When(agency_checked_at__isnull=True, then=Value("submitted")),
            When(city_checked_at__isnull=True, then=Value("agency_checked")),
            When(locked_at__isnull=True, then=Value("city_checked")),
            default=Value("locked"),
        ),
        output_field=models.CharField(max_length=16, choices=State.choices),
        db_persist=True,
    )

    objects: ClassVar[models.Manager[Any]] = Reports.as_manager()

    class Meta:
        abstract = True

    @property
    def late(self) -> bool:
        """逾期 Filed after the due time, or not filed though it has passed."""
        return (self.submitted_at or timezone.now()) > self.due_at

    @property
    def state_label(self) -> str:
        """The state in words."""
        return str(State(self.state).label)

    @property
    def locked(self) -> bool:
        return self.locked_at is not None

    def submit(self, actor: Any, at: datetime) -> None:
        self.submitted_at, self.submitted_by = at, actor

    def hand_back(self) -> None:
        """退回 Open again; the ledger keeps who had filed and checked it."""
        self.submitted_at = self.submitted_by = None
        self.agency_checked_at = self.agency_checked_by = None
        self.city_checked_at = self.city_checked_by = None

    def check_by_agency(self, actor: Any, at: datetime) -> None:
        self.agency_checked_at, self.agency_checked_by = at, actor

    def check_by_city(self, actor: Any, at: datetime) -> None:
        self.city_checked_at, self.city_checked_by = at, actor

    def lock(self, at: datetime) -> None:
        self.locked_at = at


def report_constraints(name: str) -> list[models.BaseConstraint]:
    """Checks every table of reports needs: the month is its first day, and each step follows the one
    before.
    """
    return [
        models.CheckConstraint(condition=Q(month__day=1), name=f"{name}_is_first_day"),
        models.CheckConstraint(
            condition=(Q(agency_checked_at=None) | Q(submitted_at__isnull=False))
            & (Q(city_checked_at=None) | Q(agency_checked_at__isnull=False))
            & (Q(locked_at=None) | Q(city_checked_at__isnull=False)),
            name=f"{name}_steps_in_order",
        ),
    ]


class Erratum(models.Model):
    """勘誤 A wanted change of a locked month: what, why, who asked, who decided. `changes` is {field:
    [before, after]} as text.
    """

    changes = models.JSONField(_("更正內容"))
    reason = models.TextField(_("理由"))
    requested_at = models.DateTimeField(_("申請時間"))
    requested_by = _person(_("申請人"))
    decided_at = models.DateTimeField(_("核定時間"), null=True, blank=True)
    decided_by = _person(_("核定人"))
    approved = models.BooleanField(_("核准"), null=True, blank=True)

    class Meta:
        abstract = True

    def decide(self, actor: Any, at: datetime, approved: bool) -> None:
        self.decided_at, self.decided_by, self.approved = at, actor, approved

    def carry_out(self, report: Report) -> None:
        """Set the fields of the report to what the erratum says."""
        for name, (_before, after) in self.changes.items():
            field = report._meta.get_field(name)
            setattr(report, name, field.to_python(after))  # type: ignore[union-attr]


def wanted_changes(report: Report, **values: Any) -> dict[str, list[str]]:
    """{field: [before, after]} of the values that are given (not None) and differ."""
    return {
        name: [str(getattr(report, name) or ""), str(value)]
        for name, value in values.items()
        if value is not None and value != getattr(report, name)
    }
