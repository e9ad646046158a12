"""Settings: rules, calendar, people, ledger; each change once, with its line, by who may."""

from __future__ import annotations

import re
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.utils import timezone
from django.utils.translation import gettext_lazy

from yankao.kernel.audit.models import Entry, Look
from yankao.kernel.calendar import provisional
from yankao.kernel.casework.models import Clock, ClockChange
from yankao.kernel.jobs.models import Job, State
from yankao.kernel.jobs.worker import Worker
from yankao.kernel.people.models import Agency, Deputy, Post, Role
from yankao.kernel.people.standing import standing
from yankao.kernel.rules import office as calendars
from yankao.kernel.rules import values
from yankao.kernel.rules.models import CalendarEdition, Closure, Rule

KEY = "0123456789abcdef"
LAG_LIMIT = values.declare(
    "examples.lost_property.limit",
    Decimal,
    gettext_lazy("落後門檻"),
    values.Seed("5.00", date(2011, 1, 1), "試辦要點"),
)
RULE = f"/office/rules/{LAG_LIMIT.code}/"


def signed_in(user: Any, language: str = "zh-hant") -> Client:
    client = Client(headers={"Accept-Language": language})
    client.force_login(user)
    return client


def page(client: Client, address: str, status: int = 200) -> str:
    answer = client.get(address)
    assert answer.status_code == status, (address, answer.status_code)
    return answer.content.decode()


# ── Who may open what ───────────────────────────────────────────────────────────────────────────────

EVERYBODY = {"officer", "controller", "rdec_controller", "rdec_chief", "auditor", "admin", "councillor"}
OPEN = {
    "/office/": EVERYBODY,
    "/office/rules/": {"rdec_controller", "rdec_chief", "auditor", "admin"},
    RULE: {"rdec_controller", "rdec_chief", "auditor", "admin"},
    "/office/calendar/": EVERYBODY,
    "/office/calendar/closures/": EVERYBODY,
    "/office/calendar/import/": {"rdec_controller", "rdec_chief", "admin"},
    "/office/people/": EVERYBODY,
    "/office/people/agencies/T-WATER/": EVERYBODY,
    "/office/people/deputies/": EVERYBODY,
    "/office/ledger/": {"rdec_chief", "auditor", "admin"},
    "/office/looks/": {"auditor"},
}


@pytest.mark.parametrize("address", OPEN)
def test_each_page_opens_to_those_whose_post_it_is(cast: Any, address: str) -> None:
    opened = {name for name in EVERYBODY if signed_in(getattr(cast, name)).get(address).status_code == 200}
    assert opened == OPEN[address]
    assert signed_in(cast.stranger).get(address).status_code == 403
    assert Client().get(address).status_code == 302


@pytest.mark.parametrize("address", OPEN)
def test_each_page_is_whole_in_english(cast: Any, address: str) -> None:
    Post.objects.create(user=cast.auditor, agency=cast.rdec, role=Role.RDEC_CHIEF)
    text = page(signed_in(cast.auditor, "en"), address)
    assert 'lang="en"' in text
    main = text[text.index("<main") : text.index("</main>")]
    ours = re.findall(r"<(h1|h2|label|button|legend|caption)[^>]*>(.*?)</", main) + re.findall(
        r'<(th) scope="col"[^>]*>(.*?)</', main
    )
    assert ours
    for tag, words in ours:
        # Names of people and districts are the data's own; what we say ourselves must be English.
        assert not re.search(r"[\u4e00-\u9fff]", re.sub(r"水利局|鹽埕區", "", words)), (tag, words)


def test_the_doors_shown_are_those_that_open(cast: Any) -> None:
    for name in ("officer", "rdec_chief", "auditor", "admin"):
        client = signed_in(getattr(cast, name))
        text = page(client, "/office/")
        for door in ("rules", "calendar", "people", "ledger", "looks"):
            shown = f'href="/office/{door}/"' in text
            assert shown is (client.get(f"/office/{door}/").status_code == 200)


# ── Rules ───────────────────────────────────────────────────────────────────────────────────────────


def test_a_rule_is_shown_with_its_room_value_and_basis(cast: Any) -> None:
    text = page(signed_in(cast.rdec_controller), RULE)
    assert LAG_LIMIT.code in text and "5.00" in text and "現行" in text
    assert 'name="value"' not in text, "a controller reads"
    assert page(signed_in(cast.rdec_chief), "/office/rules/").count(f'href="{RULE}"') == 1
    assert page(signed_in(cast.rdec_chief), "/office/rules/no.such.rule/", 404)


