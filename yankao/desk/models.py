"""What the desk itself keeps: the views of lists that people save."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _


class SavedView(models.Model):
    """已存檢視 A list as somebody wants to see it again: which list, and the query of its address."""

    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="saved_views", verbose_name=_("建立人")
    )
    name = models.CharField(_("檢視名稱"), max_length=60)
    room = models.CharField(_("清單"), max_length=40, blank=True)
    query = models.CharField(_("條件"), max_length=2000, blank=True)
    pinned = models.BooleanField(_("釘在選單"), default=False)
    unit = models.ForeignKey(
        "people.Unit", models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("分享單位")
    )
    agency = models.ForeignKey(
        "people.Agency", models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("分享機關")
    )
    saved_at = models.DateTimeField(_("儲存時間"), auto_now_add=True)

    class Meta:
        verbose_name = _("已存檢視")
        verbose_name_plural = _("已存檢視")
        constraints = [
            models.UniqueConstraint(fields=["owner", "name"], name="one_view_name_a_person"),
            models.CheckConstraint(condition=Q(unit=None) | Q(agency=None), name="view_shared_once"),
        ]

    def __str__(self) -> str:
        return self.name
