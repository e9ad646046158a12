"""A program sees and may do what its person may: cases, moves, corrections, files and figures."""

from __future__ import annotations

import json
from datetime import date, timedelta
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.utils import timezone

from examples.lost_property.process import TERM, process
from yankao.api import tokens
from yankao.api.models import ApiToken, Scope
from yankao.kernel.audit.models import Entry, Look
from yankao.kernel.casework.models import Case, Security
from yankao.kernel.rules import values

from .conftest import Program

ROOM = "/rooms/examples.lost_property/cases/"
FIND = {
    "title": "皮夾",
    "agency": "T-WATER",
    "officer": "t.officer",
    "place": "車站",
    "found_on": "2012-03-02",
}
OPERATIONS = [
    ("get", "/api/rooms/"),
    ("get", "/api/rooms/examples.lost_property/cases/"),
    ("post", "/api/rooms/examples.lost_property/cases/"),
    ("get", "/api/cases/{pk}/"),
    ("post", "/api/cases/{pk}/moves/give_notice/"),
    ("post", "/api/cases/{pk}/amend/"),
    ("post", "/api/evidence/"),
    ("get", "/api/figures/"),
    ("get", "/api/figures/research.trips.filed/101H1/"),
]


# ── Who may ask ─────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(("way", "address"), OPERATIONS)
def test_nobody_is_answered_without_signing_in(umbrella: Any, way: str, address: str) -> None:
    for headers in ({}, {"Authorization": "Bearer yk_wrong"}, {"Authorization": "Basic eDp5"}):
        answer = getattr(Client(), way)(address.format(pk=umbrella.pk), headers=headers)
        assert answer.status_code == 401
        assert answer["WWW-Authenticate"].startswith("Bearer")
        assert answer["Content-Type"] == "application/problem+json"


def test_every_operation_stands_in_the_list_of_those_refused_to_strangers() -> None:
    from yankao.api.operations import api

    known = {(m.lower(), path) for _p, router in api._routers for path, view in router.path_operations.items()
             for one in view.operations for m in one.methods}  # fmt: skip
    assert len(known) == len(OPERATIONS)


def test_a_token_to_read_changes_nothing(cast: Any, umbrella: Any) -> None:
    reader = Program(cast.officer, Scope.READ)
    assert reader.get(f"/cases/{umbrella.pk}/").status_code == 200
    answer = reader.post(f"/cases/{umbrella.pk}/moves/give_notice/", {"noticed_on": "2012-03-03"})
    assert (answer.status_code, answer.json()["code"]) == (403, "read_only")


def test_a_token_revoked_or_expired_or_of_somebody_gone_opens_nothing(cast: Any) -> None:
    text, row = tokens.make(cast.officer, "排程")
    asks = lambda: Client().get("/api/rooms/", headers={"Authorization": f"Bearer {text}"}).status_code  # noqa: E731
    assert asks() == 200
    ApiToken.objects.filter(pk=row.pk).update(expires_on=timezone.localdate() - timedelta(days=1))
    assert asks() == 401
    ApiToken.objects.filter(pk=row.pk).update(expires_on=timezone.localdate())
    cast.officer.is_active = False
    cast.officer.save()
    assert asks() == 401
    cast.officer.is_active = True
    cast.officer.save()
    assert asks() == 200
    assert tokens.revoke(cast.officer, row) and not tokens.revoke(cast.officer, row)
    assert asks() == 401
    assert list(Entry.objects.filter(subject=f"token:{row.pk}").values_list("act", flat=True)) == [
        "token.make", "token.revoke",
    ]  # fmt: skip


def test_a_token_is_kept_as_a_digest_only(cast: Any) -> None:
    text, row = tokens.make(cast.officer, "排程")
    kept = json.dumps(list(ApiToken.objects.values()), default=str) + json.dumps(
        list(Entry.objects.values()), default=str
    )
    assert text not in kept and text[8:] not in kept and row.hint == text[:8]


