"""Texts of cells into values; what cannot be read is refused with a sentence that says what can."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import date
from decimal import Decimal
from unicodedata import normalize

from django.db.models import TextChoices
from django.utils import translation
from django.utils.translation import gettext as _

from ..roc import RocError, parse_money, parse_roc
from .intake import Refusal

_NUMBER = re.compile(r"([+-]?)(\d{1,3}(?:,\d{3})+|\d+)?(\.\d*)?")
_PLACES = 40
YES = frozenset(("是", "y", "yes", "true", "1", "v", "✓", "有", "t"))
NO = frozenset(("否", "n", "no", "false", "0", "x", "✗", "無", "f"))


def text(given: str) -> str:
    """The text without blanks at its ends."""
    return given.strip()


def day(given: str) -> date:
    """A date: 101/6/30, 民國101年6月30日, 1010630 or 2012-06-30 (a time of midnight is passed over)."""
    try:
        return parse_roc(re.sub(r"[T ]00:00(:00)?$", "", given.strip()))
    except (RocError, ValueError, OverflowError):
        sentence = _("「%(given)s」不是日期，請寫成101/6/30或2012-06-30。")
        raise Refusal(sentence % {"given": given.strip()}) from None


def money(given: str) -> Decimal:
    """Whole 元: 1,200,000, 120萬, 1.2億, NT$5,000. A fraction of a 元 is refused, never rounded."""
    try:
        return Decimal(parse_money(given))
    except (RocError, ValueError, ArithmeticError):
        sentence = _("「%(given)s」不是整數元的金額，請寫成1,200,000或120萬。")
        raise Refusal(sentence % {"given": given.strip()}) from None


def decimal(given: str) -> Decimal:
    """A number as written: 1,234.5, −3, (5) as −5 as accountants write, full-width digits."""
    body = normalize("NFKC", given).strip().replace("−", "-").replace("–", "-")
    negative = body.startswith("(") and body.endswith(")")
    body = body[1:-1].strip() if negative else body
    found = _NUMBER.fullmatch(body)
    if found is None or len(body) > _PLACES or not any(character.isdigit() for character in body):
        raise Refusal(_("「%(given)s」不是數字。") % {"given": given.strip()})
    value = Decimal(body.replace(",", ""))
    return -value if negative else value


def percent(given: str) -> Decimal:
    """Percentage points: 4.99 for 4.99%, 4.99％ and 4.99 alike."""
    body = normalize("NFKC", given).strip()
    try:
        return decimal(body.removesuffix("%"))
    except Refusal:
        raise Refusal(_("「%(given)s」不是百分比，請寫成4.99%%。") % {"given": given.strip()}) from None


def whole(given: str) -> int:
    """A whole number; 3.0 is one, 3.5 is refused."""
    value = decimal(given)
    if value != value.to_integral_value():
        raise Refusal(_("「%(given)s」不是整數。") % {"given": given.strip()})
    return int(value)


def yes(given: str) -> bool:
    """是 or 否, Y or N, true or false, 1 or 0."""
    body = normalize("NFKC", given).strip().casefold()
    if body in YES:
        return True
    if body in NO:
        return False
    raise Refusal(_("「%(given)s」無法判斷，請寫「是」或「否」。") % {"given": given.strip()})


def one_of(choices: Mapping[str, str]) -> Callable[[str], str]:
    """A parser for a list of choices, value → label: either is taken, whatever the width or case."""
    known: dict[str, str] = {}
    for value, label in choices.items():
        known[normalize("NFKC", str(label)).casefold().strip()] = value
        known[normalize("NFKC", value).casefold().strip()] = value

    def parse(given: str) -> str:
        found = known.get(normalize("NFKC", given).casefold().strip())
        if found is None:
            labels = "、".join(str(label) for label in choices.values())
            told = {"given": given.strip(), "choices": labels}
            raise Refusal(_("「%(given)s」不在可填的範圍：%(choices)s。") % told)
        return found

    return parse


def among(choices: type[TextChoices]) -> Callable[[str], str]:
    """A parser for choices of the product: codes and labels, in the reader's language or in Chinese."""

    def parse(given: str) -> str:
        with translation.override("zh-hant"):
            chinese = {str(label): str(value) for value, label in choices.choices}
        if code := chinese.get(given.strip()):
            return code
        return one_of({value: str(label) for value, label in choices.choices})(given)

    return parse


def several(given: str) -> tuple[str, ...]:
    """Texts parted by 、 or ；, without blanks and without those given twice, in order."""
    parts = (part.strip() for part in re.split(r"[、；;\n]", given))
    return tuple(dict.fromkeys(part for part in parts if part))
