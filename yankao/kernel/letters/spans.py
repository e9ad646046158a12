"""期間 The period a table is asked for, as somebody writes it, and its words."""

from __future__ import annotations

from typing import Annotated

from django.utils.translation import get_language, gettext_lazy
from django.utils.translation import gettext as _

from ..casework.asks import Label
from ..casework.process import Refused
from ..period import Period, PeriodError, roc_text

Asked = Annotated[str, Label(gettext_lazy("期間"), help=gettext_lazy("民國年月如101-03，或101Q2、101H1"))]


def period_of(text: str) -> Period:
    """The period of a text. Refused, in words, for what is none."""
    try:
        return Period.parse(text)
    except PeriodError:
        raise Refused(_("期間請寫成民國年月如101-03，或101Q2、101H1。")) from None


def words_of(period: Period) -> str:
    """The period in the language of the letter."""
    return roc_text(period, "en" if get_language() == "en" else "zh")
