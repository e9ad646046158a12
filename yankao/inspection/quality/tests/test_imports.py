"""Files of tenders, experts and results: kept or refused row by row, twice is once, scores are worked out."""

from datetime import date
from decimal import Decimal

import pytest

from yankao.inspection.quality.imports import IMPORTS
from yankao.inspection.quality.models import Commissioner, Inspection, Tender
from yankao.kernel.audit.models import Entry
from yankao.kernel.intake import take
from yankao.kernel.sheets.reading import read

pytestmark = pytest.mark.django_db
BY_CODE = {one.code: one for one in IMPORTS}


def taken(code, rows, actor):
    wanted = BY_CODE[code]
    header = [column.names[0] for column in wanted.profile.columns]
    lines = [header, *rows]
    text = "\n".join(",".join(f'"{cell}"' for cell in line) for line in lines)
    return take(read(text.encode(), "file.csv"), wanted, actor)


@pytest.mark.parametrize("code", ["tenders", "experts", "results"])
def test_the_example_has_a_cell_for_every_column(code):
    assert len(BY_CODE[code].example) == len(BY_CODE[code].profile.columns)


def test_a_tender_is_kept_once_and_brought_up_to_date(site):
    row = list(BY_CODE["tenders"].example)
    assert taken("tenders", [row], site.cast.secretary).kept == 1
    lines = Entry.objects.filter(act="quality.tender").count()
    assert taken("tenders", [row], site.cast.secretary).kept == 1
    assert Entry.objects.filter(act="quality.tender").count() == lines == 1
    row[11] = "61.5"
    taken("tenders", [row], site.cast.secretary)
    tender = Tender.objects.get(case_no="115-001")
    assert tender.actual == Decimal("61.50") and Entry.objects.filter(act="quality.tender").count() == 2


def test_bad_rows_come_back_with_their_reason_and_the_others_are_kept(site):
    good, bad, worse = (list(BY_CODE["tenders"].example) for _n in range(3))
    bad[1], bad[0] = "115-002", "沒有局"
    worse[1], worse[10] = "115-003", "120"
    outcome = taken("tenders", [good, bad, worse], site.cast.secretary)
    assert (outcome.read, outcome.kept) == (3, 1)
    reasons = [row.problems[0].sentence for row in outcome.refused]
    assert "沒有「沒有局」這個機關" in reasons[0] and "0至100%" in reasons[1]


def test_an_expert_struck_off_needs_its_ground(site):
    row = list(BY_CODE["experts"].example)
    assert taken("experts", [row], site.cast.secretary).kept == 1
    row[6] = "115/6/1"
    assert taken("experts", [row], site.cast.secretary).refused
    row[7] = "貪污判刑確定"
    assert taken("experts", [row], site.cast.secretary).kept == 1
    assert Commissioner.objects.get(expert_no="E00101").disqualified_for == "貪污判刑確定"


def result(site, **change):
    cells = {
        "number": "查100-0007", "agency": "水利局", "case_no": "101-001", "kind": "一般查核",
        "inspected_on": "100/10/5", "planned": "45", "actual": "44", "scores": "郭正義=79、E1=80、E2=79.5",
        "issued_on": "100/10/12", "letter": "研工1", "filed_on": "100/11/9",
    } | change  # fmt: skip
    return list(cells.values())


def test_a_result_is_worked_out_from_its_scores_and_kept_once(site):
    site.tender.awarded_on = date(2011, 1, 1)
    site.tender.save()
    outcome = taken("results", [result(site)], site.cast.secretary)
    assert (outcome.kept, outcome.refused) == (1, [])
    one = Inspection.objects.select_related("case").get()
    assert (one.score, one.grade, one.case.number, one.case.stage) == (80, "good", "查100-0007", "closed")
    assert taken("results", [result(site)], site.cast.secretary).kept == 1
    assert Inspection.objects.count() == 1
    again = taken("results", [result(site, scores="郭正義=90、E1=90、E2=90")], site.cast.secretary)
    assert "內容不同" in again.refused[0].problems[0].sentence


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"case_no": "9"}, "請先匯入標案"),
        ({"scores": "郭正義 79"}, "委員=評分"),
        ({"scores": "趙六=80"}, "沒有或不只一位委員"),
        ({"scores": "郭正義=101"}, "0至100"),
        ({"kind": "複查"}, "不能匯入"),
        ({"issued_on": "100/10/4"}, "日期順序"),
    ],
)
def test_a_result_that_cannot_be_comes_back(site, change, words):
    outcome = taken("results", [result(site, **change)], site.cast.secretary)
    assert outcome.kept == 0 and words in outcome.refused[0].problems[0].sentence
    assert not Inspection.objects.exists()
