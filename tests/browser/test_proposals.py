"""The pre-review in a browser: an agency's planner proposes, a reviewer scores, the commission tries ceilings
and decides.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, expect

from .conftest import Product
from .hands import MOUSE, PLAIN, Hands, hands

type At = Callable[..., Hands]
ROOM = "/rooms/planning.proposals/"


@pytest.fixture
def at(browser: Browser, product: Product, personas: dict[str, int]) -> Iterator[At]:
    with hands(browser, product.url, personas) as given:
        yield given


@pytest.mark.parametrize("way", [MOUSE, PLAIN])
def test_a_planner_states_the_cost_to_the_dollar_and_submits(at: At, product: Product, way: str) -> None:
    year = str(product.one("SELECT max(year) FROM proposals_proposal"))
    planner = at("demo.controller", way)
    planner.go(f"{ROOM}new/")
    form = planner.page.locator("main form.form")
    given: dict[str, Any] = {
        "title": f"前鎮河水質改善（{way}）", "agency": None, "year": year, "kind": "administrative",
        "purpose": "改善水質。", "plan_no": f"T-{way}",
    }  # fmt: skip
    for name, value in given.items():
        planner.put(form, name, value)
    planner.send(form)
    expect(planner.page).to_have_url(re.compile(r"/cases/\d+/$"))
    case = int(planner.page.url.rstrip("/").rsplit("/", 1)[1])
    sheet = {"years-0-year": year, "years-0-total": "6000萬", "years-0-city_general": "59999999"}
    form = planner.form(case, "state_cost")
    planner.put(form, "total", "60,000,000")
    for name, value in sheet.items():
        planner.put(form, name, value)
    planner.send(form)
    form = planner.page.locator("#move-state_cost form, main form.form").first
    expect(planner.page.get_by_text("差-1元").first).to_be_visible()
    expect(form.locator("[name='years-0-total']")).to_have_value("6000萬")
    planner.put(form, "years-0-private", "1")
    planner.send(form)
    expect(planner.page.locator("#case h1")).to_be_visible()
    assert product.one("SELECT total FROM proposals_proposal WHERE case_id = ?", case) == 60_000_000
    for question in ("basis", "goal", "benefit", "alternatives", "execution"):
        planner.do(case, "answer_form", replies__0__question=question, replies__0__answer="done",
                   replies__0__note="如附件")  # fmt: skip
    planner.do(case, "rank_in_agency", "機關已排序", agency_rank="88" if way == MOUSE else "89")
    planner.do(case, "submit", "已提送")
    if way == MOUSE:
        planner.check()


def test_a_reviewer_finds_what_is_to_be_scored_and_scores_it(at: At, product: Product) -> None:
    inspector = at("demo.inspector")
    case = product.one(
        "SELECT s.proposal_id FROM proposals_seat s JOIN people_user u ON u.id = s.reviewer_id "
        "WHERE u.username = 'demo.inspector' AND s.scored_on IS NULL AND s.recused_on IS NULL ORDER BY 1"
    )
    inspector.go("/")
    expect(inspector.page.get_by_text("待評分計畫").first).to_be_visible()
    marks = {
        "policy": "85",
        "need": "80",
        "benefit": "75",
        "readiness": "70",
        "funding": "65",
        "execution": "60",
    }
    form = inspector.form(case, "score")
    for name, value in {**marks, "comment": "可行。"}.items():
        inspector.put(form, name, value)
    inspector.send(form)
    expect(inspector.page.locator("#case").get_by_role("cell", name="75.25")).to_be_visible()
    seat = product.one(
        "SELECT policy FROM proposals_seat WHERE proposal_id = ? AND comment = '可行。'",
        case,
    )
    assert seat == 8500
    inspector.check()


@pytest.mark.parametrize("way", [MOUSE, PLAIN])
def test_the_commission_tries_ceilings_and_sees_who_falls_out_and_why(
    at: At, product: Product, way: str
) -> None:
    chief = at("demo.chief", way)
    chief.go(f"{ROOM}simulate/")
    form = chief.page.locator("form[method=get].form")
    chief.put(form, "city_general", "0")
    chief.send(form)
    expect(chief.page.get_by_text("超過額度").first).to_be_visible()
    inside = chief.page.locator("table .tag", has_text=re.compile("^列入$"))
    expect(inside).to_have_count(0)
    chief.put(form, "city_general", "9999億")
    chief.put(form, "central_general", "9999億")
    chief.put(form, "city_fund", "9999億")
    chief.send(form)
    expect(inside.first).to_be_visible()
    expect(chief.page.locator("table .tag", has_text="落選")).to_have_count(0)
    if way == MOUSE:
        chief.check()
        chief.go(f"{ROOM}map/")
        chief.check()
        chief.go(f"{ROOM}meetings/")
        chief.check()
