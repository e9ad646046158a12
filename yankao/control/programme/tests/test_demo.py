"""The demonstration city yields the printed figures, computed from its records, and a present that changes
none of them.
"""

from __future__ import annotations

import csv
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.db.models import Count, F, Q, Sum

from yankao.kernel.casework.models import Case
from yankao.kernel.figures.checks import checks, partition_faults
from yankao.kernel.figures.declare import Kind, period_for, read, register, resolve
from yankao.kernel.people.city import build_city
from yankao.kernel.people.testing import settle
from yankao.kernel.period import Period

from .. import demo, figures
from ..models import AgendaItem, Month, Project

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


def wanted() -> list[dict[str, str]]:
    if not ACCEPTANCE.exists():
        return []
    rows = csv.DictReader(ACCEPTANCE.open(encoding="utf-8"))
    return [row for row in rows if row["figure"].startswith("control.programme.")]


def test_every_printed_figure_comes_out() -> None:
    rows = wanted()
    if not rows:
        pytest.skip(f"acceptance figures are not here: {ACCEPTANCE}")
    assert len(rows) == 16
    for row in rows:
        found = read(resolve(row["figure"]), HALF)
        assert f"{found.value:f}" == row["value"], row["figure"]
        assert (found.unit, found.decimals, found.kind) == (
            row["unit"],
            int(row["precision"]),
            row["kind"],
        ), row["figure"]
        assert (found.as_of == date(2012, 7, 31)) is ("2012-07-31" in row["note"]), row["figure"]


def test_a_figure_has_as_many_records_as_it_counts() -> None:
    for figure in register.values():
        if (
            figure.name.startswith("control.programme.")
            and isinstance(figure.measure, Count)
            and len(figure.parts()) == 1
        ):
            reading = read(figure, HALF)
            assert reading.records == reading.value, figure.name


def test_every_check_holds() -> None:
    for code, check in checks.items():
        if code.startswith("control.programme."):
            assert check.faults(HALF) == [], code


def test_slices_partition_their_figures() -> None:
    for figure in register.values():
        if figure.name.startswith("control.programme."):
            assert list(partition_faults(figure, HALF)) == [], figure.name


def test_the_annual_items_have_six_reports_each_and_some_are_behind() -> None:
    months = Month.objects.filter(project__programme__code="annual-101")
    assert months.count() == 1008
    assert set(months.values("project").annotate(n=Count("pk")).values_list("n", flat=True)) == {6}
    behind = months.behind()
    assert 50 <= behind.count() <= 200
    assert not behind.filter(Q(cause="") | Q(reason="") | Q(measure="")).exists()
    assert AgendaItem.objects.filter(programme__code="annual-101").exists()


def test_grant_items_keep_their_old_source_in_history() -> None:
    for project in Project.objects.filter(programme__code="facility-101"):
        old, new = project.funding.order_by("pk")
        assert (old.source, new.source) == ("city_general", "central_general_grant")
        assert old.until is not None and new.until is None and old.amount == new.amount == project.budget


def test_closed_grant_items_were_accepted_and_settled() -> None:
    closed = Project.objects.filter(programme__code="facility-101").finished(date(2012, 7, 31))
    assert closed.count() == 13
    assert not closed.filter(Q(accepted_on=None) | Q(settled_on=None)).exists()


def test_funding_splits_sum_to_every_budget() -> None:
    sums = Project.objects.filter(plan_no__gt=0).annotate(
        split=Sum("funding__amount", filter=Q(funding__until=None))
    )
    assert not sums.exclude(split=F("budget")).exists()


def test_the_present_is_alive_and_outside_the_reference_period() -> None:
    living = Project.objects.filter(programme__code="annual-115")
    assert living.count() == 60
    assert Month.objects.filter(project__in=living).late(_now()).exists()
    assert Month.objects.filter(project__in=living, submitted_at__isnull=False).behind().exists()
    assert Case.objects.filter(kind="control.programme", closed_on=None, due_at__lt=_now()).exists()
    assert figures.items.only(programme="annual-115").value(HALF) == 0


def _now() -> Any:
    from .conftest import at

    return at(TODAY.isoformat()) + timedelta(hours=1)


def test_moving_one_record_changes_exactly_its_figures(city: Any) -> None:
    from django.db import transaction

    from .. import process as way

    before = {name: _values(name) for name in NAMES}
    project = (
        Project.objects.under_control(HALF.as_of)
        .filter(programme__code="morakot", completed_on=None, tendered_on__isnull=False)
        .first()
    )
    with transaction.atomic():
        way.process.amend(project, city.rdec_controller, reason="補登完工日", completed_on=date(2012, 6, 20))
        after = {name: _values(name) for name in NAMES}
        transaction.set_rollback(True)
    changed = {name for name in NAMES if before[name] != after[name]}
    assert changed == {
        f"control.programme.{name}[programme=morakot]" for name in ("finished", "finished_rate", "unfinished")
    }


NAMES = [
    f"control.programme.{name}[programme={code}]"
    for name in (
        "items",
        "budget",
        "finished",
        "finished_rate",
        "unfinished",
        "untendered",
        "execution_rate",
        "achievement_rate",
        "use_rate",
        "agencies",
        "lagging",
    )
    for code in ("annual-101", "investment-100", "morakot", "facility-101")
]


def _values(name: str) -> Decimal:
    found = resolve(name)
    return found.value(period_for(found.full_name, HALF))


def test_kinds_follow_the_programme() -> None:
    assert figures.items.only(programme="annual-101").kind is Kind.STOCK
    assert figures.items.only(programme="morakot").kind is Kind.COHORT
    assert figures.steering_meetings.kind is Kind.FLOW
