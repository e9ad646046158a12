from __future__ import annotations

from datetime import date, datetime, time
from types import SimpleNamespace

import pytest
from django.utils import timezone

from yankao.kernel.evidence.files import keep
from yankao.research.trips import process as p
from yankao.research.trips.countries import load_countries
from yankao.research.trips.models import Country, Publicity

ODT = None


def odt(text: str = "出國報告") -> bytes:
    """A real OpenDocument text."""
    from yankao.research.trips.demo import report_file

    return report_file(text, [text])


def at(day: date, hour: int = 10) -> datetime:
    return timezone.make_aware(datetime.combine(day, time(hour)))


@pytest.fixture(autouse=True)
def private_store(settings, tmp_path):
    settings.DATA = tmp_path


@pytest.fixture
def countries(db):
    if not Country.objects.exists():
        load_countries(Country)
    return {country.code: country for country in Country.objects.all()}


@pytest.fixture
def desk(cast, countries):
    """What the tests do again and again: open a trip of the water bureau and take it so far."""
    return Desk(cast, countries)


FACTS = {
    "kind": "inspection",
    "departs_on": date(2012, 3, 5),
    "returns_on": date(2012, 3, 15),
    "purpose": "考察雨水下水道",
    "letter": "高市府人力字第10130012345號",
    "budget": 250_000,
    "source": "city_general",
}
WHOLE = {"has_purpose": True, "has_course": True, "has_findings": True, "has_suggestions": True}


class Desk:
    def __init__(self, cast, countries):
        self.cast, self.countries = cast, countries
        self.files = 0

    def file(self, data: bytes | None = None, name: str = "report.odt"):
        self.files += 1
        return keep(data or odt(f"報告{self.files}"), name, self.cast.officer)

    def trip(self, title="赴日本考察雨水下水道", **facts):
        return p.process.open(
            self.cast.registrar,
            title=title,
            agency=self.cast.water,
            officer=self.cast.officer,
            at=at(date(2012, 2, 20)),
            **(FACTS | facts),
        )

    def party(self, trip, codes=("JP",), names=("林怡君",)):
        p.list_party(
            trip,
            self.cast.registrar,
            destinations=[p.DestinationRow(self.countries[code], "東京") for code in codes],
            travellers=[p.TravellerRow(name, "工程員", "水利局") for name in names],
        )
        return trip

    def do(self, trip, move, actor=None, on=None, **given):
        move.run(trip, actor or self.cast.officer, given, at=at(on) if on else None)
        return trip

    def returned(self, on=date(2012, 3, 15), **facts):
        trip = self.party(self.trip(**facts))
        self.do(trip, p.depart, on=facts.get("departs_on", date(2012, 3, 5)), departed_on=date(2012, 3, 5))
        return self.do(trip, p.come_back, on=on, returned_on=on)

    def submission(self, **more):
        return {"report": self.file(), "paper_copies": 2, "signed": True, **WHOLE} | more

    def submitted(self, on=date(2012, 5, 2), **facts):
        return self.do(self.returned(**facts), p.submit, on=on, abstract="心得三點", **self.submission())

    def accepted(self, on=date(2012, 5, 10)):
        trip = self.submitted()
        self.do(trip, p.take_up, self.cast.controller, on=date(2012, 5, 3))
        return self.do(trip, p.accept, self.cast.controller, on=on)

    def registered(self, on=date(2012, 5, 20), **more):
        given = {"url": "https://report.example/c101", "publicity": Publicity.PUBLIC} | more
        return self.do(self.accepted(), p.register, self.cast.registrar, on=on, **given)

    def sent_out(self, on=date(2012, 6, 1), agencies=("works", "water")):
        rows = [p.SuggestionRow(f"建議{n}", getattr(self.cast, a)) for n, a in enumerate(agencies, 1)]
        return self.do(self.registered(), p.dispatch, self.cast.registrar, on=on, suggestions=rows)


@pytest.fixture
def moves():
    return SimpleNamespace(**{move.name: move for move in p.process.moves.values()})
