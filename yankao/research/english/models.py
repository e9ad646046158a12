"""Approved names with their aliases; the committee with its members, meetings and resolutions."""

from __future__ import annotations

from typing import Any, Self

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from yankao.kernel.casework.models import Record
from yankao.kernel.people.models import KeptText
from yankao.kernel.register import english
from yankao.kernel.register.validity import Alias, Dated, NoOverlap, dated, in_force
from yankao.kernel.session.models import AgendaItem, Session, session_constraints


class Category(models.TextChoices):
    """譯名類別"""

    PLACE = english.PLACE, _("行政區與地名")
    ROAD = english.ROAD, _("道路")
    LANDMARK = english.LANDMARK, _("地標與景點")
    AGENCY = english.AGENCY, _("機關")
    TITLE = english.TITLE, _("職稱")


class Way(models.TextChoices):
    """譯寫方式 How the English comes of the Chinese."""

    PINYIN = "pinyin", _("漢語拼音")
    MEANING = "meaning", _("意譯")
    MIXED = "mixed", _("音譯加意譯")
    CUSTOM = "custom", _("約定俗成")
    STATUTE = "statute", _("法規所定")


def _key(name: Any) -> str:
    return english.key_of(name.zh)


class Names(models.QuerySet["BilingualName"]):
    """Questions on dated facts."""

    def in_force(self, day: Any) -> Self:
        return self.filter(in_force(day))

    def approved_by(self, day: Any) -> Self:
        """Chinese names whose English was approved by the day; a changed name is not counted again."""
        return self.filter(approved_on__lte=day, replaces=None)


class BilingualName(Record, Dated):
    """譯名 One Chinese name, its English, and from when to when that English holds."""

    zh = models.CharField(_("中文名稱"), max_length=120)
    key = KeptText(_("比對鍵"), max_length=120, worked_out=_key)
    english = models.CharField(_("英文名稱"), max_length=200)
    category = models.CharField(_("譯名類別"), max_length=10, choices=Category.choices)
    way = models.CharField(_("譯寫方式"), max_length=10, choices=Way.choices)
    basis = models.CharField(_("依據或理由"), max_length=300, blank=True)
    evidence = models.ForeignKey(
        "evidence.Evidence",
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("佐證資料"),
    )
    replaces = models.ForeignKey(
        "self", models.PROTECT, null=True, blank=True, related_name="replaced_by", verbose_name=_("變更自")
    )
    reviewed_on = models.DateField(_("審查通過日"), null=True, blank=True)
    review = models.TextField(_("審查意見"), blank=True)
    meeting_on = models.DateField(_("市政會議日期"), null=True, blank=True)
    approved_on = models.DateField(_("核定日"), null=True, blank=True)
    letter = models.CharField(_("核定文號"), max_length=60, blank=True)
    notified_on = models.DateField(_("函知日"), null=True, blank=True)
    notice_letter = models.CharField(_("函知文號"), max_length=60, blank=True)
    rejected_on = models.DateField(_("不予核定日"), null=True, blank=True)

    objects = Names.as_manager()

    class Meta:
        verbose_name = _("譯名")
        verbose_name_plural = _("譯名")
        indexes = [
            models.Index("category", "key", "valid_from", name="name_key"),
            models.Index(F("approved_on").desc(), F("case").desc(), name="name_approved"),
        ]
        constraints = [
            *dated("name"),
            NoOverlap(
                keys=("category", "key"),
                name="one_english_name_at_a_time",
                violation_error_message=_(
                    "這個中文名稱在同一期間已有核定的英文名稱；請以「變更自」原譯名提案。"
                ),
            ),
            models.CheckConstraint(
                condition=Q(valid_from=None, approved_on=None)
                | Q(valid_from__isnull=False, approved_on__isnull=False),
                name="name_holds_when_approved",
            ),
            models.CheckConstraint(
                condition=Q(notified_on=None) | Q(notified_on__gte=F("approved_on")),
                name="name_notified_after_approval",
                violation_error_message=_("函知日不能早於核定日。"),
            ),
            models.CheckConstraint(
                condition=Q(rejected_on=None) | Q(approved_on=None), name="name_approved_or_rejected"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.zh} {self.english}"


class NameAlias(Alias):
    """舊譯名與別名 English a name went by or is still met under; found by search, never shown as the name."""

    entry = models.ForeignKey(BilingualName, models.PROTECT, related_name="aliases", verbose_name=_("譯名"))

    class Meta:
        verbose_name = _("別名")
        verbose_name_plural = _("別名")
        constraints = [
            *dated("name_alias"),
            models.UniqueConstraint(
                fields=["entry", "name"],
                name="one_alias_a_name",
                violation_error_message=_("這個別名已經登錄。"),
            ),
        ]


class MemberKind(models.TextChoices):
    """委員類別"""

    INTERNAL = "internal", _("機關首長")
    EXTERNAL = "external", _("外聘專家")
    FOREIGN = "foreign", _("外籍人士")


class Member(Dated):
    """委員 A member of the committee for a term; leaving early ends the term."""

    name = models.CharField(_("姓名"), max_length=60)
    kind = models.CharField(_("委員類別"), max_length=8, choices=MemberKind.choices)
    post = models.CharField(_("職務"), max_length=80)
    chair = models.BooleanField(_("主任委員"), default=False)

    class Meta:
        verbose_name = _("委員")
        verbose_name_plural = _("委員")
        ordering = ["-chair", "kind", "pk"]
        indexes = [models.Index("name", "valid_from", name="member_name")]
        constraints = [
            *dated("member"),
            models.CheckConstraint(
                condition=Q(valid_from__isnull=False, valid_to__isnull=False),
                name="member_has_a_term",
                violation_error_message=_("任期須有起日與迄日。"),
            ),
            NoOverlap(
                keys=("name",),
                name="one_seat_a_member",
                violation_error_message=_("這位委員在同一期間已有任期。"),
            ),
        ]

    def __str__(self) -> str:
        return self.name


class Meeting(Session):
    """委員會議"""

    number = models.PositiveSmallIntegerField(_("會次"), unique=True)

    class Meta:
        verbose_name = _("委員會議")
        verbose_name_plural = _("委員會議")
        ordering = ["-held_on", "-pk"]
        constraints = session_constraints("english_meeting")


class Resolution(AgendaItem):
    """決議事項"""

    meeting = models.ForeignKey(
        Meeting, models.PROTECT, related_name="resolutions", verbose_name=_("委員會議")
    )

    class Meta:
        verbose_name = _("決議事項")
        verbose_name_plural = _("決議事項")
        ordering = ["pk"]
