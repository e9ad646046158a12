"""The prose of a room's section: its template rendered into the restricted markup, with figures as
references.

What a template may use beside Jinja itself:

    fig("controlled")                      a figure of the room; fig("items", programme="morakot") a slice
    of it;
                                           fig("research.trips.filed") one of another room; bare=True its
                                           number alone
    value("lagging", programme="x")        the number, for a condition only (printed it would be an untraced
    number)
    slices("lagging", "cause")             (code, words) of a dimension's codes that occur
    records("steering_meetings")           the records of a figure, for their dated facts
    rule("control.programme.lag_limit")    the value of a rule in force, with its legal basis as its source
    day(meeting.held_on)                   a date of a record
    external("1999", source="…")           a number from outside, with its source
    period_text, period                    the period in words, and itself
"""

from __future__ import annotations

import re
import traceback
from datetime import date
from decimal import Decimal
from typing import Any

from django.db.models import QuerySet
from django.template import TemplateDoesNotExist, TemplateSyntaxError, loader
from django.utils import translation
from django.utils.translation import gettext as _
from jinja2 import TemplateError
from markupsafe import Markup, escape

from yankao.kernel.figures.declare import Figure, register, resolve
from yankao.kernel.period import roc_text
from yankao.kernel.roc import date_text, format_roc
from yankao.kernel.rules.values import declared

from .outline import Paragraph
from .prose import ProseError
from .readings import Readings


def source_of(paragraph: Paragraph, readings: Readings, language: str) -> str:
    """The section's prose in the restricted markup. Raises ProseError naming the template and its line."""
    if not paragraph.stem:
        return _listed(paragraph, readings, language)
    name = paragraph.template(language)
    try:
        template = loader.get_template(name)
    except TemplateDoesNotExist:
        raise ProseError(name, 0, _("沒有這個範本。")) from None
    except TemplateSyntaxError as error:  # Django's word for it; Jinja's own, with the line, is its cause
        cause = error.__cause__ or error.__context__
        raise ProseError(name, int(getattr(cause, "lineno", 0) or 0), str(error)) from None
    helpers = Helpers(paragraph.room.name, readings, language)
    with translation.override("en" if language == "en" else "zh-hant"):
        try:
            return str(template.template.render(helpers.context())).strip()  # type: ignore[attr-defined]
        except (TemplateError, LookupError, TypeError, ValueError) as error:
            raise ProseError(name, _line(error, name), _sentence(error)) from error


def _listed(paragraph: Paragraph, readings: Readings, language: str) -> str:
    """The sentence of a room that wrote none: its headline figures, one after the other."""
    helpers = Helpers(paragraph.room.name, readings, language)
    mine = (one for name, one in register.items() if name.rpartition(".")[0] == paragraph.room.name)
    own = [one for one in mine if one.headline]
    with translation.override("en" if language == "en" else "zh-hant"):
        told = [f"{escape(one.label)}{_BETWEEN[helpers.language]}{helpers.fig(one.name)}" for one in own]
    when = helpers.context()["period_text"]
    words = {"zh": f"{when}，{'、'.join(told)}。", "en": f"{when}: {'; '.join(told)}."}
    return f"<p>{words[helpers.language]}</p>"


_BETWEEN = {"zh": "", "en": ": "}


def _sentence(error: Exception) -> str:
    if isinstance(error, LookupError) and error.args:
        return _("沒有數據或規則「%(name)s」。") % {"name": error.args[0]}
    return str(error)


def _line(error: Exception, name: str) -> int:
    """The line of the template where it failed; Jinja writes its own lines into the traceback."""
    frames = traceback.extract_tb(error.__traceback__)
    lines = [frame.lineno or 0 for frame in frames if frame.filename.endswith((name, "<template>"))]
    return lines[-1] if lines else int(getattr(error, "lineno", 0) or 0)


def day_words(day: date, language: str) -> str:
    """A date in running text: 101年6月30日, 30 June 2012."""
    return date_text(day, "en") if language == "en" else format_roc(day, "short")


class Helpers:
    """What the templates of one room may ask for, for one report."""

    def __init__(self, room: str, readings: Readings, language: str) -> None:
        self.room, self.readings, self.language = room, readings, "en" if language == "en" else "zh"

    def context(self) -> dict[str, Any]:
        period = self.readings.period
        return {
            "fig": self.fig,
            "value": self.value,
            "slices": self.slices,
            "records": self.records,
            "rule": self.rule,
            "day": self.day,
            "external": self.external,
            "period": period,
            "period_text": roc_text(period, self.language),
        }

    def _figure(self, name: str, slice: dict[str, str]) -> Figure:
        full = name if "." in name.partition("[")[0] else f"{self.room}.{name}"
        found = resolve(full)
        return found.only(**slice) if slice else found

    def fig(self, name: str, bare: bool = False, **slice: str) -> Markup:
        """A reference to a figure."""
        found = self._figure(name, {key: str(code) for key, code in slice.items()})
        return Markup("{{{}}}").format(found.full_name + ("|bare" if bare else ""))

    def value(self, name: str, **slice: str) -> Decimal:
        """The number of a figure, for conditions."""
        return self.readings.read(self._figure(name, slice)).value

    def slices(self, name: str, dimension: str, **slice: str) -> list[tuple[str, str]]:
        """(code, words) of a dimension's codes among the records of a figure, in the order of the codes."""
        found = self._figure(name, slice)
        codes = found.dimensions[dimension].codes(found(self.readings.dates(found).period))
        language = "en" if self.language == "en" else "zh-hant"
        return [(code, self.readings.code_name(found, dimension, code, language)) for code in codes if code]

    def records(self, name: str, **slice: str) -> QuerySet[Any]:
        """The records of a figure in the dates it is read with."""
        found = self._figure(name, slice)
        return found(self.readings.dates(found).period)

    def rule(self, code: str, unit: str = "") -> Markup:
        """A reference to a rule's value."""
        if code not in declared:
            raise LookupError(code)
        return Markup("{{rule:{}}}").format(code + (f"|{unit}" if unit else ""))

    def day(self, day: date | None) -> str:
        """A date of a record in words."""
        return day_words(day, self.language) if day else ""

    def external(self, text: object, source: str) -> Markup:
        """A number from outside with its source."""
        words = re.sub(r"[{}|\n]", " ", f"{text}").strip()
        return Markup("{{external:{}|{}}}").format(escape(words), re.sub(r"[{}|\n]", " ", source).strip())
