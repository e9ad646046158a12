"""A room that says nothing of its files takes in and gives out what opening asks."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from examples.lost_property.models import Find
from examples.lost_property.process import process
from yankao.kernel.casework.openings import openings
from yankao.kernel.intake import take
from yankao.kernel.rooms import room
from yankao.kernel.sheets import read, write_csv

pytestmark = pytest.mark.django_db
HEAD = "案號,案名,主辦機關,承辦人,行政區,立案日,拾得地點,拾得日\n"


@pytest.fixture
def finds() -> Any:
    [only] = room("examples.lost_property").imports
    assert only is openings(process)
    return only


def sent(finds: Any, actor: Any, rows: str, **how: Any) -> Any:
    return take(read((HEAD + rows).encode(), "x.csv"), finds, actor, **how)


def reasons(outcome: Any) -> list[str]:
    return [str(problem) for row in outcome.refused for problem in row.problems]


def test_a_row_opens_a_case_and_the_same_row_again_does_not(cast: Any, finds: Any) -> None:
    rows = "舊-1,雨傘,水利局,,,101/3/2,捷運站,101/3/1\n舊-2,帽子,水利局,,,,公園,101/3/1\n"
    for _turn in range(2):
        outcome = sent(finds, cast.officer, rows)
        assert (outcome.kept, reasons(outcome)) == (2, [])
    first = Find.objects.earliest("pk")
    assert (first.case.title, first.place, first.case.opened_on) == ("雨傘", "捷運站", date(2012, 3, 2))
    assert Find.objects.count() == 2


def test_a_row_that_differs_from_what_is_on_record_comes_back_with_the_column(cast: Any, finds: Any) -> None:
    sent(finds, cast.officer, "舊-1,雨傘,水利局,,,101/3/2,捷運站,101/3/1\n")
    outcome = sent(finds, cast.officer, "舊-1,雨傘,水利局,,,101/3/2,公園,101/3/1\n")
    assert outcome.kept == 0 and "拾得地點：" in reasons(outcome)[0] and "捷運站" in reasons(outcome)[0]


def test_nobody_opens_by_file_what_they_may_not_open_by_hand(cast: Any, finds: Any) -> None:
    outcome = sent(finds, cast.officer, "舊-1,雨傘,工務局,,,,捷運站,101/3/1\n")
    assert outcome.kept == 0 and Find.objects.count() == 0 and "立案" in reasons(outcome)[0]
    assert finds.may(cast.officer) and not finds.may(cast.stranger)


def test_what_goes_out_comes_in_again_and_changes_nothing(cast: Any, finds: Any) -> None:
    sent(finds, cast.officer, "舊-1,雨傘,水利局,,,,捷運站,101/3/1\n")
    header, rows = finds.out(cast.officer)
    data = b"".join(write_csv(header, rows))
    outcome = take(read(data, "out.csv"), finds, cast.officer)
    assert (outcome.read, outcome.kept, Find.objects.count()) == (1, 1, 1)
    assert list(finds.out(cast.works_officer)[1]) == []
