"""Every type of page, as its readers see it: accessible, within its window, clean, under the policy."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, Page

from .axe import DESKTOP, PHONE, overflow, violations
from .conftest import Product

LOOKS = [("light", DESKTOP), ("dark", DESKTOP), ("light", PHONE), ("dark", PHONE)]


def _case(product: Product, kind: str, stage: str) -> str:
    pk = product.one("SELECT MAX(id) FROM casework_case WHERE kind = ? AND stage = ?", kind, stage)
    assert pk, f"no case of {kind} stands in {stage}"
    return f"/cases/{pk}/"


def _clock(product: Product) -> str:
    case, clock = product.ask(
        "SELECT case_id, MAX(id) FROM casework_clock WHERE stopped_at IS NULL GROUP BY case_id"
    )[0]
    return f"/cases/{case}/clocks/{clock}/"


def _registered(product: Product) -> list[str]:
    """A report in the public register."""
    number = product.one("SELECT MAX(case_id) FROM trips_trip WHERE registered_on IS NOT NULL")
    return [f"/register/trips/{number}/"]


def addresses(product: Product, username: str) -> list[str]:
    """The pages that person opens; "" is somebody who has not signed in."""
    report, rate = "/report/101H1/", "/figures/control.programme.execution_rate[programme=morakot]/101H1/"
    match username:
        case "":
            sign_in = ["/", "/accounts/login/", "/accounts/demo/", "/nowhere/"]
            return [*sign_in, "/register/trips/", *_registered(product), "/report/", report, "/checkpoints/"]
        case "demo.rdec":
            trip = _case(product, "research.trips", "report_pending")
            programme = "/rooms/control.programme/"
            own = [
                "/work/",
                "/work/?q=逾期",
                "/inbox/",
                "/views/",
                "/views/new?path=/work/",
                "/palette/?q=水利",
            ]
            rooms = ["/rooms/research.trips/", programme, "/rooms/inspection.quality/", f"{programme}board/"]
            boards = [
                f"{programme}{name}/" for name in ("import", "filing", "lagging", "funding", "steering")
            ]
            stages = [
                _case(product, "control.programme", "executing"),
                _case(product, "control.programme", "completed"),
                _case(product, "research.trips", "suggestions_out"),
                _case(product, "research.trips", "closed"),
            ]
            of_trip = [trip, *(f"{trip}{name}/" for name in ("ledger", "amend", "assign", "link"))]
            filed = "/figures/research.trips.filed/101H1/"
            agencies = "/figures/control.programme.agencies[programme=morakot]/101H1/"
            figures = ["/figures/", filed, f"{filed}computation/", f"{filed}card/", rate, agencies]
            reading = [report, f"{report}checks/", "/rooms/research.trips/tables/", "/desk/preferences"]
            return [*own, *rooms, *boards, *stages, *of_trip, _clock(product), *figures, *reading]
        case "demo.officer":
            project = product.one(
                "SELECT MAX(c.id) FROM casework_case c JOIN people_user u ON u.id = c.officer_id "
                "WHERE u.username = 'demo.officer' AND c.kind = 'control.programme' AND c.stage = 'executing'"
            )
            moves = [f"/cases/{project}/", f"/cases/{project}/moves/record_tender/"]
            return ["/work/", "/work/?tab=open", *moves, "/rooms/control.programme/entry/"]
        case "demo.registrar":
            trips = "/rooms/research.trips/"
            return ["/work/", f"{trips}new/", f"{trips}board/", f"{trips}import/"]
        case "demo.secretary":
            stages = [_case(product, "inspection.quality", s) for s in ("scheduled", "correcting", "closed")]
            return ["/work/", "/rooms/inspection.quality/", "/rooms/inspection.quality/board/", *stages]
        case "demo.chief":
            office = ["rules", "calendar", "calendar/closures", "people"]
            return ["/office/", *(f"/office/{name}/" for name in office)]
        case _:
            return ["/office/ledger/", "/work/"]


@pytest.fixture(scope="module")
def open_as(
    browser: Browser, product: Product, personas: dict[str, int]
) -> Iterator[Callable[[str, str, Any], Page]]:
    """A page signed in as somebody, in one look; kept for the module."""
    kept: dict[tuple[str, str, int], Page] = {}

    def give(username: str, scheme: str, size: Any) -> Page:
        key = (username, scheme, size["width"])
        if key not in kept:
            context = browser.new_context(
                locale="zh-TW",
                timezone_id="Asia/Taipei",
                viewport=size,
                color_scheme=scheme,
                reduced_motion="reduce",
            )  # type: ignore[arg-type]
            page = kept[key] = context.new_page()
            page.set_default_timeout(15000)
            if username:
                page.goto(f"{product.url}/accounts/demo/")
                page.locator(f"button[name=user][value='{personas[username]}']").click()
                page.wait_for_load_state()
        return kept[key]

    yield give
    for page in kept.values():
        page.context.close()


@pytest.mark.parametrize(
    ("scheme", "size"), LOOKS, ids=lambda value: value if isinstance(value, str) else str(value["width"])
)
@pytest.mark.parametrize(
    "username",
    ["", "demo.rdec", "demo.officer", "demo.registrar", "demo.secretary", "demo.chief", "demo.auditor"],
)
def test_every_page_is_accessible_fits_and_keeps_the_policy(
    product: Product, open_as: Callable[[str, str, Any], Page], username: str, scheme: str, size: Any
) -> None:
    page = open_as(username, scheme, size)
    told: list[str] = []
    page.on("console", lambda message: told.append(message.text) if message.type == "error" else None)
    page.on("pageerror", lambda error: told.append(str(error)))
    faults: list[str] = []
    for address in addresses(product, username):
        told.clear()
        answer = page.goto(product.url + address)
        assert answer is not None
        wanted = 404 if address == "/nowhere/" else 200
        if answer.status != wanted:
            faults.append(f"{address}: {answer.status}")
            continue
        policy = answer.headers.get("content-security-policy", "")
        if "script-src" not in policy or "unsafe" in policy:
            faults.append(f"{address}: policy {policy!r}")
        if wanted == 200 and told:
            faults.append(f"{address}: console {told[0]}")
        if (wider := overflow(page)) > 0:
            faults.append(f"{address}: {wider} px wider than the window")
        faults += [f"{address}: {one}" for one in violations(page)]
    assert faults == []
