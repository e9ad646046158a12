"""Pages of the room: signing in, the organiser's roll, who reads which names, files out and in again."""

from datetime import date, timedelta

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from yankao.inspection.training import demo, imports, letters, needs
from yankao.inspection.training import process as p
from yankao.inspection.training.models import ROLL, Course, Opinion, Presence, Quota, Seat, Sitting, Training
from yankao.inspection.training.pages import doors
from yankao.inspection.training.screens import first_screen
from yankao.kernel.audit.models import Entry
from yankao.kernel.casework.models import Case, Clock
from yankao.kernel.casework.process import Refused
from yankao.kernel.figures.declare import register
from yankao.kernel.intake import take
from yankao.kernel.letters import issuing, series
from yankao.kernel.letters.models import Dispatch, Vouched
from yankao.kernel.letters.tests.test_writing import needs_fonts
from yankao.kernel.rules.values import forget
from yankao.kernel.session import code
from yankao.kernel.sheets.reading import read
from yankao.kernel.sheets.writing import write_csv

pytestmark = pytest.mark.django_db
KIND = ROLL.kind


def signed_in(person):
    client = Client()
    client.force_login(person)
    return client


def door(sitting, moment=None):
    shown = code.code_at(KIND, sitting.pk, moment or timezone.now())
    return doors.public_address("here", sitting.pk, shown)


def test_a_phone_signs_in_and_out_and_answers_without_an_account(school, today_all_day):
    phone, sitting = Client(), school.sitting(today_all_day)
    page = phone.get(door(sitting))
    assert page.status_code == 200 and "林怡君" not in page.text
    given = {
        "ticket": code.ticket(KIND, sitting.pk), "name": "林怡君", "agency": school.cast.water.pk, "act": "in"
    }  # fmt: skip
    done = phone.post(door(sitting), given, follow=True)
    assert "已簽到" in done.text and Presence.objects.count() == 1
    phone.post(door(sitting), given)
    assert Presence.objects.count() == 1
    done = phone.post(door(sitting), {**given, "act": "out"}, follow=True)
    assert "已簽退" in done.text and Presence.objects.get().left_at
    address = done.context["opinion"] if done.context else ""
    address = address or doors.public_address("opinion", code.opinion_ticket(KIND, Seat.objects.first().pk))
    answer = {"content": 5, "teaching": 5, "useful": 4, "arrangement": 4, "words": "很好"}
    assert phone.post(address, {"content": 5}).status_code == 422
    assert "謝謝" in phone.post(address, answer, follow=True).text
    assert "已填過" in phone.post(address, answer).text and Opinion.objects.count() == 1


def test_an_old_or_false_code_tells_nothing(school, today_all_day):
    sitting = school.sitting(today_all_day)
    old = door(sitting, timezone.now() - timedelta(minutes=10))
    for address in (old, doors.public_address("here", sitting.pk, "abcdefgh")):
        page = Client().get(address)
        assert page.status_code == 403 and today_all_day.case.title not in page.text
    assert Client().get(doors.public_address("here", 99999, "abcdefgh")).status_code == 403
    posted = Client().post(door(sitting), {"ticket": "x", "name": "林怡君", "act": "in"})
    assert posted.status_code == 403 and not Presence.objects.exists()


def test_what_was_typed_stays_when_a_sign_in_is_refused(school, today_all_day):
    sitting = school.sitting(today_all_day)
    given = {"ticket": code.ticket(KIND, sitting.pk), "name": "沒簽到的人", "agency": "", "act": "out"}
    page = Client().post(door(sitting), given)
    assert page.status_code == 422 and "沒簽到的人" in page.text and "先簽到" in page.text


