"""The awards of the year 100 yield the published figures, and the living present leaves them as they are."""

from __future__ import annotations

import csv
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest
from django.conf import settings

from yankao.kernel.audit.models import Entry
from yankao.kernel.casework.models import Case
from yankao.kernel.figures.checks import checks, partition_faults
from yankao.kernel.figures.declare import read, register, resolve
from yankao.kernel.intake import take
from yankao.kernel.people.city import build_city
from yankao.kernel.period import Period
from yankao.kernel.review import rounds
from yankao.kernel.review.models import Assignment, Round
from yankao.kernel.sheets import read as sheet
from yankao.kernel.sheets import write_csv
from yankao.research.papers import demo, imports
from yankao.research.papers.models import KIND, Author, Paper

HALF = Period.parse("101H1")
TODAY = date(2026, 11, 23)
WANTED = {
    "submitted": 80, "awarded": 51, "awarded[grade=first]": 9, "awarded[grade=second]": 22,
    "awarded[grade=merit]": 20, "prize_money": 456_000,
}  # fmt: skip


def values():
    return {name: resolve(f"{KIND}.{name}").value(HALF) for name in WANTED}


@pytest.mark.django_db
def test_the_year_yields_the_published_figures_and_the_present_changes_none(settings, tmp_path):
    settings.DATA = tmp_path
    city = build_city(today=TODAY)
    demo.load(city)
    assert values() == WANTED
    for name in ("submitted", "awarded", "prize_money"):
        assert not list(partition_faults(register[f"{KIND}.{name}"], HALF))
    for code in ("E1", "days"):
        assert checks[f"{KIND}.{code}"].faults(HALF) == []
    early = HALF.with_as_of(date(2012, 5, 14))
    assert (resolve(f"{KIND}.submitted").value(early), resolve(f"{KIND}.awarded").value(early)) == (80, 0)
    lines = rounds.table(Round.objects.get(code="100"))
    assert [line.sheet.grade for line in lines] == [line.proposed for line in lines]
    assert all(line.complete for line in lines) and sum(line.extra for line in lines) == 5
    assert not Case.objects.filter(kind=KIND, closed_on=None).exists()
    assert Author.objects.filter(share__lt=100).exists()
    for one in imports.IMPORTS:
        header, rows = one.out(city.rdec_controller)
        file = b"".join(write_csv(header, list(rows)))
        entries = Entry.objects.count()
        outcome = take(sheet(file, "out.csv"), one, city.rdec_controller)
        assert outcome.refused == [] and outcome.kept and Entry.objects.count() == entries, one.code
        assert (
            any(True for _row in one.out(city.controller(city.by_code("KCG-WR")))[1])
            or one.code == "reviewers"
        )
    before = {name: read(resolve(f"{KIND}.{name}"), HALF).digest for name in WANTED}
    demo.present(city, TODAY)
    assert {name: read(resolve(f"{KIND}.{name}"), HALF).digest for name in WANTED} == before
    living = Case.objects.filter(kind=KIND, opened_on__year__gte=2025)
    assert set(living.values_list("stage", flat=True)) == set(demo.p.Stage.values) - {"published"}
    assert Assignment.objects.filter(scored_on=None).get().reviewer.user.username == "demo.reviewer"
    assert not Paper.objects.filter(case__opened_on__gt=TODAY).exists()


def test_the_acceptance_file_says_the_same():
    path = Path(settings.BASE_DIR).parent / "shared" / "acceptance" / "figures.csv"
    if not path.exists():
        pytest.skip(f"the acceptance figures are not beside this checkout: {path.name}")
    with path.open(encoding="utf-8") as stream:
        rows = [row for row in csv.DictReader(stream) if row["figure"].startswith(f"{KIND}.")]
    assert {row["figure"].removeprefix(f"{KIND}."): Decimal(row["value"]) for row in rows} == WANTED
