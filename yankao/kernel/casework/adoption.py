"""採行情形 What an agency makes of a suggestion addressed to it, the same in every room (spec J4)."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _


class Answer(models.TextChoices):
    """建議事項採行情形 (J4)."""

    DONE = "done", _("採行並已完成")
    PLANNED = "planned", _("採行，定有完成日")
    PARTLY = "partly", _("部分採行")
    UNDER_STUDY = "under_study", _("研議中")
    NOT_ADOPTED = "not_adopted", _("不採行")
    NOT_OURS = "not_ours", _("非本機關權責")


ADOPTED = (Answer.DONE, Answer.PLANNED, Answer.PARTLY)