def test_a_chief_changes_a_value_from_a_day_once(cast: Any) -> None:
    client = signed_in(cast.rdec_chief)
    given = {"value": "4.00", "since": "116/7/1", "basis": "府研管字第1號", "key": KEY}
    for _twice in range(2):
        assert client.post(RULE, given)["Location"] == RULE
    assert LAG_LIMIT.at(date(2027, 6, 30)) == Decimal("5.00")
    assert LAG_LIMIT.at(date(2027, 7, 1)) == Decimal("4.00")
    assert Entry.objects.filter(act="rule.change", actor=cast.rdec_chief).count() == 1
    text = page(client, RULE)
    assert "府研管字第1號" in text and ("尚未生效" in text) is (timezone.localdate() < date(2027, 7, 1))


@pytest.mark.parametrize(
    "wrong", [{"value": "很多"}, {"value": ""}, {"since": "昨天"}, {"basis": ""}, {"value": "5", "since": ""}]
)
def test_a_value_the_rule_cannot_read_is_refused(cast: Any, wrong: dict[str, str]) -> None:
    given = {"value": "4.00", "since": "116/7/1", "basis": "依據", "key": KEY, **wrong}
    answer = signed_in(cast.rdec_chief).post(RULE, given)
    assert answer.status_code == 422
    assert 'class="errors"' in answer.content.decode()
    values.forget()
    assert LAG_LIMIT.at(date(2027, 7, 1)) == Decimal("5.00")


def test_nobody_else_changes_a_value(cast: Any) -> None:
    given = {"value": "4.00", "since": "116/7/1", "basis": "依據", "key": KEY}
    for name in ("officer", "rdec_controller", "auditor", "admin", "mayor"):
        assert signed_in(getattr(cast, name)).post(RULE, given).status_code == 403
    assert not Rule.objects.filter(value="4.00").exists()


# ── Calendar ────────────────────────────────────────────────────────────────────────────────────────


def official_file(year: int, *, worked: date | None = None) -> bytes:
    """A whole year as the personnel administration writes it."""
    lines = ["西元日期,星期,是否放假,備註"]
    for day, entry in provisional(year):
        off = "0" if entry.works or day == worked else "2"
        lines.append(f"{day:%Y%m%d},{'一二三四五六日'[day.weekday()]},{off},{entry.name}")
    return "\r\n".join(lines).encode("utf-8-sig")


def test_a_year_shows_every_day_and_marks_what_is_provisional(cast: Any) -> None:
    client = signed_in(cast.officer)
    text = page(client, "/office/calendar/?year=101")
    assert text.count('class="cal"') == 12 and "補行上班" in text and "國慶日" in text
    assert "暫定" not in text
    future = page(client, "/office/calendar/?year=2031")
    assert "暫定" in future and "尚未公布" in future
    assert "沒有這一年的辦公日曆" in page(client, "/office/calendar/?year=1950")
    assert page(client, "/office/calendar/?year=soon")


@pytest.mark.parametrize("encoding", ["utf-8-sig", "big5"])
def test_an_official_file_is_taken_in_once_and_deadlines_are_recounted(cast: Any, encoding: str) -> None:
    data = official_file(2032).decode("utf-8-sig").encode(encoding)
    client = signed_in(cast.rdec_controller)
    for _twice in range(2):
        file = SimpleUploadedFile("121.csv", data)
        given = {"file": file, "label": "121年第1版", "issued_on": "120/6/1", "source": "公文", "key": KEY}
        assert client.post("/office/calendar/import/", given)["Location"] == "/office/calendar/?year=2032"
    assert CalendarEdition.objects.get().year == 2032
    assert Entry.objects.filter(act="calendar.import").count() == 1
    assert Job.objects.filter(task__endswith="recount_deadlines").count() == 1
    assert "121年第1版" in page(client, "/office/calendar/?year=121")


def test_rows_in_error_are_shown_and_nothing_is_kept(cast: Any) -> None:
    lines = official_file(2032).decode("utf-8-sig").split("\r\n")
    lines[5] = "20320132,日,7,"
    file = SimpleUploadedFile("121.csv", "\r\n".join(lines).encode())
    given = {"file": file, "label": "121年", "issued_on": "120/6/1", "source": "公文", "key": KEY}
    answer = signed_in(cast.rdec_controller).post("/office/calendar/import/", given)
    assert answer.status_code == 422
    assert '<th scope="row">6</th>' in answer.content.decode()
    assert not CalendarEdition.objects.exists() and not Job.objects.exists()


