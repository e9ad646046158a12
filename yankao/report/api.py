"""What the command line and other floors may ask of the report.

- `figures_json("101H1")`: every figure the report prints, measured now.
- `build("101H1", "zh-hant")`: the report of a period in one language.
- `render(built, "pdf")`: its bytes as html, odt, pdf, json or zip.
- `freeze(edition, actor)` and `verify(edition)`: see `freezing`.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from django.utils.translation import gettext as _

from yankao.kernel.figures.declare import resolve
from yankao.kernel.people.models import User
from yankao.kernel.period import Period
from yankao.kernel.rooms import rooms

from . import building
from .building import Built
from .document.facts_json import render_facts_json
from .document.html import render_html_file
from .document.model import Language
from .document.odt import render_odt
from .document.package import render_package
from .document.pdf import render_pdf
from .outline import outline, paragraphs
from .paragraph import source_of
from .prose import references
from .readings import Readings

if TYPE_CHECKING:
    from .models import Edition

FORMATS = ("html", "odt", "pdf", "json", "zip")
TYPES = {
    "html": "text/html; charset=utf-8",
    "odt": "application/vnd.oasis.opendocument.text",
    "pdf": "application/pdf",
    "json": "application/json",
    "zip": "application/zip",
}


def as_period(period: Period | str) -> Period:
    """A period from its name; what is one already stays. Raises PeriodError."""
    return period if isinstance(period, Period) else Period.parse(period)


def printed(readings: Readings) -> list[str]:
    """The names of the figures that the rooms' own paragraphs print, each once, in the order of the outline.

    Raises ProseError when a paragraph has a fault.
    """
    found: dict[str, None] = {}
    for section in outline():
        for paragraph in paragraphs().get(section.key, ()):
            for reference in references(source_of(paragraph, readings, "zh-hant")):
                if not reference.startswith(("rule:", "external:")):
                    found[reference] = None
    return list(found)


def figures_json(
    period: Period | str, names: Sequence[str] = (), *, supporting: bool = False
) -> list[dict[str, Any]]:
    """The figures of a period as plain values, measured now; without names the report's headline figures.

    `supporting` adds those that only support them in a sentence or a table.

    A name without slice that is unknown raises LookupError with a sentence.
    """
    rooms()
    readings = Readings(as_period(period))
    wanted = list(names) or [name for name in printed(readings) if supporting or resolve(name).headline]
    for name in wanted:
        try:
            resolve(name)
        except LookupError:
            raise LookupError(_("沒有數據「%(name)s」。") % {"name": name}) from None
    return [readings.figure(name).as_json() for name in wanted]


def build(period: Period | str, language: Language = "zh-hant") -> Built:
    """The report of a period in one language, from the records of now."""
    rooms()
    return building.build(as_period(period), language)


def build_both(period: Period | str) -> dict[Language, Built]:
    """The report of a period in both languages, each figure measured once."""
    rooms()
    found = as_period(period)
    readings = Readings(found)
    return {language: building.build(found, language, readings=readings) for language in building.LANGUAGES}


def render(built: Built, format: str) -> bytes:
    """The bytes of one output. Raises ValueError for an unknown format, and as the outputs do."""
    report, facts = built.report, built.facts
    match format:
        case "html":
            return render_html_file(report, facts)
        case "odt":
            return render_odt(report, facts)
        case "pdf":
            return render_pdf(report, facts)
        case "json":
            return render_facts_json(report, facts)
        case "zip":
            return render_package(report, facts)
    raise ValueError(
        _("不支援的格式「%(format)s」，可用：%(known)s。") % {"format": format, "known": "、".join(FORMATS)}
    )


def freeze(edition: Edition, actor: User) -> None:
    """Freeze an approved edition; see `freezing.freeze`."""
    from . import freezing  # noqa: PLC0415  (freezing renders through this module)

    freezing.freeze(edition, actor)


def verify(edition: Edition) -> list[str]:
    """What is wrong with a frozen edition; see `freezing.verify`."""
    from . import freezing  # noqa: PLC0415

    return freezing.verify(edition)
