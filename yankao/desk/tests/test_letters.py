"""Letters at the desk: written from a case and from a room, listed, revoked, verified by anybody."""

from __future__ import annotations

import re
import zipfile
from datetime import date
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from examples.lost_property.process import give_notice, process
from yankao.kernel.audit.models import Entry
from yankao.kernel.documents.pdf import NoChineseFont, check_fonts
from yankao.kernel.letters import series, verify
from yankao.kernel.letters.declare import letters
from yankao.kernel.letters.models import Dispatch, Vouched
from yankao.kernel.letters.tests import samples

try:
    check_fonts()
except NoChineseFont:
    pytest.skip("no Chinese font: install fonts-noto-cjk", allow_module_level=True)


@pytest.fixture
def house(cast: Any, settings: Any, tmp_path: Path) -> Any:
    settings.DATA = tmp_path
    for agency, word in ((cast.rdec, "示市研管"), (cast.water, "示市水")):
        series.setting(cast.rdec_chief, agency, word=word, since=date(2011, 1, 1))
    return cast


@pytest.fixture
def finds(house: Any) -> list[Any]:
    rows = [
        process.open(
            house.officer, title=title, agency=house.water, officer=house.officer, place="鹽埕埔站",
            found_on=date(2012, 7, 1),
        )
        for title in ("黑色雨傘", "皮夾")
    ]  # fmt: skip
    give_notice(rows[0], house.officer, noticed_on=date(2012, 7, 2))
    return rows


@pytest.fixture
def reminder(monkeypatch: pytest.MonkeyPatch) -> str:
    """The tests' own letter, as one of the worked example's room."""
    monkeypatch.setitem(letters, "examples.lost_property.reminder", samples.reminder)
    return reverse("desk:room_letter", args=["examples.lost_property", "reminder"])


def test_a_letter_is_previewed_and_issued_from_the_case(client: Client, house: Any, finds: list[Any]) -> None:
    client.force_login(house.officer)
    page = client.get(reverse("desk:case", args=[finds[0].pk])).content.decode()
    place = reverse("desk:case_letter", args=[finds[0].pk, "claim"])
    assert place in page
    typed = {"dated": "101/07/17", "owner": "林大同", "by_day": "101/07/31", "key": "letter-key-1"}
    drawn = client.post(place, {**typed, "preview": "1"}).content.decode()
    assert "data:image/png;base64," in drawn
    assert "草稿" in drawn and "林大同" in drawn
    assert Dispatch.objects.count() == 0
    for _turn in range(2):  # a retry makes no second letter
        answer = client.post(place, {**typed, "issue": "1"})
        assert answer.status_code == 302
    sent = Dispatch.objects.get()
    assert sent.number == "示市水字第1010000001號"
    assert answer.headers["Location"] == reverse("desk:letter", args=[sent.pk])
    page = client.get(reverse("desk:case", args=[finds[0].pk])).content.decode()
    assert sent.number in page
    assert "核發文書" in page  # in the timeline
    assert "林大同" not in page
    whole = client.get(answer.headers["Location"]).content.decode()
    assert sent.pdf.sha256 in whole
    assert "林大同" not in whole
    got = client.get(reverse("desk:letter_file", args=[sent.pk, "pdf"]))
    assert b"".join(got.streaming_content).startswith(b"%PDF")
    assert client.get(reverse("desk:letter_file", args=[sent.pk, "ods"])).status_code == 404


def test_what_is_missing_or_not_open_is_said_and_nothing_typed_is_lost(
    client: Client, house: Any, finds: list[Any]
) -> None:
    client.force_login(house.officer)
    place = reverse("desk:case_letter", args=[finds[0].pk, "claim"])
    answer = client.post(place, {"dated": "101/07/17", "owner": "林大同", "by_day": "", "issue": "1"})
    assert answer.status_code == 422
    assert 'value="林大同"' in answer.content.decode()
    other = reverse("desk:case_letter", args=[finds[1].pk, "claim"])
    assert "公告招領中的拾得物才能通知認領" in client.get(other).content.decode()
    client.force_login(house.works_officer)
    assert client.get(place).status_code == 404
    assert client.post(place, {"issue": "1"}).status_code == 404
    assert Dispatch.objects.count() == 0