def test_a_closure_moves_the_deadlines_of_its_district(cast: Any) -> None:
    from examples.lost_property.process import give_notice, process

    case = process.open(
        cast.officer,
        title="傘",
        agency=cast.water,
        district=cast.district,
        place="路",
        found_on=date(2026, 1, 1),
    )
    give_notice(case, cast.officer, noticed_on=timezone.localdate())
    clock = Clock.objects.get(case=case.pk)
    due = timezone.localtime(clock.due_at).date()
    given = {"day": due.isoformat(), "part": "full", "districts": [cast.district.pk],
             "announced_at": "2026-11-23 20:00", "source": "府人字第2號", "key": KEY}  # fmt: skip
    client = signed_in(cast.rdec_controller)
    for _twice in range(2):
        assert client.post("/office/calendar/closures/", given)["Location"] == "/office/calendar/closures/"
    assert Closure.objects.get().district == cast.district
    calendars.forget()
    Worker().drain()
    clock.refresh_from_db()
    assert timezone.localtime(clock.due_at).date() > due
    change = ClockChange.objects.get(clock=clock)
    assert "府人字第2號" in change.reason and change.by == cast.rdec_controller
    assert "府人字第2號" in page(client, "/office/calendar/closures/")


def test_the_same_closure_is_not_announced_twice(cast: Any) -> None:
    given = {"day": "116/8/1", "part": "am", "announced_at": "2027-07-31 20:00", "source": "府人字第3號"}
    client = signed_in(cast.rdec_chief)
    assert client.post("/office/calendar/closures/", {**given, "key": KEY}).status_code == 302
    again = client.post("/office/calendar/closures/", {**given, "key": KEY[::-1]})
    assert again.status_code == 422 and "已經登錄" in again.content.decode()
    assert Closure.objects.count() == 1
    assert (
        signed_in(cast.officer).post("/office/calendar/closures/", {**given, "key": KEY}).status_code == 403
    )


# ── People ──────────────────────────────────────────────────────────────────────────────────────────


def test_agencies_stand_as_they_did_on_the_day(cast: Any) -> None:
    county = Agency.objects.create(code="T-COUNTY", name="縣政府水利處", valid_to=date(2010, 12, 24))
    Agency.objects.filter(pk=cast.water.pk).update(valid_from=date(2010, 12, 25))
    cast.water.predecessors.add(county)
    client = signed_in(cast.officer)
    before = page(client, "/office/people/?on=99/12/24")
    after = page(client, "/office/people/?on=99/12/25")
    assert "agencies/T-COUNTY/" in before and "agencies/T-WATER/" not in before
    assert "agencies/T-WATER/" in after and "agencies/T-COUNTY/" not in after
    assert "前身：縣政府水利處" in after and "此前已裁併的機關" in after
    assert "看不懂" in page(client, "/office/people/?on=someday")
    assert "縣政府水利處" in page(client, "/office/people/agencies/T-WATER/")


def test_a_person_is_found_by_the_sound_of_the_name(cast: Any) -> None:
    assert "t.officer" in page(signed_in(cast.auditor), "/office/people/?q=linyi")
    assert "找不到" in page(signed_in(cast.auditor), "/office/people/?q=zzzz")


def test_only_an_administrator_gives_a_post_and_never_to_oneself(cast: Any) -> None:
    address = "/office/people/agencies/T-WATER/"
    given = {"user": "t.stranger", "role": Role.OFFICER, "title": "科員", "valid_from": "115/1/1",
             "valid_to": "", "key": KEY}  # fmt: skip
    for _twice in range(2):
        assert signed_in(cast.admin).post(address, given).status_code == 302
    post = Post.objects.get(user=cast.stranger)
    assert standing(cast.stranger).agencies(Role.OFFICER) == {cast.water.pk}
    assert Entry.objects.get(act="post.give").subject == f"post:{post.pk}"
    own = signed_in(cast.admin).post(address, {**given, "user": "t.admin", "key": KEY[::-1]})
    assert own.status_code == 422 and "不能替自己" in own.content.decode()
    assert signed_in(cast.rdec_chief).post(address, given).status_code == 403
    backwards = signed_in(cast.admin).post(address, {**given, "valid_to": "114/1/1", "key": "k" * 10})
    assert backwards.status_code == 422


def test_an_administrator_ends_a_post_with_today(cast: Any) -> None:
    post = Post.objects.get(user=cast.officer)
    address = f"/office/people/posts/{post.pk}/end"
    assert signed_in(cast.rdec_chief).post(address, {"key": KEY}).status_code == 403
    assert signed_in(cast.admin).post(address, {"key": KEY}).status_code == 302
    post.refresh_from_db()
    assert post.valid_to == timezone.localdate()
    assert Entry.objects.filter(act="post.end").count() == 1
    own = Post.objects.get(user=cast.admin)
    assert (
        signed_in(cast.admin).post(f"/office/people/posts/{own.pk}/end", {"key": "k" * 9}).status_code == 403
    )


