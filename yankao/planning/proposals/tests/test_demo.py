"""The demonstration city yields the printed figures to the dollar, and a present that changes none."""

from __future__ import annotations

import csv
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.db.models import Count, Sum
from django.utils import timezone

from yankao.kernel.casework.models import Case
from yankao.kernel.figures.checks import checks, partition_faults
from yankao.kernel.figures.declare import read, register, resolve
from yankao.kernel.money.models import Source
from yankao.kernel.people.city import build_city
from yankao.kernel.people.testing import settle
from yankao.kernel.period import Period

from .. import deciding, demo, figures
from ..budget import over_ceilings
from ..models import Allowed, Cost, Meeting, Proposal, Result, Round

ACCEPTANCE = Path(settings.BASE_DIR).parent / "shared" / "acceptance" / "figures.csv"
pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("city")]
HALF = Period.parse("101H1")
TODAY = date(2026, 11, 23)


@pytest.fixture(scope="module")
def city(django_db_setup: None, django_db_blocker: Any) -> Any:
    """The room's demonstration, loaded once for the tests of this module and undone after them."""
    from django.db import transaction

    with django_db_blocker.unblock(), transaction.atomic():
        built = build_city(today=TODAY)
        demo.load(built)
        demo.present(built, TODAY)
        settle()
        yield built
        transaction.set_rollback(True)


def test_every_printed_figure_comes_out() -> None:
    if not ACCEPTANCE.exists():
        pytest.skip(f"acceptance figures are not here: {ACCEPTANCE}")
    rows = [
        row for row in csv.DictReader(ACCEPTANCE.open(encoding="utf-8"))
        if row["figure"].startswith("planning.proposals.")
    ]  # fmt: skip
    assert len(rows) == 13
    for row in rows:
        found = read(resolve(row["figure"]), HALF)
        assert f"{found.value:f}" == row["value"], row["figure"]
        assert (found.unit, found.decimals, found.kind) == (
            row["unit"],
            int(row["precision"]),
            row["kind"],
        ), row["figure"]


def test_the_demand_is_exact_to_the_dollar() -> None:
    wanted = {
        "city": 29_414_000_000, "funds": 7_277_000_000, "central": 7_631_000_000, "special": 177_000_000,
        "private": 154_000_000, "other": 0,
    }  # fmt: skip
    assert {code: figures.demand.only(source=code).raw(HALF) for code in wanted} == wanted
    assert figures.demand.raw(HALF) == sum(wanted.values()) == 44_653_000_000


def test_a_figure_has_as_many_records_as_it_counts() -> None:
    for figure in register.values():
        if figure.name.startswith("planning.proposals.") and isinstance(figure.measure, Count):
            reading = read(figure, HALF)
            assert reading.records == reading.value, figure.name


def test_every_check_holds_and_slices_partition_their_figures() -> None:
    for code, check in checks.items():
        if code.startswith("planning.proposals."):
            assert check.faults(HALF) == [], code
    for figure in register.values():
        if figure.name.startswith("planning.proposals."):
            assert list(partition_faults(figure, HALF)) == [], figure.name


def test_every_cost_sheet_sums_to_its_total() -> None:
    for model, total in ((Cost, "total"), (Allowed, "allowed_total")):
        told = dict(model.objects.standing().order_by().values_list("proposal").annotate(told=Sum("amount")))
        kept = dict(Proposal.objects.exclude(**{total: None}).values_list("pk", total))
        assert told == kept, total


def test_first_reviews_were_held_on_twenty_two_working_days() -> None:
    days = list(
        Meeting.objects.filter(year=102, round=Round.FIRST)
        .order_by("held_on")
        .values_list("held_on", flat=True)
    )
    assert (len(days), days[0], days[-1]) == (22, date(2012, 5, 2), date(2012, 7, 18))
    assert all(day.weekday() < 5 for day in days) and len(set(days)) == 22
    assert not Meeting.objects.filter(year=102).annotate(n=Count("agenda")).filter(n=0).exists()


def test_the_decided_year_stays_within_its_ceilings_and_some_fell_out() -> None:
    decided = Proposal.objects.filter(year=102, central=False)
    results = dict(decided.order_by().values_list("decision").annotate(n=Count("pk")))
    assert results[Result.KEEP] > 100 and results[Result.CUT] > 5 and results[Result.DEFER] > 30
    assert over_ceilings(102, date(2012, 12, 31)) == {}


def test_the_simulator_places_357_proposals_with_three_queries(django_assert_num_queries: Any) -> None:
    limits = dict.fromkeys(Source, 10**10)
    with django_assert_num_queries(3):
        outcome = deciding.simulate(102, limits)
        told = [deciding.explain(one, outcome) for one in outcome.placed]
    assert len(told) == 355


def test_the_present_is_alive_and_outside_the_reference_year() -> None:
    living = Proposal.objects.filter(year=116)
    assert living.count() == 42
    stages = set(Case.objects.filter(proposal__in=living).values_list("stage", flat=True))
    assert {"drafting", "submitted", "returned", "first_scheduled", "second_reviewed"} <= stages
    assert Case.objects.filter(proposal__in=living, due_at__gt=timezone.now()).exists()
    assert deciding.simulate(116, {}).placed
    coming = Meeting.objects.filter(minutes_on=None, held_on__gt=TODAY)
    assert [one.held_on.weekday() < 5 for one in coming] == [True]  # nobody meets on a Sunday


def test_withdrawing_one_proposal_changes_exactly_its_figures(city: Any) -> None:
    from django.db import transaction

    from .. import process as way

    names = [f"planning.proposals.{name}" for name in (
        "submitted", "submitted[type=administrative]", "submitted[type=construction]", "demand", "meetings",
        "trained", "central",
    )]  # fmt: skip
    before = {name: resolve(name).raw(HALF) for name in names}
    with transaction.atomic():
        proposal = Proposal.objects.filter(year=102, kind="administrative").first()
        Proposal.objects.filter(pk=proposal.pk).update(withdrawn_on=date(2012, 6, 1))
        after = {name: resolve(name).raw(HALF) for name in names}
        transaction.set_rollback(True)
    changed = {name for name in names if before[name] != after[name]}
    assert changed == {names[0], names[1], names[3]}
    assert way.process.kind == "planning.proposals"
