"""Other systems report faults and follow them by Open311, in XML and JSON; nothing personal comes out."""

from __future__ import annotations

import json
from datetime import date, timedelta
from types import SimpleNamespace
from typing import Any
from xml.etree.ElementTree import fromstring

import pytest
from django.core.cache import cache
from django.test import Client as Browser
from django.utils import timezone

from yankao.api.open311 import clients
from yankao.desk import reference
from yankao.kernel import limits
from yankao.kernel.casework.models import Case, Security
from yankao.kernel.people.geography import village_at
from yankao.kernel.people.models import Village
from yankao.kernel.rules import values
from yankao.kernel.rules.values import Seed
from yankao.kernel.vault import keeping
from yankao.service.petitions import process as p
from yankao.service.petitions.models import Channel, Kind, Petition

pytestmark = pytest.mark.django_db
ROOT = "/open311/v2/"
WORDS = "凱旋路口有大坑洞，王小明差點跌倒，請電0912-345-678"
PERSONAL = ("王小明", "王", "0912", "345678", "ming@mail.example")


class Outside:
    """Another city's site: knows addresses and its key, nothing else."""

    def __init__(self, key: str = "") -> None:
        self.key, self.browser = key, Browser()

    def get(self, address: str, **query: Any) -> Any:
        query |= {"api_key": self.key} if self.key else {}
        return self.browser.get(ROOT + address, query)

    def post(self, address: str, headers: Any = None, **form: Any) -> Any:
        form |= {"api_key": self.key} if self.key else {}
        return self.browser.post(ROOT + address, form, headers=headers)

    def report(self, headers: Any = None, form: str = "json", **more: Any) -> Any:
        sent = {
            "service_code": "pothole", "lat": "22.6273", "long": "120.3014", "description": WORDS,
            "first_name": "王小明", "last_name": "-", "email": "ming@mail.example", "phone": "0912-345-678",
            "address_string": "高雄市鹽埕區五福四路1號前", **more,
        }  # fmt: skip
        return self.post(f"requests.{form}", headers, **sent)


@pytest.fixture
def outside(cast: Any) -> Outside:
    return Outside(clients.make(cast.admin, "隔壁城市的通報網站")[0])


@pytest.fixture
def stranger() -> Outside:
    return Outside()


def number_of(answer: Any) -> str:
    assert answer.status_code in (200, 201), answer.content.decode()
    return str(answer.json()[0]["service_request_id"])


def records(root: Any) -> list[dict[str, Any]]:
    return [{child.tag: child.text for child in row} for row in root]


def test_services_are_offered_in_both_forms_and_name_their_questions(stranger: Outside) -> None:
    rows = stranger.get("services.json").json()
    light = next(one for one in rows if one["service_code"] == "streetlight")
    assert (light["service_name"], light["metadata"], light["type"]) == ("路燈故障", True, "realtime")
    assert light["group"] == "工務道路"
    told = records(fromstring(stranger.get("services.xml").content))
    assert [one["service_code"] for one in told] == [one["service_code"] for one in rows]
    assert next(one for one in told if one["service_code"] == "streetlight")["metadata"] == "true"
    asked = stranger.get("services/streetlight.json").json()
    fault = next(one for one in asked["attributes"] if one["code"] == "fault")
    assert fault["required"] is True and fault["datatype"] == "singlevaluelist"
    assert {"key": "out", "name": "不亮"} in fault["values"]
    whole = fromstring(stranger.get("services/streetlight.xml").content)
    assert whole.tag == "service_definition"
    assert whole.findtext("attributes/attribute/values/value/key") == "out"
    assert stranger.get("services/none.xml").status_code == 404
    english = stranger.browser.get(ROOT + "services.json", headers={"Accept-Language": "en"}).json()
    assert next(one for one in english if one["service_code"] == "pothole")["service_name"] == "Pothole"


def test_discovery_says_where_and_what(stranger: Outside) -> None:
    for address in ("/open311/discovery", "/open311/v2/discovery"):
        told = stranger.browser.get(f"{address}.json").json()
        assert told["endpoints"][0]["url"].endswith("/open311/v2")
        root = fromstring(stranger.browser.get(f"{address}.xml").content)
        assert root.findtext("endpoints/endpoint/specification") == "http://wiki.open311.org/GeoReport_v2"


