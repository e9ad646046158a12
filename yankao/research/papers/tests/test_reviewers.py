"""Reviewers are kept with terms and relations, reminded of their sheets, and given score sheets on paper."""

from __future__ import annotations

import io
import zipfile
from datetime import datetime, time, timedelta

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from yankao.kernel.audit.models import Entry
from yankao.kernel.casework.process import Refused
from yankao.kernel.notice.models import Notice
from yankao.kernel.review import reminding, roster, rounds
from yankao.kernel.review.models import Assignment, Relation, Reviewer

pytestmark = pytest.mark.django_db


def signed_in(person):
    client = Client()
    client.force_login(person)
    return client


def morning(day):
    return timezone.make_aware(datetime.combine(day, time(6, 40)))


def test_a_reviewer_is_reminded_before_the_deadline_after_it_and_every_week_then(hall):
    paper = hall.admitted()
    one = hall.assigned(paper)[0]
    Assignment.objects.exclude(pk=one.pk).delete()

    def told():
        return Notice.objects.filter(user=one.reviewer.user, kind="reminder")

    counts = []
    for after in (-4, -3, -1, 0, 1, 2, 7, 8, 14, 15):
        for _twice in range(2):
            reminding.remind(morning(one.due_on + timedelta(days=after)))
        counts.append(told().count())
    assert counts == [0, 1, 1, 1, 2, 2, 2, 3, 3, 4]
    words = "".join(told().values_list("text", flat=True))
    assert paper.case.title not in words and paper.case.number not in words
    late = Notice.objects.filter(kind="overdue")
    assert set(late.values_list("user", flat=True)) >= {hall.cast.rdec_controller.pk}
    assert not late.filter(user=hall.cast.officer).exists()


def test_who_has_scored_or_recused_is_not_reminded_any_more(hall):
    hall.scored(hall.admitted())
    day = timezone.localdate() + timedelta(days=60)
    assert reminding.remind(morning(day)) == 0
    with pytest.raises(Refused):
        reminding.urge(hall.round, hall.cast.officer)
    assert reminding.urge(hall.round, hall.cast.rdec_controller) == 0


def test_a_conductor_reminds_by_hand_and_the_ledger_names_nobody(hall):
    hall.assigned(hall.admitted())
    client, place = signed_in(hall.cast.rdec_controller), reverse("desk:round_urge", args=[hall.round.pk])
    assert "催審" in client.get(reverse("desk:round", args=[hall.round.pk])).text
    assert "已提醒2位" in client.post(place, follow=True).text
    assert "已提醒0位" in client.post(place, follow=True).text
    assert set(Entry.objects.get(act="review.urge").body) and "甲師" not in Entry.objects.latest("seq").body
    assert signed_in(hall.cast.officer).post(place).status_code == 404


def test_the_list_of_reviewers_is_for_conductors_and_tells_no_load_of_a_round_with_something_of_one_s_own(
    hall,
):
    hall.assigned(hall.admitted())
    place = reverse("desk:reviewers")
    page = signed_in(hall.cast.rdec_controller).get(place).text
    assert "甲師" in page and "聘期中" in page
    for outside in (hall.cast.officer, hall.cast.controller, hall.people[0].user, hall.cast.auditor):
        assert signed_in(outside).get(place).status_code == 404
    today = timezone.localdate()
    assert sum(one.waiting for one in roster.loads([hall.round], today).values()) == 2
    assert roster.loads([], today) == {}


def test_a_reviewer_is_added_with_a_term_and_refusals_keep_what_was_typed(hall):
    client, place = signed_in(hall.cast.rdec_controller), reverse("desk:reviewers")
    term = {"valid_from": "115/1/1", "valid_to": "114/1/1"}
    given = {"name": "丁師", "employer": "大學", "account": "?", **term}
    refused = client.post(place, given)
    assert refused.status_code == 422 and "沒有這個帳號" in refused.text and "丁師" in refused.text
    refused = client.post(place, {**given, "account": ""})
    assert refused.status_code == 422 and "迄日不能早於起聘日" in refused.text
    made = client.post(place, {**given, "account": "", "valid_to": ""}, follow=True)
    one = Reviewer.objects.get(name="丁師")
    assert "已新增審查人員丁師" in made.text
    page = reverse("desk:reviewer", args=[one.pk])
    kept = {**given, "account": "", "valid_to": "115/6/30", "deed": "keep"}
    assert "已更新" in client.post(page, kept, follow=True).text
    with pytest.raises(Refused):
        roster.keep(one, hall.cast.officer)


def test_a_declared_relation_keeps_the_sheet_away_until_it_is_lifted(hall):
    paper, person = hall.admitted(), hall.people[0]
    mine, place = signed_in(person.user), reverse("desk:review_relations")
    assert signed_in(hall.cast.officer).get(place).status_code == 404
    both = {"agency": hall.cast.water.pk, "person": "林怡君", "reason": "配偶任職", "deed": "declare"}
    assert "擇一" in mine.get(place).text and mine.post(place, both).status_code == 422
    for _twice in range(2):
        assert mine.post(place, {**both, "person": ""}).status_code == 302
    one = Relation.objects.get()
    with pytest.raises(Refused, match="配偶任職"):
        rounds.assign(hall.sheet(paper), person, hall.cast.rdec_controller)
    assert "配偶任職" not in Entry.objects.get(act="review.relation").body
    client = signed_in(hall.cast.rdec_controller)
    page = reverse("desk:reviewer", args=[person.pk])
    assert "配偶任職" in client.get(page).text
    client.post(page, {"deed": "lift", "of": one.pk})
    one.refresh_from_db()
    assert one.valid_to == timezone.localdate()
    with pytest.raises(Refused):
        roster.lift(one, person.user)


def test_score_sheets_on_paper_name_neither_author_nor_reviewer(hall):
    paper = hall.scored(hall.admitted())
    one = Assignment.objects.order_by("pk").first()
    own = reverse("desk:review_sheet", args=[one.key, "odt"])
    table = reverse("desk:round_scores", args=[hall.round.pk, "odt"])
    answer = signed_in(one.reviewer.user).get(own)
    whole = signed_in(hall.cast.rdec_controller).get(table)
    for made, words in ((answer, ("90", "意見90")), (whole, ("審查人2", "92"))):
        text = zipfile.ZipFile(io.BytesIO(made.content)).read("content.xml").decode()
        assert hall.sheet(paper).code in text and all(word in text for word in words)
        told = text + str(made.headers)
        assert not [w for w in ("林怡君", "陳冠廷", "水利局", paper.case.number, "丙師", "乙師") if w in told]
    for outside in (hall.cast.officer, hall.cast.mayor, hall.people[0].user):
        assert {signed_in(outside).get(place).status_code for place in (own, table)} == {404}
    assert signed_in(one.reviewer.user).get(own.replace("odt", "doc")).status_code == 404