def test_the_screen_shows_how_many_came_and_not_who(school, today_all_day):
    organiser, sitting = signed_in(school.cast.rdec_controller), school.sitting(today_all_day)
    screen = organiser.get(doors.inside_address("screen", sitting.pk))
    assert screen.status_code == 200 and "<svg" in screen.text and "林怡君" not in screen.text
    for person in (school.cast.controller, school.cast.works_controller, school.cast.stranger):
        assert signed_in(person).get(doors.inside_address("screen", sitting.pk)).status_code == 403
        assert signed_in(person).get(doors.inside_address("roll", sitting.pk)).status_code == 403


def test_the_desk_notes_who_came_with_paper_and_closes_the_roll(school):
    one = school.invited()
    organiser, address = (
        signed_in(school.cast.rdec_controller),
        doors.inside_address("roll", school.sitting(one).pk),
    )
    seat = school.seat(one)
    noted = {"act": "note", "seat": seat.pk, "arrived": "09:00", "left": "17:00"}
    assert organiser.post(address, noted).status_code == 302
    assert Presence.objects.get().minutes == 420
    wrong = organiser.post(address, {"act": "note", "name": "王", "arrived": "17:00", "left": "09:00"})
    assert wrong.status_code == 422 and "簽退不能早於簽到" in wrong.text
    assert organiser.post(address, {"act": "close"}).status_code == 302
    assert school.sitting(one).closed_at


def test_names_are_read_by_the_organiser_and_the_agency_that_sent_them(school):
    one = school.nominate(school.asking(), ("林怡君", "lin@city.example"))
    one = school.nominate(one, ("蔡明哲", ""), agency=school.cast.works, actor=school.cast.works_controller)
    page = reverse("desk:case", args=[one.pk])
    seen = {who: signed_in(getattr(school.cast, who)).get(page) for who in
            ("rdec_controller", "controller", "works_controller", "auditor", "stranger")}  # fmt: skip
    assert "林怡君" in seen["rdec_controller"].text and "蔡明哲" in seen["rdec_controller"].text
    assert "林怡君" in seen["controller"].text and "蔡明哲" not in seen["controller"].text
    assert "林怡君" not in seen["works_controller"].text and "蔡明哲" in seen["works_controller"].text
    assert seen["auditor"].status_code == 200 and "lin@city.example" not in seen["auditor"].text
    assert "蔡明哲" not in seen["auditor"].text
    assert seen["stranger"].status_code in (403, 404)


def test_names_are_found_by_no_search_list_export_or_calendar(school):
    one = school.nominate(school.asking(), ("辛蓮花", "hsin@city.example"))
    reader = signed_in(school.cast.auditor)
    for asked in ("辛蓮花", "hsin@city.example"):
        for address in (reverse("desk:list", args=[KIND]), reverse("desk:find")):
            assert one.case.number in reader.get(address, {"q": "圖說審查"}).text
            assert one.case.number not in reader.get(address, {"q": asked}).text
    for address in (reverse("training:calendar", args=[one.pk]), reverse("training:needs")):
        text = reader.get(address).text
        assert "辛蓮花" not in text and "hsin" not in text
    for name, args in (
        ("training:roster", [one.pk, "ods"]),
        ("desk:import_records", [KIND, "attendance", "csv"]),
    ):
        for person in (school.cast.auditor, school.cast.works_controller, school.cast.stranger):
            assert signed_in(person).get(reverse(name, args=args)).status_code in (403, 404)


def test_a_file_with_names_is_noted_when_it_is_given_out(school):
    one = school.nominate(school.asking(), ("林怡君", ""))
    told = signed_in(school.cast.rdec_controller).get(reverse("training:roster", args=[one.pk, "csv"]))
    assert told.status_code == 200 and "林怡君" in told.content.decode()
    assert Entry.objects.filter(act="training.export").count() == 1