def test_a_report_that_gives_a_point_alone_lies_in_its_district(outside: Outside, cast: Any) -> None:
    code = village_at(120.3014, 22.6273)
    Village.objects.create(code=code, district=cast.district, name="長生里")
    reference.forget()
    told = {"address_string": "", "lat": "22.6273", "long": "120.3014"}
    one = Petition.objects.select_related("case__district").get(
        case__number=number_of(outside.report(**told))
    )
    assert (one.village_id, one.case.district) == (code, cast.district)
    assert cast.district.name in one.case.title


def test_a_report_becomes_a_dispatch_case_and_its_person_lies_in_the_vault(outside: Outside) -> None:
    answer = outside.report(**{"attribute[size]": "large", "attribute[lane][]": ["fast", "crossing"],
                               "media_url": "https://fix.example/1.jpg"})  # fmt: skip
    assert answer.status_code == 201
    one = Petition.objects.select_related("case__district", "petitioner").get(case__number=number_of(answer))
    assert (one.kind, one.channel, one.service_id) == (Kind.DISPATCH, Channel.OPEN311, "pothole")
    assert (str(one.latitude), str(one.longitude)) == ("22.627300", "120.301400")
    assert one.content.splitlines() == [
        WORDS, "坑洞大小：大於一個輪胎", "位於哪裡：快車道、路口", "附件網址：https://fix.example/1.jpg",
    ]  # fmt: skip
    person = keeping.unsealed(one.petitioner)
    assert (person.name, person.mobile, person.email) == ("王小明", "0912-345-678", "ming@mail.example")
    from yankao.service.petitions import intake

    notice = answer.json()[0]["service_notice"]
    code = next(word for word in notice.replace("，", " ").replace("查詢碼", " ").split() if len(word) == 10)
    assert intake.find(one.case.number, code) == one


def test_a_retry_makes_no_second_case(outside: Outside) -> None:
    first = number_of(outside.report())
    again = outside.report()
    assert (again.status_code, number_of(again)) == (200, first)
    assert number_of(outside.report(description="另一個坑洞")) != first
    named = number_of(outside.report({"Idempotency-Key": "report-0001"}))
    assert number_of(outside.report({"Idempotency-Key": "report-0001"}, description="改過的字")) == named
    assert Case.objects.count() == 3


def test_the_same_words_a_day_later_are_another_report(outside: Outside, monkeypatch: Any) -> None:
    first = number_of(outside.report())
    later = timezone.now() + timedelta(days=2)
    monkeypatch.setattr(timezone, "now", lambda: later)
    assert number_of(outside.report()) != first


def test_a_token_finds_the_report_again(outside: Outside, stranger: Outside) -> None:
    answer = outside.report()
    token = answer.json()[0]["token"]
    found = stranger.get(f"tokens/{token}.json").json()[0]
    assert found == {"service_request_id": number_of(answer), "token": token}
    assert stranger.get("tokens/1-beef.xml").status_code == 404


@pytest.mark.parametrize(
    ("sent", "status", "words"),
    [
        ({"service_code": ""}, 400, "service_code"),
        ({"service_code": "none"}, 404, "service_code"),
        ({"service_code": "streetlight"}, 400, "attribute[fault]"),
        ({"service_code": "streetlight", "attribute[fault]": "nothing"}, 400, "attribute[fault]"),
        ({"lat": "", "long": "", "address_string": ""}, 400, "lat"),
        ({"lat": "north"}, 400, "lat"),
        ({"lat": "91"}, 400, "lat"),
        ({"long": ""}, 400, "long"),
        ({"email": "nobody"}, 400, "email"),
        ({"media_url": "javascript:alert(1)"}, 400, "media_url"),
        ({"description": "坑" * 4001}, 400, "description"),
        ({"description": "a\x00b"}, 400, ""),
    ],
)
def test_what_cannot_be_taken_is_refused_by_name(
    outside: Outside, sent: Any, status: int, words: str
) -> None:
    answer = outside.report(**sent)
    assert answer.status_code == status, answer.content.decode()
    fault = answer.json()[0]
    assert fault["code"] == status and words in fault["description"]
    assert not Case.objects.exists()
    error = fromstring(outside.report(form="xml", **sent).content).find("error")
    assert error is not None and error.findtext("code") == str(status)


def test_a_bad_key_opens_nothing(cast: Any, outside: Outside, stranger: Outside) -> None:
    assert stranger.report().status_code == 403
    assert Outside("yo_wrong").report().status_code == 403
    assert Outside("yo_wrong").get("requests.xml").status_code == 403
    row = clients.holder(outside.key)
    assert row is not None and clients.revoke(cast.admin, row) and not clients.revoke(cast.admin, row)
    assert outside.report().status_code == 403
    assert not Case.objects.exists()


