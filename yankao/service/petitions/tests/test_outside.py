"""Crews outside: whose orders open for whom, and reports that are taken once, late, or kept unaccepted."""

from __future__ import annotations

import hashlib
import json
import re
from datetime import date, timedelta
from decimal import Decimal

import pytest
from django.core.exceptions import ValidationError
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.utils import timezone

from yankao.kernel.audit.models import Entry
from yankao.kernel.casework.docket import Case, Security
from yankao.kernel.evidence import checks
from yankao.kernel.evidence.tests.test_evidence import GOOD, HEIC, jpeg, tiff_block
from yankao.kernel.people.models import Post, Role, User
from yankao.service.petitions import firms, outside
from yankao.service.petitions import process as p
from yankao.service.petitions.models import ContractorLink, FieldReport, Service, Work
from yankao.service.petitions.outside import Worker

FIRM, OTHER = "大同營造", "永固工程"
PICTURE = jpeg(tiff_block())
WEBP = GOOD["照.webp"][1]
CREW = "/rooms/service.petitions/crew/"
BY_LINK = "/register/petitions/crew/"


@pytest.fixture(autouse=True)
def store(settings, tmp_path):
    settings.DATA = tmp_path
    return tmp_path


@pytest.fixture
def sent(desk):
    """`sent(crew=…)` or `sent(contractor=…)`: a fault that was reported and dispatched just now."""

    def dispatched(agency=None, **to):
        since = timezone.now() - timedelta(hours=1)
        one = desk.fault(
            received_at=since, longitude=Decimal("120.3014"), latitude=Decimal("22.6273"), place="五福四路"
        )
        given = {"agency": agency or desk.cast.water, **to}
        p.dispatch.run(one, desk.cast.agent, given, at=since + timedelta(minutes=5))
        return desk.fresh(one)

    return dispatched


@pytest.fixture
def crew(desk):
    client = Client()
    client.force_login(desk.cast.crew, backend="yankao.site.signin.Backend")
    return client


def link(desk, firm=FIRM, agency=None, days=30):
    """A link of the firm, and a browser that came in by it."""
    token, row = outside.make_link(
        desk.cast.controller, agency or desk.cast.water, firm, timezone.localdate() + timedelta(days=days)
    )
    client = Client()
    assert client.get(f"{BY_LINK}open/{token}/").headers["Location"] == BY_LINK
    return token, row, client


def report(worker, one, act, *, minutes_ago=0, files=(), picture=PICTURE, **more):
    """What a telephone posts: the words, their digest, and when it sends."""
    now = timezone.now()
    told = {
        "act": act, "case": one.pk, "worker": worker.mark,
        "at": (now - timedelta(minutes=minutes_ago)).isoformat(), **more,
    }  # fmt: skip
    sent = {}
    for name in files:
        told[name] = hashlib.sha256(picture).hexdigest()
        sent[name] = picture
    text = json.dumps(told, ensure_ascii=False)
    return {
        "told": text, "digest": hashlib.sha256(text.encode()).hexdigest(), "sent": now.isoformat(), **sent,
    }  # fmt: skip


def post(client, base, one, act, given, ending="jpg"):
    """Send it; files are given anew each time, as a retry does."""
    shaped = {
        name: SimpleUploadedFile(f"{name}.{ending}", value, "image/jpeg")
        if isinstance(value, bytes)
        else value
        for name, value in given.items()
    }
    return client.post(f"{base}{one.pk}/{act}", shaped)


# ── Whose orders ────────────────────────────────────────────────────────────────────────────────────


def test_a_link_opens_exactly_the_orders_of_its_contractor(desk, sent):
    mine, theirs, ours = sent(contractor=FIRM), sent(contractor=OTHER), sent(crew=desk.cast.crew)
    elsewhere, hidden = sent(contractor=FIRM, agency=desk.cast.works), sent(contractor=FIRM)
    Case.objects.filter(pk=hidden.pk).update(security=Security.NAMED)
    moved = sent(contractor=FIRM)
    p.dispatch.run(moved, desk.cast.agent, {"agency": desk.cast.water, "contractor": OTHER})
    _token, row, client = link(desk)
    assert [one.pk for one in outside.orders(Worker(link=row))] == [mine.pk]
    text = client.get(BY_LINK).content.decode()
    assert mine.case.number in text and theirs.case.number not in text
    for other in (theirs, ours, elsewhere, hidden, moved):
        assert client.get(f"{BY_LINK}{other.pk}/").status_code == 404, other.case.title
    assert client.get(f"{BY_LINK}{mine.pk}/").status_code == 200
    assert client.get(f"{BY_LINK}map.svg").headers["Content-Type"] == "image/svg+xml"
    # Nothing else of the house opens by it.
    assert client.get(CREW).status_code == 302
    assert client.get(f"/cases/{mine.pk}/").status_code == 302


