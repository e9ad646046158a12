"""Where money comes from, lines of amount × year × source, and what may be decided from a source.

A room derives its own table of lines, so that deleting it deletes them; ceilings of every room stand here.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from typing import Any, ClassVar, Self

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from .fields import money


class Source(models.TextChoices):
    """經費來源 (B6). Planning shows the general grant inside the city's own budget."""

    CITY_GENERAL = "city_general", _("市公務預算")
    CENTRAL_GENERAL_GRANT = "central_general_grant", _("一般性補助款")
    CITY_FUND = "city_fund", _("基金或附屬單位預算")
    CENTRAL_GENERAL = "central_general", _("中央公務預算（計畫型補助）")
    CENTRAL_SPECIAL = "central_special", _("中央特別預算")
    PRIVATE = "private", _("民間投資")
    OTHER = "other", _("其他")


class Lines(models.QuerySet[Any]):
    """Lines of any room, asked by the day they are in force."""

    def standing(self) -> Self:
        """現行 In force now."""
        return self.filter(until=None)

    def on(self, day: date) -> Self:
        """In force at the end of a day: a line replaced that day is no longer."""
        return self.filter(Q(until=None) | Q(until__gt=day), since__lte=day)


class FundingLine(models.Model):
    """經費 元 of one year from one source, in force between two days: a replaced line stays as history."""

    year = models.PositiveSmallIntegerField(_("年度"))
    source = models.CharField(_("經費來源"), max_length=24, choices=Source.choices)
    amount = money(_("金額"))
    since = models.DateField(_("起日"))
    until = models.DateField(_("迄日"), null=True, blank=True)
    reason = models.CharField(_("異動理由"), max_length=200, blank=True)

    objects: ClassVar[models.Manager[Any]] = Lines.as_manager()

    class Meta:
        abstract = True
        ordering = ["year", "source", "since"]

    def __str__(self) -> str:
        return f"{self.year} {self.get_source_display()} {self.amount:,}"

    def end(self, on: date, reason: str) -> None:
        """No longer in force from the day."""
        self.until, self.reason = on, reason


def line_constraints(name: str) -> list[models.BaseConstraint]:
    """What every table of lines holds to: an amount above 0, and days in order."""
    return [
        models.CheckConstraint(condition=Q(amount__gt=0), name=f"{name}_has_amount"),
        models.CheckConstraint(
            condition=Q(until=None) | Q(until__gte=F("since")), name=f"{name}_dates_in_order"
        ),
    ]


class Ceiling(models.Model):
    """經費額度 The most that may be decided for a purpose from one source in one year, from a day on.

    `purpose` names the room (`planning.proposals`). A later row replaces the one before it, never edits it.
    """

    class Kind(models.TextChoices):
        CEILING = "ceiling", _("概算額度")
        APPROPRIATION = "appropriation", _("法定預算")

    purpose = models.CharField(_("用途"), max_length=60)
    kind = models.CharField(_("類別"), max_length=16, choices=Kind.choices, default=Kind.CEILING)
    year = models.PositiveSmallIntegerField(_("年度"))
    source = models.CharField(_("經費來源"), max_length=24, choices=Source.choices)
    amount = money(_("金額"))
    since = models.DateField(_("起日"))
    basis = models.CharField(_("依據"), max_length=200)

    class Meta:
        verbose_name = _("經費額度")
        verbose_name_plural = _("經費額度")
        constraints = [
            models.UniqueConstraint(
                fields=["purpose", "kind", "year", "source", "since"], name="one_ceiling_a_day"
            ),
            models.CheckConstraint(condition=Q(amount__gte=0), name="ceiling_not_negative"),
        ]

    def __str__(self) -> str:
        return f"{self.year} {self.get_source_display()} {self.amount:,}"


def in_source_order(codes: Iterable[str]) -> list[Source]:
    """The sources that occur, in the order of the code list."""
    found = set(codes)
    return [source for source in Source if source.value in found]
