"""The demonstration city against the figures of the reference half-year; the linter over every room's prose;
what is taken out of it can be taken in again.
"""

from __future__ import annotations

import csv
import os
import re
from collections.abc import Iterator
from dataclasses import replace
from decimal import Decimal
from itertools import islice
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings

from yankao.kernel.audit.models import Entry
from yankao.kernel.intake import Import, take
from yankao.kernel.people.city import build_city
from yankao.kernel.people.models import User
from yankao.kernel.people.testing import settle
from yankao.kernel.rooms import Room, rooms
from yankao.kernel.rules import values
from yankao.kernel.sheets import read, write_csv, write_ods
from yankao.report import api, checks
from yankao.report.document.model import fact_runs
from yankao.report.outline import paragraphs, sections_of

FIGURES = Path(settings.BASE_DIR).parent / "shared" / "acceptance" / "figures.csv"
PERIOD = "101H1"
AT_MOST = 300
PETITIONS = "service.petitions"


@pytest.fixture(scope="module")
def city(django_db_setup: Any, django_db_blocker: Any) -> Iterator[list[Room]]:
    """The demonstration city as it is delivered, loaded once for the module and taken back after it."""
    from django.db import transaction

    with django_db_blocker.unblock():
        with transaction.atomic():
            values.seed()
            made = build_city()
            listed = [one for one in rooms() if one.package.__name__.startswith("yankao.")]
            for room in listed:
                demo = room.part("demo")
                assert demo, f"{room.name} has no demonstration records"
                demo.load(replace(made, scale=scale_of(room.name)))
            settle()
            yield listed
            transaction.set_rollback(True)
        values.forget()


def scale_of(room: str) -> float:
    """The part of a room's records that is loaded: all of them, but of the hundred thousand petitions one in
    fifty, unless `YANKAO_TEST_WHOLE=1` asks for the whole.
    """
    return 0.02 if room == PETITIONS and not os.environ.get("YANKAO_TEST_WHOLE") else 1.0


def wanted(row: dict[str, str], room: str) -> Decimal:
    """What the city's part of the printed value is."""
    whole = Decimal(row["value"])
    return whole if scale_of(room) == 1 else Decimal(round(float(whole) * scale_of(room)))


def expected(room: str) -> list[dict[str, str]]:
    if not FIGURES.exists():
        pytest.skip(f"the acceptance figures are not here: {FIGURES}")
    with FIGURES.open(newline="") as lines:
        return [row for row in csv.DictReader(lines) if row["figure"].startswith(f"{room}.")]


@pytest.mark.django_db
def test_the_demonstration_city_gives_the_printed_figures(city: list[Room]) -> None:
    told = {one["figure"]: one for one in api.figures_json(PERIOD)}
    wrong = []
    for room in city:
        rows = expected(room.name)
        belongs = room.name.rpartition(".")[0] in {one.name for one in city}
        assert rows or belongs, f"no acceptance figure for {room.name}"
        for row in rows:
            one = told.get(row["figure"])
            if one is None:
                wrong.append(f"{row['figure']} is not printed")
            elif (Decimal(one["value"]), one["unit"], one["decimals"]) != (
                wanted(row, room.name),
                row["unit"],
                int(row["precision"]),
            ):
                wrong.append(
                    f"{row['figure']}: {one['value']}{one['unit']}, expected {row['value']}{row['unit']}"
                )
    assert wrong == []


@pytest.mark.django_db
@pytest.mark.parametrize("language", ["zh-hant", "en"])
def test_no_paragraph_types_a_number_or_has_a_fault(city: list[Room], language: Any) -> None:
    built = api.build(PERIOD, language)
    assert [problem.sentence for problem in built.problems] == []
    assert all(built.parts[key].facts for key in paragraphs())


@pytest.mark.django_db
def test_both_languages_print_the_same_figures(city: list[Room]) -> None:
    zh, en = (api.build(PERIOD, language) for language in ("zh-hant", "en"))
    assert {run.fact_id for run in fact_runs(zh.report)} == {run.fact_id for run in fact_runs(en.report)}


@pytest.mark.django_db
def test_every_check_holds_on_the_demonstration_city(city: list[Room]) -> None:
    assert {one.code: one.faults for one in checks.run(api.as_period(PERIOD)) if one.open} == {}


def test_every_room_writes_a_section_or_belongs_to_one_that_does() -> None:
    """The lists of one system (names, badges, signs) stand in one section, which the first of them writes."""
    ours = [one for one in rooms() if one.package.__name__.startswith("yankao.")]
    written = {one.name for one in ours if sections_of(one)}
    assert [one.name for one in ours if not {one.name, one.name.rpartition(".")[0]} & written] == []


# ── Taken out and taken in again ──────────────────────────────────────────────────────────────────

ONLY_IN = {
    ("control.programme", "uk-gmpp"): "published elsewhere: these records are taken out as items and months",
    ("control.programme", "us-it-dashboard"): "likewise",
    ("service.petitions", "tainan-open1999"): "other cities' records beside ours, taken back by batch",
    ("service.petitions", "baltimore-311"): "likewise",
    ("service.petitions", "nyc-council"): "likewise",
    ("service.petitions", "mail"): "mails become cases, which are taken out as `cases`",
}


def kinds(city: list[Room]) -> list[tuple[Room, Import]]:
    return [(room, one) for room in city for one in room.imports]


@pytest.mark.django_db
def test_what_a_room_takes_in_it_also_gives_out(city: list[Room]) -> None:
    kept = {(room.name, re.sub(r"-\d{4}$", "", one.code)) for room, one in kinds(city) if not one.records}
    assert kept == set(ONLY_IN)


@pytest.mark.django_db
@pytest.mark.parametrize("form", ["csv", "ods"])
def test_what_was_taken_out_changes_nothing_when_it_is_taken_in_again(city: list[Room], form: str) -> None:
    for room, one in kinds(city):
        if one.records is None:
            continue
        actor = next((user for user in User.objects.filter(is_active=True) if one.may(user)), None)
        assert actor, f"nobody may take in {room.name} {one.code}"
        header, rows = one.out(actor)
        first = list(islice(rows, AT_MOST))
        assert first, f"{room.name} {one.code}: the demonstration city has none on record"
        data = b"".join(write_csv(header, first)) if form == "csv" else write_ods(header, first, one.code)
        before = Entry.objects.count()
        outcome = take(read(data, f"out.{form}"), one, actor)
        what = f"{room.name} {one.code}"
        assert [(row.number, str(row.problems[0])) for row in outcome.refused][:3] == [], what
        assert outcome.kept == len(first) and Entry.objects.count() == before, what
