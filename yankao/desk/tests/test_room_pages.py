"""What every room gets for nothing: opening, correcting, the board, the import."""

from datetime import date, timedelta
from types import SimpleNamespace

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from examples.lost_property.models import Find
from examples.lost_property.process import give_back, give_notice, process
from yankao.desk import importing, nav, reference
from yankao.kernel.audit.models import Entry
from yankao.kernel.casework.models import Case
from yankao.kernel.intake import Import
from yankao.kernel.rooms import room
from yankao.kernel.sheets.intake import Column, Profile, Refusal
from yankao.kernel.sheets.parsing import day

pytestmark = pytest.mark.django_db
ROOM = "examples.lost_property"


@pytest.fixture(autouse=True)
def fresh_names():
    """Names and menus are kept by the process; each test reads them afresh."""
    reference.forget()
    nav.forget()


@pytest.fixture
def desk(client, cast):
    client.force_login(cast.officer)
    return client


def umbrella(cast, **more):
    facts = {"title": "雨傘", "agency": cast.water, "place": "捷運站", "found_on": date(2012, 3, 1)} | more
    return process.open(cast.officer, opened_on=date(2012, 3, 1), officer=cast.officer, **facts)


# ── Opening ─────────────────────────────────────────────────────────────────────────────────────────


def new_case(cast, **more):
    return {
        "title": "雨傘", "agency": str(cast.water.pk), "officer": str(cast.officer.pk),
        "opened_on": "101/3/2", "place": "捷運站", "found_on": "101/3/1", "key": "n" * 32,
    } | more  # fmt: skip


def test_a_case_is_opened_from_its_form_once_however_often_it_is_sent(desk, cast):
    address = reverse("desk:open", args=[ROOM])
    first = desk.post(address, new_case(cast))
    assert first.status_code == 302
    found = Find.objects.select_related("case").get()
    assert first["Location"] == reverse("desk:case", args=[found.pk])
    assert (found.case.title, found.case.opened_on, found.place) == ("雨傘", date(2012, 3, 2), "捷運站")
    assert desk.post(address, new_case(cast))["Location"] == first["Location"]
    assert Find.objects.count() == 1


def test_only_agencies_one_may_open_for_are_offered(desk, client, cast):
    address = reverse("desk:open", args=[ROOM])
    text = desk.get(address).content.decode()
    assert "水利局" in text
    assert "工務局" not in text
    assert desk.post(address, new_case(cast, agency=str(cast.works.pk))).status_code == 422
    client.force_login(cast.rdec_controller)
    assert "工務局" in client.get(address).content.decode()


def test_an_officer_of_another_agency_is_not_taken_and_nothing_typed_is_lost(client, cast):
    client.force_login(cast.rdec_controller)
    answer = client.post(
        reverse("desk:open", args=[ROOM]), new_case(cast, officer=str(cast.works_officer.pk))
    )
    text = answer.content.decode()
    assert answer.status_code == 422
    assert "蔡明哲不是水利局的人員。" in text
    assert 'value="捷運站"' in text
    assert Case.objects.count() == 0


def test_a_stranger_finds_no_room(client, cast):
    client.force_login(cast.stranger)
    for name in ("desk:open", "desk:board", "desk:import"):
        assert client.get(reverse(name, args=[ROOM])).status_code == 404


# ── Correcting ──────────────────────────────────────────────────────────────────────────────────────


def corrected(cast, **more):
    return {
        "title": "雨傘", "agency": str(cast.water.pk), "officer": str(cast.officer.pk), "district": "",
        "place": "圖書館", "found_on": "101/3/1", "reason": "地點寫錯", "key": "k" * 32,
    } | more  # fmt: skip


def test_a_correction_is_shown_before_it_is_made(client, cast):
    found = umbrella(cast)
    client.force_login(cast.rdec_controller)
    address = reverse("desk:amend", args=[found.pk])
    assert 'value="捷運站"' in client.get(address).content.decode()
    shown = client.post(address, corrected(cast)).content.decode()
    assert "<del>捷運站</del>" in shown
    assert "<ins>圖書館</ins>" in shown
    found.refresh_from_db()
    assert found.place == "捷運站"
    assert client.post(address, corrected(cast, confirm="1")).status_code == 302
    found.refresh_from_db()
    assert found.place == "圖書館"
    assert '"地點寫錯"' in Entry.objects.get(act="amend").body
    client.post(address, corrected(cast, confirm="1"))
    assert Entry.objects.filter(act="amend").count() == 1


