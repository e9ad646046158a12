"""The catalogue of courses, and each running of one with its sittings, places, roster and attendance."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from functools import cached_property
from typing import Self

from django.db import models
from django.db.models import Exists, F, OuterRef, Q
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from yankao.kernel.casework.models import Record, percent
from yankao.kernel.session import models as session
from yankao.kernel.session.roll import Roll, minutes_by_seat, share_present


class Course(models.Model):
    """課程 A course of the catalogue; `faults` are the deficiency codes it teaches to avoid."""

    code = models.SlugField(_("代碼"), max_length=40, unique=True)
    name = models.CharField(_("課程名稱"), max_length=120)
    name_en = models.CharField(_("英文名稱"), max_length=160, blank=True)
    audience = models.CharField(_("對象"), max_length=120, blank=True)
    faults = models.CharField(
        _("對應缺失編號"), max_length=200, blank=True, help_text=_("以空格分隔，例如5.02.01 4.02.03")
    )
    certified = models.BooleanField(_("核發證書"), default=True)

    class Meta:
        verbose_name = _("課程")
        verbose_name_plural = _("課程")
        ordering = ["code"]

    def __str__(self) -> str:
        return self.name_en or self.name if get_language() == "en" else self.name

    def teaches(self, code: str) -> bool:
        """Whether a deficiency code is among those of the course."""
        return code in self.faults.split()


class Trainings(models.QuerySet["Training"]):
    """Questions on dated facts."""

    def begun(self, first: date, last: date) -> Self:
        """Not cancelled, with the first sitting between the two days."""
        return self.filter(cancelled_on=None, starts_on__range=(first, last))


class Training(Record):
    """工程教育訓練班 One running of a course. Heads are counted from attendance, never kept here."""

    course = models.ForeignKey(Course, models.PROTECT, related_name="trainings", verbose_name=_("課程"))
    partner = models.CharField(_("合辦單位"), max_length=120, blank=True)
    lecturer = models.CharField(_("講師"), max_length=120, blank=True)
    summary = models.TextField(_("課程摘要"), blank=True)
    nominate_by = models.DateField(_("薦送截止日"), null=True, blank=True)
    starts_on = models.DateField(_("開課日"), null=True, blank=True)
    ends_on = models.DateField(_("結束日"), null=True, blank=True)
    places_told_on = models.DateField(_("名額分配日"), null=True, blank=True)
    invited_on = models.DateField(_("通知日"), null=True, blank=True)
    held_on = models.DateField(_("辦理完成日"), null=True, blank=True)
    certified_on = models.DateField(_("證書核發日"), null=True, blank=True)
    lessons = models.TextField(_("檢討"), blank=True)
    cancelled_on = models.DateField(_("取消日"), null=True, blank=True)
    cancelled_for = models.TextField(_("取消理由"), blank=True)

    objects = Trainings.as_manager()

    @cached_property
    def minutes(self) -> dict[int, int]:
        """Minutes present of each seat that came."""
        return minutes_by_seat(ROLL, self)

    @cached_property
    def shares(self) -> dict[int, Decimal]:
        """Each seat's share of the time, in percent."""
        return share_present(ROLL, self)

    @cached_property
    def tested(self) -> bool:
        """Whether the training ended with a test: somebody of the roster has a score."""
        return self.seats.filter(withdrawn_on=None, score__isnull=False).exists()

    class Meta:
        verbose_name = _("工程教育訓練班")
        verbose_name_plural = _("工程教育訓練班")
        constraints = [
            models.CheckConstraint(
                condition=Q(ends_on=None) | Q(ends_on__gte=F("starts_on")), name="training_dates_in_order"
            ),
            models.CheckConstraint(
                condition=Q(held_on=None) | Q(held_on__gte=F("ends_on")),
                name="training_held_after_its_end",
                violation_error_message=_("最後一場結束後才能登錄辦理完成。"),
            ),
        ]


class Sitting(session.Sitting):
    """訓練場次"""

    training = models.ForeignKey(
        Training, models.PROTECT, related_name="sittings", verbose_name=_("工程教育訓練班")
    )

    class Meta(session.Sitting.Meta):
        verbose_name = _("訓練場次")
        verbose_name_plural = _("訓練場次")
        constraints = session.sitting_constraints("training_sitting")


class Quota(session.Quota):
    """薦送名額"""

    training = models.ForeignKey(
        Training, models.PROTECT, related_name="quotas", verbose_name=_("工程教育訓練班")
    )

    class Meta:
        verbose_name = _("薦送名額")
        verbose_name_plural = _("薦送名額")
        constraints = [
            models.UniqueConstraint(fields=["training", "agency"], name="one_training_quota_an_agency")
        ]


class Seats(models.QuerySet["Seat"]):
    """Questions on dated facts."""

    def attended(self, as_of: date) -> Self:
        """Signed in to at least one sitting by the day; nobody is counted twice."""
        came = Presence.objects.filter(seat=OuterRef("pk"), sitting__held_on__lte=as_of)
        return self.filter(Exists(came))


class Seat(session.Seat):
    """訓練學員 `score` is that of the test at the end, where there was one."""

    training = models.ForeignKey(
        Training, models.PROTECT, related_name="seats", verbose_name=_("工程教育訓練班")
    )
    score = percent(_("測驗成績"), null=True, blank=True)

    objects = Seats.as_manager()

    class Meta:
        verbose_name = _("訓練學員")
        verbose_name_plural = _("訓練學員")
        constraints = [
            models.CheckConstraint(
                condition=Q(score=None) | Q(score__range=(0, 100)),
                name="training_score_from_0_to_100",
                violation_error_message=_("測驗成績須在0到100之間。"),
            )
        ]


class Presence(session.Presence):
    """訓練出席"""

    seat = models.ForeignKey(Seat, models.PROTECT, related_name="presences", verbose_name=_("訓練學員"))
    sitting = models.ForeignKey(Sitting, models.PROTECT, related_name="presences", verbose_name=_("訓練場次"))

    class Meta:
        verbose_name = _("訓練出席")
        verbose_name_plural = _("訓練出席")
        constraints = session.presence_constraints("training_presence")

    def __str__(self) -> str:
        return f"{self.seat_id} {self.sitting_id}"


class Opinion(session.Opinion):
    """訓練問卷"""

    training = models.ForeignKey(
        Training, models.PROTECT, related_name="opinions", verbose_name=_("工程教育訓練班")
    )

    class Meta:
        verbose_name = _("訓練問卷")
        verbose_name_plural = _("訓練問卷")


ROLL = Roll("inspection.training", "training", Sitting, Seat, Presence, Opinion)