def test_a_deputy_may_do_what_the_post_may_between_the_days(cast: Any) -> None:
    today = timezone.localdate()
    post = Post.objects.get(user=cast.controller)
    given = {"post": post.pk, "user": cast.colleague.pk, "valid_from": today.isoformat(),
             "valid_to": (today + timedelta(days=3)).isoformat(), "key": KEY}  # fmt: skip
    client = signed_in(cast.controller)
    for _twice in range(2):
        assert client.post("/office/people/deputies/", given).status_code == 302
    made = Deputy.objects.get()
    assert standing(type(cast.colleague).objects.get(pk=cast.colleague.pk)).has(Role.CONTROLLER)
    assert Entry.objects.filter(act="deputy.name", actor=cast.controller).count() == 1
    assert (
        signed_in(cast.officer).post(f"/office/people/deputies/{made.pk}/end", {"key": KEY}).status_code
        == 404
    )
    assert client.post(f"/office/people/deputies/{made.pk}/end", {"key": "k" * 9}).status_code == 302
    assert not standing(type(cast.colleague).objects.get(pk=cast.colleague.pk)).has(Role.CONTROLLER)
    assert Entry.objects.filter(act="deputy.end").count() == 1


@pytest.mark.parametrize("wrong", ["another's post", "another agency", "the past", "backwards", "too long"])
def test_a_post_is_lent_within_its_agency_and_for_a_time(cast: Any, wrong: str) -> None:
    today = timezone.localdate()
    given: dict[str, Any] = {
        "post": Post.objects.get(user=cast.controller).pk, "user": cast.colleague.pk,
        "valid_from": today.isoformat(), "valid_to": (today + timedelta(days=3)).isoformat(), "key": KEY,
    }  # fmt: skip
    given |= {
        "another's post": {"post": Post.objects.get(user=cast.head).pk},
        "another agency": {"user": cast.works_officer.pk},
        "the past": {"valid_from": "2020-01-01", "valid_to": "2020-01-02"},
        "backwards": {"valid_to": (today - timedelta(days=1)).isoformat()},
        "too long": {"valid_to": (today + timedelta(days=400)).isoformat()},
    }[wrong]
    assert signed_in(cast.controller).post("/office/people/deputies/", given).status_code == 422
    assert not Deputy.objects.exists()


# ── Ledger ──────────────────────────────────────────────────────────────────────────────────────────


def test_the_ledger_is_verified_in_the_background_and_says_what_it_found(cast: Any) -> None:
    values.change(cast.rdec_chief, LAG_LIMIT.code, "4.50", date(2027, 1, 1), "試辦")
    client = signed_in(cast.auditor)
    assert "變更法規參數" in page(client, "/office/ledger/")
    for _twice in range(2):
        assert client.post("/office/ledger/verify", {"key": KEY}).status_code == 302
    assert Job.objects.filter(task__endswith="verify_ledger").count() == 1
    assert "進行中" in page(client, "/office/ledger/")
    Worker().drain()
    assert Job.objects.get(task__endswith="verify_ledger").state == State.SUCCESSFUL
    text = page(client, "/office/ledger/")
    assert "完整" in text and "異常0處" in text
    assert signed_in(cast.officer).post("/office/ledger/verify", {"key": KEY}).status_code == 403


def test_a_ledger_that_was_cut_is_told_so(cast: Any) -> None:
    from yankao.kernel.audit.models import Head

    values.change(cast.rdec_chief, LAG_LIMIT.code, "4.50", date(2027, 1, 1), "試辦")
    Head.objects.filter(pk=1).update(seq=99)
    client = signed_in(cast.admin)
    client.post("/office/ledger/verify", {"key": KEY})
    Worker().drain()
    text = page(client, "/office/ledger/")
    assert "有異常" in text and "第99筆" in text


def test_an_auditor_reads_who_looked(cast: Any) -> None:
    Look.objects.create(user=cast.head, subject="case:1", purpose="督導")
    text = page(signed_in(cast.auditor), "/office/looks/")
    assert "督導" in text and cast.head.name in text


@pytest.mark.parametrize("address", ["/office/ledger/", "/office/looks/"])
def test_older_lines_are_reached_by_key(cast: Any, address: str) -> None:
    from yankao.kernel.audit import ledger

    for n in range(60):
        ledger.note("test", f"thing:{n}", cast.admin)
        Look.objects.create(user=cast.head, subject=f"thing:{n}")
    client = signed_in(cast.auditor)
    first = page(client, address)
    assert "thing:59" in first and ">thing:0<" not in first
    query = first[first.index('rel="next" href="') + 17 :].split('"')[0]
    assert ">thing:0<" in page(client, address + query)
