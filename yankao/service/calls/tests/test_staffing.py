"""Erlang's formulas against published values, pyworkforce and a simulation by simpy; the forecast against
known weeks.
"""

from __future__ import annotations

import importlib
import importlib.util
import math
import random
import sys
from collections.abc import Iterator
from datetime import date, timedelta
from types import ModuleType
from typing import Any

import pytest
import simpy
from hypothesis import given, settings
from hypothesis import strategies as st

from yankao.service.calls import erlang, forecast


def simulated(
    calls: float, handling: float, agents: int, limit: float, patience: float | None, many: int = 40_000
) -> tuple[float, float]:
    """(answered within the limit over offered, abandoned) of so many calls in a centre of simpy's."""
    rng, room = random.Random(7), simpy.Environment()
    seats = simpy.Resource(room, agents)
    quick = gone = 0

    def call() -> Iterator[Any]:
        nonlocal quick, gone
        came = room.now
        with seats.request() as seat:
            if patience is None:
                yield seat
            else:
                told = yield seat | room.timeout(rng.expovariate(1 / patience))
                if seat not in told:
                    gone += 1
                    return
            quick += room.now - came <= limit
            yield room.timeout(rng.expovariate(1 / handling))

    def arrivals() -> Iterator[Any]:
        for _call in range(many):
            yield room.timeout(rng.expovariate(calls / 1800))
            room.process(call())

    room.process(arrivals())
    room.run()
    return quick / many, gone / many


@pytest.fixture(scope="module")
def workforce() -> Any:
    """pyworkforce's queueing alone: the package as a whole also wants solvers for rosters."""
    whole = importlib.util.find_spec("pyworkforce")
    assert whole is not None and whole.submodule_search_locations, "make setup-dev installs it"
    bare = ModuleType("pyworkforce")
    bare.__path__ = list(whole.submodule_search_locations)
    sys.modules["pyworkforce"] = bare
    yield importlib.import_module("pyworkforce.queuing.erlang").ErlangC
    for name in [one for one in sys.modules if one.partition(".")[0] == "pyworkforce"]:
        del sys.modules[name]


@pytest.mark.parametrize("calls", [12, 40, 92, 150, 400])
@pytest.mark.parametrize(("handling", "target", "limit"), [(240, 0.8, 20), (180, 0.9, 10), (330, 0.6, 60)])
def test_erlang_c_agrees_with_another_author(
    workforce: Any, calls: int, handling: int, target: float, limit: int
) -> None:
    other = workforce(
        transactions=calls, aht=handling / 60, asa=limit / 60, interval=30, shrinkage=0.0
    ).required_positions(service_level=target, max_occupancy=1.0)
    agents = erlang.agents_for(calls, 1800, handling, target, limit)
    assert agents == other["raw_positions"]
    told = erlang.erlang_c(calls, 1800, handling, agents, limit)
    assert told.level == pytest.approx(other["service_level"], abs=5e-5)
    assert told.busy == pytest.approx(other["occupancy"], abs=5e-5)
    must = erlang.waiting(calls * handling / 1800, agents)
    assert must == pytest.approx(other["waiting_probability"], abs=5e-5)


@pytest.mark.parametrize(("calls", "agents"), [(40, 8), (92, 16), (150, 25), (400, 60)])
def test_four_minutes_and_eighty_within_twenty_need_the_agents_of_the_tables(calls: int, agents: int) -> None:
    assert erlang.agents_for(calls, 1800, 240, 0.8, 20) == agents


def test_erlang_c_agrees_with_a_simulation() -> None:
    told = erlang.erlang_c(92, 1800, 240, 17, 20)
    level, _gone = simulated(92, 240, 17, 20, None)
    assert told.level == pytest.approx(level, abs=0.02)


def test_erlang_a_agrees_with_a_simulation_where_agents_are_too_few() -> None:
    told = erlang.erlang_a(92, 1800, 240, 13, 90)
    _level, gone = simulated(92, 240, 13, 20, 90)
    assert told.abandoned == pytest.approx(gone, abs=0.01)
    assert told.abandoned == pytest.approx(0.1113, abs=0.002)  # the value measured for the design
    assert erlang.erlang_c(92, 1800, 240, 12, 20).wait == math.inf


@given(st.floats(1, 900), st.floats(20, 900), st.floats(0.5, 0.99), st.floats(5, 120))
@settings(max_examples=60, deadline=None)
def test_the_agents_found_are_enough_and_one_fewer_are_not(
    calls: float, handling: float, target: float, limit: float
) -> None:
    agents = erlang.agents_for(calls, 1800, handling, target, limit)
    assert erlang.erlang_c(calls, 1800, handling, agents, limit).level >= target - 1e-9
    assert erlang.erlang_c(calls, 1800, handling, agents - 1, limit).level < target
    assert erlang.on_the_roster(agents, 0.3) >= agents


def weeks(level: float, noise: float) -> forecast.Volumes:
    """Twelve weeks whose weekdays differ; `noise` is a share by which every half-hour strays."""
    rng = random.Random(3)
    start = date(2012, 2, 6)
    found: forecast.Volumes = {}
    for number in range(84):
        day = start + timedelta(days=number)
        busy = level * (1 if day.weekday() < 5 else 0.4)
        found[day] = [round(busy * (1 + half % 7) * (1 + rng.uniform(-noise, noise))) for half in range(48)]
    return found


@pytest.fixture(autouse=True)
def plain_weeks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(forecast, "kind_of", lambda day: day.weekday())


def test_a_noisy_week_is_foretold_better_by_eight_weeks_than_by_one() -> None:
    known = weeks(20, 0.3)
    trial = forecast.tried(known, date(2012, 4, 30))
    assert trial.weeks == forecast.TRIED
    assert trial.model is not None
    assert trial.baseline is not None
    assert trial.model < trial.baseline
    assert trial.model_used


def test_weeks_that_never_differ_are_foretold_exactly() -> None:
    known = weeks(20, 0)
    told = forecast.foretell(known, date(2012, 5, 1), date(2012, 4, 30))
    assert told == pytest.approx(known[date(2012, 4, 24)])
    assert forecast.tried(known, date(2012, 4, 30)).model == pytest.approx(0)


def test_nothing_is_foretold_from_nothing() -> None:
    assert forecast.foretell({}, date(2012, 5, 1), date(2012, 4, 30)) is None
    assert forecast.tried({}, date(2012, 4, 30)) == forecast.Tried(0, None, None)