def test_a_link_holds_until_its_last_day_or_until_it_is_taken_back(desk, sent):
    sent(contractor=FIRM)
    token, row, client = link(desk)
    assert client.get(BY_LINK).status_code == 200
    ContractorLink.objects.filter(pk=row.pk).update(expires_on=timezone.localdate() - timedelta(days=1))
    assert client.get(BY_LINK).status_code == 403, "who is in is out, too"
    assert Client().get(f"{BY_LINK}open/{token}/").status_code == 403
    ContractorLink.objects.filter(pk=row.pk).update(expires_on=timezone.localdate())
    assert client.get(BY_LINK).status_code == 200
    taking_back = f"/rooms/service.petitions/contractors/{row.pk}/revoke"
    for who, told in (("officer", 403), ("works_controller", 302)):
        other = Client()
        other.force_login(getattr(desk.cast, who), backend="yankao.site.signin.Backend")
        assert other.post(taking_back).status_code == told and client.get(BY_LINK).status_code == 200
    keeper = Client()
    keeper.force_login(desk.cast.controller, backend="yankao.site.signin.Backend")
    keeper.post(taking_back)
    assert client.get(BY_LINK).status_code == 403
    assert Client().get(f"{BY_LINK}open/wrong/").status_code == 403
    assert token not in str(Entry.objects.filter(act__startswith="petitions.link").values_list("body"))


def test_a_contractor_is_chosen_by_the_name_its_link_has_and_blanks_do_not_part_them(desk, sent):
    firms.forget()
    _token, _row, telephone = link(desk, firm=f" {OTHER} ")
    one = sent(contractor=f"{OTHER}\u3000")
    agent = Client()
    agent.force_login(desk.cast.agent, backend="yankao.site.signin.Backend")
    page = agent.get(f"/cases/{desk.fault().pk}/moves/dispatch/").content.decode()
    assert f'<option value="{OTHER}"></option>' in page
    assert one.case.number in telephone.get(BY_LINK).content.decode()


def test_an_agency_makes_links_for_itself_alone(desk, sent, django_assert_max_num_queries):
    sent(contractor=FIRM)
    keeper = Client()
    keeper.force_login(desk.cast.controller, backend="yankao.site.signin.Backend")
    address = "/rooms/service.petitions/contractors/"
    day = timezone.localdate() + timedelta(days=5)
    given = {"agency": desk.cast.water.pk, "contractor": FIRM, "expires_on": day.isoformat()}
    told = keeper.post(address, given)
    assert told.status_code == 200 and f"{BY_LINK}open/" in told.content.decode()
    assert keeper.post(address, {**given, "agency": desk.cast.works.pk}).status_code == 422
    late = (timezone.localdate() + timedelta(days=400)).isoformat()
    assert keeper.post(address, {**given, "expires_on": late}).status_code == 422
    for _number in range(4):
        keeper.post(address, given)
    keeper.get(address)
    with django_assert_max_num_queries(16):
        text = keeper.get(address).content.decode()
    assert text.count(f'scope="row">{FIRM}<') == 5
    stranger = Client()
    stranger.force_login(desk.cast.officer, backend="yankao.site.signin.Backend")
    assert stranger.get(address).status_code == 403


def test_a_crew_has_its_own_orders_and_those_nobody_has_yet(desk, sent, crew):
    mate = User.objects.create_user("mate", name="林二班")
    Post.objects.create(user=mate, agency=desk.cast.water, role=Role.CREW, valid_from=date(2011, 1, 1))
    mine, open_one, theirs = sent(crew=desk.cast.crew), sent(), sent(crew=mate)
    sent(contractor=FIRM)
    assert {one.pk for one in outside.orders(Worker(user=desk.cast.crew))} == {mine.pk, open_one.pk}
    text = crew.get(CREW).content.decode()
    assert "旁邊還有#2" in text and theirs.case.number not in text
    assert crew.get(f"{CREW}{mine.pk}/").status_code == 200
    assert crew.get(f"{CREW}{theirs.pk}/").status_code == 404


