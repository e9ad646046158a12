"""A person's own deadlines in a calendar: by a token that opens nothing else, without a title or a name."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from django.utils import timezone
from icalendar import Calendar

from examples.lost_property.process import give_notice, process
from yankao.api import tokens
from yankao.api.models import Scope

pytestmark = pytest.mark.django_db


@pytest.fixture
def noticed(cast):
    one = process.open(
        cast.officer, title="王先生的雨傘", agency=cast.water, officer=cast.officer, place="中正路口",
        found_on=date(2012, 3, 1),
    )  # fmt: skip
    give_notice(one, cast.officer, noticed_on=timezone.localdate())
    one.case.refresh_from_db()
    return one


def feed_of(user):
    return tokens.make(user, "行事曆", scope=Scope.FEED)


def test_own_deadlines_are_a_calendar_without_a_title_or_a_name(cast, noticed, client):
    text, row = feed_of(cast.officer)
    told = client.get(f"/feeds/{text}/deadlines.ics")
    assert told.status_code == 200 and told["Content-Type"].startswith("text/calendar")
    calendar = Calendar.from_ical(told.content)
    (event,) = calendar.walk("VEVENT")
    assert event.decoded("dtend") == noticed.case.due_at and noticed.case.number in event["summary"]
    assert str(event["url"]).endswith(f"/cases/{noticed.pk}/") and calendar["METHOD"] == "PUBLISH"
    assert calendar.walk("VTIMEZONE") and all(len(line) <= 75 for line in told.content.split(b"\r\n"))
    words = Calendar.from_ical(told.content).to_ical().decode().replace("\r\n ", "")
    assert "雨傘" not in words and cast.officer.name not in words and "中正" not in words
    assert client.get(f"/feeds/{text}/deadlines.ics").content.count(b"BEGIN:VEVENT") == 1
    assert tokens.revoke(cast.officer, row)
    assert client.get(f"/feeds/{text}/deadlines.ics").status_code == 404


def test_nobody_elses_deadlines_and_no_ended_case_stand_in_it(cast, noticed, client):
    text, _row = feed_of(cast.works_officer)
    assert b"BEGIN:VEVENT" not in client.get(f"/feeds/{text}/deadlines.ics").content
    from yankao.kernel.casework.models import Case

    mine, _row = feed_of(cast.officer)
    Case.objects.filter(pk=noticed.pk).update(closed_on=timezone.localdate())
    assert b"BEGIN:VEVENT" not in client.get(f"/feeds/{mine}/deadlines.ics").content


def test_the_token_of_a_calendar_opens_nothing_else_and_no_other_token_opens_it(cast, noticed, client):
    text, _row = feed_of(cast.officer)
    for address in ("/api/rooms/", f"/api/cases/{noticed.pk}/"):
        assert client.get(address, headers={"Authorization": f"Bearer {text}"}).status_code == 401
    for scope in (Scope.READ, Scope.WRITE):
        other, _row = tokens.make(cast.officer, "程式", scope=scope)
        assert client.get(f"/feeds/{other}/deadlines.ics").status_code == 404
    assert client.get("/feeds/yk_nothing/deadlines.ics").status_code == 404


def test_the_page_of_tokens_shows_the_address_of_the_calendar_once(cast, client):
    cast.officer.set_unusable_password()
    cast.officer.save()
    client.force_login(cast.officer)
    until = timezone.localdate() + timedelta(days=30)
    given = {"name": "手機", "scope": "feed", "expires_on": f"{until.year - 1911}-{until:%m-%d}"}
    page = client.post("/accounts/tokens/", given).content.decode()
    assert "/deadlines.ics" in page and "http://testserver/feeds/yk_" in page
    assert "/deadlines.ics" not in client.get("/accounts/tokens/").content.decode()
