"""What every meeting, training or lecture has. A room derives its own tables, so that deleting it deletes
them.

A session is held on a day; its minutes are due some days later; agenda items wait until one takes them up.
"""

from __future__ import annotations

import uuid
from datetime import date
from typing import Any

from django.conf import settings
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import F, Q
from django.utils.crypto import salted_hmac
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


def late_minutes(sessions: Any, today: date) -> Any:
    """逾期未發紀錄 Sessions (a queryset) whose minutes are due and not sent, the oldest first."""
    return sessions.filter(minutes_on=None, cancelled_on=None, minutes_due_on__lt=today).order_by(
        "minutes_due_on", "pk"
    )


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


# ── Rosters with seats, sittings and attendance by the minute ───────────────────────────────────────


class Sitting(models.Model):
    """場次 One day of a session that may have several; what its invitations said is told by `sequence`."""

    held_on = models.DateField(_("日期"))
    starts_at = models.TimeField(_("開始"))
    ends_at = models.TimeField(_("結束"))
    recess = models.PositiveSmallIntegerField(_("休息分鐘"), default=0)
    place = models.CharField(_("地點"), max_length=80)
    sequence = models.PositiveSmallIntegerField(_("通知版次"), default=0)
    cancelled_on = models.DateField(_("取消日"), null=True, blank=True)
    closed_at = models.DateTimeField(_("出席結算"), null=True, blank=True)

    class Meta:
        abstract = True
        ordering = ["held_on", "starts_at"]

    def __str__(self) -> str:
        return f"{self.held_on:%Y-%m-%d} {self.starts_at:%H:%M}–{self.ends_at:%H:%M}"


def sitting_constraints(name: str) -> list[models.BaseConstraint]:
    """A sitting ends after it starts."""
    return [
        models.CheckConstraint(
            condition=Q(ends_at__gt=F("starts_at")),
            name=f"{name}_ends_after_start",
            violation_error_message=_("結束時間須晚於開始時間。"),
        )
    ]


class Quota(models.Model):
    """配額 How many seats an agency may fill by nomination."""

    agency = models.ForeignKey("people.Agency", models.PROTECT, related_name="+", verbose_name=_("機關"))
    places = models.PositiveSmallIntegerField(_("名額"))

    class Meta:
        abstract = True

    def __str__(self) -> str:
        return f"{self.agency} {self.places}"


class Seat(models.Model):
    """學員 One person on the roster: nominated by the agency, or come without (現場報名)."""

    person = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("帳號"),
    )
    name = models.CharField(_("姓名"), max_length=60)
    agency = models.ForeignKey(
        "people.Agency", models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("機關")
    )
    email = models.EmailField(_("電子郵件"), blank=True)
    nominated_on = models.DateField(_("薦送日"))
    nominated_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("薦送人"),
    )
    walk_in = models.BooleanField(_("現場報名"), default=False)
    withdrawn_on = models.DateField(_("取消日"), null=True, blank=True)
    answered = models.BooleanField(_("已填問卷"), default=False, editable=False)

    class Meta:
        abstract = True

    def __str__(self) -> str:
        return self.name

    @property
    def number(self) -> str:
        """報到號碼 Six digits that tell people of one name apart; not guessable from others."""
        mac = salted_hmac("yankao.session.seat", f"{self._meta.label}:{self.pk}", algorithm="sha256")
        return f"{int.from_bytes(mac.digest()[:4]) % 1_000_000:06d}"


class Way(models.TextChoices):
    """簽到方式"""

    CODE = "code", _("掃碼")
    DESK = "desk", _("櫃檯登錄")
    FILE = "file", _("檔案匯入")


class Presence(models.Model):
    """出席 That somebody was there, from when to when; minutes, late and early follow from these."""

    arrived_at = models.DateTimeField(_("簽到"))
    left_at = models.DateTimeField(_("簽退"), null=True, blank=True)
    way = models.CharField(_("簽到方式"), max_length=4, choices=Way.choices, default=Way.CODE)
    noted_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("登錄人"),
    )
    late_by = models.PositiveSmallIntegerField(_("遲到分鐘"), default=0)
    early_by = models.PositiveSmallIntegerField(_("早退分鐘"), default=0)
    minutes = models.PositiveSmallIntegerField(_("出席分鐘"), default=0)

    class Meta:
        abstract = True


def presence_constraints(name: str) -> list[models.BaseConstraint]:
    """One presence a seat and sitting; nobody leaves before coming."""
    return [
        models.UniqueConstraint(fields=["seat", "sitting"], name=f"one_{name}_a_sitting"),
        models.CheckConstraint(
            condition=Q(left_at=None) | Q(left_at__gte=F("arrived_at")), name=f"{name}_leaves_after_coming"
        ),
    ]


QUESTIONS: tuple[tuple[str, Any], ...] = (
    ("content", _("課程內容")),
    ("teaching", _("講師講授")),
    ("useful", _("對工作有幫助")),
    ("arrangement", _("行政安排")),
)
"""What the questionnaire asks, from 1 to 5."""


def _score(label: Any) -> models.PositiveSmallIntegerField[Any, Any]:
    return models.PositiveSmallIntegerField(label, validators=[MinValueValidator(1), MaxValueValidator(5)])


class Opinion(models.Model):
    """問卷 One anonymous answer: without name, seat, time or order (its key is drawn by lot)."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    content = _score(_("課程內容"))
    teaching = _score(_("講師講授"))
    useful = _score(_("對工作有幫助"))
    arrangement = _score(_("行政安排"))
    words = models.TextField(_("意見"), blank=True, max_length=1000)

    class Meta:
        abstract = True
