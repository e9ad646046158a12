"""What every meeting, training or lecture has. A room derives its own tables, so that deleting it deletes
them.

A session is held on a day; its minutes are due some days later; agenda items wait until one takes them up.
"""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _


class Session(models.Model):
    """場次 One meeting, training, lecture or review."""

    title = models.CharField(_("名稱"), max_length=120)
    held_on = models.DateField(_("日期"))
    place = models.CharField(_("地點"), max_length=80, blank=True)
    chair = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("主持人"),
    )
    minutes = models.ForeignKey(
        "evidence.Evidence",
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("會議紀錄"),
    )
    minutes_due_on = models.DateField(_("紀錄期限"), null=True, blank=True)
    minutes_on = models.DateField(_("紀錄發送日"), null=True, blank=True)
    cancelled_on = models.DateField(_("取消日"), null=True, blank=True)

    class Meta:
        abstract = True

    def __str__(self) -> str:
        return self.title

    @property
    def minutes_late_by(self) -> int:
        """Days the minutes came after their due day; 0 when in time or not yet sent."""
        if self.minutes_on is None or self.minutes_due_on is None:
            return 0
        return max((self.minutes_on - self.minutes_due_on).days, 0)


def session_constraints(name: str) -> list[models.BaseConstraint]:
    """Minutes are sent on or after the day of the session."""
    return [
        models.CheckConstraint(
            condition=Q(minutes_on=None) | Q(minutes_on__gte=F("held_on")),
            name=f"{name}_minutes_after_session",
        )
    ]


class AgendaItem(models.Model):
    """議題 A matter for a session, with what was resolved and who answers for it by when."""

    text = models.CharField(_("案由"), max_length=300)
    raised_on = models.DateField(_("提報日"))
    resolution = models.TextField(_("決議"), blank=True)
    owner = models.ForeignKey(
        "people.Agency", models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("主責機關")
    )
    due_on = models.DateField(_("辦理期限"), null=True, blank=True)
    done_on = models.DateField(_("完成日"), null=True, blank=True)

    class Meta:
        abstract = True

    def __str__(self) -> str:
        return self.text


class Attendance(models.Model):
    """出席 One person on the roster of a session; `hours` count where the session is a training."""

    person = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("人員"),
    )
    name = models.CharField(_("姓名"), max_length=60)
    agency = models.ForeignKey(
        "people.Agency", models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("機關")
    )
    present = models.BooleanField(_("出席"), null=True, blank=True)
    hours = models.DecimalField(_("時數"), max_digits=5, decimal_places=1, default=0)

    class Meta:
        abstract = True

    def __str__(self) -> str:
        return self.name


def waiting(items: Any) -> Any:
    """Agenda items no session has taken up yet (a queryset of a room's agenda table with a `session` key)."""
    return items.filter(session=None).order_by("raised_on", "pk")
