"""The month by category, agency and outcome; samples by a kept seed; findings; the survey beside its rate."""

from __future__ import annotations

import re
from datetime import date
from html import unescape

import pytest
from django.core.exceptions import PermissionDenied, ValidationError
from django.urls import reverse

from yankao.kernel.audit.models import Entry
from yankao.kernel.outbox.models import Message
from yankao.kernel.vault.persons import Person
from yankao.service.petitions import auditing, figures, following
from yankao.service.petitions.models import Audit, Category, Draw, Rating

from .conftest import WANG

pytestmark = pytest.mark.django_db
MARCH = (date(2012, 3, 1), date(2012, 3, 31))
ASKED = {"since": "2012-03-01", "until": "2012-03-31"}


@pytest.fixture
def month(desk):
    """Five answered cases of March."""
    desk.cases = [desk.closed() for _ in range(5)]
    return desk


def drawn(desk, purpose=Draw.Purpose.AUDIT, actor=None, **more):
    told = {"seed": "0311", "reason": "每月抽查", "since": MARCH[0], "until": MARCH[1], "wanted": 3, **more}
    return auditing.draw(actor or desk.cast.auditor, purpose, **told)


def test_every_number_of_the_analysis_opens_its_cases(month, client):
    client.force_login(month.cast.auditor)
    response = client.get(reverse("petitions:analysis"), ASKED)
    page = unescape(response.content.decode())
    assert "側溝與水溝蓋" in page and "水利局" in page and "已處理完成" in page and "結案5件" in page
    place = page.partition('href="/rooms/service.petitions/analysis/cases/')[2].partition('"')[0]
    rows = client.get(f"/rooms/service.petitions/analysis/cases/{place}").content.decode()
    assert rows.count('<th scope="row">') == 5 and "共5件" in rows
    sheet = client.get(reverse("petitions:analysis"), {**ASKED, "form": "csv"})
    assert "水利局" in b"".join(sheet.streaming_content).decode("utf-8-sig")
    client.force_login(month.cast.officer)
    assert client.get(reverse("petitions:analysis")).status_code == 403


def test_a_draw_is_the_same_for_whoever_has_the_seed_and_happens_once(month):
    one = drawn(month)
    again = drawn(month, wanted=5)
    assert again.pk == one.pk and (one.population, one.drawn) == (5, 3)
    told = [(case.pk, case.case.number) for case in month.cases]
    expected = auditing.in_order("0311", list(reversed(told)))[:3]
    assert sorted(one.audits.values_list("petition", flat=True)) == sorted(expected)
    kept = Entry.objects.get(act="petitions.draw")
    assert "0311" in kept.body and "每月抽查" in kept.body
    with pytest.raises(PermissionDenied):
        drawn(month, actor=month.cast.officer)
    with pytest.raises(ValidationError, match="沒有可以抽"):
        drawn(month, seed="0312", since=date(2013, 1, 1), until=date(2013, 1, 31))


def test_a_survey_is_drawn_again_from_the_same_cases_whoever_was_asked_or_answered_since(month, client):
    """The draw itself asks people, and they answer: neither changes from whom it was drawn."""
    who, told = month.cast.rdec_controller, (Draw.Purpose.SATISFACTION, *MARCH)
    one = drawn(month, told[0], who, wanted=2)
    before = sorted(one.among)
    assert len(before) == one.population == 5 and len(one.numbers) == 2
    for rating in one.ratings.all():
        following.rate(rating.petition, {"score": 5, "on_time": "yes", "understood": "", "comment": ""})
    rest = Rating.objects.values("petition")
    volunteer = next(case for case in month.cases if not rest.filter(petition=case.pk).exists())
    following.rate(volunteer, {"score": 1, "on_time": "no", "understood": "no", "comment": ""})
    drawn(month, told[0], who, seed="0312", wanted=1)
    found = auditing.population(*told, at=one.drawn_at).values_list("pk", "case__number")
    assert sorted(number for _pk, number in found) == before
    chosen = dict(found)
    assert [chosen[pk] for pk in auditing.in_order("0311", list(found))[:2]] == one.numbers
    kept = Draw.objects.get(pk=one.pk)
    type(month.cases[0].case).objects.update(security="named")  # whatever becomes of the cases
    assert auditing.again(kept) == kept.numbers
    client.force_login(who)
    place = reverse("petitions:draw", args=[one.pk])
    page = client.get(place).content.decode()
    assert all(number in page for number in kept.numbers) and "不符" not in page
    sheet = b"".join(client.get(place, {"form": "csv"}).streaming_content).decode()
    assert all(number in sheet for number in kept.among)
    Draw.objects.filter(pk=one.pk).update(numbers=kept.numbers[::-1])
    assert "不符" in client.get(place).content.decode()
    assert (
        client.get(reverse("petitions:draw", args=[drawn(month, wanted=1).pk]), {"form": "csv"}).status_code
        == 403
    )


