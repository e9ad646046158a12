"""A room's list: few queries whatever its length, nothing of what one may not know, the address as its whole
state.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date
from html import unescape
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from yankao.desk import nav, reference
from yankao.desk.screens import Column, Filter, Screens
from yankao.kernel.casework.duties import Duty
from yankao.kernel.casework.models import Case
from yankao.kernel.rooms import room

ROOM = "examples.lost_property"
LIST = f"/rooms/{ROOM}/"
type Many = Callable[..., list[Any]]


def numbers(response: Any) -> list[str]:
    """The case numbers of the rows, in order."""
    return re.findall(r'name="id" value="([^"]+)"', response.content.decode())


def queries(client: Client, address: str) -> int:
    with CaptureQueriesContext(connection) as caught:
        assert client.get(address).status_code == 200
    return len(caught)


@pytest.fixture
def show(monkeypatch: pytest.MonkeyPatch) -> Callable[[Screens], None]:
    """`show(Screens(…))`: the room as if its screens said so."""

    def put(screens: Screens) -> None:
        found = room(ROOM)
        module = type("screens", (), {"screens": screens})
        monkeypatch.setitem(found.parts, "screens", module)

    return put


@pytest.mark.parametrize(
    "query", ["", "?agency=T-WATER&stage=kept", "?state=open&due=<9d&sort=due", "?page=2", "?officer=me"]
)
def test_a_list_asks_as_many_questions_for_sixty_rows_as_for_ten(
    client: Client, cast: Any, many: Many, query: str
) -> None:
    client.force_login(cast.rdec_controller)
    many(10)
    queries(client, LIST + query)
    few = queries(client, LIST + query)
    many(500)
    nav.forget()
    assert queries(client, LIST + query) <= 6
    again = queries(client, LIST + query)
    assert again <= max(few, 4), "the number of queries grew with the rows"


def test_a_process_that_keeps_nothing_yet_takes_one_question_more_for_the_agencies(
    client: Client, cast: Any, many: Many
) -> None:
    many(60)
    client.force_login(cast.rdec_controller)
    client.get(LIST)  # a new session is written once
    nav.forget()
    reference.forget()
    assert queries(client, LIST + "?agency=T-WATER&stage=kept") <= 7
    nav.forget()
    assert queries(client, LIST + "?agency=T-WATER&stage=kept") <= 6


def test_a_filter_on_a_rooms_own_column_costs_two_questions_more_at_most(
    client: Client, cast: Any, many: Many, show: Callable[[Screens], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    show(Screens(filters=("place", "found_on")))
    many(60)
    client.force_login(cast.rdec_controller)
    client.get(LIST)
    # Few records are picked by id, many are tried one by one; very many are counted so, too.
    for rare, common in ((2000, 10_000), (3, 10_000), (3, 5)):
        monkeypatch.setattr("yankao.desk.filters.RARE", rare)
        monkeypatch.setattr("yankao.desk.filters.COMMON", common)
        assert queries(client, LIST + "?place=市場&agency=T-WATER") <= 6
        page = client.get(LIST + "?place=市場&agency=T-WATER")
        wanted = Case.objects.filter(find__place="市場", agency=cast.water).order_by("-opened_on", "-pk")
        assert numbers(page) == list(wanted.values_list("number", flat=True)[:50])
        assert f"共{wanted.count()}筆" in page.content.decode()


def test_an_officer_sees_the_own_agencys_cases_alone_and_counts_only_those(
    client: Client, cast: Any, many: Many
) -> None:
    many(40)
    client.force_login(cast.officer)
    page = client.get(LIST)
    own = Case.objects.filter(agency=cast.water)
    assert set(numbers(page)) == set(own.values_list("number", flat=True))
    assert f"共{own.count()}筆" in page.content.decode()
    assert not numbers(client.get(LIST + "?agency=T-WORKS"))


def test_a_room_that_shows_one_nothing_is_not_there(client: Client, cast: Any, many: Many) -> None:
    many(5)
    client.force_login(cast.stranger)
    assert client.get(LIST).status_code == 404
    assert client.get(LIST + "export.csv").status_code == 404
    assert client.get("/rooms/no.such/").status_code == 404


def test_a_stranger_at_the_door_is_sent_to_sign_in(client: Client) -> None:
    for address in (LIST, "/work/", LIST + "export.csv", "/palette/?q=a", "/inbox/", "/views/"):
        assert client.get(address).status_code == 302


@pytest.fixture
def secret(many: Many, cast: Any, monkeypatch: pytest.MonkeyPatch) -> Any:
    """One secret case that only its officer may know of; the duty of the room says so."""
    many(30)
    (hidden,) = many(
        1,
        security="secret",
        officer=cast.secretary,
        title="隱密查核無預警",
        number="密115-0001",
        agency=cast.water,
    )
    process = room(ROOM).process
    assert process
    from django.db.models import Q

    duty = Duty("", lambda who: ~Q(security="secret") | Q(officer_id=who.user_id))
    monkeypatch.setattr(process, "sees", duty)
    return hidden


def test_a_secret_case_leaks_through_no_list_count_search_export_page_or_bulk_move(
    client: Client, cast: Any, secret: Any
) -> None:
    addresses = [
        LIST,
        LIST + "?q=隱密",
        LIST + "?agency=T-WATER",
        LIST + "?page=1",
        LIST + "?find=隱密查核",
        "/work/?tab=open",
        "/work/?tab=open&officer=t.secretary",
        LIST + "export.csv",
        LIST + "export.ods",
        "/work/export.csv?tab=open",
        "/palette/?q=密115",
        "/palette/?q=隱密",
    ]

    def body(address: str) -> str:
        response = client.get(address, follow=True)
        raw = b"".join(response.streaming_content) if response.streaming else response.content  # type: ignore[attr-defined]
        return re.sub(r'value="[^"]*"|「[^」]*」|關鍵字：<b>[^<]*', "", raw.decode(errors="replace"))

    client.force_login(cast.secretary)
    assert "隱密查核無預警" in body(LIST) and "共31筆" in body(LIST)
    client.get(LIST + "?page=2")
    client.force_login(cast.rdec_chief)
    for address in addresses:
        text = body(address)
        assert "隱密查核無預警" not in text and "密115-0001" not in text and "共31筆" not in text, address
    assert "共30筆" in body(LIST)
    told = client.post("/bulk/", {"id": ["密115-0001"], "move": "follow"}).content.decode()
    assert "查無此案" in told and "隱密" not in told


FIELDS = {
    "agency": ["T-WATER", "T-WORKS"],
    "stage": ["kept", "noticed", "returned"],
    "state": ["open", "closed"],
    "officer": ["t.officer", "t.colleague", "me"],
    "due": ["late", "today", "week", "none", "<3d", "<20d"],
}


@settings(
    max_examples=25,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(
    chosen=st.fixed_dictionaries(
        {},
        optional={
            k: st.lists(st.sampled_from(v), min_size=1, max_size=2, unique=True) for k, v in FIELDS.items()
        },
    ),
    sort=st.sampled_from(["", "-opened", "opened", "due", "-due"]),
)
def test_whatever_the_filters_walking_the_pages_shows_what_the_export_holds(
    client: Client, cast: Any, many: Many, chosen: dict[str, list[str]], sort: str
) -> None:
    if not Case.objects.exists():
        many(130)
    client.force_login(cast.rdec_controller)
    pairs = [(name, value) for name, values in chosen.items() for value in values] + (
        [("sort", sort)] if sort else []
    )
    address = f"{LIST}?{urlencode(pairs)}"
    walked: list[str] = []
    for _page in range(10):
        response = client.get(address)
        walked += numbers(response)
        after = re.search(r'rel="next" href="([^"]+)"', response.content.decode())
        if not after:
            break
        address = after[1].replace("&amp;", "&")
    export = b"".join(client.get(f"{LIST}export.csv?{urlencode(pairs)}").streaming_content).decode(
        "utf-8-sig"
    )  # type: ignore[attr-defined]
    exported = [line.split(",")[0] for line in export.splitlines()[1:]]
    assert walked == exported


def test_the_search_box_understands_words_and_answers_with_the_short_address(
    client: Client, cast: Any, many: Many
) -> None:
    many(12)
    client.force_login(cast.rdec_controller)
    for text in (
        "機關:水利局 狀態:未結 期限:<3天 皮夾",
        "機關：水利局　狀態：未結　期限：＜3天 皮夾",
        "agency:T-WATER status:open due:<3d 皮夾",
    ):
        response = client.get(LIST, {"find": text})
        assert response.status_code == 302
        pairs = dict(parse_qsl(urlsplit(response["Location"]).query))
        if text.startswith("agency"):
            assert pairs["agency"] == "T-WATER"
        page = client.get(response["Location"])
        words = re.sub(r"<[^>]+>", "", page.content.decode())
        assert (
            "機關：水利局" in words
            and "狀態：未結" in words
            and "期限：少於3天" in words
            and "關鍵字：皮夾" in words
        )


def test_what_is_not_understood_is_said_and_stops_an_export(client: Client, cast: Any, many: Many) -> None:
    many(3)
    client.force_login(cast.rdec_controller)
    assert "看不懂「機關：火星局」" in client.get(LIST + "?agency=火星局").content.decode().replace(":", "：")
    assert client.get(LIST + "export.csv?agency=火星局").status_code == 400


def test_a_condition_no_list_has_is_said_and_stops_an_export(client: Client, cast: Any, many: Many) -> None:
    many(3)
    client.force_login(cast.rdec_controller)
    assert "沒有「bogus」這個條件" in client.get(LIST + "?bogus=1").content.decode()
    assert client.get(LIST + "export.csv?bogus=1").status_code == 400
    assert "這個條件" not in client.get(LIST + "?page=1&sort=due&columns=subject&build=1").content.decode()
    work = client.get("/work/?tab=agency&bogus=1").content.decode()
    assert "沒有「bogus」這個條件" in work and "「tab」" not in work


def test_a_list_is_narrowed_by_district_and_by_what_stands_over_its_columns(
    client: Client, cast: Any, many: Many, show: Callable[[Screens], None]
) -> None:
    show(Screens(columns=(Column("place", "哪裡"),), filters=(Filter("where", "place", "拾得地點"),)))
    many(9)
    Case.objects.filter(pk__in=Case.objects.values("pk")[:2]).update(district=cast.district)
    client.force_login(cast.rdec_controller)
    for written in (cast.district.name, cast.district.code):
        page = client.get(LIST, {"find": f"行政區：{written}"}, follow=True)
        assert len(numbers(page)) == 2 and f"行政區：<b>{cast.district.name}</b>" in page.content.decode()
    page = client.get(LIST, {"find": "哪裡:市場"}, follow=True)
    assert "拾得地點：<b>市場</b>" in page.content.decode()


def test_a_chips_cross_takes_its_filter_out_and_leaves_the_others(
    client: Client, cast: Any, many: Many
) -> None:
    many(3)
    client.force_login(cast.rdec_controller)
    page = client.get(LIST + "?agency=T-WATER&state=open").content.decode()
    crosses = re.findall(r'class="chip on" href="([^"]+)"', page)
    assert sorted(crosses) == sorted([LIST + "?state=open", LIST + "?agency=T-WATER"])


def test_htmx_gets_the_rows_alone_from_the_same_address(client: Client, cast: Any, many: Many) -> None:
    many(3)
    client.force_login(cast.rdec_controller)
    whole = client.get(LIST)
    part = client.get(LIST, headers={"HX-Request": "true", "HX-Request-Type": "partial"})
    assert b"<html" in whole.content and b"<html" not in part.content
    assert numbers(part) == numbers(whole)
    assert "HX-Request" in whole["Vary"] and "HX-Request" in part["Vary"]


def test_columns_are_chosen_in_the_address_and_remembered_on_request(
    client: Client, cast: Any, many: Many
) -> None:
    many(3)
    client.force_login(cast.rdec_controller)
    chosen = client.get(LIST, {"built": 1, "column": ["subject", "closed", "fell_to"], "remember": 1})
    assert chosen.status_code == 302 and "columns=subject%2Cclosed%2Cfell_to" in chosen["Location"]
    heads = re.findall(r'role="columnheader" scope="col"[^>]*>(.*?)</th>', client.get(LIST).content.decode())
    assert [re.sub(r"<[^>]+>", "", head) for head in heads][1:] == ["主旨", "結案日", "歸屬"]
    rows = b"".join(client.get(LIST + "export.csv").streaming_content).decode("utf-8-sig").splitlines()  # type: ignore[attr-defined]
    assert rows[0] == "案號,案名,主辦機關,結案日,歸屬"


def test_the_builder_sends_back_what_it_was_given_unchanged(client: Client, cast: Any, many: Many) -> None:
    many(9)
    client.force_login(cast.rdec_controller)
    state = "agency=T-WATER&agency=T-WORKS&officer=t.officer&due=%3C17d&from=2026-01-02&sort=due"
    page = client.get(f"{LIST}?{state}&build=1").content.decode()
    form = page[page.index('id="builder"') : page.index("</section>")]
    sent: list[tuple[str, str]] = [("built", "1")]
    for name, body in re.findall(r'<select[^>]* name="([^"]+)"[^>]*>(.*?)</select>', form, re.S):
        sent += [(name, unescape(v)) for v in re.findall(r'<option value="([^"]*)" selected', body)]
    sent += re.findall(r'<input class="input" id="[^"]*" name="([^"]+)" value="([^"]*)"', form)
    sent += [("column", key) for key in re.findall(r'name="column" value="([^"]+)" checked', form)]
    answer = client.get(f"{LIST}?{urlencode(sent)}")
    assert sorted(parse_qsl(urlsplit(answer["Location"]).query)) == sorted(parse_qsl(state))


def test_a_rooms_own_columns_and_filters_appear(
    client: Client, cast: Any, many: Many, show: Callable[[Screens], None]
) -> None:
    show(
        Screens(
            columns=("place", Column("found_on", "拾得", show=lambda day: f"{day:%m月}")),
            filters=(
                Filter("where", "place", "哪裡", lambda user: [("市場", "菜市場"), ("車站", "火車站")]),
            ),
        )
    )
    many(15)
    client.force_login(cast.rdec_controller)
    page = client.get(LIST + "?where=市場&build=1")
    assert len(numbers(page)) == Case.objects.filter(find__place="市場").count()
    text = page.content.decode()
    assert "哪裡：<b>菜市場</b>" in text and "01月" in text


def test_a_page_beyond_the_last_says_that_there_is_none(client: Client, cast: Any, many: Many) -> None:
    many(3)
    client.force_login(cast.rdec_controller)
    page = client.get(LIST + "?page=999").content.decode()
    assert "這份清單沒有這一頁" in page and "還沒有案件" not in page and "回到第一頁" in page


def test_an_empty_list_says_so_and_offers_the_way_back(client: Client, cast: Any, db: None) -> None:
    client.force_login(cast.rdec_controller)
    assert "這裡還沒有案件" in client.get(LIST).content.decode()
    assert "沒有符合條件的案件" in client.get(LIST + "?state=closed").content.decode()


@pytest.mark.parametrize(
    "query",
    [
        "page=0",
        "page=-3",
        "page=x",
        "page=99999999999999999999",
        "after=x",
        "after=-.1",
        "before=2026-01-01.",
        "sort=no",
        "columns=,,x",
        "tab=x",
    ],
)
def test_garbage_in_the_address_is_no_error(client: Client, cast: Any, many: Many, query: str) -> None:
    many(3)
    client.force_login(cast.rdec_controller)
    assert client.get(f"{LIST}?{query}").status_code == 200
    assert client.get(f"/work/?{query}").status_code == 200


def test_the_list_is_whole_in_english(client: Client, cast: Any, many: Many) -> None:
    many(20, opened_on=date(2026, 1, 2))
    client.force_login(cast.rdec_controller)
    client.cookies["django_language"] = "en"
    text = client.get(LIST + "?build=1&agency=T-WATER&due=late").content.decode()
    seen = re.sub(r"<[^>]+>|拾得[^<]*", " ", text)
    ours = [
        word
        for word in ("篩選", "機關", "期限", "逾期", "共", "頁碼", "欄位", "匯出", "查詢")
        if word in seen
    ]
    assert ours == []