def test_several_are_issued_at_once_with_a_result_for_each_and_one_zip(
    client: Client, house: Any, finds: list[Any], reminder: str
) -> None:
    client.force_login(house.rdec_controller)
    assert "皮夾" in client.get(reminder).content.decode()
    given = {"dated": "101/07/17", "language": "zh-hant", "until": "101/07/31", "key": "batch-key-1"}
    assert "請至少選一件" in client.post(reminder, {**given, "issue": "1"}).content.decode()
    ids = [str(find.pk) for find in finds]
    page = client.post(reminder, {**given, "id": ids, "issue": "1"}).content.decode()
    assert "已核發2件，未核發0件" in page
    assert sorted(Dispatch.objects.values_list("seq", flat=True)) == [1, 2]
    zipped = re.search(r'href="(/letters/batch/[^"]+\.zip)"', page)
    assert zipped
    with zipfile.ZipFile(BytesIO(client.get(zipped[1]).content)) as archive:
        assert len(archive.namelist()) == 4
    client.post(reminder, {**given, "id": ids, "issue": "1"})
    assert Dispatch.objects.count() == 2
    client.force_login(house.works_officer)
    assert client.get(zipped[1]).status_code == 404


def _many(house: Any, find: Any, count: int) -> None:
    from yankao.kernel.letters import issuing

    for at in range(count):
        issuing.issue(
            samples.reminder, find, house.rdec_controller, {"until": date(2012, 7, 31)}, key=f"many-{at}",
            dated=date(2012, 7, 17),
        )  # fmt: skip


def test_the_register_is_searched_exported_and_asks_alike_for_any_number_of_rows(
    client: Client, house: Any, finds: list[Any]
) -> None:
    client.force_login(house.rdec_controller)
    place = reverse("desk:letters")
    asked = []
    for count in (1, 6):
        _many(house, finds[0], count)
        client.get(place)
        with CaptureQueriesContext(connection) as queries:
            page = client.get(place).content.decode()
        asked.append(len(queries))
    assert asked[0] == asked[1]
    assert "示市研管字第1010000006號" in page
    found = client.get(place, {"q": "0000003"}).content.decode()
    assert "1010000003" in found and "1010000004" not in found
    assert "沒有符合的文書" in client.get(place, {"q": "鹽埕埔站"}).content.decode()
    lines = b"".join(
        client.get(reverse("desk:letters_export", args=["csv"]), {"q": "0000003"}).streaming_content
    )
    assert lines.decode("utf-8-sig").count("\r\n") == 2
    assert Entry.objects.filter(act="export", subject="list:letters").exists()
    client.force_login(house.works_officer)
    assert "示市研管" not in client.get(place).content.decode()


def test_only_who_may_issue_revokes_and_says_why(client: Client, house: Any, finds: list[Any]) -> None:
    _many(house, finds[0], 1)
    sent = Dispatch.objects.get()
    place = reverse("desk:letter", args=[sent.pk])
    client.force_login(house.officer)
    assert "註銷這份文書" not in client.get(place).content.decode()
    client.post(place, {"reason": "試試"})
    client.force_login(house.rdec_controller)
    assert client.post(place, {"reason": ""}).status_code == 422
    sent.refresh_from_db()
    assert sent.valid
    assert client.post(place, {"reason": "內容誤植"}).status_code == 302
    page = client.get(place).content.decode()
    assert "已註銷" in page and "內容誤植" in page


# ── Anybody ─────────────────────────────────────────────────────────────────────────────────────────