def test_a_seed_used_for_other_days_is_refused(month, client):
    one = drawn(month)
    for other in ({"until": date(2012, 3, 30)}, {"kind": "mailbox"}, {"agency": month.cast.water}):
        with pytest.raises(ValidationError, match="請換一個種子"):
            drawn(month, **other)
    client.force_login(month.cast.auditor)
    given = {
        "purpose": "audit", "since": "101-02-01", "until": "101-03-31", "wanted": "2", "seed": "0311",
        "reason": "首季抽查",
    }  # fmt: skip
    page = client.post(reverse("petitions:draws"), given)
    assert page.status_code == 422 and "請換一個種子" in page.content.decode()
    assert Draw.objects.get() == one


def test_no_sealed_accusation_is_drawn(month):
    sealed = month.received(category=Category.objects.get(pk="conduct"))
    type(sealed).objects.filter(pk=sealed.pk).update(
        ended_on=date(2012, 3, 9), replied_at=sealed.received_at, disposition="explained"
    )
    assert drawn(month, wanted=9).population == 5


def test_a_finding_is_recorded_with_its_reason_and_its_words_stay_out_of_the_chain(month, client):
    one = drawn(month)
    row = one.audits.first()
    client.force_login(month.cast.auditor)
    place = reverse("petitions:audit", args=[row.pk])
    assert "已派員清淤完成" in client.get(place).content.decode()
    said = {"answered": "yes", "founded": "no", "clear": "yes", "finding": ""}
    page = client.post(place, said)
    assert page.status_code == 422 and "請說明哪裡不符" in page.content.decode()
    assert client.post(place, {**said, "finding": "依據應為下水道法第20條"}).status_code == 302
    row = Audit.objects.get(pk=row.pk)
    assert (row.answered, row.founded, row.clear, row.checked_by) == (True, False, True, month.cast.auditor)
    assert "第20條" not in Entry.objects.get(act="petitions.audit").body
    page = client.get(reverse("petitions:draw", args=[one.pk])).content.decode()
    assert "已抽查1件，共3件" in page and "第20條" in page
    client.force_login(month.cast.rdec_controller)  # reads, and does not judge
    assert client.get(place).status_code == 403


def test_the_survey_asks_who_was_drawn_and_tells_its_score_with_the_response_rate(month, client):
    month.closed(petitioner=Person())  # nobody to ask
    own = month.closed()
    following.rate(own, {"score": 1, "on_time": "no", "understood": "no", "comment": ""})
    before = Message.objects.count()
    one = drawn(month, Draw.Purpose.SATISFACTION, month.cast.rdec_controller, wanted=4)
    assert (one.population, one.drawn) == (5, 4)
    assert Message.objects.count() - before >= 4
    for rating, score in zip(one.ratings.order_by("pk"), (5, 4), strict=False):
        following.rate(rating.petition, {"score": score, "on_time": "yes", "understood": "", "comment": ""})
    found = auditing.survey(one)
    assert (found.rate, found.mean, found.own) == ("50.0%", "4.50", 1)
    assert dict(found.scores) == {5: 1, 4: 1, 3: 0, 2: 0, 1: 0}
    client.force_login(month.cast.rdec_chief)
    page = client.get(reverse("petitions:draw", args=[one.pk])).content.decode()
    assert "填答率50.0%（2／4），平均4.50分" in page and WANG.name not in page
    assert Rating.objects.filter(sampled_on__isnull=False).count() == 4
    again = drawn(month, Draw.Purpose.SATISFACTION, month.cast.rdec_controller, seed="0399", wanted=9)
    assert again.population == 1, "who was asked is not asked again"