def test_a_correction_needs_a_reason_and_a_change(client, cast):
    found = umbrella(cast)
    client.force_login(cast.rdec_controller)
    address = reverse("desk:amend", args=[found.pk])
    bare = client.post(address, corrected(cast, reason=""))
    assert bare.status_code == 422
    assert 'value="圖書館"' in bare.content.decode()
    same = client.post(address, corrected(cast, place="捷運站", confirm="1"))
    assert same.status_code == 422
    assert "內容都沒有改變" in same.content.decode()
    assert Entry.objects.filter(act="amend").count() == 0


def test_going_back_from_a_correction_keeps_what_was_typed(client, cast):
    found = umbrella(cast)
    client.force_login(cast.rdec_controller)
    text = client.post(reverse("desk:amend", args=[found.pk]), corrected(cast, back="1")).content.decode()
    assert 'value="圖書館"' in text
    assert "地點寫錯" in text


def test_only_who_may_correct_sees_the_form(desk, cast):
    assert desk.get(reverse("desk:amend", args=[umbrella(cast).pk])).status_code == 403


# ── Board ───────────────────────────────────────────────────────────────────────────────────────────


def test_the_board_counts_every_open_case_and_shows_the_first_by_deadline(desk, cast):
    for number in range(23):
        found = umbrella(cast, title=f"第{number}把傘")
        give_notice(found, cast.officer, noticed_on=timezone.localdate() - timedelta(days=number))
    give_back(umbrella_noticed(cast), cast.officer, claimant="王大明")
    umbrella(cast, title="剛拾得的")
    text = desk.get(reverse("desk:board", args=[ROOM])).content.decode()
    assert "剛拾得的" in text
    assert "第22把傘" in text  # the earliest deadline
    assert "第0把傘" not in text
    assert "還有3件" in text
    assert "已領回" not in text


def umbrella_noticed(cast):
    found = umbrella(cast, title="已還")
    give_notice(found, cast.officer, noticed_on=timezone.localdate())
    return found


def test_the_board_asks_the_same_questions_however_many_cards(desk, cast):
    address = reverse("desk:board", args=[ROOM])

    def asked():
        desk.get(address)
        with CaptureQueriesContext(connection) as queries:
            desk.get(address)
        return len(queries)

    umbrella(cast)
    few = asked()
    for number in range(25):
        umbrella(cast, title=f"{number}")
    assert asked() == few <= 7


# ── Import ──────────────────────────────────────────────────────────────────────────────────────────


def keep(actor, values):
    if values["place"] == "海上":
        raise Refusal("海上拾得的請送海巡單位。", "地點", "海上")
    agency = actor.posts.first().agency
    process.open(
        actor, title=values["title"], agency=agency, place=values["place"], found_on=values["found_on"]
    )


def on_record(user):
    return Find.objects.filter(case__in=Case.objects.filter(process.visible(user))).order_by("pk")


FINDS = Import(
    "finds", "拾得物",
    Profile("拾得物", (
        Column("title", ("品名",), required=True),
        Column("place", ("地點", "拾得地點"), required=True),
        Column("found_on", ("拾得日",), parse=day, required=True),
    )),
    keep=keep, example=("雨傘", "捷運站", "101/3/1"), records=on_record,
)  # fmt: skip
CSV = (
    "品名,地點,拾得日,備註\n雨傘,捷運站,101/3/1,x\n"
    "手套,海上,101/3/2,\n帽子,公園,101/13/2,\n圍巾,市場,101/3/4,\n"
)


@pytest.fixture
def importable(settings, tmp_path):
    """The example room with an import, and a data folder of the test's own."""
    settings.DATA = tmp_path
    found = room(ROOM)
    found.parts["imports"] = SimpleNamespace(IMPORTS=(FINDS,))
    yield reverse("desk:import", args=[ROOM])
    del found.parts["imports"]


def sent(desk, address, text=CSV, name="finds.csv", encoding="utf-8"):
    return desk.post(address, {"code": "finds", "file": SimpleUploadedFile(name, text.encode(encoding))})


def key_in(answer):
    return answer.content.decode().split('name="key" value="')[1].split('"')[0]


def test_a_dry_run_tells_everything_and_writes_nothing(desk, importable):
    before = Entry.objects.count()
    text = sent(desk, importable).content.decode()
    assert "讀取4列，可以匯入2列，將退回2列" in text
    assert "海上拾得的請送海巡單位。" in text
    assert "備註" in text  # a header nothing reads
    assert Find.objects.count() == 0
    assert Entry.objects.count() == before


def test_what_was_checked_is_imported_once(desk, importable):
    key = key_in(sent(desk, importable))
    text = desk.post(importable, {"key": key}).content.decode()
    assert "讀取4列，匯入2列，退回2列" in text
    assert sorted(Find.objects.values_list("place", flat=True)) == ["市場", "捷運站"]
    again = desk.post(importable, {"key": key}).content.decode()
    assert "讀取4列，匯入2列，退回2列" in again
    assert Find.objects.count() == 2
    assert Entry.objects.filter(act="import").count() == 1