def test_anybody_reads_place_and_stage_and_never_a_person(
    outside: Outside, stranger: Outside, desk: Any
) -> None:
    number = number_of(outside.report())
    for address in ("requests.json", "requests.xml", f"requests/{number}.json", f"requests/{number}.xml",
                    "servicerequestupdates.xml", "servicerequestupdates.json"):  # fmt: skip
        body = stranger.get(address).content.decode()
        assert number in body
        assert not [word for word in PERSONAL if word in body], address
    one = stranger.get(f"requests/{number}.json").json()[0]
    assert (one["status"], one["lat"], one["long"]) == ("open", 22.6273, 120.3014)
    assert one["expected_datetime"] > one["requested_datetime"]
    mine = outside.get(f"requests/{number}.json").json()[0]
    assert mine["description"].startswith(WORDS) and mine["address"] == "高雄市鹽埕區五福四路1號前"
    other = Outside(clients.make(desk.cast.admin, "又一個")[0])
    assert WORDS not in other.get(f"requests/{number}.json").content.decode()


def test_confidential_sealed_and_personal_cases_never_come_out(desk: Any, stranger: Outside) -> None:
    now = timezone.now() - timedelta(minutes=5)
    shown = desk.fault(received_at=now)
    hidden = [desk.fault(received_at=now, confidential=True), desk.received(received_at=now),
              desk.received(received_at=now, kind=Kind.MAILBOX)]  # fmt: skip
    sealed = desk.fault(received_at=now)
    Case.objects.filter(pk=sealed.pk).update(security=Security.SECRET)
    for one in [*hidden, sealed]:
        assert stranger.get(f"requests/{one.case.number}.json").status_code == 404
    told = stranger.get("requests.json").json()
    assert [one["service_request_id"] for one in told] == [shown.case.number]
    numbers = ",".join(one.case.number for one in [shown, sealed, *hidden])
    told = stranger.get("requests.json", service_request_id=numbers).json()
    assert [one["service_request_id"] for one in told] == [shown.case.number]
    steps = stranger.get("servicerequestupdates.json").json()
    assert {one["service_request_id"] for one in steps} == {shown.case.number}


def test_reports_are_narrowed_by_service_state_and_range(desk: Any, stranger: Outside) -> None:
    now = timezone.now()
    new = desk.fault(received_at=now - timedelta(days=1))
    old = desk.fault(service="signal", received_at=now - timedelta(days=100))
    Case.objects.filter(pk=new.pk).update(closed_on=timezone.localdate())

    def found(**query: Any) -> list[str]:
        return [one["service_request_id"] for one in stranger.get("requests.json", **query).json()]

    assert found() == [new.case.number]
    since = (now - timedelta(days=120)).isoformat()
    assert found(start_date=since, end_date=(now - timedelta(days=90)).isoformat()) == [old.case.number]
    assert found(start_date=since) == [old.case.number]
    assert found(service_code="signal,pothole") == [new.case.number]
    assert found(service_code="signal") == [] and found(status="open") == []
    assert found(status="open,closed") == found(status="closed") == [new.case.number]
    assert found(service_request_id=f"{old.case.number},{new.case.number}", page_size=1, page=2) == [
        old.case.number
    ]
    for bad in ({"status": "lost"}, {"start_date": "soon"}, {"page_size": "0"}, {"page": "x"},
                {"start_date": since, "end_date": now.isoformat()}):  # fmt: skip
        assert stranger.get("requests.json", **bad).status_code == 400, bad


def test_the_number_of_queries_does_not_grow_with_the_reports(
    desk: Any, stranger: Outside, django_assert_num_queries: Any
) -> None:
    for _again in range(5):
        desk.fault(received_at=timezone.now() - timedelta(minutes=1))
    for address, queries in (("requests.json", 2), ("servicerequestupdates.json", 1)):
        stranger.get(address)
        with django_assert_num_queries(queries):
            assert len(stranger.get(address).json()) == 5


