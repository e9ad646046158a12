"""The look of pages: kept in a cookie, changed by a plain form, never by what a cookie may smuggle in."""

from __future__ import annotations

from django.test import Client
from hypothesis import given
from hypothesis import strategies as st

from yankao.desk.preferences import CHOICES, COOKIE, Look

looks = st.builds(Look, **{name: st.sampled_from(values) for name, values in CHOICES.items()})


@given(looks)
def test_a_look_survives_its_cookie(look: Look) -> None:
    assert Look.read(look.cookie) == look


@given(st.text())
def test_no_cookie_puts_a_foreign_word_on_the_page(cookie: str) -> None:
    look = Look.read(cookie)
    assert all(getattr(look, name) in values for name, values in CHOICES.items())


def test_defaults_leave_no_class_behind() -> None:
    assert Look().classes == ""
    assert Look(theme="dark", size="large").classes == "theme-dark size-large"


def test_one_switch_changes_one_thing_and_returns_where_it_was_pressed(client: Client) -> None:
    client.cookies[COOKIE] = Look(density="compact").cookie
    response = client.post("/desk/preferences", {"theme": "dark", "next": "/desk/guide?a=1"})
    assert response.status_code == 302
    assert response["Location"] == "/desk/guide?a=1"
    assert Look.read(response.cookies[COOKIE].value) == Look(theme="dark", density="compact")
    assert 'class="theme-dark density-compact"' in client.get("/desk/guide").content.decode()


def test_the_way_back_never_leaves_the_house(client: Client) -> None:
    response = client.post("/desk/preferences", {"theme": "dark", "next": "https://elsewhere.example/"})
    assert response["Location"] == "/desk/preferences"


def test_the_language_is_switched_by_the_same_form(client: Client) -> None:
    client.post("/desk/preferences", {"language": "en"})
    assert 'lang="en"' in client.get("/desk/guide").content.decode()
    client.post("/desk/preferences", {"language": "xx"})
    assert 'lang="en"' in client.get("/desk/guide").content.decode()


def test_an_unknown_value_changes_nothing(client: Client) -> None:
    response = client.post("/desk/preferences", {"theme": "pink", "size": "large"})
    assert Look.read(response.cookies[COOKIE].value) == Look(size="large")


def test_the_form_needs_its_token() -> None:
    assert Client(enforce_csrf_checks=True).post("/desk/preferences", {"theme": "dark"}).status_code == 403
