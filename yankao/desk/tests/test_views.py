"""Saved views: kept, pinned, shared within the unit, deleted by their owner alone."""

from __future__ import annotations

from typing import Any

from django.test import Client

from yankao.desk.models import SavedView

ROOM = "examples.lost_property"


def save(client: Client, name: str = "水利局未結", **more: str) -> Any:
    sent = {"room": ROOM, "query": "agency=T-WATER&state=open&page=7&after=x", "name": name, **more}
    return client.post("/views/new", sent)


def test_a_list_is_saved_without_the_place_in_it_and_stands_in_the_menu(client: Client, cast: Any) -> None:
    client.force_login(cast.officer)
    asked = client.get("/views/new", {"room": ROOM, "query": "agency=T-WATER&state=open"}).content.decode()
    assert "機關:水利局 狀態:未結" in asked
    answer = save(client, pinned="on")
    assert answer["Location"] == f"/rooms/{ROOM}/?agency=T-WATER&state=open"
    page = client.get("/work/").content.decode()
    assert "水利局未結" in page and "agency=T-WATER&amp;state=open" in page


def test_a_name_is_taken_once_a_person_and_what_was_typed_stays(client: Client, cast: Any) -> None:
    client.force_login(cast.officer)
    save(client)
    again = save(client)
    assert again.status_code == 422 and "您已經有一個叫「水利局未結」的檢視" in again.content.decode()
    assert 'value="水利局未結"' in again.content.decode()


def test_a_shared_view_is_for_colleagues_and_not_for_other_agencies(client: Client, cast: Any) -> None:
    client.force_login(cast.officer)
    save(client, shared="on")
    view = SavedView.objects.get()
    client.force_login(cast.colleague)
    assert "水利局未結" in client.get("/views/").content.decode()
    client.post(f"/views/{view.pk}", {"act": "copy"})
    assert SavedView.objects.filter(owner=cast.colleague, pinned=True, name="水利局未結").exists()
    assert client.post(f"/views/{view.pk}", {"act": "delete"}).status_code == 404
    client.force_login(cast.works_officer)
    assert "水利局未結" not in client.get("/views/").content.decode()
    assert client.post(f"/views/{view.pk}", {"act": "copy"}).status_code == 404


def test_an_owner_pins_shares_and_deletes(client: Client, cast: Any) -> None:
    client.force_login(cast.officer)
    save(client)
    view = SavedView.objects.get()
    for act, test in (
        ("pin", lambda v: v.pinned),
        ("unpin", lambda v: not v.pinned),
        ("share", lambda v: v.agency_id),
        ("unshare", lambda v: not v.agency_id),
    ):
        client.post(f"/views/{view.pk}", {"act": act})
        assert test(SavedView.objects.get()), act
    client.post(f"/views/{view.pk}", {"act": "delete"})
    assert not SavedView.objects.exists()
