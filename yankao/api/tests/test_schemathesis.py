"""A stranger reads our description and asks each of its addresses: no error of the server, no answer of
another shape than described, none without signing in.

The usual run asks the addresses that every room shares, by the smallest room. `YANKAO_TEST_API=5` asks every
address of every room, by the records of a small demonstration city, so many times in each of four ways; each
time takes about ten minutes.
"""

from __future__ import annotations

import os
import sys
from collections import Counter
from dataclasses import replace
from datetime import date
from typing import Any

import pytest
from django.core.wsgi import get_wsgi_application
from hypothesis import HealthCheck, Phase, given, settings

from yankao.api.description import document
from yankao.kernel.casework.models import Case
from yankao.kernel.limits import READS, READS_BY_KEY
from yankao.kernel.people.city import build_city
from yankao.kernel.people.models import User
from yankao.kernel.people.testing import settle
from yankao.kernel.rooms import rooms
from yankao.kernel.rules import values
from yankao.kernel.rules.values import Seed

from .conftest import Program

schemathesis = pytest.importorskip("schemathesis")
from schemathesis.generation import GenerationMode  # noqa: E402  (not before it is known to be there)
from schemathesis.specs.openapi import checks  # noqa: E402  (schemathesis is optional: not before it is known to be there)

TIMES = int(os.environ.get("YANKAO_TEST_API", "0"))
ROOM, FIGURE = "examples.lost_property", "research.trips.filed"
BESIDES = [checks.positive_data_acceptance]
"""A value of the right type may be refused: agencies, dates and stages have rules that no schema tells."""


class Stranger:
    """Asks operations of the description with made-up values and keeps what was wrong."""

    def __init__(self, program: Program, times: int) -> None:
        self.program = program
        self.quiet = settings(
            max_examples=times, deadline=None, database=None, derandomize=True, phases=[Phase.generate],
            suppress_health_check=list(HealthCheck),
        )  # fmt: skip
        self.faults: list[str] = []
        self.statuses: Counter[int] = Counter()
        self.answered: set[str] = set()

    def ask(self, operation: Any, **known: str) -> None:
        """With values the description allows and with others, of `known` parts of the address."""
        named = {one.name for one in operation.path_parameters}
        paths = {name: value for name, value in known.items() if name in named} or None
        for mode in (GenerationMode.POSITIVE, GenerationMode.NEGATIVE):
            self._one(operation, operation.as_strategy(mode, path_parameters=paths))

    def _one(self, operation: Any, strategy: Any) -> None:
        @self.quiet
        @given(case=strategy)
        def one(case: Any) -> None:
            answer = case.call(headers=self.program.headers)
            self.statuses[answer.status_code] += 1
            if answer.status_code < 300:
                self.answered.add(operation.label)
            try:
                case.validate_response(answer, excluded_checks=BESIDES, headers=self.program.headers)
            except (AssertionError, BaseExceptionGroup) as problem:
                found = getattr(problem, "exceptions", [problem])
                self.faults += [f"{operation.label}: {type(two).__name__}: {two}" for two in found]

        one()


def operations(document: dict[str, Any]) -> list[Any]:
    schema = schemathesis.openapi.from_dict(document)
    schema.app, schema.location = get_wsgi_application(), "/api/openapi.json"
    return [found.ok() for found in schema.get_all_operations()]


@pytest.mark.usefixtures("connections_stay_open")
def test_the_answers_keep_what_the_description_says(cast: Any, noticed: Any) -> None:
    told = document("http://testserver/api")
    told["paths"] = {
        address: {way: one for way, one in ways.items() if set(one.get("tags", [ROOM])) == {ROOM}}
        for address, ways in told["paths"].items()
    }
    stranger = Stranger(Program(cast.rdec_chief), 2)
    for operation in operations(told):
        stranger.ask(operation, case=str(noticed.pk), figure=FIGURE, period="101H1")
    assert stranger.faults == []
    assert stranger.statuses[200] and stranger.statuses[422] and stranger.statuses[409]
    assert {"GET /cases/{case}/", "GET /figures/{figure}/{period}/", "GET /rooms/"} <= stranger.answered


@pytest.mark.usefixtures("connections_stay_open")
def test_a_stranger_sees_an_answer_of_another_shape_and_a_door_left_open(
    cast: Any, noticed: Any, monkeypatch: Any
) -> None:
    from yankao.api import cases, doors

    told = document("http://testserver/api")
    told["paths"] = {"/cases/{case}/": told["paths"]["/cases/{case}/"]}
    monkeypatch.setattr(doors.Token, "__call__", lambda _self, request: _as(request, cast.officer))
    shown = cases.whole
    monkeypatch.setattr(cases, "whole", lambda found: shown(found) | {"id": "one"})
    stranger = Stranger(Program(cast.officer), 1)
    (operation,) = operations(told)
    stranger.ask(operation, case=str(noticed.pk))
    assert any("JsonSchemaError" in one for one in stranger.faults)
    assert any("IgnoredAuth" in one for one in stranger.faults)


def _as(request: Any, user: Any) -> Any:
    request.user = user
    return user


@pytest.mark.usefixtures("connections_stay_open")
@pytest.mark.skipif(not TIMES, reason="asks every address of every room; YANKAO_TEST_API=5 runs it")
def test_every_address_of_every_room_keeps_what_the_description_says(
    db: None, settings: Any, tmp_path: Any, monkeypatch: Any
) -> None:
    settings.DATA = tmp_path
    today = date(2026, 11, 23)
    city = build_city(0.01, today)
    for room in rooms():
        if demo := room.part("demo"):
            demo.load(replace(city, scale=0.01))
            if present := getattr(demo, "present", None):
                present(city, today)
    settle()
    # Asked thousands of times a minute from one address: 429 is true, and hides what stands behind it.
    often = {rule.code: [(date(1912, 1, 1), None, Seed("1000000"))] for rule in (READS, READS_BY_KEY)}
    monkeypatch.setattr(values, "_kept", (float("inf"), {**values._table(), **often}))
    for person in ("demo.rdec", "demo.officer"):
        stranger = Stranger(Program(User.objects.get(username=person)), TIMES)
        for operation in operations(document("http://testserver/api")):
            tags = operation.definition.raw.get("tags", [])
            found = Case.objects.filter(kind__in=tags) if tags else Case.objects.all()
            case = found.filter(closed_on=None).last() or found.last()
            stranger.ask(operation, case=str(case.pk if case else 0), figure=FIGURE, period="101H1")
            stranger.ask(operation)
        sys.stdout.write(f"{person}: {dict(stranger.statuses)}, {len(stranger.answered)} answered\n")
        assert stranger.faults == []