def test_refused_rows_come_back_as_a_file_that_can_be_corrected_and_sent_again(desk, importable):
    key = key_in(sent(desk, importable))
    desk.post(importable, {"key": key})
    address = reverse("desk:import_refused", args=[ROOM, "finds", key, "csv"])
    text = b"".join(desk.get(address)).decode("utf-8-sig")
    assert text.splitlines()[0] == "品名,地點,拾得日,備註,原因"
    assert len(text.splitlines()) == 3
    assert desk.get(reverse("desk:import_refused", args=[ROOM, "finds", key, "ods"])).content[:2] == b"PK"
    mended = text.replace("海上", "港口").replace("101/13/2", "101/3/2")
    assert "可以匯入2列，將退回0列" in sent(desk, importable, mended).content.decode()


def test_a_file_of_another_person_is_not_there(desk, client, cast, importable):
    key = key_in(sent(desk, importable))
    client.force_login(cast.colleague)
    assert client.post(importable, {"key": key}).status_code == 404
    assert client.get(reverse("desk:import_refused", args=[ROOM, "finds", key, "csv"])).status_code == 404
    assert client.post(importable, {"key": "../../etc/passwd"}).status_code == 404
    assert Find.objects.count() == 0


def test_two_requests_at_once_import_once(desk, cast, importable):
    key = key_in(sent(desk, importable))
    waiting = importing.Waiting.find(key, cast.officer, ROOM, "finds")
    assert waiting.claim()
    answer = desk.post(importable, {"key": key})
    assert answer.status_code == 409
    assert "正在匯入" in answer.content.decode()
    assert Find.objects.count() == 0
    waiting.release()
    assert desk.post(importable, {"key": key}).status_code == 200
    assert Find.objects.count() == 2


@pytest.mark.parametrize(
    ("data", "sentence"),
    [
        (b"", "空"), (b"%PDF-1.7", "PDF"), (b"PK\x03\x04broken", "損壞"),
        ("品名,拾得日\nx,101/3/1\n".encode(), "缺少必要的欄位"),
    ],
)  # fmt: skip
def test_a_file_that_cannot_be_read_is_refused_with_a_sentence(desk, importable, data, sentence):
    answer = desk.post(importable, {"code": "finds", "file": SimpleUploadedFile("x.csv", data)})
    assert answer.status_code == 422
    assert sentence in answer.content.decode()


def test_big5_is_taken_and_named(desk, importable):
    text = sent(desk, importable, encoding="cp950").content.decode()
    assert "可以匯入2列" in text
    assert "950" in text or "big5" in text.lower()


def test_the_sample_file_can_be_imported_as_it_is(desk, importable):
    for form in ("csv", "ods"):
        sample = b"".join(desk.get(reverse("desk:import_sample", args=[ROOM, "finds", form])))
        answer = desk.post(importable, {"code": "finds", "file": SimpleUploadedFile(f"s.{form}", sample)})
        assert "可以匯入1列，將退回0列" in answer.content.decode()


def test_what_is_on_record_goes_out_in_the_columns_it_came_in(desk, cast, importable):
    desk.post(importable, {"key": key_in(sent(desk, importable))})
    address = reverse("desk:import_records", args=[ROOM, "finds", "csv"])
    assert address in desk.get(importable).content.decode()
    lines = b"".join(desk.get(address)).decode("utf-8-sig").splitlines()
    assert lines == ["品名,地點,拾得日", "雨傘,捷運站,2012-03-01", "圍巾,市場,2012-03-04"]
    assert Entry.objects.get(act="export").actor == cast.officer


def test_nobody_takes_out_what_another_agency_keeps(desk, client, cast, importable):
    desk.post(importable, {"key": key_in(sent(desk, importable))})
    client.force_login(cast.works_officer)
    answer = client.get(reverse("desk:import_records", args=[ROOM, "finds", "csv"]))
    assert b"".join(answer).decode("utf-8-sig").splitlines() == ["品名,地點,拾得日"]


def test_waiting_files_are_forgotten_after_a_week(desk, importable):
    key = key_in(sent(desk, importable))
    importing.tidy()
    assert (importing.folder() / f"{key}.json").exists()
    importing.tidy((timezone.now() + timedelta(days=8)).timestamp())
    assert not list(importing.folder().glob("*"))


def test_who_may_open_no_case_takes_in_no_file(client, cast):
    client.force_login(cast.stranger)
    assert client.get(reverse("desk:import", args=[ROOM])).status_code == 404
