"""The kinds of document and the marks that official documents carry (functional spec B4, J6)."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _


class Kind(models.TextChoices):
    """文書別"""

    LETTER = "letter", _("函")
    MEETING = "meeting", _("開會通知單")
    CERTIFICATE = "certificate", _("獎狀或證書")
    TABLE = "table", _("清冊")
    PAYMENT = "payment", _("核銷清冊")
    FORM = "form", _("表單")


NUMBERED = (Kind.LETTER, Kind.MEETING, Kind.CERTIFICATE)
"""The kinds that draw a 字號; the others go out with a letter or stay in the file."""


class Urgency(models.TextChoices):
    """速別"""

    ORDINARY = "ordinary", _("普通件")
    URGENT = "urgent", _("速件")
    MOST_URGENT = "most", _("最速件")


class Secrecy(models.TextChoices):
    """密等"""

    NONE = "none", _("普通")
    RESTRICTED = "secret", _("密")
