"""What is searched of a case is kept with the move that changes it, and nothing of a restricted one ever."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Any

import pytest
from django.db import connection
from django.db.models import Q
from django.test.utils import CaptureQueriesContext

from examples.lost_property.process import give_notice, process
from yankao.kernel.casework import searched
from yankao.kernel.casework.archive import Archive
from yankao.kernel.casework.models import Case, Security
from yankao.kernel.casework.process import visible
from yankao.kernel.search import grams
from yankao.kernel.search.corpus import differences
from yankao.kernel.search.find import Asked
from yankao.kernel.search.models import Entry, Grams

pytestmark = pytest.mark.django_db


@pytest.fixture
def find(cast: Any) -> Callable[..., Any]:
    def open_one(title: str) -> Any:
        return process.open(
            cast.officer, title=title, agency=cast.water, place="車站", found_on=date(2026, 3, 2)
        )

    return open_one


def hits(query: str, seen: Q | None = None) -> set[str]:
    where = Q() if seen is None else seen
    told = searched.Searched(query, where)
    rows = Case.objects.filter(where)
    walked = set(rows.filter(told.where).values_list("title", flat=True))
    assert walked == set(rows.filter(told.counted).values_list("title", flat=True))
    return walked


def behind() -> int:
    return sum(len(batch) for batch in differences(searched.CASES))


def test_a_case_is_found_from_the_moment_it_is_opened_and_by_its_new_title_once_amended(
    find: Callable[..., Any], cast: Any
) -> None:
    one = find("臺北車站的紅色雨傘")
    assert hits("台北 雨傘") == hits("傘") == hits(one.case.number) == {"臺北車站的紅色雨傘"}
    process.amend(one, cast.rdec_chief, reason="顏色寫錯", title="台北車站的藍色雨傘")
    assert hits("紅色") == set() and hits("藍色") == {"台北車站的藍色雨傘"} and behind() == 0


def test_a_move_that_changes_no_text_asks_nothing_of_the_index(find: Callable[..., Any], cast: Any) -> None:
    one = find("皮夾")
    with CaptureQueriesContext(connection) as asked:
        give_notice(one, cast.officer, noticed_on=date(2026, 3, 5))
    told = [query["sql"] for query in asked]
    assert told and not [sql for sql in told if "search_entry" in sql or "search_grams" in sql]


def test_an_archive_keeps_what_is_searched_of_all_its_cases(cast: Any) -> None:
    with Archive(process) as archive:
        for n in range(30):
            archive.open(
                title=f"手套第{n}雙", agency=cast.water, on=date(2012, 3, 1), place="車站",
                found_on=date(2012, 3, 1), security=Security.SECRET if n == 7 else None,
            )  # fmt: skip
    assert len(hits("手套", Q(security="agency"))) == 29 and behind() == 0
    assert hits("第1雙") == {"手套第1雙"}


@pytest.mark.parametrize("security", [Security.NAMED, Security.SECRET])
def test_of_a_restricted_case_the_index_holds_nothing_and_those_who_may_know_find_it(
    find: Callable[..., Any], cast: Any, security: Security
) -> None:
    one = find("陳情人檢舉工程弊端")
    Case.objects.filter(pk=one.pk).update(security=security)
    process.amend(
        one, cast.rdec_chief, reason="另立為限閱", place="市場"
    )  # the index follows the next writing
    assert not Entry.objects.filter(pk=one.pk).exists() and behind() == 0
    for word in ("檢舉", "弊", one.case.number):
        assert not Grams.objects.filter(
            held__all_of=Asked(searched.CASES, [grams.normal(word)]).question
        ).exists()
        assert hits(word) == {"陳情人檢舉工程弊端"}  # who may know of everything
        assert hits(word, visible(cast.works_controller)) == set()
        assert searched.best_cases(word, visible(cast.works_controller), 8) == []
    assert searched.best_cases("檢舉", Q(), 8) == [one.pk]


def test_another_agencys_case_is_neither_found_nor_ranked(find: Callable[..., Any], cast: Any) -> None:
    one = find("河堤旁的雨傘")
    stranger, own = visible(cast.works_controller), visible(cast.officer)
    assert hits("雨傘", stranger) == set() and hits("雨傘", own) == {"河堤旁的雨傘"}
    assert searched.best_cases("雨傘", stranger, 8) == [] and searched.best_cases("雨傘", own, 8) == [one.pk]


def test_columns_a_room_lays_open_are_searched_with_the_title(
    find: Callable[..., Any], cast: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(searched.laid_open, process.kind, (process.record, ("place",)))
    one = find("雨傘")
    assert hits("車站") == {"雨傘"} and behind() == 0
    process.amend(one, cast.rdec_chief, reason="地點寫錯", place="市場")
    assert hits("車站") == set() and hits("市場 傘") == {"雨傘"} and behind() == 0
