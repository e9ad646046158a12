"""Files given as proof. The bytes lie in the private store under their SHA-256; a row says what they are."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _


class Evidence(models.Model):
    """佐證資料 One uploaded file. Written by `yankao.kernel.evidence.keep` only, never changed afterwards.

    Two uploads of the same bytes are two rows (two persons answer for them) and one file in the store.
    """

    sha256 = models.CharField(_("雜湊值"), max_length=64, db_index=True)
    size = models.PositiveBigIntegerField(_("大小"), help_text=_("位元組"))
    kind = models.CharField(_("檔案類型"), max_length=8)
    name = models.CharField(_("檔名"), max_length=160)
    label = models.CharField(_("說明"), max_length=120, blank=True)
    purpose = models.CharField(_("用途"), max_length=60, blank=True)
    uploaded_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        null=True,
        related_name="evidence",
        verbose_name=_("上傳人"),
        help_text=_("空白是民眾由公開表單上傳"),
    )
    uploaded_at = models.DateTimeField(_("上傳時間"), auto_now_add=True)
    taken_at = models.DateTimeField(_("拍攝時間"), null=True, blank=True)
    longitude = models.DecimalField(_("經度"), max_digits=9, decimal_places=6, null=True, blank=True)
    latitude = models.DecimalField(_("緯度"), max_digits=8, decimal_places=6, null=True, blank=True)
    public = models.BooleanField(_("公開"), default=False)
    withheld_ground = models.CharField(_("限制公開依據"), max_length=200, blank=True)

    class Meta:
        verbose_name = _("佐證資料")
        verbose_name_plural = _("佐證資料")
        constraints = [
            models.CheckConstraint(
                condition=Q(public=False) | Q(withheld_ground=""), name="evidence_public_or_withheld"
            ),
            models.CheckConstraint(
                condition=Q(latitude=None, longitude=None)
                | Q(latitude__range=(-90, 90), longitude__range=(-180, 180)),
                name="evidence_place_on_earth",
            ),
        ]

    def __str__(self) -> str:
        return self.name