@pytest.fixture
def certificate(house: Any, finds: list[Any], monkeypatch: pytest.MonkeyPatch) -> tuple[Dispatch, str]:
    from yankao.kernel.letters import issuing

    monkeypatch.setattr(verify, "new_code", lambda: "7K2M9-AAAAA-BBBBB-CCCCC")
    sent = issuing.issue(samples.award, finds[0], house.rdec_controller, {"winner": "林大同"})
    return sent, "7K2M9-AAAAA-BBBBB-CCCCC"


def test_whoever_has_the_code_learns_what_is_certified(
    client: Client, certificate: tuple[Dispatch, str]
) -> None:
    sent, code = certificate
    for answer in (
        client.get(reverse("desk:verify_code", args=[code])),
        client.post(reverse("desk:verify"), {"code": code.lower().replace("-", " ")}),
    ):
        page = answer.content.decode()
        assert answer.status_code == 200
        assert "林大同" in page and sent.number in page and "有效" in page
        assert "noindex" in answer.headers["X-Robots-Tag"]
        assert "no-store" in answer.headers["Cache-Control"]
    assert "黑色雨傘" not in page  # nothing but what the letter vouches for


def test_a_revoked_certificate_is_said_to_be_revoked(
    client: Client, house: Any, certificate: tuple[Dispatch, str]
) -> None:
    from yankao.kernel.letters import issuing

    issuing.revoke(certificate[0], house.rdec_controller, "機密的理由")
    page = client.get(reverse("desk:verify_code", args=[certificate[1]])).content.decode()
    assert "已註銷" in page and "不再有效" in page
    assert "機密的理由" not in page


def test_nobody_learns_anything_without_a_code(client: Client, certificate: tuple[Dispatch, str]) -> None:
    sent, code = certificate
    near = code[:-1] + ("D" if code[-1] != "D" else "E")
    answers = [
        client.post(reverse("desk:verify"), {"code": given})
        for given in (near, verify.digest(code)[:60], sent.number, str(sent.pk), "%", "' OR 1=1 --", "7" * 60)
    ]
    told = {
        re.sub(r'value="[^"]*"|nonce="[^"]*"', "", one.content.decode().split("<main", 1)[-1])
        for one in answers
    }
    assert {one.status_code for one in answers} == {404}
    assert all("查無此驗證碼" in page and "林大同" not in page and sent.number not in page for page in told)
    for place in (reverse("desk:letter", args=[sent.pk]), reverse("desk:letters")):
        assert client.get(place).status_code == 302


def test_trying_codes_is_stopped_even_for_the_right_one(
    client: Client, certificate: tuple[Dispatch, str]
) -> None:
    _sent, code = certificate
    for _n in range(verify.TRIES):
        client.post(reverse("desk:verify"), {"code": verify.SIGNS[:20]})
    answer = client.get(reverse("desk:verify_code", args=[code]))
    assert answer.status_code == 429
    assert "林大同" not in answer.content.decode()
    assert Vouched.objects.count() == 1


def test_a_chief_sets_how_an_agency_numbers(client: Client, house: Any) -> None:
    place = reverse("desk:office_letters")
    given = {
        "agency": str(house.works.pk), "word": "示市工務", "form": series.FORM, "pattern": series.PATTERN,
        "since": "115/01/01", "kind": "", "key": "series-key-1",
    }  # fmt: skip
    client.force_login(house.rdec_controller)
    assert client.post(place, given).status_code == 403
    client.force_login(house.rdec_chief)
    bad = client.post(place, {**given, "form": "{word}第{seq}號"})
    assert bad.status_code == 422
    assert "字號格式須含" in bad.content.decode()
    assert client.post(place, given).status_code == 302
    found = series.in_force(house.works, "letter", timezone.localdate())
    assert found is not None and found.word == "示市工務"
    assert "示市工務字第1150000001號" in client.get(place).content.decode()
    client.force_login(house.officer)
    assert client.get(place).status_code == 403
