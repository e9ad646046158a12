"""One approved English name for a Chinese name and category at any date; a change keeps the old as alias."""

from datetime import date, timedelta
from pathlib import Path

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError, connection, transaction
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.django import TestCase

from yankao.kernel.casework import contract
from yankao.kernel.casework.process import Refused
from yankao.kernel.people.testing import make_cast
from yankao.kernel.period import Period
from yankao.kernel.register import english
from yankao.research.english import figures
from yankao.research.english import process as p
from yankao.research.english.models import BilingualName, Member

from .conftest import Names, at

pytestmark = pytest.mark.django_db


def test_the_process_keeps_its_contract_and_its_page():
    contract.holds(p.process, Path(p.__file__).with_name("process.md"))


def test_an_approved_name_is_in_force_from_its_day_and_the_agencies_are_told(names, cast):
    name = names.approve(names.propose())
    p.notify.run(name, cast.rdec_controller, {"notice_letter": "研發字第1號"}, at=at(date(2012, 6, 25)))
    name.refresh_from_db()
    assert (name.valid_from, name.notified_on, name.case.stage) == (
        date(2012, 7, 1), date(2012, 6, 25), "notified",
    )  # fmt: skip
    assert not name.holds_on(date(2012, 6, 30)) and name.holds_on(date(2012, 7, 1))
    assert name.case.closed_on == date(2012, 6, 25) and not name.case.clocks.filter(stopped_at=None).exists()


def test_a_change_ends_the_old_name_the_day_before_and_keeps_it_as_an_alias(names, cast):
    old = names.approve(names.propose(text="Lotus Lake"))
    new = names.propose()
    assert new.replaces == old
    names.approve(new, valid_from=date(2013, 1, 1), on=date(2012, 12, 1))
    old.refresh_from_db()
    assert (old.valid_to, old.case.stage) == (date(2012, 12, 31), "superseded")
    alias = new.aliases.get()
    assert (alias.name, alias.valid_from, alias.valid_to) == (
        "Lotus Lake", date(2012, 7, 1), date(2012, 12, 31),
    )  # fmt: skip
    assert english.approved() == {("landmark", "蓮池潭"): "Lotus Pond"}
    assert figures.names_approved.value(Period.parse("102H1")) == 1
    assert not list(figures.one_name_a_day(Period.parse("102H1")))


def test_a_second_english_name_for_the_same_days_is_refused_by_guard_and_database(names, cast):
    first = names.approve(names.propose("台鋁市場", "Tailu Market"))
    again = names.propose("臺鋁市場", "MLD Tailu")
    assert again.key == first.key and again.replaces == first
    with pytest.raises(Refused, match="生效日須晚於"):
        names.approve(again, valid_from=date(2012, 7, 1))
    twin = BilingualName(
        case=again.case, zh="臺鋁市場", english="MLD", category="landmark", way="custom",
        approved_on=date(2012, 7, 1), valid_from=date(2012, 8, 1),
    )  # fmt: skip
    with pytest.raises(ValidationError, match="已有核定的英文名稱"):
        twin.full_clean()
    with pytest.raises(IntegrityError), transaction.atomic():
        BilingualName.objects.filter(pk=again.pk).update(
            approved_on=date(2012, 7, 1), valid_from=date(2012, 8, 1)
        )
    other = names.approve(names.propose("臺鋁市場", "Tailu Market", "place"))
    assert other.valid_from == first.valid_from  # another category is another name


@pytest.mark.parametrize("text", ["", " Lotus Pond", "Lotus  Pond", "蓮池潭 Pond", "Ｌｏｔｕｓ"])
def test_what_is_no_english_name_is_refused_with_a_sentence(names, cast, text):
    assert p.unsound(text)
    name = names.propose()
    BilingualName.objects.filter(pk=name.pk).update(english=text)
    with pytest.raises(Refused, match="英文名稱"):
        p.review_name(name, cast.rdec_controller)


def test_a_proposal_sent_back_is_mended_and_proposed_again(names, cast):
    name = names.propose(text="Lotus Pound")
    p.send_back(name, cast.rdec_controller, reason="拼寫")
    with pytest.raises(Refused):
        p.propose_again(name, cast.works_officer, english="Lotus Pond")
    p.propose_again(name, cast.officer, english="Lotus Pond")
    name.refresh_from_db()
    assert (name.english, name.case.stage) == ("Lotus Pond", "proposed")


def test_only_the_commission_decides(names, cast):
    name = names.propose()
    with pytest.raises(Refused, match="研考會"):
        p.review_name(name, cast.officer)


def test_a_pressed_button_that_is_pressed_again_approves_once(names, cast):
    name = names.propose()
    rdec = cast.rdec_controller
    assert p.review_name.run(name, rdec, {}, key="k1")
    assert not p.review_name.run(name, rdec, {}, key="k1")


def test_a_member_has_one_seat_at_a_time(db):
    term = {"name": "林怡君", "kind": "external", "post": "教授"}
    Member.objects.create(**term, valid_from=date(2011, 1, 1), valid_to=date(2012, 12, 31))
    with pytest.raises(IntegrityError), transaction.atomic():
        Member.objects.create(**term, valid_from=date(2012, 12, 31), valid_to=date(2014, 12, 31))
    Member.objects.create(**term, valid_from=date(2013, 1, 1), valid_to=date(2014, 12, 31))
    for day, count in ((date(2010, 12, 31), 0), (date(2011, 1, 1), 1), (date(2013, 1, 1), 1)):
        assert figures.members(Period(day, day, day, "101H1")).count() == count


DAYS = st.integers(0, 40).map(lambda n: date(2012, 1, 1) + timedelta(days=n))


class Overlap(TestCase):
    """The database and the guard agree on what overlaps, whatever the dates."""

    @settings(max_examples=25, deadline=None)
    @given(st.lists(st.tuples(DAYS, st.none() | st.integers(0, 15)), min_size=2, max_size=5))
    def test_no_two_entries_of_a_key_hold_on_one_day(self, spans):
        names, kept = Names(make_cast()), []
        for number, (first, length) in enumerate(spans):
            last = None if length is None else first + timedelta(days=length)
            row = names.propose("蓮池潭", f"Name {number}")
            row.approved_on, row.valid_from, row.valid_to = first, first, last
            row.replaces = None
            free = all(first > (b or date.max) or (last or date.max) < a for a, b in kept)
            told = True
            try:
                row.validate_constraints()
            except ValidationError:
                told = False
            try:
                with transaction.atomic():
                    row.save()
                held = True
            except IntegrityError:
                held = False
            assert told == held == free, (connection.vendor, kept, first, last)
            if held:
                kept.append((first, last))
