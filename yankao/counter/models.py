"""What citizens have begun to tell and not sent yet."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _

from yankao.kernel.vault.rows import Sealed


class Draft(Sealed):
    """填寫中的表單 The answers of one form under way, sealed like a person's data and gone after some hours.

    `mark` is the keyed hash of the token that the citizen's browser holds: without it nobody finds the row.
    """

    mark = models.CharField(max_length=64, unique=True)
    journey = models.CharField(_("表單"), max_length=40)
    touched_at = models.DateTimeField(_("最後填寫時間"))

    class Meta:
        verbose_name = _("填寫中的表單")
        verbose_name_plural = _("填寫中的表單")

    def __str__(self) -> str:
        return self.journey
