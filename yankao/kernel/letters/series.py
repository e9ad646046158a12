"""發文字號 Running numbers without gaps: one series per agency, unit or kind, anew each ROC year."""

from __future__ import annotations

import csv
import re
from datetime import date, timedelta
from pathlib import Path
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import Q
from django.utils.translation import gettext as _

from ..audit import ledger
from ..casework.numbering import take
from ..casework.steps import Refused
from ..people.geography import DATA
from ..people.models import Agency
from .models import Series

FORM = "{word}字第{roc:03d}{seq:07d}號"
PATTERN = r"^[^字]+字第(\d{3})(\d{7,8})號$"
"""The default of the functional spec (B4): the unit's 代字, three digits of the ROC year, 7 or 8 more."""
_PLACE = re.compile(r"\{(word|roc(?::03d)?|seq(?::0[1-9]d)?)\}")


def number_of(series: Series, roc_year: int, seq: int) -> str:
    """The number as printed. Raises Refused when the series' own pattern does not take it."""
    number = series.form.format(word=series.word, roc=roc_year, seq=seq)
    if not re.fullmatch(series.pattern, number):
        raise Refused(_("字號「%(number)s」不合檢核規則，請洽研考會檢視發文字號設定。") % {"number": number})
    return number


def check(word: str, form: str, pattern: str) -> None:
    """Refuse a form that cannot number. Raises ValidationError by field."""
    rest = _PLACE.sub("", form)
    if "{seq" not in form or "{roc" not in form or "{" in rest or "}" in rest:
        raise ValidationError({"form": _("字號格式須含{roc}與{seq}，並只能再用{word}。")})
    try:
        compiled = re.compile(pattern)
    except re.error:
        raise ValidationError({"pattern": _("檢核規則不是正確的規則運算式。")}) from None
    for seq in (1, 99_999):
        sample = form.format(word=word, roc=101, seq=seq)
        if not compiled.fullmatch(sample):
            raise ValidationError(
                {"form": _("依此格式編出的「%(number)s」不合檢核規則。") % {"number": sample}}
            )


def in_force(agency: Agency, kind: str, day: date, unit_id: int | None = None) -> Series | None:
    """The series an agency numbers by on a day: its unit's before its own, the kind's before the common."""
    rows = Series.objects.filter(Q(valid_to=None) | Q(valid_to__gte=day), agency=agency, valid_from__lte=day)
    fit = [row for row in rows if row.unit_id in (None, unit_id) and row.kind in ("", kind)]
    return max(fit, key=lambda row: (row.unit_id is not None, row.kind != "", row.valid_from), default=None)


def draw(series: Series, day: date) -> tuple[int, str]:
    """The next number of the year and how it is written, in the caller's transaction, which holds its place
    until it commits: a letter that fails leaves no gap, two writers never share one.
    """
    roc_year = day.year - 1911
    seq = take(f"letters:{series.pk}:{roc_year}")
    return seq, number_of(series, roc_year, seq)


def setting(
    actor: Any, agency: Agency, *, word: str, since: date, form: str = FORM, pattern: str = PATTERN,
    unit: Any = None, kind: str = "", address: str = "", phone: str = "",
) -> Series:  # fmt: skip
    """訂定字號 How an agency numbers from a day on; what was in force ends the day before.

    Raises ValidationError.
    """
    check(word, form, pattern)
    with transaction.atomic():
        same = Series.objects.select_for_update().filter(agency=agency, unit=unit, kind=kind)
        if same.filter(valid_from__gte=since).exists():
            raise ValidationError({"since": _("已有同日或更晚生效的字號設定。")})
        same.filter(Q(valid_to=None) | Q(valid_to__gte=since)).update(valid_to=since - timedelta(days=1))
        made = Series(
            agency=agency, unit=unit, kind=kind, word=word, form=form, pattern=pattern, address=address,
            phone=phone, valid_from=since,
        )  # fmt: skip
        made.full_clean()
        made.save()
        ledger.note(
            "letter.series", f"series:{made.pk}", actor, agency=agency, word=word, form=form, since=since
        )
    return made


def load_words(actor: Any, path: Path = DATA / "letter_words_kaohsiung.csv") -> int:
    """The 代字 of a city's agencies from a file with the columns code, word and form, from their first
    day on.

    Agencies that have a series keep it. The number of series made.
    """
    with path.open(encoding="utf-8", newline="") as rows:
        words = {row["code"]: (row["word"], row["form"] or FORM) for row in csv.DictReader(rows)}
    agencies = Agency.objects.filter(code__in=words, letter_series=None).order_by("pk")
    for agency in agencies:
        word, form = words[agency.code]
        setting(actor, agency, word=word, form=form, since=agency.valid_from)
    return len(agencies)
