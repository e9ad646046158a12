"""Files taken in: the city's own, and programmes published elsewhere; no row is lost on the way."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings

from yankao.kernel.intake import Import, Outcome, take
from yankao.kernel.sheets.reading import read
from yankao.kernel.sheets.writing import write_csv

from .. import imports
from ..models import Month, Project
from .conftest import at
from .test_rule import BOUNDARY

D = Decimal
SHARED = Path(settings.BASE_DIR).parent / "shared" / "data"
BY_CODE = {one.code: one for one in imports.IMPORTS}
# edition → rows, rows beyond 5 % either way, of these without a narrative as published
GMPP = {
    2014: (200, 74, 1),
    2015: (188, 86, 0),
    2017: (144, 66, 0),
    2019: (133, 70, 0),
    2020: (127, 64, 0),
    2021: (184, 93, 0),
}


def csv(header: Iterable[str], *rows: Iterable[str]) -> bytes:
    return b"".join(write_csv(list(header), [list(row) for row in rows]))


def taken(wanted: Import, data: bytes, actor: Any) -> Outcome:
    outcome = take(read(data, "file.csv"), wanted, actor)
    assert outcome.kept + len(outcome.refused) == outcome.read
    return outcome


def shared(name: str) -> bytes:
    path = SHARED / name
    if not path.exists():
        pytest.skip(f"REAL RECORDS ARE NOT HERE: {path}")
    return path.read_bytes()


def hollow(outcome: Outcome) -> None:
    """Only rows that hold no project come back (the published tables end with such), each saying so."""
    assert len(outcome.refused) <= 2
    for row in outcome.refused:
        assert not any(cell.strip() for cell in row.cells[2:])
        assert row.problems[0].sentence


def without(data: bytes, year: int, field: str) -> bytes:
    """The edition with one column emptied."""
    sheet = read(data, "edition")
    from yankao.kernel.sheets.intake import places

    place = places(sheet.header, imports.gmpp_profile(year))[field]
    rows = [[*row.cells[:place], "", *row.cells[place + 1 :]] for row in sheet.rows]
    return csv(sheet.header, *rows)


# ── The city's own files ──────────────────────────────────────────────────────────────────────────


MONTH_HEADER = (
    "案號",
    "月份",
    "預定",
    "實際累計進度",
    "累計分配數",
    "實支數",
    "落後原因",
    "落後說明",
    "改善措施",
)


@pytest.mark.parametrize(("planned", "actual", "allotted", "paid", "free"), BOUNDARY)
def test_the_rule_holds_for_imported_months(
    cast: Any, january: Month, planned: str, actual: str, allotted: int, paid: int, free: bool
) -> None:
    Month.objects.filter(pk=january.pk).update(planned=D(planned))
    number = january.project.case.number
    outcome = taken(
        BY_CODE["months"],
        csv(MONTH_HEADER, (number, "101-01", "", actual, str(allotted), str(paid), "", "", "")),
        cast.officer,
    )
    assert (outcome.kept == 1) is free
    january.refresh_from_db()
    assert (january.submitted_at is not None) is free
    if not free:
        assert {problem.column for problem in outcome.refused[0].problems} == {"cause", "reason", "measure"}


def test_an_explained_month_comes_in_and_twice_changes_nothing(cast: Any, january: Month) -> None:
    Month.objects.filter(pk=january.pk).update(planned=D(50))
    row = (
        january.project.case.number,
        "101年1月",
        "",
        "40％",
        "1,000",
        "1,000",
        "用地取得",
        "尚未點交",
        "協調",
    )
    assert taken(BY_CODE["months"], csv(MONTH_HEADER, row), cast.officer).kept == 1
    again = taken(BY_CODE["months"], csv(MONTH_HEADER, row), cast.officer)
    assert again.kept == 1 and again.notes
    changed = (*row[:3], "41", *row[4:])
    assert taken(BY_CODE["months"], csv(MONTH_HEADER, changed), cast.officer).kept == 0


def test_months_of_other_agencies_come_back(cast: Any, january: Month) -> None:
    rows = [
        (january.project.case.number, "101-01", "", "8", "0", "0", "", "", ""),
        ("沒有這案", "101-01", "", "8", "0", "0", "", "", ""),
    ]
    outcome = taken(BY_CODE["months"], csv(MONTH_HEADER, *rows), cast.works_officer)
    assert (outcome.read, outcome.kept, len(outcome.refused)) == (2, 0, 2)


def test_items_come_in_once(cast: Any, programme: Any) -> None:
    header = ("中央案號", "計畫名稱", "列管方案", "主辦機關", "年度", "總經費")
    rows = [
        ("A-1", "排水改善", "annual-101", "水利局", "101", "120萬"),
        ("A-2", "道路拓寬", "annual-101", "沒有這個局", "101", "5,000,000"),
        ("A-3", "橋梁補強", "annual-101", "T-WORKS", "101", "很多"),
    ]
    outcome = taken(BY_CODE["projects"], csv(header, *rows), cast.rdec_controller)
    assert (outcome.kept, len(outcome.refused)) == (1, 2)
    assert taken(BY_CODE["projects"], csv(header, rows[0]), cast.rdec_controller).notes
    project = Project.objects.get(central_no="A-1")
    assert (project.budget, project.case.agency) == (D(1_200_000), cast.water)


def test_a_dry_run_leaves_nothing(cast: Any, programme: Any) -> None:
    header = ("中央案號", "計畫名稱", "列管方案", "主辦機關", "年度", "總經費")
    outcome = take(
        read(csv(header, ("A-1", "排水改善", "annual-101", "水利局", "101", "120萬")), "x"),
        BY_CODE["projects"],
        cast.rdec_controller,
        dry=True,
    )
    assert outcome.kept == 1 and not Project.objects.exists()


# ── Programmes published elsewhere ────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("text", "value"),
    [("450.37", "450370000"), ("£1.90m", "1900000"), ("Ł2,013.02", "2013020000"), ("-£0.5m", "-500000")],
)
def test_published_amounts_are_read_in_millions(text: str, value: str) -> None:
    reader = imports.Reader({"x": text})
    assert reader.number("x", imports.MILLION) == D(value)
    assert reader.kept == []


@pytest.mark.parametrize(
    "text", ["Exempt under Section 43(2)", ">1000%", "-", "No departmental narrative", "12% 5%"]
)
def test_a_cell_that_is_no_number_is_kept_and_told(text: str) -> None:
    reader = imports.Reader({"variance": text})
    assert reader.percent("variance") is None
    assert text in reader.kept[0] and reader.told


@pytest.mark.parametrize("year", GMPP)
def test_without_narratives_exactly_the_rows_beyond_five_per_cent_owe_one(cast: Any, year: int) -> None:
    rows, beyond, _published = GMPP[year]
    data = without(shared(f"uk-gmpp/gmpp_df_{year}.csv.gz"), year, "narrative")
    outcome = taken(BY_CODE[f"uk-gmpp-{year}"], data, cast.rdec_controller)
    assert outcome.read == rows
    hollow(outcome)
    months = Month.objects.filter(project__programme__code=f"gmpp-{year}")
    owing = set(months.owing_explanation().values_list("pk", flat=True))
    assert len(owing) == beyond
    assert owing == {m.pk for m in months if m.variance is not None and abs(m.variance) > 5}
    assert owing == set(months.owed().values_list("pk", flat=True))


@pytest.mark.parametrize("year", imports.EDITIONS)
def test_an_edition_is_taken_whole_with_its_narratives(cast: Any, year: int) -> None:
    data = shared(f"uk-gmpp/gmpp_df_{year}.csv.gz")
    outcome = taken(BY_CODE[f"uk-gmpp-{year}"], data, cast.rdec_controller)
    sheet = read(data, "edition")
    assert outcome.read == len(list(sheet.rows))
    hollow(outcome)
    months = Month.objects.filter(project__programme__code=f"gmpp-{year}")
    assert months.count() == outcome.kept
    if year in GMPP:
        assert outcome.read == GMPP[year][0]
        assert months.owing_explanation().count() == GMPP[year][2]
    # Every cell that is no number or date is reported with its row and kept in the record.
    exempt = [
        row.number for row in sheet.rows if any("xempt" in cell and len(cell) < 120 for cell in row.cells)
    ]
    told = {int(note.partition(":")[0]) for note in outcome.notes}
    assert exempt and set(exempt) <= told


def test_the_2016_edition_reads_what_is_number_and_keeps_what_is_text(cast: Any) -> None:
    taken(BY_CODE["uk-gmpp-2016"], shared("uk-gmpp/gmpp_df_2016.csv.gz"), cast.rdec_controller)
    months = Month.objects.filter(project__programme__code="gmpp-2016")
    assert months.filter(variance=D("-23.79")).exists()  # written as -0.2379
    assert months.filter(variance=None, note__contains="less than 5%").count() > 60


def test_an_edition_twice_adds_nothing(cast: Any) -> None:
    data = shared("uk-gmpp/gmpp_df_2014.csv.gz")
    first = taken(BY_CODE["uk-gmpp-2014"], data, cast.rdec_controller)
    again = taken(BY_CODE["uk-gmpp-2014"], data, cast.rdec_controller)
    assert first.kept == again.kept == Project.objects.count()


def test_broken_characters_are_told(cast: Any) -> None:
    outcome = taken(BY_CODE["uk-gmpp-2021"], shared("uk-gmpp/gmpp_df_2021.csv.gz"), cast.rdec_controller)
    assert any("編碼毀損" in note for note in outcome.notes)


def test_us_projects_show_the_published_and_the_computed_variance(cast: Any) -> None:
    outcome = taken(
        BY_CODE["us-it-dashboard"],
        shared("us-it-dashboard/us_it_dashboard_projects_2012.csv.gz"),
        cast.rdec_controller,
    )
    assert (outcome.read, outcome.kept) == (2467, 2467)
    months = list(
        Month.objects.filter(project__programme__code="us-it-dashboard").select_related("project__programme")
    )
    both = [m for m in months if m.variance is not None and m.computed_variance is not None]
    agree = sum(abs(m.variance - m.computed_variance) <= D("0.02") for m in both)
    assert len(both) > 2400 and agree / len(both) > 0.99
    days = [m for m in months if m.schedule_days is not None and m.computed_schedule_days is not None]
    differ = [m for m in days if m.schedule_days != m.computed_schedule_days]
    assert len(days) == 1546 and len(differ) == 351
    assert not Month.objects.owing_explanation().exists()


def test_uk_variances_are_of_forecast_against_baseline(cast: Any) -> None:
    """Published and computed variance stand side by side, with one sign."""
    taken(BY_CODE["uk-gmpp-2017"], shared("uk-gmpp/gmpp_df_2017.csv.gz"), cast.rdec_controller)
    months = Month.objects.filter(project__programme__code="gmpp-2017").select_related("project__programme")
    both = [m for m in months if m.variance is not None and m.computed_variance is not None]
    assert sum(abs(m.variance - m.computed_variance) < 1 for m in both) / len(both) > 0.9


def test_real_records_leave_the_city_of_2012_alone(cast: Any) -> None:
    taken(BY_CODE["uk-gmpp-2014"], shared("uk-gmpp/gmpp_df_2014.csv.gz"), cast.rdec_controller)
    assert not Project.objects.under_control(date(2012, 6, 30)).exists()
    assert at("2014-04-01").date() == Project.objects.first().case.opened_on  # type: ignore[union-attr]
