"""Reading, listing, searching, counting, exporting, asking by program and going from a figure to its cases
agree, for each person and each case: no verb shows more than reading does, of sealed cases as of others.
"""

from __future__ import annotations

import json
import re
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from yankao.api import tokens
from yankao.kernel.audit.models import Look
from yankao.kernel.people.models import Post, Role, User
from yankao.service.petitions import process as p
from yankao.service.petitions.models import Petition

from .conftest import MONDAY, at, everybody

pytestmark = pytest.mark.django_db
LIST, FIGURE = "/rooms/service.petitions/", "/figures/service.petitions.received/101-03/"


@pytest.fixture
def cases(desk: Any, monkeypatch: Any) -> dict[str, Petition]:
    found: dict[str, Petition] = desk.each_kind()
    monkeypatch.setattr(timezone, "now", lambda: at(MONDAY, 15))
    return found


def inside(answer: Any) -> str:
    """What a page shows as its own; nothing where it does not open."""
    text = b"".join(answer).decode() if answer.status_code == 200 else ""
    return text.partition("<main")[2] or text


def numbers(text: str) -> set[str]:
    return set(re.findall(r"P101-\d+", text))


class Visit:
    """One person who tries every way to the cases."""

    def __init__(self, user: User | None, cases: dict[str, Petition]) -> None:
        self.client, self.user = Client(), user
        self.cases = {one.case.number: one.case for one in cases.values()}
        self.asked: dict[str, str] = {}
        if user is not None:
            self.client.force_login(user)
            text, _row = tokens.make(user, "試", scope="read")
            self.asked = {"Authorization": f"Bearer {text}"}

    def page(self, address: str, **query: str) -> str:
        return inside(self.client.get(address, query))

    def opened(self, address: str) -> set[str]:
        """The cases whose page of that kind opens."""
        return {
            number for number, case in self.cases.items()
            if self.client.get(address.format(pk=case.pk)).status_code == 200
        }  # fmt: skip

    def program(self, address: str, **query: str) -> Any:
        answer = Client().get(address, query, headers=self.asked)
        return json.loads(answer.content) if answer.status_code == 200 else None

    def read(self) -> set[str]:
        return self.opened("/cases/{pk}/")

    def listed(self) -> set[str]:
        return numbers(self.page(LIST))

    def found(self, place: str, number: str) -> bool:
        """Whether the search leads to the case; what was asked for stands in its box besides."""
        return f'href="/cases/{self.cases[number].pk}/"' in self.page(place, q=number)

    def searched(self) -> set[str]:
        return {number for number in self.cases if self.found(LIST, number)}

    def counted(self) -> int:
        told = re.search(r"共(\d+)筆", self.page(LIST))
        return int(told[1]) if told else 0

    def exported(self) -> set[str]:
        return numbers(self.page(f"{LIST}export.csv"))

    def asked_for(self) -> tuple[set[str], set[str], set[str]]:
        """By the programming interface: each by its number, the list, the list searched."""
        place = "/api/rooms/service.petitions/cases/"
        one = {number for number in self.cases if self.program(f"/api/cases/{number}/")}
        rows = {case["number"] for case in (self.program(place) or {"cases": []})["cases"]}
        asked = {number: self.program(place, q=number) or {"cases": []} for number in self.cases}
        found = {
            number for number, told in asked.items()
            if number in {case["number"] for case in told["cases"]}
        }  # fmt: skip
        return one, rows, found

    def drilled(self) -> tuple[set[str], set[str]]:
        return numbers(self.page(FIGURE)), numbers(self.page(f"{FIGURE}records.csv"))


def test_every_way_to_the_cases_shows_those_that_may_be_read_and_no_other(
    desk: Any, cases: dict[str, Petition]
) -> None:
    named = {one.case.number: name for name, one in cases.items()}
    for name, user in everybody(desk.cast).items():
        visit = Visit(user, cases)
        may = {
            one.case.number for one in cases.values()
            if user is not None and p.process.sees.held_by(user, one.case)
        }  # fmt: skip
        told = {named[number] for number in may}
        assert visit.read() == may, name
        assert visit.listed() == may, (name, "list", told)
        assert visit.searched() == may, (name, "search", told)
        assert visit.counted() == len(may), (name, "count", told)
        assert visit.exported() == may, (name, "export", told)
        assert visit.asked_for() == (may, may, may), (name, "api", told)
        inside_the_city = user is not None and standing_in(user)
        behind = may if inside_the_city else set()
        assert visit.drilled() == (behind, behind), (name, "drill", told)
        assert visit.opened("/cases/{pk}/ledger/") == may, (name, "ledger", told)


def standing_in(user: User) -> bool:
    """Figures in the making are for the administration."""
    return Post.objects.filter(user=user).exclude(role=Role.COUNCILLOR).exists()


def test_each_kind_of_secrecy_is_seen_by_somebody_and_hidden_from_somebody(
    desk: Any, cases: dict[str, Petition]
) -> None:
    """The table that the test above goes through, by hand."""
    sees = p.process.sees
    watch = ("officer", "colleague", "manager", "works_officer", "agent", "rdec_chief", "mayor", "auditor",
             "ethics", "admin")  # fmt: skip
    told = {
        name: {who for who in watch if sees.held_by(getattr(desk.cast, who), one.case)}
        for name, one in cases.items()
    }
    city = {"agent", "rdec_chief", "mayor", "auditor"}
    water = {"officer", "colleague", "manager"}
    assert told == {
        "new": city,  # not whoever else has a post in the commission, where it lies
        "own": city | water,
        "agency": city | water,
        "other": city | {"works_officer"},
        "joint": city | water | {"works_officer"},
        "fault": city | water,
        "confidential": {"rdec_chief", "auditor", "ethics"},
        "named": {"officer", "auditor", "ethics"},
        "custodian": {"officer", "colleague", "auditor", "ethics"},
        "accused": {"ethics"},
        "sealed": {"officer", "colleague", "ethics"},
    }


def test_other_pages_name_no_case_that_may_not_be_read(desk: Any, cases: dict[str, Petition]) -> None:
    """Those that narrow further, by task or place: each shows some of what may be read."""
    places = (
        "/", "/work/", "/work/export.csv", "/inbox/", f"{LIST}board/", f"{LIST}triage/",
        f"{LIST}overview/open/",
        f"{LIST}analysis/cases/", f"{LIST}hotspots/", f"{LIST}map/cases.geojson", f"{LIST}crew/",
        "/letters/", "/report/101H1/",
    )  # fmt: skip
    shown: set[str] = set()
    for name, user in everybody(desk.cast).items():
        visit = Visit(user, cases)
        may = visit.read()
        for place in places:
            seen = numbers(visit.page(place)) & set(visit.cases)
            assert seen <= may, (name, place)
            shown |= seen
        for number in visit.cases:
            assert visit.found("/palette/", number) <= (number in may), (name, number)
    plain = {one.case.number for one in cases.values() if one.case.security == "agency"}
    assert shown >= plain and len(plain) == 6


def test_looking_at_what_few_may_see_leaves_a_trace_by_page_and_by_program(
    desk: Any, cases: dict[str, Petition]
) -> None:
    visit = Visit(desk.cast.ethics, cases)
    before = Look.objects.count()
    visit.client.get(f"/cases/{cases['accused'].pk}/")
    visit.program(f"/api/cases/{cases['accused'].case.number}/")
    assert Look.objects.count() == before + 2