def test_every_number_of_a_sample_opens_its_cases(month, client):
    following.rate(month.closed(), {"score": 1, "on_time": "no", "understood": "no", "comment": ""})
    one = drawn(month, Draw.Purpose.SATISFACTION, month.cast.rdec_controller, wanted=4)
    answered = one.ratings.order_by("pk").first().petition
    following.rate(answered, {"score": 5, "on_time": "yes", "understood": "", "comment": ""})
    audit = drawn(month, wanted=2)
    client.force_login(month.cast.rdec_chief)
    for made, numbers in (
        (one, {"population": 5, "drawn": 4, "done": 1, "done&score=5": 1, "done&score=4": 0, "own": 1}),
        (audit, {"population": 6, "drawn": 2}),
    ):
        page = unescape(client.get(reverse("petitions:draw", args=[made.pk])).content.decode())
        for part, n in numbers.items():
            address = f"{reverse('petitions:sample', args=[made.pk])}?part={part}"
            assert re.search(rf'href="{re.escape(address)}">\D*{n}\D', page), part
            rows = client.get(address).content.decode()
            assert rows.count('<th scope="row">') == n, (part, n)
            if made is one:
                assert (answered.case.number in rows) is (part not in ("own", "done&score=4"))
    assert client.get(reverse("petitions:sample", args=[one.pk]), {"part": "all"}).status_code == 404
    client.force_login(month.cast.officer)
    assert client.get(reverse("petitions:sample", args=[one.pk])).status_code == 403


def test_a_case_sorted_anew_or_done_again_is_judged_by_the_clock_begun_last(desk):
    """The clock of before is neither met nor missed: it would make every late case look on time."""
    from yankao.kernel.period import Period
    from yankao.service.petitions import process as p

    late = desk.do(desk.drafted(), p.approve_reply, desk.cast.manager, on=date(2012, 3, 20))
    late = desk.do(late, p.send_reply, desk.cast.officer, on=date(2012, 3, 20))
    desk.do(late, p.close, desk.cast.officer, on=date(2012, 3, 20))
    period = Period.between(*MARCH)
    assert figures.closed(period).count() == 1 == figures.fell_due(period).count()
    assert figures.closed_on_time(period).count() == 0 == figures.due_on_time(period).count()


def test_the_form_of_a_draw_asks_for_a_reason_and_is_sent_twice_without_a_second_draw(month, client):
    client.force_login(month.cast.auditor)
    told = {
        "purpose": "audit", "since": "101-03-01", "until": "101-03-31", "wanted": "2", "seed": "k7",
        "reason": "",
    }  # fmt: skip
    assert client.post(reverse("petitions:draws"), told).status_code == 422
    told["reason"] = "首季抽查"
    for _ in range(2):
        assert client.post(reverse("petitions:draws"), told).status_code == 302
    assert Draw.objects.get().reason == "首季抽查"
    assert "首季抽查" in client.get(reverse("petitions:draw", args=[Draw.objects.get().pk])).content.decode()


def test_the_first_screen_tells_the_manager_what_is_late_and_the_auditor_what_is_to_be_checked(month):
    from yankao.service.petitions.screens import first

    month.accepted()  # of March 2012: long late
    drawn(month)
    late = next(one for one in first(month.cast.manager) if one["label"] == "逾期未辦的陳情")
    assert late["count"] == 1 and "/overview/overdue/" in late["url"]
    checks = next(one for one in first(month.cast.auditor) if one["label"] == "待抽查的陳情")
    assert checks["count"] == 3