def test_a_browser_needs_the_csrf_token_to_change_anything(cast: Any, umbrella: Any) -> None:
    browser = Client(enforce_csrf_checks=True)
    browser.force_login(cast.officer)
    address = f"/api/cases/{umbrella.pk}/moves/give_notice/"
    body = json.dumps({"noticed_on": "2012-03-03"})
    assert browser.get(f"/api/cases/{umbrella.pk}/").status_code == 200
    refused = browser.post(address, body, content_type="application/json")
    assert (refused.status_code, refused.json()["code"]) == (403, "csrf")
    browser.cookies["csrftoken"] = "a" * 32
    done = browser.post(address, body, content_type="application/json", headers={"X-CSRFToken": "a" * 32})
    assert done.status_code == 200


# ── What is seen ────────────────────────────────────────────────────────────────────────────────────


def test_a_case_tells_its_facts_clocks_and_open_moves(cast: Any, noticed: Any) -> None:
    told = Program(cast.officer).get(f"/cases/{noticed.case.number}/").json()
    assert told["number"] == noticed.case.number
    assert told["agency"] == {"code": "T-WATER", "name": "水利局"}
    assert told["record"]["place"] == "中正路口" and told["record"]["found_on"] == "2012-03-01"
    assert [clock["code"] for clock in told["clocks"]] == ["claim"]
    (move,) = [one for one in told["moves"] if one["name"] == "give_back"]
    assert move["schema"]["required"] == ["claimant"]
    assert told["amend"] is None
    assert Program(cast.rdec_chief).get(f"/cases/{noticed.pk}/").json()["amend"]["required"] == ["reason"]


def test_a_case_not_to_be_known_of_is_not_there(cast: Any, umbrella: Any) -> None:
    other = Program(cast.works_officer)
    for answer in (
        other.get(f"/cases/{umbrella.pk}/"),
        other.get(f"/cases/{umbrella.case.number}/"),
        other.post(f"/cases/{umbrella.pk}/moves/give_notice/", {"noticed_on": "2012-03-03"}),
        other.post(f"/cases/{umbrella.pk}/amend/", {"reason": "測試", "title": "改名"}),
        other.get("/cases/999999/"),
    ):
        assert (answer.status_code, answer.json()["code"]) == (404, "no_case")
    assert other.get(ROOM).json()["cases"] == []
    umbrella.case.refresh_from_db()
    assert umbrella.case.stage == "kept"


def test_opening_what_few_may_see_leaves_a_trace(cast: Any, umbrella: Any) -> None:
    Case.objects.filter(pk=umbrella.pk).update(security=Security.NAMED)
    Program(cast.officer).get(f"/cases/{umbrella.pk}/")
    assert Look.objects.get(subject=f"case:{umbrella.pk}").user == cast.officer


