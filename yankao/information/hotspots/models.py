"""Sites with their access points, and the sessions that RADIUS accounting tells of."""

from __future__ import annotations

from typing import Any, Self

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from yankao.kernel.casework.models import Record
from yankao.kernel.journal.models import Fact, Instant, Pseudonym, once
from yankao.kernel.people.models import KeptText
from yankao.kernel.register.validity import Alias, Dated, NoOverlap, dated, in_force


class Setting(models.TextChoices):
    """場所類別"""

    OFFICE = "office", _("行政機關")
    LIBRARY = "library", _("圖書館與文化場館")
    STATION = "station", _("車站與轉運站")
    SIGHT = "sight", _("觀光景點")
    HEALTH = "health", _("衛生所與醫院")
    PARK = "park", _("公園與活動中心")


class Hotspots(models.QuerySet["Hotspot"]):
    """Questions on dated facts."""

    def opened_by(self, day: Any) -> Self:
        """Sites opened by the day, whether or not they were closed since."""
        return self.filter(valid_from__lte=day)

    def open_on(self, day: Any) -> Self:
        return self.filter(in_force(day))


class Hotspot(Record, Dated):
    """熱點 One site; it opens on `valid_from` and closes on `valid_to`. The docket's title is its name."""

    name_en = models.CharField(_("英文名稱"), max_length=160)
    setting = models.CharField(_("場所類別"), max_length=8, choices=Setting.choices)
    address = models.CharField(_("地址"), max_length=200)
    longitude = models.DecimalField(_("經度"), max_digits=9, decimal_places=6, null=True, blank=True)
    latitude = models.DecimalField(_("緯度"), max_digits=8, decimal_places=6, null=True, blank=True)
    ssid = models.CharField(_("網路名稱"), max_length=32, default="iTaiwan")
    approved_on = models.DateField(_("核定日"), null=True, blank=True)
    suspended_on = models.DateField(_("暫停日"), null=True, blank=True)
    rejected_on = models.DateField(_("不予設置日"), null=True, blank=True)

    objects = Hotspots.as_manager()

    class Meta:
        verbose_name = _("無線熱點")
        verbose_name_plural = _("無線熱點")
        indexes = [models.Index(F("valid_from").desc(), F("case").desc(), name="hotspot_opened")]
        constraints = [
            *dated("hotspot"),
            models.CheckConstraint(
                condition=Q(valid_from=None) | Q(approved_on__isnull=False),
                name="hotspot_approved_before_open",
            ),
            models.CheckConstraint(
                condition=Q(latitude=None, longitude=None)
                | Q(latitude__range=(-90, 90), longitude__range=(-180, 180)),
                name="hotspot_on_earth",
                violation_error_message=_("經緯度須一起填寫，且在合理範圍內。"),
            ),
        ]


def _key(point: Any) -> str:
    return str(point.name).strip().casefold()


class AccessPoint(Alias):
    """基地台 The name an access point or controller gives in RADIUS (NAS-Identifier), and where it stood."""

    hotspot = models.ForeignKey(
        Hotspot, models.PROTECT, related_name="access_points", verbose_name=_("無線熱點")
    )
    key = KeptText(_("比對鍵"), max_length=160, worked_out=_key)

    class Meta:
        verbose_name = _("基地台")
        verbose_name_plural = _("基地台")
        indexes = [models.Index("key", "valid_from", name="access_point_key")]
        constraints = [
            *dated("access_point"),
            NoOverlap(
                keys=("key",),
                name="access_point_at_one_site",
                violation_error_message=_("這個基地台識別碼在同一期間已登錄於其他熱點。"),
            ),
        ]


class WifiSession(Fact):
    """上網紀錄 One session as accounting told it. `account` is a keyed pseudonym; nobody's name is here.

    `stopped_at` is what a Stop said; without one, `timed_out` says that nothing was heard for the time of
    the rule, and the session ended at `last_at`.
    """

    nas = models.CharField(_("基地台識別碼"), max_length=64)
    hotspot = models.ForeignKey(
        Hotspot, models.PROTECT, null=True, related_name="sessions", verbose_name=_("無線熱點")
    )
    account = Pseudonym(_("使用者代碼"))
    started_at = Instant(_("開始"))
    stopped_at = Instant(_("結束"), null=True)
    last_at = Instant(_("最近回報"))
    octets_in = models.BigIntegerField(_("上傳位元組"))
    octets_out = models.BigIntegerField(_("下載位元組"))
    timed_out = models.BooleanField(_("逾時結束"), db_default=False)

    class Meta:
        verbose_name = _("上網紀錄")
        verbose_name_plural = _("上網紀錄")
        indexes = [
            models.Index("day", "account", name="wifi_day_account"),
            models.Index("hotspot", "day", name="wifi_hotspot_day"),
            models.Index(
                "source", "last_at", condition=Q(stopped_at=None, timed_out=False), name="wifi_open"
            ),
            models.Index("nas", condition=Q(hotspot=None), name="wifi_unplaced"),
        ]
        constraints = [once("wifi_session")]
