"""The menu: what somebody works in stands open, what they may look at besides is folded."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from typing import Any

import pytest
from django.test import Client
from django.utils import translation

from yankao.desk import nav
from yankao.kernel.people.models import User
from yankao.kernel.review.models import Reviewer
from yankao.kernel.rooms import rooms


@pytest.fixture(autouse=True)
def in_chinese() -> Iterator[None]:
    """Whatever language a page before left behind."""
    with translation.override("zh-hant"):
        yield


def menu(user: Any) -> dict[str, set[str]]:
    nav.forget()
    groups = nav._menu(user, nav._own(user))
    return {group.label: {link.label for link in group.links} for group in groups}


def titles(*names: str) -> set[str]:
    return {room.zh for room in rooms() if room.name in names}


def test_an_agent_finds_calls_enquiries_petitions_and_the_acknowledgements_they_write(cast: Any) -> None:
    found = menu(cast.agent)
    rooms_of_theirs = titles("service.calls", "service.enquiries", "service.petitions")
    assert found["業務"] == rooms_of_theirs | {"發文登記", "收文登記"}
    assert titles("research.papers", "inspection.quality") <= found["其他業務"]


def test_a_registrar_works_in_trips_and_writes_their_letters(cast: Any) -> None:
    found = menu(cast.registrar)
    assert found["業務"] == titles("research.trips") | {"發文登記", "收文登記"}


def test_who_writes_no_letters_finds_no_registers_of_them(cast: Any) -> None:
    assert not {"發文登記", "收文登記"} & set().union(*menu(cast.councillor).values())


def test_who_works_in_no_room_finds_all_of_them_open(cast: Any) -> None:
    found = menu(cast.auditor)
    assert "其他業務" not in found
    assert found["業務"] == {room.title for room in nav.rooms_for(cast.auditor)}


def test_a_reviewer_from_outside_finds_their_sheets_and_no_rooms_of_the_city(cast: Any) -> None:
    outsider = User.objects.create_user("outside", name="校外委員")
    assert menu(outsider)["業務"]  # whoever reviews nothing may look around
    Reviewer.objects.create(user=outsider, name="校外委員", valid_from=date(2012, 1, 1))
    found = menu(outsider)
    assert "審查作業" in found[""]
    assert not {room.title for room in rooms()} & set().union(*found.values())


@pytest.mark.parametrize("name", ["agent", "officer", "controller", "rdec_controller", "secretary", "mayor"])
def test_every_room_somebody_may_open_stands_in_the_menu_once(cast: Any, name: str) -> None:
    user = getattr(cast, name)
    groups = nav._menu(user, nav._own(user))
    links = [link.label for group in groups for link in group.links]
    assert sorted(one for one in links if one in {room.title for room in rooms()}) == sorted(
        room.title for room in nav.rooms_for(user)
    )


def test_the_folded_rooms_are_open_for_who_stands_in_one(client: Client, cast: Any) -> None:
    client.force_login(cast.agent)
    nav.forget()
    assert "<details><summary>其他業務" in client.get("/work/").content.decode()
    assert "<details open><summary>其他業務" in client.get("/rooms/inspection.quality/").content.decode()


def test_the_menu_asks_the_database_nothing_more_than_its_one_question(
    cast: Any, django_assert_num_queries: Any
) -> None:
    nav.forget()
    nav.standing(cast.rdec_controller)
    own = nav._own(cast.rdec_controller)
    with django_assert_num_queries(0):
        nav._menu(cast.rdec_controller, own)