def test_a_list_is_walked_by_keys_to_its_end(cast: Any) -> None:
    opened = [
        process.open(
            cast.officer, title=f"第{n}件", agency=cast.water, opened_on=date(2012, 3, 1 + n // 3),
            place="路口", found_on=date(2012, 3, 1),
        ).case.number
        for n in range(7)
    ]  # fmt: skip
    program, address, seen = Program(cast.officer), f"{ROOM}?limit=3", []
    while address:
        page = program.get(address.removeprefix("/api")).json()
        seen += [one["number"] for one in page["cases"]]
        address = page["next"]
    assert seen == opened[::-1]


def test_a_list_is_narrowed_by_the_docket(cast: Any, umbrella: Any) -> None:
    process.open(cast.works_officer, title="帽子", agency=cast.works, place="公園", found_on=date(2012, 3, 1))
    program = Program(cast.rdec_controller)
    titles = lambda **query: [one["title"] for one in program.get(ROOM, **query).json()["cases"]]  # noqa: E731
    assert titles() == ["帽子", "黑色雨傘"]
    assert titles(agency="T-WORKS") == ["帽子"] == titles(q="帽")
    assert titles(officer="t.officer") == ["黑色雨傘"]
    assert titles(stage="noticed") == [] == titles(state="closed") == titles(opened_to="2012-01-01")
    assert titles(late="true") == []
    refused = program.get(ROOM, colour="red", limit="0", opened_from="昨天")
    assert refused.status_code == 422
    assert set(refused.json()["errors"]) == {"colour", "limit", "opened_from"}


# ── What is done ────────────────────────────────────────────────────────────────────────────────────


def test_a_case_is_opened_once_for_one_key(cast: Any) -> None:
    program = Program(cast.officer)
    first = program.post(ROOM, FIND, key="key-of-a-find")
    again = program.post(ROOM, FIND, key="key-of-a-find")
    assert (first.status_code, again.status_code) == (201, 200)
    assert first.json()["number"] == again.json()["number"]
    assert again["Idempotency-Replayed"] == "true" and "Idempotency-Replayed" not in first
    assert first["Location"] == f"/api/cases/{first.json()['id']}/"
    assert Case.objects.count() == 1
    mine = Program(cast.works_officer).post(
        ROOM, {**FIND, "agency": "T-WORKS", "officer": None}, key="key-of-a-find"
    )
    assert mine.status_code == 201, "a key names a request of one person only"


def test_a_move_is_carried_out_once_for_one_key(cast: Any, umbrella: Any) -> None:
    program, address = Program(cast.officer), f"/cases/{umbrella.pk}/moves/give_notice/"
    first = program.post(address, {"noticed_on": "2012-03-03"}, key="once-and-only")
    again = program.post(address, {"noticed_on": "2012-03-03"}, key="once-and-only")
    assert first.status_code == again.status_code == 200
    assert first.json()["stage"]["code"] == "noticed" == again.json()["stage"]["code"]
    assert again["Idempotency-Replayed"] == "true"
    assert Entry.objects.filter(case_id=umbrella.pk, act="give_notice").count() == 1
    other = program.post(f"/cases/{umbrella.pk}/moves/give_back/", {"claimant": "王"}, key="once-and-only")
    assert (other.status_code, other.json()["code"]) == (422, "key_used")
    assert program.post(address, {}, key="短").status_code == 422


def test_what_may_not_be_done_is_refused_with_its_sentence(cast: Any, umbrella: Any) -> None:
    address = f"/cases/{umbrella.pk}/moves/give_back/"
    refused = Program(cast.officer).post(address, {"claimant": "王先生"})
    assert refused.status_code == 409 and refused["Content-Type"] == "application/problem+json"
    assert "不能「領回」" in refused.json()["detail"]
    english = Program(cast.officer, language="en").post(address, {"claimant": "Wang"})
    assert english["Content-Language"] == "en"
    assert Program(cast.mayor).post(f"/cases/{umbrella.pk}/moves/give_notice/", {}).status_code == 409
    assert Program(cast.officer).post(f"/cases/{umbrella.pk}/moves/fly/", {}).status_code == 404


def test_a_deadline_in_a_year_without_calendar_or_rule_is_refused(
    cast: Any, umbrella: Any, monkeypatch: Any
) -> None:
    program, address = Program(cast.officer), f"/cases/{umbrella.pk}/moves/give_notice/"
    answer = program.post(address, {"noticed_on": "1913-05-01"})
    assert answer.status_code == 409 and "尚無生效的值" in answer.json()["detail"]
    since = date(1912, 1, 1)
    monkeypatch.setattr(values, "_kept", (float("inf"), {TERM.code: [(since, None, TERM.seeds[0])]}))
    answer = program.post(address, {"noticed_on": "1913-05-01"})
    assert answer.status_code == 409 and "1913年（民國2年）沒有辦公日曆" in answer.json()["detail"]
    answer = program.post(address, {"noticed_on": "2101-05-01"})  # beyond what can be computed
    assert answer.status_code == 409 and "2101年（民國190年）沒有辦公日曆" in answer.json()["detail"]


def test_every_fault_is_told_by_the_name_of_the_field(cast: Any) -> None:
    wrong = {
        "title": " ",
        "agency": "T-NONE",
        "officer": "t.works_officer",
        "found_on": "昨天",
        "place": 7,
        "x": 1,
    }
    refused = Program(cast.officer).post(ROOM, wrong)
    assert refused.status_code == 422
    assert set(refused.json()["errors"]) == {"title", "agency", "found_on", "place", "x"}
    missing = Program(cast.officer).post(ROOM, {})
    assert set(missing.json()["errors"]) == {"title", "agency", "place", "found_on"}
    stranger = Program(cast.officer).post(ROOM, {**FIND, "officer": "t.works_officer"})
    assert set(stranger.json()["errors"]) == {"officer"}
    too_long = Program(cast.officer).post(ROOM, {**FIND, "place": "路" * 121})
    assert set(too_long.json()["errors"]) == {"place"}
    assert Program(cast.officer).post(ROOM, {**FIND, "agency": "T-WORKS", "officer": None}).status_code == 409
    assert not Case.objects.exists()


def test_a_correction_keeps_its_reason_and_both_values(cast: Any, umbrella: Any) -> None:
    program, address = Program(cast.rdec_chief), f"/cases/{umbrella.pk}/amend/"
    assert set(program.post(address, {"place": "中山路口"}).json()["errors"]) == {"reason"}
    assert program.post(address, {"reason": "無事"}).status_code == 422
    assert program.post(address, {"reason": "誤填", "stage": "fallen"}).json()["errors"].keys() == {"stage"}
    done = program.post(
        address, {"reason": "地點誤填", "place": "中山路口", "title": "藍色雨傘"}, key="amend-key-1"
    )
    assert (done.status_code, done.json()["record"]["place"], done.json()["title"]) == (
        200,
        "中山路口",
        "藍色雨傘",
    )
    program.post(address, {"reason": "地點誤填", "place": "中華路口"}, key="amend-key-1")
    umbrella.refresh_from_db()
    assert umbrella.place == "中山路口"
    body = json.loads(Entry.objects.get(case_id=umbrella.pk, act="amend").body)
    assert body["reason"] == "地點誤填" and body["changed"]["place"] == ["中正路口", "中山路口"]
    assert Program(cast.officer).post(address, {"reason": "試", "place": "x"}).status_code == 409


def test_a_file_is_kept_and_a_dangerous_one_is_not(cast: Any) -> None:
    program = Program(cast.officer)
    kept = program.upload(SimpleUploadedFile("說明.txt", "內容".encode()))
    refused = program.upload(SimpleUploadedFile("run.exe", b"MZ\x90\x00" + b"\x00" * 64))
    assert kept.status_code in (201, 422) and refused.status_code == 422
    assert refused.json()["errors"]["file"]
    assert set(program.client.post("/api/evidence/", headers=program.headers).json()["errors"]) == {"file"}


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ("{", 400),
        ("[]", 400),
        ('{"title": NaN}', 400),
        ("9" * 5000, 400),
        ("[" * 100_000, 400),
        (b"\xff\xfe", 400),
    ],
)
def test_what_is_no_json_object_is_refused(cast: Any, body: Any, status: int) -> None:
    assert Program(cast.officer).post(ROOM, body).status_code == status