def test_what_is_with_a_contractor_is_no_work_of_the_citys_crew(desk, sent, crew):
    ours, theirs = sent(), sent(contractor=FIRM)
    work = crew.get("/work/").content.decode()
    assert ours.case.number in work and theirs.case.number not in work
    for one, offered in ((ours, True), (theirs, False)):
        assert ("moves/arrive/" in crew.get(f"/cases/{one.pk}/").content.decode()) is offered
    with pytest.raises(p.Refused):
        p.set_out.run(theirs, desk.cast.crew, {})
    officer = Client()
    officer.force_login(desk.cast.officer, backend="yankao.site.signin.Backend")
    assert "moves/arrive/" in officer.get(f"/cases/{theirs.pk}/").content.decode()
    p.dispatch.run(theirs, desk.cast.agent, {"agency": desk.cast.water})
    assert theirs.case.number in crew.get("/work/").content.decode(), "sent to the crew after all"
    both = sent(crew=desk.cast.crew, contractor=FIRM)
    assert both.case.number in crew.get("/work/").content.decode(), "goes there with the firm"


def test_the_day_takes_no_more_queries_for_more_orders(desk, sent, crew, django_assert_max_num_queries):
    sent(crew=desk.cast.crew)
    crew.get(CREW)
    for _number in range(4):
        sent(crew=desk.cast.crew)
    with django_assert_max_num_queries(9):
        crew.get(CREW)


# ── Reports ─────────────────────────────────────────────────────────────────────────────────────────


def test_a_report_is_acknowledged_by_its_digest_and_taken_once(desk, sent, crew):
    one, worker = sent(crew=desk.cast.crew), Worker(user=desk.cast.crew)
    given = report(worker, one, "arrive", files=["before"], longitude="120.301400", latitude="22.627300")
    for _time in range(3):
        answer = post(crew, CREW, one, "arrive", given)
        assert answer.json() == {
            "digest": given["digest"], "refused": "", "left_out": "", "stage": "on_site"
        }  # fmt: skip
    row = FieldReport.objects.get()
    assert (str(row.latitude), row.user_id) == ("22.627300", desk.cast.crew.pk)
    assert row.before.taken_at is not None and row.before.latitude is not None
    work = Work.objects.get(petition=one)
    assert work.before_id == row.before_id
    assert Entry.objects.filter(case=one.pk, act="arrive").count() == 1


def test_steps_taken_without_a_network_count_when_they_were_taken(desk, sent, crew):
    one, worker = sent(crew=desk.cast.crew), Worker(user=desk.cast.crew)
    steps = [
        ("set_out", 50, {}, []), ("arrive", 40, {}, ["before"]),
        ("complete", 10, {"text": "已填補"}, ["after"]),
    ]  # fmt: skip
    for act, ago, more, files in steps:
        answer = post(crew, CREW, one, act, report(worker, one, act, minutes_ago=ago, files=files, **more))
        assert answer.json()["refused"] == "", answer.json()
    work = Work.objects.get(petition=one)
    for at, ago in ((work.set_out_at, 50), (work.arrived_at, 40), (work.completed_at, 10)):
        assert abs((timezone.now() - at).total_seconds() / 60 - ago) < 1
    assert desk.fresh(one).case.stage == p.Stage.COMPLETED


def test_a_wrong_clock_on_the_telephone_does_not_shift_the_steps(desk, sent, crew):
    one, worker = sent(crew=desk.cast.crew), Worker(user=desk.cast.crew)
    given = report(worker, one, "set_out", minutes_ago=20)
    slow = timedelta(hours=3)
    told = json.loads(given["told"])
    told["at"] = (timezone.now() - slow - timedelta(minutes=20)).isoformat()
    text = json.dumps(told)
    post(crew, CREW, one, "set_out", {
        "told": text, "digest": hashlib.sha256(text.encode()).hexdigest(),
        "sent": (timezone.now() - slow).isoformat(),
    })  # fmt: skip
    work = Work.objects.get(petition=one)
    assert abs((timezone.now() - work.set_out_at).total_seconds() / 60 - 20) < 1


