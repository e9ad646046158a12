"""A form that comes too late loses nothing: what was typed waits for the person through signing in."""

import time
from html import unescape

import pytest
from django.test import Client
from django.urls import reverse

from examples.lost_property.models import Find
from examples.lost_property.process import process
from yankao.desk import again

SEEN = "seen"  # where the session notes when something was last asked for
ORIGIN = {"Origin": "http://testserver"}
TYPED = {"noticed_on": "115/11/20", "key": "once-only-12"}


@pytest.fixture
def umbrella(cast):
    from datetime import date

    return process.open(
        cast.officer, title="拾得雨傘", agency=cast.water, officer=cast.officer, place="車站",
        found_on=date(2026, 11, 1),
    )  # fmt: skip


def move(record):
    return reverse("desk:move", args=[record.pk, "give_notice"])


def idle(client, person):
    """A session in which nothing was asked for a long time."""
    client.force_login(person)
    session = client.session
    session[SEEN] = int(time.time()) - 24 * 3600
    session.save()
    return client


def hidden(page):
    """The fields the page would send on, and the text it shows."""
    text = unescape(page.content.decode())
    return text, 'name="noticed_on" value="115/11/20"' in text


def test_what_was_typed_in_an_idle_session_is_in_the_form_again_after_signing_in(client, cast, umbrella):
    late = idle(client, cast.officer).post(move(umbrella), TYPED, headers=ORIGIN)
    assert late.status_code == 302
    assert late["Location"] == f"{reverse('account_login')}?next=%2Fagain%2F"
    assert "已保留" in client.get(late["Location"]).content.decode()
    client.force_login(cast.officer)
    text, there = hidden(client.get(reverse("desk:again")))
    assert there
    assert "115/11/20" in text
    assert "回到表單" in text
    form = client.post(move(umbrella), {**TYPED, "more": "again"})
    assert form.status_code == 200
    assert 'value="115/11/20"' in form.content.decode()
    assert again.KEPT in client.session, "seen once more, but not sent yet"
    assert client.post(move(umbrella), TYPED).status_code == 302
    assert again.KEPT not in client.session
    assert Find.objects.get(pk=umbrella.pk).noticed_on.isoformat() == "2026-11-20"


def test_nobody_else_is_shown_what_somebody_typed(client, cast, umbrella):
    idle(client, cast.officer).post(move(umbrella), TYPED, headers=ORIGIN)
    client.force_login(cast.colleague)
    page = client.get(reverse("desk:again"), follow=True)
    assert "115/11/20" not in page.content.decode()
    assert again.KEPT not in client.session


def test_a_form_with_an_outdated_token_comes_back_with_a_new_one(cast, umbrella):
    strict = Client(enforce_csrf_checks=True)
    strict.force_login(cast.officer)
    late = strict.post(move(umbrella), {**TYPED, "csrfmiddlewaretoken": "x" * 64}, headers=ORIGIN)
    assert late.status_code == 302
    assert late["Location"] == reverse("desk:again")
    assert hidden(strict.get(reverse("desk:again")))[1]


@pytest.mark.parametrize(
    "headers", [{}, {"Origin": "https://elsewhere.example"}, {"Sec-Fetch-Site": "cross-site"}]
)
def test_what_another_site_makes_the_browser_send_is_refused_and_forgotten(cast, umbrella, headers):
    strict = Client(enforce_csrf_checks=True)
    strict.force_login(cast.officer)
    assert strict.post(move(umbrella), TYPED, headers=headers).status_code == 403
    assert again.KEPT not in strict.session


def test_passwords_and_what_programs_send_are_never_kept(client, cast):
    address = reverse("account_change_password")
    idle(client, cast.officer).post(address, {"oldpassword": "secret"}, headers=ORIGIN)
    assert again.KEPT not in client.session
    idle(client, cast.officer).post("/cases/1/comment", {"text": "x", "password": "s"}, headers=ORIGIN)
    assert client.session[again.KEPT]["fields"] == [["text", "x"]]


def test_it_is_kept_for_an_hour_and_can_be_thrown_away(client, cast, umbrella):
    idle(client, cast.officer).post(move(umbrella), TYPED, headers=ORIGIN)
    client.force_login(cast.officer)
    assert client.post(reverse("desk:again")).status_code == 302
    assert again.KEPT not in client.session
    idle(client, cast.officer).post(move(umbrella), TYPED, headers=ORIGIN)
    session = client.session
    session[again.KEPT] |= {"at": int(time.time()) - again.KEPT_SECONDS - 1}
    session.save()
    client.force_login(cast.officer)
    assert client.get(reverse("desk:again")).status_code == 302


def test_htmx_is_sent_to_sign_in_with_the_whole_page(client, cast, umbrella):
    asked = {**ORIGIN, "HX-Request": "true", "HX-Request-Type": "partial"}
    late = idle(client, cast.officer).post(move(umbrella), TYPED, headers=asked)
    assert late.headers["HX-Redirect"].endswith("?next=%2Fagain%2F")
    where = {**asked, "HX-Current-URL": "http://testserver/work/?tab=open"}
    lost = Client().get("/work/?tab=open&page=2", headers=where)
    assert lost.headers["HX-Redirect"].endswith("?next=%2Fwork%2F%3Ftab%3Dopen")
