"""The pages: reading, card, records, computation, writing and signing; who sees what."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from examples.lost_property.models import Find
from yankao.kernel.people.testing import Cast
from yankao.report import editions, history
from yankao.report.building import build, fact_href, fact_id
from yankao.report.document.extract import figures_from_html
from yankao.report.document.model import Fact, FactRecord, Said
from yankao.report.models import Edition
from yankao.report.public import for_public, withheld_ids

from .conftest import KEY, PERIOD, take_out

NAME = "examples.lost_property.noticed"
PARTIAL = {"HX-Request": "true", "HX-Request-Type": "partial"}


def text(response: Any) -> str:
    content = b"".join(response.streaming_content) if response.streaming else response.content
    return content.decode()  # type: ignore[no-any-return]


@pytest.fixture
def inside(client: Client, cast: Cast) -> Client:
    client.force_login(cast.rdec_controller)
    return client


@pytest.fixture
def delivered(frozen: Edition, cast: Cast) -> Edition:
    editions.deliver(frozen, cast.rdec_controller, "高市研發字第11530674800號", timezone.localdate())
    return frozen


def test_the_live_report_shows_its_figures_as_links_that_open_where_they_stand(
    found: list[Find], inside: Client
) -> None:
    page = text(inside.get("/report/115H1/"))
    assert figures_from_html(page).values[fact_id(NAME, PERIOD)] == "4"
    assert f'data-fact="{fact_id(NAME, PERIOD)}" data-figure' in page
    assert "可追溯數字4/4" in page
    assert "本項業務尚未在本系統辦理" in page
    english = text(inside.get("/report/115H1/?language=en"))
    assert "notice was given of" in english
    assert 'lang="en"' in english


@pytest.mark.parametrize(
    "address",
    [
        "/report/",
        "/report/115H1/",
        "/report/115H1/checks/",
        "/figures/",
        "/figures/?period=115H1",
        f"/figures/{NAME}/115H1/",
        f"/figures/{NAME}/115H1/card/",
        f"/figures/{NAME}/115H1/computation/",
        "/figures/examples.lost_property.returned_rate/115H1/",
    ],
)
def test_every_page_answers_in_both_languages(found: list[Find], inside: Client, address: str) -> None:
    assert inside.get(address).status_code == 200
    inside.cookies["django_language"] = "en"
    assert inside.get(address).status_code == 200


@pytest.mark.parametrize(
    "address",
    [
        "/report/115X/",
        "/report/115H1/7/",
        "/figures/no.such/115H1/",
        f"/figures/{NAME}/zz/",
        "/f/nothing",
        "/f/no.such@115H1",
        f"/f/{NAME}@115H1:99",
        "/report/115H1/report.doc",
    ],
)
def test_what_does_not_exist_is_not_found(found: list[Find], inside: Client, address: str) -> None:
    assert inside.get(address).status_code == 404


def test_a_draft_is_for_those_inside(found: list[Find], client: Client, cast: Cast, edition: Edition) -> None:
    for address in (
        "/report/115H1/",
        "/report/115H1/1/",
        f"/figures/{NAME}/115H1/",
        "/report/115H1/1/drift/",
    ):
        assert client.get(address).status_code == 302
    client.force_login(cast.councillor)
    for address in ("/report/115H1/", "/report/115H1/1/", "/report/115H1/1/report.pdf"):
        assert client.get(address).status_code == 404
    client.force_login(cast.officer)
    assert client.get("/report/115H1/1/").status_code == 200


def test_everybody_reads_a_delivered_edition_and_clicks_its_figures(
    delivered: Edition, client: Client, cast: Cast
) -> None:
    page = text(client.get("/report/115H1/1/"))
    assert "定稿" in page
    assert "高市研發字第11530674800號" in page
    href = fact_href(fact_id(NAME, PERIOD, str(delivered.pk)))
    assert f'href="{href}"' in page
    card = text(client.get(href, headers=PARTIAL))
    assert "4件" in card
    assert "重算一致" in card
    assert "<html" not in card
    assert client.get(f"/figures/{NAME}/115H1/").status_code == 302
    assert client.get("/report/115H1/1/report.odt").status_code == 200
    client.force_login(cast.councillor)
    assert client.get("/report/115H1/1/").status_code == 200


def test_the_card_tells_where_a_number_comes_from(found: list[Find], inside: Client) -> None:
    card = text(inside.get(fact_href(fact_id(NAME, PERIOD)), headers=PARTIAL))
    for words in (
        "公告日在期間內者",
        "拾得物",
        "最近登錄",
        "115年1月至6月",
        "檢視4筆紀錄",
        "計算歷程",
        "上期",
    ):
        assert words in card


def test_drift_shows_on_paper_card_and_page(
    frozen: Edition, inside: Client, find: Callable[..., Find], cast: Cast
) -> None:
    late = find(date(2026, 5, 5))
    page = text(inside.get("/report/115H1/1/"))
    assert f'class="fig warn" href="{fact_href(fact_id(NAME, PERIOD, str(frozen.pk)))}"' in page
    assert "4件" in page
    card = text(inside.get(fact_href(fact_id(NAME, PERIOD, str(frozen.pk))), headers=PARTIAL))
    assert "重算差異+1" in card
    drift = text(inside.get("/report/115H1/1/drift/"))
    assert late.case.number in drift
    assert "5件" in drift


def test_the_list_of_a_figure_has_as_many_rows_as_it_counts(
    found: list[Find], inside: Client, cast: Cast
) -> None:
    page = text(inside.get(f"/figures/{NAME}/115H1/"))
    assert page.count('class="sub"') == 4
    assert "共4筆紀錄" in page
    assert "無檢視權限" not in page
    rows = text(inside.get(f"/figures/{NAME}/115H1/records.csv")).strip().splitlines()
    assert len(rows) == 1 + 4
    assert inside.get(f"/figures/{NAME}/115H1/records.ods").status_code == 200


def test_records_out_of_sight_are_counted_and_named(
    found: list[Find], client: Client, cast: Cast, find: Callable[..., Find]
) -> None:
    other = find(date(2026, 5, 6), by=cast.works_officer, title="雨傘")
    client.force_login(cast.officer)
    page = text(client.get(f"/figures/{NAME}/115H1/"))
    assert page.count('class="sub"') == 4
    assert "共5筆紀錄" in page
    assert "另有1筆無檢視權限" in page
    assert other.case.number not in page
    rows = text(client.get(f"/figures/{NAME}/115H1/records.csv"))
    assert len(rows.strip().splitlines()) == 1 + 4
    assert other.case.number not in rows


def test_a_rate_opens_part_and_whole(found: list[Find], inside: Client) -> None:
    page = text(inside.get("/figures/examples.lost_property.returned_rate/115H1/"))
    assert "/figures/examples.lost_property.returned/115H1/" in page
    assert f"/figures/{NAME}/115H1/" in page
    assert "3件" in page


def test_the_computation_shows_query_and_rules(found: list[Find], inside: Client) -> None:
    page = text(inside.get(f"/figures/{NAME}/115H1/computation/"))
    assert "lost_property_find" in page
    assert "民法第807條" in page


def test_an_edition_is_made_through_the_pages(
    found: list[Find], client: Client, cast: Cast, settings: Any
) -> None:
    def step(who: Any, name: str, **given: str) -> int:
        client.force_login(who)
        return client.post("/report/115H1/1/step/", {"step": name, **given}).status_code

    client.force_login(cast.rdec_controller)
    assert client.post("/report/115H1/open/", {"as_of": "不是日子"}).status_code == 422
    assert client.post("/report/115H1/open/", {"as_of": ""}).status_code == 302
    assert step(cast.officer, "begin") == 422
    assert step(cast.rdec_controller, "begin") == 302
    section = f"/report/115H1/1/desk/{KEY}/"
    page = text(client.get(section))
    assert "{examples.lost_property.noticed}" in page
    refused = client.post(section, {"language": "zh-hant", "text": "<p>沒有數字</p>"})
    assert refused.status_code == 422
    assert "沒有數字" in text(refused)
    source = build(PERIOD).parts[KEY].source
    assert (
        client.post(section, {"language": "zh-hant", "text": source + "<p>併此敘明。</p>"}).status_code == 302
    )
    assert step(cast.rdec_controller, "submit", section=KEY) == 302
    assert step(cast.rdec_controller, "review_all") == 422
    assert (
        client.post("/report/115H1/1/step/", {"step": "remark", "section": KEY, "text": "很好"}).status_code
        == 302
    )
    assert step(cast.rdec_chief, "review", section=KEY) == 302
    assert "審閱" in text(client.get("/report/115H1/1/desk/"))
    assert step(cast.rdec_controller, "check") == 302
    assert step(cast.rdec_commissioner, "approve") == 302
    assert step(cast.rdec_chief, "freeze") == 302
    assert (
        step(
            cast.rdec_controller,
            "deliver",
            letter="高市研發字第11530674800號",
            day=timezone.localdate().isoformat(),
        )
        == 302
    )
    assert step(cast.rdec_chief, "correct", section=KEY, text="更正") == 302
    assert Edition.objects.get().state == "errata"
    client.logout()
    assert "併此敘明" in text(client.get("/report/115H1/1/"))
    for address in ("/report/115H1/1/compare/", "/report/"):
        assert client.get(address).status_code == 200


def test_a_changed_value_is_shown_to_the_signer(
    edition: Edition, inside: Client, cast: Cast, found: list[Find]
) -> None:
    editions.submit(edition, cast.rdec_controller, [KEY])
    take_out(found[3], cast)
    page = text(inside.get(f"/report/115H1/1/desk/{KEY}/"))
    assert "內容已變更" in page
    assert "<del" in page
    assert "內容已變更" in text(inside.get("/report/115H1/1/desk/"))


def test_two_editions_are_compared_in_numbers_and_words(
    frozen: Edition, inside: Client, cast: Cast, find: Callable[..., Find]
) -> None:
    find(date(2026, 5, 5))
    second = editions.open_edition(cast.rdec_controller, PERIOD)
    editions.begin(second, cast.rdec_controller)
    page = text(inside.get("/report/115H1/2/compare/"))
    assert "+1" in page
    assert "<del" in page


def fact(name: str, value: str, unit: str) -> FactRecord:
    return FactRecord(
        id=f"{name}@115H1",
        concept=name,
        label=Said("甲", "a"),
        value=value,
        display=Said(value + unit, value),
        unit=Said(unit, unit),
        decimals=0,
        start=PERIOD.first,
        end=PERIOD.last,
        as_of=PERIOD.last,
        kind="flow",
        definition=Said("乙", "b"),
        definition_version=1,
        legal_basis="",
        records=int(value),
        digest="",
        source="",
        href="/f/x",
    )


def test_fewer_than_five_persons_are_not_told_to_the_public_nor_what_would_tell_them() -> None:
    facts = [
        fact("a.b", "12", "人"),
        fact("a.b[x=1]", "3", "人"),
        fact("a.b[x=2]", "4", "件"),
        fact("a.b[x=3]", "9", "人"),
        fact("a.c", "0", "人"),
    ]
    assert withheld_ids(facts) == {"a.b[x=1]@115H1", "a.b[x=2]@115H1"}
    assert withheld_ids([fact("a.b", "4", "件")]) == set()


def test_the_public_paper_holds_no_withheld_number(
    found: list[Find], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("yankao.report.public.PERSONS", ("件",))
    public = for_public(build(PERIOD))
    told = {one.concept.rpartition(".")[2]: one.value for one in public.facts.records}
    assert told == {"noticed": "", "returned": "", "returned_rate": "75.0"}
    shown = [
        run
        for part in public.report.chapters
        for block in part.blocks
        for run in getattr(block, "runs", ())
        if isinstance(run, Fact)
    ]
    assert {run.display for run in shown} == {"不予顯示", "75.0%"}


@pytest.mark.parametrize(
    ("value", "past", "odd"),
    [
        ("100", [10, 11, 9, 10, 12, 10, 9, 11], True),
        ("11", [10, 11, 9, 10, 12, 10, 9, 11], False),
        ("100", [10, 11, 9, 10, 12, 10, 9], False),
        ("100", [10] * 8, False),
    ],
)
def test_a_value_far_from_its_own_past_asks_for_a_sentence(value: str, past: list[int], odd: bool) -> None:
    score = history.robust_score(Decimal(value), [Decimal(one) for one in past])
    assert (score is not None and abs(score) > history.LIMIT) is odd


def test_an_anomaly_is_found_among_the_figures_own_past(
    house: None, find: Callable[..., Find], monkeypatch: pytest.MonkeyPatch
) -> None:
    from examples.lost_property.figures import noticed
    from yankao.kernel.period import Period

    for step, count in enumerate((2, 1, 2, 3, 1, 2, 1, 3), 1):
        year, half = divmod(115 * 2 - step, 2)
        for number in range(count):
            find(date(year + 1911, 7 if half else 1, 5 + number))
    assert history.anomaly(noticed, Decimal(2), PERIOD) is None
    odd = history.anomaly(noticed, Decimal(40), PERIOD)
    assert odd is not None
    assert (odd.usual, odd.value) == (2, 40)
    assert history.anomaly(noticed, Decimal(40), Period.parse("114H2")) is None


def test_the_card_of_a_withheld_number_tells_the_public_neither_value_nor_records(
    delivered: Edition, client: Client, cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("yankao.report.public.PERSONS", ("件",))
    href = fact_href(fact_id(NAME, PERIOD, str(delivered.pk)))
    card = text(client.get(href, headers=PARTIAL))
    assert "不予顯示" in card
    assert "4件" not in card
    assert "4筆" not in card
    client.force_login(cast.officer)
    assert "4件" in text(client.get(href, headers=PARTIAL))