@pytest.mark.parametrize(("hours", "counts_now"), [(0.5, False), (30, True)])
def test_a_step_is_never_before_the_one_before_it_nor_believed_for_days(desk, sent, crew, hours, counts_now):
    one, worker = sent(crew=desk.cast.crew), Worker(user=desk.cast.crew)
    post(crew, CREW, one, "set_out", report(worker, one, "set_out", minutes_ago=hours * 60))
    work = Work.objects.get(petition=one)
    assert work.set_out_at >= work.dispatched_at
    assert ((timezone.now() - work.set_out_at) < timedelta(minutes=1)) == counts_now


def test_a_report_that_comes_too_late_is_kept_with_the_reason_and_told(desk, sent, crew):
    one, worker = sent(crew=desk.cast.crew), Worker(user=desk.cast.crew)
    given = report(worker, one, "complete", files=["before", "after"], text="已填補")
    p.dispatch.run(one, desk.cast.agent, {"agency": desk.cast.works})
    answer = post(crew, CREW, one, "complete", given)
    assert answer.status_code == 200 and "完工" in answer.json()["refused"]
    assert post(crew, CREW, one, "complete", given).json() == answer.json()
    row = FieldReport.objects.get()
    assert row.text == "已填補" and row.after is not None
    case = Case.objects.get(pk=one.pk)
    assert case.stage == p.Stage.DISPATCHED and case.evidence.count() == 2, "the pictures lie with the case"


@pytest.mark.parametrize(
    ("ending", "picture", "why", "kept"),
    [
        ("webp", WEBP, "照片（施工前）未採用：照片請用JPEG或PNG。", True),
        ("heic", HEIC, "照片（施工前）未採用：照片請用JPEG或PNG。", True),
        ("jpg", PICTURE + bytes(1100), "照片（施工前）未採用：檔案太大", False),
        ("jpg", b"\xff\xd8\xff\xd9", "照片（施工前）未採用：圖片已損壞", False),
    ],
)
def test_a_step_is_taken_at_its_time_without_a_picture_that_cannot_serve(
    desk, sent, crew, settings, ending, picture, why, kept
):
    settings.EVIDENCE_LIMITS = dict.fromkeys(checks.LIMITS, 0.001)
    one, worker = sent(crew=desk.cast.crew), Worker(user=desk.cast.crew)
    given = report(worker, one, "arrive", minutes_ago=20, files=["before"], picture=picture)
    answer = post(crew, CREW, one, "arrive", given, ending)
    assert (answer.status_code, answer.json()["stage"], answer.json()["refused"]) == (200, "on_site", "")
    assert answer.json()["left_out"].startswith(why)
    assert post(crew, CREW, one, "arrive", given, ending).json() == answer.json(), (
        "and the same when asked again"
    )
    work = Work.objects.get(petition=one)
    assert work.before is None and abs((timezone.now() - work.arrived_at).total_seconds() / 60 - 20) < 1
    row = FieldReport.objects.get()
    assert (row.before is not None) == kept == Case.objects.get(pk=one.pk).evidence.exists()
    assert why in crew.get(f"{CREW}{one.pk}/").content.decode()
    officer = Client()
    officer.force_login(desk.cast.officer, backend="yankao.site.signin.Backend")
    assert why in officer.get(f"/cases/{one.pk}/").content.decode()


def test_an_end_of_work_whose_picture_cannot_serve_is_kept_with_its_words_for_another(desk, sent, crew):
    one, worker = sent(crew=desk.cast.crew), Worker(user=desk.cast.crew)
    post(crew, CREW, one, "arrive", report(worker, one, "arrive", files=["before"]))
    given = report(worker, one, "complete", files=["after"], picture=WEBP, text="已填補")
    answer = post(crew, CREW, one, "complete", given, "webp").json()
    assert answer["refused"] == "完工須有施工後照片。" and "JPEG或PNG" in answer["left_out"]
    assert answer["stage"] == "on_site" and FieldReport.objects.get(act="complete").text == "已填補"
    again = report(worker, one, "complete", files=["after"], text="已填補")
    assert post(crew, CREW, one, "complete", again).json()["stage"] == "completed"