def test_what_is_given_out_can_be_taken_in_and_comes_out_the_same(school):
    one = school.invited(days=(at_day := timezone.localdate() - timedelta(days=40),))
    organiser = signed_in(school.cast.rdec_controller)
    sitting = school.sitting(one)
    for name, left in (("林怡君", "16:00"), ("陳冠廷", "")):
        noted = {"act": "note", "seat": school.seat(one, name).pk, "arrived": "09:20", "left": left}
        organiser.post(doors.inside_address("roll", sitting.pk), noted)
    organiser.post(doors.inside_address("roll", sitting.pk), {"act": "close"})
    one = school.do(one, demo.way.hold, on=at_day + timedelta(days=1))
    school.do(one, demo.way.close, on=at_day + timedelta(days=5), lessons="良好")

    actor = school.cast.rdec_controller

    def out():
        return {
            wanted.code: [list(map(str, row)) for row in wanted.out(actor)[1]] for wanted in imports.IMPORTS
        }

    def given(wanted):
        return read(b"".join(write_csv(*wanted.out(actor))), f"{wanted.code}.csv")

    before = out()
    sheets = {wanted.code: given(wanted) for wanted in imports.IMPORTS}
    for table in (Presence, Seat, Sitting, Quota, Training, Course):
        table.objects.all().delete()
    Clock.objects.filter(case__kind=KIND).delete()
    Case.objects.filter(kind=KIND).update(kind="gone", number="gone")
    for twice in range(2):
        for wanted in imports.IMPORTS:
            outcome = take(given(wanted) if twice else sheets[wanted.code], wanted, actor)
            assert not outcome.refused and outcome.kept == outcome.read
    assert out() == before and Presence.objects.count() == 2


def test_courses_are_suggested_by_the_deficiencies_found_most(school, monkeypatch):
    keeper = signed_in(school.cast.rdec_controller)
    assert keeper.get(reverse("training:needs")).status_code == 200
    monkeypatch.delitem(register, needs.FAULTS)
    assert "無法建議課程" in keeper.get(reverse("training:needs")).text
    sent = {"code": "roads", "name": "道路鋪面", "faults": "5.04.01", "certified": "on"}
    assert keeper.post(reverse("training:needs"), sent).status_code == 302
    assert signed_in(school.cast.auditor).post(reverse("training:needs"), sent).status_code == 403


def test_a_list_of_people_costs_no_question_a_row(school, django_assert_max_num_queries):
    one = school.nominate(school.asking(water=40), *[(f"學員{n}", "") for n in range(40)])
    client = signed_in(school.cast.rdec_controller)
    client.get(reverse("desk:case", args=[one.pk]))
    with django_assert_max_num_queries(50):
        client.get(reverse("desk:case", args=[one.pk]))


@needs_fonts
def test_who_was_there_long_enough_gets_a_certificate_that_can_be_verified(school, settings, tmp_path):
    settings.DATA = tmp_path
    series.setting(
        school.cast.rdec_chief, school.cast.rdec, word="示市研管", since=date(2011, 1, 1),
        form="{word}字第{roc}3{seq:05d}00號", address="四維路2號", phone="07-3368333",
    )  # fmt: skip
    forget()
    one = school.invited()
    organiser, sitting = signed_in(school.cast.rdec_controller), school.sitting(one)
    for name, left in (("林怡君", "17:00"), ("陳冠廷", "12:00")):
        noted = {"act": "note", "seat": school.seat(one, name).pk, "arrived": "09:00", "left": left}
        organiser.post(doors.inside_address("roll", sitting.pk), noted)
    with pytest.raises(Refused, match="辦理完成"):
        issuing.draft(letters.certificate, school.seat(one), school.cast.rdec_controller)
    organiser.post(doors.inside_address("roll", sitting.pk), {"act": "close"})
    one = school.do(one, demo.way.hold, on=sitting.held_on + timedelta(days=1))
    address = reverse("desk:room_letter", args=[KIND, "certificate"]) + f"?of={one.pk}"
    assert signed_in(school.cast.works_controller).get(address).status_code == 404
    page = organiser.get(address).text
    assert "林怡君" in page and "出席未達80%" in page
    assert "目前沒有可以核發的對象" in organiser.get(address.replace(str(one.pk), "0")).text
    given = {"id": school.seat(one).pk, "dated": "101/5/2", "key": "k" * 32, "issue": "1"}
    for _twice in range(2):
        assert "已核發1件" in organiser.post(address, given).text
    sent = Dispatch.objects.get()
    assert "林怡君" not in sent.title + sent.receivers + sent.pdf.name
    assert "林怡君" in str(Vouched.objects.get().lines)
    file = organiser.get(reverse("desk:letter_file", args=[sent.pk, "pdf"]))
    assert b"".join(file.streaming_content).startswith(b"%PDF")
    with pytest.raises(Refused, match="80%"):
        issuing.draft(letters.certificate, school.seat(one, "陳冠廷"), school.cast.rdec_controller)


