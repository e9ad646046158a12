"""A business is coached, assessed and certified for three years; a renewal is not counted again."""

from datetime import date
from pathlib import Path

import pytest
from django.core.exceptions import ValidationError

from yankao.kernel.casework import contract
from yankao.kernel.casework.process import Refused
from yankao.kernel.period import Period
from yankao.research.english import figures
from yankao.research.english.badges import process as p

from .conftest import at

pytestmark = pytest.mark.django_db
GOOD = {"signs": 34, "staff": 26, "printed": 12, "web": 12}


def test_the_process_keeps_its_contract_and_its_page():
    contract.holds(p.process, Path(p.__file__).with_name("process.md"))


@pytest.fixture
def shop(cast):
    return p.process.open(
        cast.rdec_controller, title="海港小館", agency=cast.rdec, name_en="Harbor Kitchen", sector="food",
        address="高雄市鹽埕區中山路1號", contact="陳小姐", phone="07-5550001", at=at(date(2012, 1, 5)),
    )  # fmt: skip


def certified(shop, rdec, on=date(2012, 5, 1)):
    visit = {"visited_on": date(2012, 2, 1), "coach": "輔導團", "advice": "菜單附英文"}
    p.coach.run(shop, rdec, visit, at=at(date(2012, 2, 1)))
    p.assess.run(shop, rdec, GOOD, at=at(date(2012, 4, 1)))
    p.certify.run(shop, rdec, {"badge_no": "KES1010001"}, at=at(on))
    return shop


def test_a_badge_holds_for_three_years_and_renewal_counts_once(shop, cast):
    rdec = cast.rdec_controller
    certified(shop, rdec)
    assert shop.expires_on == date(2015, 5, 1)
    clock = shop.case.clocks.get(code="validity", stopped_at=None)
    assert clock.due_at.date() == date(2015, 5, 1)
    p.reassess.run(shop, rdec, GOOD, at=at(date(2015, 4, 1)))
    shop.refresh_from_db()
    assert (shop.first_certified_on, shop.certified_on) == (date(2012, 5, 1), date(2015, 4, 1))
    assert shop.expires_on == date(2018, 4, 1) and shop.case.clocks.filter(stopped_at=None).count() == 1
    half = Period.parse("104H1")
    assert figures.badges_certified.value(half) == figures.badges_valid.value(half) == 1
    before = Period.parse("101H1")
    assert figures.badges_valid.value(before) == 1, "a renewal changes nothing of the years before"
    p.withdraw.run(shop, rdec, {"reason": "歇業"}, at=at(date(2016, 3, 1)))
    halves = [Period.parse(code) for code in ("101H1", "104H2", "105H1")]
    assert [figures.badges_valid.value(one) for one in halves] == [1, 1, 0]
    assert not list(figures.badges_coached(half))


def test_below_the_pass_mark_coaching_goes_on(shop, cast):
    rdec = cast.rdec_controller
    visit = {"visited_on": date(2012, 2, 1), "coach": "輔導團", "advice": "菜單附英文"}
    p.coach.run(shop, rdec, visit, at=at(date(2012, 2, 1)))
    p.assess.run(shop, rdec, GOOD | {"signs": 19}, at=at(date(2012, 4, 1)))
    assert shop.case.stage == "coaching" and shop.score == 69
    with pytest.raises(Refused):
        p.certify(shop, rdec, badge_no="KES1010001")
    with pytest.raises(Refused, match="配分"):
        p.assess(shop, rdec, **(GOOD | {"signs": 41}))


def test_a_badge_lapses_only_after_its_last_day(shop, cast):
    certified(shop, cast.rdec_controller)
    shop.expires_on = date(2999, 1, 1)
    shop.save()
    with pytest.raises(Refused, match="有效期間"):
        p.lapse(shop, cast.rdec_controller)
    shop.expires_on = date(2015, 5, 1)
    shop.save()
    p.lapse(shop, cast.rdec_controller)
    assert shop.case.stage == "lapsed" and shop.case.closed_on


@pytest.mark.parametrize(
    ("number", "sound"),
    [
        ("", True),
        ("04595257", True),
        ("12345675", True),
        ("12345678", False),
        ("1234567", False),
        ("x", False),
    ],
)
def test_a_tax_number_is_checked_by_its_digit(number, sound):
    assert (p.tax_no_unsound(number) == "") is sound


def test_the_same_business_is_not_opened_twice(shop, cast):
    shop.tax_no = "04595257"
    shop.save()
    with pytest.raises(ValidationError, match="已經登錄過"):
        p.process.open(
            cast.rdec_controller, title="海港小館", agency=cast.rdec, name_en="Harbor", sector="food",
            address="x", tax_no="04595257",
        )  # fmt: skip