def test_steps_come_out_and_the_reply_to_who_sent_it_alone(
    desk: Any, outside: Outside, stranger: Outside
) -> None:
    number = number_of(outside.report())
    one = Petition.objects.select_related("case").get(case__number=number)
    cast, today = desk.cast, timezone.localdate()
    steps = [
        (p.dispatch, cast.agent, {"agency": cast.water, "crew": cast.crew}), (p.set_out, cast.crew, {}),
        (p.arrive, cast.crew, {"before": desk.photo()}),
        (p.complete, cast.crew, {"done": "已填補", "after": desk.photo()}), (p.verify, cast.officer, {}),
        (p.reply_dispatch, cast.officer, {"text": "王先生您好，坑洞已填補。"}), (p.close, cast.officer, {}),
    ]  # fmt: skip
    for hour, (move, actor, given) in enumerate(steps):
        one = desk.do(one, move, actor, on=today, hour=10 + hour, **given)
    told = outside.get("servicerequestupdates.json", service_request_id=number).json()
    assert [step["description"] for step in told] == [
        "已收件。", "已派工。", "派工人員前往中。", "派工人員已到場。", "已完工，待查驗。", "已查驗。",
        "王先生您好，坑洞已填補。", "已結案。",
    ]  # fmt: skip
    assert [step["status"] for step in told] == ["open"] * 7 + ["closed"]
    assert "王先生" not in stranger.get("servicerequestupdates.xml").content.decode()
    assert outside.get(f"requests/{number}.json").json()[0]["status"] == "closed"
    more = outside.get(f"requests/{number}.json", extensions="true").json()[0]
    assert more["extended_attributes"] == {"status": "closed"}


def test_the_client_writes_on_and_asks_to_reopen(desk: Any, outside: Outside, stranger: Outside) -> None:
    number = number_of(outside.report())
    word = {"service_request_id": number, "update_id": "77", "description": "坑洞變大了", "status": "OPEN"}
    assert stranger.post("servicerequestupdates.json", **word).status_code == 403
    other = Outside(clients.make(desk.cast.admin, "又一個")[0])
    assert other.post("servicerequestupdates.json", **word).status_code == 404
    first = outside.post("servicerequestupdates.json", **word)
    assert first.status_code == 200, first.content.decode()
    again = outside.post("servicerequestupdates.json", **word)
    assert again.json() == first.json()
    one = Petition.objects.get(case__number=number)
    assert [row.text for row in one.supplements.all()] == ["坑洞變大了"]
    Case.objects.filter(pk=one.pk).update(stage="closed", closed_on=timezone.localdate())
    shut = {**word, "update_id": "78", "status": "CLOSED"}
    assert outside.post("servicerequestupdates.json", **shut).status_code == 400
    assert outside.post("servicerequestupdates.json", **{**shut, "status": "OPEN"}).status_code == 200
    assert [row.reason for row in one.reopening_rows.all()] == ["坑洞變大了"]
    assert outside.post("servicerequestupdates.json", **{**word, "description": ""}).status_code == 400


def test_a_jurisdiction_is_ours_or_unknown(stranger: Outside, settings: Any) -> None:
    assert stranger.get("services.xml", jurisdiction_id="any").status_code == 200
    settings.OPEN311_JURISDICTIONS = ["city.example"]
    assert stranger.get("services.xml", jurisdiction_id="city.example").status_code == 200
    assert stranger.get("services.xml").status_code == 200
    assert stranger.get("services.xml", jurisdiction_id="other.example").status_code == 404


def test_other_addresses_and_ways_are_refused_in_the_form_asked_for(stranger: Outside) -> None:
    assert stranger.browser.get("/open311/v2/services").status_code == 404
    assert stranger.get("services.yaml").status_code == 404
    answer = stranger.browser.put(ROOT + "requests.json")
    assert (answer.status_code, answer.headers["Allow"]) == (405, "GET, POST")
    assert json.loads(answer.content)[0]["code"] == 405


def test_what_the_client_of_fixmystreet_asks_is_answered(desk: Any, outside: Outside) -> None:
    """Its XML reader wants these roots, members and texts; it names the key on updates and posts."""
    services = fromstring(outside.get("services.xml", jurisdiction_id="any").content)
    assert services.tag == "services" and {one.tag for one in services} == {"service"}
    code = records(services)[0]["service_code"]
    meta = fromstring(outside.get(f"services/{code}.xml").content)
    assert meta.findtext("attributes/attribute/variable") == "true"
    posted = fromstring(outside.report(form="xml").content)
    number = posted.findtext("request/service_request_id")
    token = posted.findtext("request/token")
    assert posted.tag == "service_requests" and number
    assert fromstring(outside.get(f"tokens/{token}.xml").content).findtext(
        "request/service_request_id"
    ) == number  # fmt: skip
    asked = fromstring(outside.get("requests.xml", service_request_id=number).content)
    assert WORDS in str(asked.findtext("request/description"))
    now = timezone.now()
    steps = fromstring(
        outside.get(
            "servicerequestupdates.xml", start_date=(now - timedelta(hours=1)).isoformat(),
            end_date=(now + timedelta(hours=1)).isoformat(),
        ).content
    )  # fmt: skip
    assert steps.tag == "service_request_updates"
    assert records(steps)[0]["service_request_id"] == number
    update = outside.post(
        "servicerequestupdates.xml", updated_datetime=now.isoformat(), service_request_id=number,
        status="OPEN", description="還在", last_name="-", first_name="王小明", update_id="5",
        email="ming@mail.example",
    )  # fmt: skip
    assert fromstring(update.content).findtext("request_update/update_id")


