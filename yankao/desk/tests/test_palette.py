"""One box finds pages, lists, cases, people and actions, by characters, zhuyin initials and pinyin."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pytest
from django.conf import settings
from django.test import Client

type Many = Callable[..., list[Any]]


@pytest.fixture
def find(client: Client, cast: Any) -> Callable[..., str]:
    client.force_login(cast.officer)

    def ask(query: str) -> str:
        part = {"HX-Request": "true", "HX-Request-Type": "partial"}
        return client.get("/palette/", {"q": query}, headers=part).content.decode()

    return ask


@pytest.mark.parametrize("query", ["林怡君", "ㄌㄧㄐ", "lyj", "linyijun"])
def test_a_person_is_found_by_any_writing_of_the_name(find: Callable[..., str], query: str) -> None:
    assert "林怡君" in find(query) and "officer=t.officer" in find(query)


def test_a_case_is_found_by_number_and_by_title(find: Callable[..., str], many: Many, cast: Any) -> None:
    many(5, agency=cast.water, title="河堤旁的紅色雨傘")
    (other,) = many(1, agency=cast.works, title="河堤旁的藍色雨傘")
    assert "拾115-0003 河堤旁的紅色雨傘" in find("拾115-0003")
    assert "紅色雨傘" in find("河堤 雨傘") and "藍色雨傘" not in find("河堤 雨傘")
    assert other.number not in find(other.number).replace(f"「{other.number}」", "")


def test_an_agency_is_found_by_its_name_and_leads_to_its_open_cases(find: Callable[..., str]) -> None:
    assert "tab=open&amp;agency=" in find("水利")
    assert "水利局" in find("水利")


def test_pages_and_lists_are_offered_before_anything_is_typed(find: Callable[..., str]) -> None:
    assert "我的待辦" in find("") and 'href="/rooms/examples.lost_property/"' in find("")
    assert "我的待辦" in find("work") and "我的待辦" in find("待辦")


def test_named_filters_lead_to_the_list_of_all_rooms(client: Client, cast: Any) -> None:
    client.force_login(cast.officer)
    answer = client.get("/palette/", {"q": "機關:水利局 期限:逾期"})
    asked = parse_qsl(urlsplit(answer["Location"]).query)
    assert answer.status_code == 302 and [name for name, _value in asked] == ["tab", "agency", "due"]
    assert client.get(answer["Location"]).status_code == 200


def test_without_script_the_answers_are_a_page(client: Client, cast: Any) -> None:
    client.force_login(cast.officer)
    page = client.get("/palette/", {"q": "沒有這種東西"}).content.decode()
    assert "<html" in page and "找不到「沒有這種東西」" in page


def test_a_rooms_page_is_named_in_english_signs(client: Client, cast: Any) -> None:
    client.force_login(cast.rdec_controller)
    client.cookies[settings.LANGUAGE_COOKIE_NAME] = "en"
    part = {"HX-Request": "true", "HX-Request-Type": "partial"}
    page = client.get("/palette/", {"q": "triage"}, headers=part).content.decode()
    assert ": Triage board" in page and "：" not in page