def test_a_form_is_no_json(cast: Any) -> None:
    program = Program(cast.officer)
    assert program.client.post(f"/api{ROOM}", FIND, headers=program.headers).status_code == 415


# ── Figures ─────────────────────────────────────────────────────────────────────────────────────────


def test_a_figure_comes_with_its_definition_and_the_identity_of_its_records(cast: Any) -> None:
    program = Program(cast.rdec_controller)
    names = [one["figure"] for one in program.get("/figures/").json()["figures"]]
    assert names == sorted(names) and names
    told = program.get(f"/figures/{names[0]}/101H1/").json()
    assert told["period"] == "101H1" and len(told["digest"]) == 64 and told["records"] == 0
    assert told["value"].lstrip("0.") == "" and told["definition"]
    for name, period in (("no.such.figure", "101H1"), (names[0], "soon"), (f"{names[0]}[x", "101H1")):
        assert program.get(f"/figures/{name}/{period}/").status_code == 404
    assert Program(cast.councillor).get(f"/figures/{names[0]}/101H1/").status_code == 403


def test_an_unknown_address_is_answered_in_the_same_way(cast: Any) -> None:
    for address in ("/nothing", "/rooms/no.room/cases/", "/cases/"):
        answer = Program(cast.officer).get(address)
        assert (answer.status_code, answer["Content-Type"]) == (404, "application/problem+json")