def test_a_mobile_given_as_the_phone_is_told_by_text_message(outside: Outside) -> None:
    number = number_of(outside.report())
    identity = Petition.objects.get(case__number=number).petitioner
    assert identity is not None and identity.mobile_mark and not identity.phone_mark
    number = number_of(outside.report(phone="07-336-8333", description="另一個坑洞"))
    identity = Petition.objects.get(case__number=number).petitioner
    assert identity is not None and identity.phone_mark and not identity.mobile_mark


def test_a_system_that_sends_too_much_in_an_hour_is_told_when_to_come_back(
    cast: Any, outside: Outside, monkeypatch: Any
) -> None:
    table = {"open311.sent": [(date(1900, 1, 1), None, Seed("1"))]}
    monkeypatch.setattr(values, "_kept", (float("inf"), {**values._table(), **table}))
    cache.clear()
    number_of(outside.report())
    again = outside.report(description="再一件")
    assert (again.status_code, again["Retry-After"]) == (429, "3600")
    assert outside.get("services.json").status_code == 200
    number_of(Outside(clients.make(cast.admin, "另一個網站")[0]).report())  # each is counted by its own key


def test_who_reads_too_much_in_a_minute_is_told_when_to_come_back(
    cast: Any, outside: Outside, stranger: Outside, monkeypatch: Any
) -> None:
    rules = {"public.read": "12", "public.read_by_key": "14"}
    table = {code: [(date(1900, 1, 1), None, Seed(value))] for code, value in rules.items()}
    monkeypatch.setattr(values, "_kept", (float("inf"), {**values._table(), **table}))
    clock = SimpleNamespace(time=lambda: 1_000_000_013.5)  # the minute ends after six seconds and a half
    monkeypatch.setattr(limits, "time", clock)

    def read(who: Outside, times: int) -> list[int]:
        return [who.get("services.xml").status_code for _time in range(times)]

    assert read(stranger, 14) == [200] * 12 + [429] * 2
    told = stranger.get("requests.xml")
    assert (told.status_code, told["Retry-After"]) == (429, "7")
    assert fromstring(told.content).findtext("error/description") == "讀取太頻繁，請7秒後再試。"
    assert Outside("yo_guessed-at-random").report().status_code == 429  # who tries keys is counted as well
    assert read(outside, 15) == [200] * 14 + [429]  # a key has a count of its own, whatever its address
    number_of(outside.report())  # and what is sent is counted apart
    assert read(Outside(clients.make(cast.admin, "另一個網站")[0]), 1) == [200]
    elsewhere = stranger.browser.get(f"{ROOT}services.xml", REMOTE_ADDR="192.0.2.7")
    assert elsewhere.status_code == 200
    clock.time = lambda: 1_000_000_020.5
    assert read(stranger, 1) == [200]


def test_reads_are_counted_together_by_all_processes(stranger: Outside, monkeypatch: Any) -> None:
    table = {"public.read": [(date(1900, 1, 1), None, Seed("25"))]}
    monkeypatch.setattr(values, "_kept", (float("inf"), {**values._table(), **table}))
    monkeypatch.setattr(limits, "time", SimpleNamespace(time=lambda: 1_000_000_013.5))
    answers: list[int] = []
    processes: list[dict[str, int]] = [{}, {}]
    for turn in range(30):
        monkeypatch.setattr(limits, "_ahead", processes[turn % 2])
        answers.append(stranger.get("services.json").status_code)
    assert answers.count(200) == 25


def test_reads_are_counted_without_asking_each_time(
    stranger: Outside, django_assert_num_queries: Any
) -> None:
    stranger.get("services/pothole.json")
    with django_assert_num_queries(9):  # one query for each answer, none for the count
        for _time in range(9):
            stranger.get("services/pothole.json")