def test_test_results_come_from_a_file_and_decide_who_is_certified(school):
    one = school.invited()
    organiser, sitting = signed_in(school.cast.rdec_controller), school.sitting(one)
    for name in ("林怡君", "陳冠廷"):
        noted = {"act": "note", "seat": school.seat(one, name).pk, "arrived": "09:00", "left": "17:00"}
        organiser.post(doors.inside_address("roll", sitting.pk), noted)
    organiser.post(doors.inside_address("roll", sitting.pk), {"act": "close"})
    one = school.do(one, demo.way.hold, on=sitting.held_on + timedelta(days=1))
    staff = school.cast.rdec_controller
    assert "測驗成績" in issuing.refusal(letters.test_results, one, staff)
    (wanted,) = (found for found in imports.IMPORTS if found.code == "results")
    number, water = one.case.number, school.cast.water.name
    head = ["訓練班編號", "姓名", "機關", "電子郵件", "測驗成績"]
    rows = [
        [number, "林怡君", water, "lin@city.example", "88.5"], [number, "陳冠廷", water, "", "60"],
        [number, "不在名單", water, "", "90"],
    ]  # fmt: skip
    for _twice in range(2):
        report = take(read(b"".join(write_csv(head, rows)), "r.csv"), wanted, staff)
        assert "名單上沒有這位學員" in str(report.refused[0].problems)
    assert Entry.objects.filter(act="training.result").count() == 2
    assert [float(row[4]) for row in wanted.out(staff)[1]] == [88.5, 60]
    one = school.fresh(one)
    made = issuing.compose(letters.test_results, one, staff)
    assert [row[-1] for row in made.content.tables()[0].rows] == ["合格", "不合格"]
    assert "應試2人，合格1人，平均74.25分" in str(made.blocks)
    assert issuing.refusal(letters.certificate, school.seat(one), staff) == ""
    assert "70分" in issuing.refusal(letters.certificate, school.seat(one, "陳冠廷"), staff)
    told = str(issuing.compose(letters.minutes, one, staff, language="en").blocks)
    assert "2 people attended" in told and "林怡君" not in told
    sheet = issuing.compose(letters.sign_in_sheet, one, staff)
    assert "陳冠廷" in str(sheet.blocks) and len(sheet.content.tables()) == 1
    assert issuing.refusal(letters.test_results, one, school.cast.controller)


def test_the_first_screen_of_the_organiser_follows_the_training(school):
    today = timezone.localdate()

    def told():
        return {one["label"] for one in first_screen(school.cast.rdec_controller) if one["count"]}

    one = school.asking()
    assert told() == {"薦送截止待通知的訓練"}
    one = school.do(school.nominate(one, ("林怡君", "")), p.send_invitations)
    assert told() == {"待登錄辦理完成的訓練"}
    soon = today + timedelta(days=3)
    Training.objects.update(starts_on=soon, ends_on=soon)
    assert told() == {"七日內開課的訓練"}
    Case.objects.filter(pk=one.pk).update(stage=p.Stage.HELD)
    assert told() == {"已辦理待結案的訓練"}