def test_what_was_damaged_on_its_way_is_sent_back_and_nothing_is_taken(desk, sent, crew):
    one, worker = sent(crew=desk.cast.crew), Worker(user=desk.cast.crew)
    given = report(worker, one, "arrive", files=["before"])
    assert post(crew, CREW, one, "arrive", {**given, "before": PICTURE + b"x"}).status_code == 400
    without = {name: value for name, value in given.items() if name != "before"}
    assert post(crew, CREW, one, "arrive", without).status_code == 400
    assert post(crew, CREW, one, "arrive", {**given, "told": given["told"] + " "}).status_code == 400
    assert post(crew, CREW, one, "set_out", given).status_code == 400, "told for another step"
    other = report(Worker(user=desk.cast.officer), one, "set_out")
    assert post(crew, CREW, one, "set_out", other).status_code == 400, "another's"
    assert not FieldReport.objects.exists()
    assert post(crew, CREW, one, "arrive", given).status_code == 200


def test_pictures_of_the_crew_stand_apart_from_the_citizens_and_say_which_they_are(desk, sent, crew):
    one, worker = sent(crew=desk.cast.crew), Worker(user=desk.cast.crew)
    evidence = desk.photo()
    one.case.evidence.create(evidence=evidence, act="open", purpose="photo")
    post(crew, CREW, one, "arrive", report(worker, one, "arrive", files=["before"]))
    post(crew, CREW, one, "complete", report(worker, one, "complete", files=["after"], text="好"))
    page = crew.get(f"{CREW}{one.pk}/").content.decode()
    told, taken = page.partition('aria-labelledby="taken"')[::2]
    assert told.count("<img") == 1 and f"/photos/{evidence.pk}" in told
    assert taken.count("<img") == 2 and re.findall("<span>(.*?)</span></li>", taken)[:2] == [
        "施工前",
        "施工後",
    ]


def test_a_contractor_finishes_its_order_and_the_ledger_says_by_which_link(desk, sent):
    one = sent(contractor=FIRM)
    _token, row, client = link(desk)
    worker = Worker(link=row)
    post(client, BY_LINK, one, "arrive", report(worker, one, "arrive", files=["before"]))
    done = post(client, BY_LINK, one, "complete", report(worker, one, "complete", files=["after"], text="好"))
    assert done.json()["stage"] == "completed"
    kept = Entry.objects.filter(act="petitions.field", subject=f"case:{one.pk}")
    assert [FIRM in str(entry.body) for entry in kept] == [True, True]
    assert one.case.number in client.get(BY_LINK).content.decode(), "stands under what is done today"
    officer = Client()
    officer.force_login(desk.cast.officer, backend="yankao.site.signin.Backend")
    assert FIRM in officer.get(f"/cases/{one.pk}/").content.decode()
    stranger = sent(contractor=OTHER)
    assert post(client, BY_LINK, stranger, "set_out", report(worker, stranger, "set_out")).status_code == 404


def test_without_script_a_refused_form_keeps_its_words_and_a_repeated_one_counts_once(desk, sent, crew):
    one = sent(crew=desk.cast.crew)
    step = f"{CREW}{one.pk}/arrive"
    given = {"key": "0123456789abcdef", "before": SimpleUploadedFile("a.jpg", PICTURE, "image/jpeg")}
    assert crew.post(step, given).status_code == 303
    assert crew.post(step, {"key": "0123456789abcdef"}).status_code == 303
    assert FieldReport.objects.count() == 1
    refused = crew.post(f"{CREW}{one.pk}/complete", {"key": "fedcba9876543210", "text": "路面已補"})
    text = refused.content.decode()
    assert refused.status_code == 422 and "施工後照片" in text and "路面已補</textarea>" in text
    given = {"key": "0000000000000000", "text": "沒有", "missing": "1"}
    nothing = crew.post(f"{CREW}{one.pk}/complete", given)
    assert nothing.status_code == 303 and not Work.objects.get(petition=one).found


def test_nobody_who_is_signed_in_or_a_stranger_is_a_contractor(desk, sent):
    one = sent(contractor=FIRM)
    with pytest.raises(p.Refused):
        p.set_out.run(one, desk.cast.agent, {})
    plain = sent(crew=desk.cast.crew)
    with pytest.raises(p.Refused):
        p.set_out.run(plain, None, {})
    with pytest.raises(ValidationError):
        outside.make_link(desk.cast.controller, desk.cast.water, "", timezone.localdate())
    assert Service.objects.exists()
