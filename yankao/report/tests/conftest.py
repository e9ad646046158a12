"""A house with one small room that writes a section, and an edition of its report on its way to the
council.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import date, datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from django.template import engines
from jinja2 import ChoiceLoader, DictLoader

from examples.lost_property import figures as lost_figures
from examples.lost_property.models import Find
from examples.lost_property.process import give_back, give_notice, process
from yankao.kernel.people.testing import Cast
from yankao.kernel.period import Period
from yankao.kernel.rooms import room
from yankao.report import checks, drift, editions, freezing, history, outline
from yankao.report.models import Edition

KEY = "五(三)"
PERIOD = Period.parse("115H1")
TAIPEI = ZoneInfo("Asia/Taipei")
TEMPLATES = {
    "lost_property/paragraph.html": (
        '<p>{{ period_text }}公告招領{{ fig("noticed") }}，\n領回{{ fig("returned") }}，'
        "領回率{{ fig('returned_rate') }}；招領期間{{ rule('examples.lost_property.term') }}。</p>\n"
        '<table data-caption="公告與領回" data-units="件"><thead><tr><th>項目</th><th>件數</th></tr></thead>'
        '<tbody><tr><td>公告</td><td>{{ fig("noticed", bare=True) }}</td></tr></tbody></table>'
        "<ol><li>失主持證明領回。<ol><li>由承辦機關查驗。</li></ol></li></ol>"
    ),
    "lost_property/paragraph.en.html": (
        "<p>In {{ period_text }} notice was given of {{ fig('noticed') }}, "
        "{{ fig('returned', bare=True) }} were returned\n"
        "({{ fig('returned_rate') }}); owners have {{ rule('examples.lost_property.term') }}.</p>"
    ),
}


@pytest.fixture
def templates() -> dict[str, str]:
    """The prose of the room, for a test to change."""
    return dict(TEMPLATES)


@pytest.fixture
def house(
    monkeypatch: pytest.MonkeyPatch, settings: Any, tmp_path: Path, templates: dict[str, str]
) -> Iterator[None]:
    """Only the worked example writes the report, and its files lie in a folder of the test."""
    settings.DATA = tmp_path
    environment: Any = engines["jinja2"].env
    monkeypatch.setattr(environment, "loader", ChoiceLoader([DictLoader(templates), environment.loader]))
    monkeypatch.setattr(environment, "auto_reload", True)
    monkeypatch.setattr(lost_figures, "SECTIONS", ((KEY, "paragraph"),), raising=False)
    monkeypatch.setattr(outline, "rooms", lambda: (room("examples.lost_property"),))
    outline.paragraphs.cache_clear()
    environment.cache.clear()
    forget()
    yield
    outline.paragraphs.cache_clear()
    environment.cache.clear()
    forget()


def forget() -> None:
    for kept in (checks, drift, history):
        kept.forget()


@pytest.fixture
def find(cast: Cast) -> Callable[..., Find]:
    """`find(date(2026, 3, 1))`: something found, given notice of on that day, and given back when asked."""

    def make(noticed_on: date, *, returned: date | None = None, by: Any = None, title: str = "皮夾") -> Find:
        person = by or cast.officer
        agency = cast.works if person in (cast.works_officer, cast.works_controller) else cast.water
        at = datetime(noticed_on.year, noticed_on.month, noticed_on.day, 9, tzinfo=TAIPEI)
        made = process.open(
            person,
            title=title,
            agency=agency,
            opened_on=noticed_on,
            officer=person,
            at=at,
            place="車站",
            found_on=noticed_on,
        )
        give_notice.run(made, person, {"noticed_on": noticed_on}, at=at)
        if returned:
            back = datetime(returned.year, returned.month, returned.day, 10, tzinfo=TAIPEI)
            give_back.run(made, person, {"claimant": "失主"}, at=back)
        return made

    return make


def take_out(made: Find, cast: Cast) -> None:
    """The notice turns out to belong to the half-year after. The example has no move for it: the row is
    changed as a
    move would change it, beside a correction that the ledger knows."""
    Find.objects.filter(pk=made.pk).update(noticed_on=date(2026, 7, 2))
    process.amend(made, cast.rdec_controller, reason="公告日登錄有誤", place="碼頭")


@pytest.fixture
def found(house: None, find: Callable[..., Find]) -> list[Find]:
    """Four finds of the half-year, three of them returned."""
    return [
        find(date(2026, 1, 5), returned=date(2026, 2, 1)),
        find(date(2026, 2, 5), returned=date(2026, 3, 1)),
        find(date(2026, 3, 5), returned=date(2026, 4, 1)),
        find(date(2026, 4, 7)),
    ]


@pytest.fixture
def edition(cast: Cast, found: list[Find]) -> Edition:
    """An edition with its sections to be written."""
    made = editions.open_edition(cast.rdec_controller, PERIOD)
    editions.begin(made, cast.rdec_controller)
    return made


def to_approved(edition: Edition, cast: Cast) -> Edition:
    """Submitted by the controller, reviewed by the chief secretary, checked, approved by the commissioner."""
    editions.submit(edition, cast.rdec_controller, [KEY])
    editions.review(edition, cast.rdec_chief, [KEY])
    editions.check(edition, cast.rdec_controller)
    editions.approve(edition, cast.rdec_commissioner)
    return edition


@pytest.fixture
def frozen(edition: Edition, cast: Cast) -> Edition:
    freezing.freeze(to_approved(edition, cast), cast.rdec_chief)
    return edition
