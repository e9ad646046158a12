"""The board of what waits: proposals taken one by one or at once, repetitions shown, §173 proposed."""

from __future__ import annotations

import re
import uuid
from datetime import date

import pytest
from django.urls import reverse

from yankao.kernel.casework.process import Refused
from yankao.kernel.suggest.linear import Suggestion
from yankao.kernel.vault.persons import Person
from yankao.service.petitions import alike, grounds, suggestions, triage
from yankao.service.petitions import process as p
from yankao.service.petitions.models import (
    Category,
    Channel,
    Complexity,
    Ground,
    Kind,
    Nature,
    Petition,
)

from .conftest import MONDAY

pytestmark = pytest.mark.django_db
LI = Person(name="李大同", mobile="0922333444")


@pytest.fixture
def learned(desk, monkeypatch):
    """A model that knows ditches: what it says is fixed, whatever it would have learned."""

    def suggest(labels):
        return lambda text, most=3: [
            Suggestion(label, sure, ("側溝",)) for label, sure in labels if "側溝" in text
        ]

    trained = type("Trained", (), {"measured": type("M", (), {"top1": 0.8})()})()
    for name, labels in (
        ("CATEGORY", [("drainage.ditch", 0.8), ("drainage", 0.1)]),
        ("AGENCY", [(str(desk.cast.water.pk), 0.7), (str(desk.cast.works.pk), 0.2)]),
    ):
        one = getattr(suggestions, name)
        monkeypatch.setattr(type(one), "trained", lambda self: trained)
        monkeypatch.setitem(one.__dict__, "suggest", suggest(labels))
        monkeypatch.setitem(one.__dict__, "choice", lambda *given: None)
    return desk


def send(client, **given):
    return client.post(reverse("petitions:triage"), {"batch": uuid.uuid4().hex, **given})


def chosen(one, category="drainage.ditch", agency=None):
    return {f"category-{one.case.number}": category, f"agency-{one.case.number}": str(agency.pk)}


def test_the_board_shows_what_waits_with_what_is_proposed_and_the_words_that_decided(learned, client):
    one, done = learned.received(), learned.accepted()
    client.force_login(learned.cast.rdec_controller)
    page = client.get(reverse("petitions:triage")).content.decode()
    assert one.case.number in page and done.case.number not in page
    assert "水利局" in page and "把握70％" in page and "依據：側溝" in page
    client.force_login(learned.cast.officer)
    assert client.get(reverse("petitions:triage")).status_code == 403


def test_one_click_sorts_and_assigns_and_again_does_nothing(learned, client):
    cast, one = learned.cast, learned.received()
    client.force_login(cast.rdec_controller)
    told = {"batch": uuid.uuid4().hex, "one": one.case.number, **chosen(one, agency=cast.water)}
    assert "已辦理1件" in client.post(reverse("petitions:triage"), told).content.decode()
    fresh = learned.fresh(one)
    assert (fresh.case.stage, fresh.case.agency) == ("assigned", cast.water)
    assert fresh.category_id == "drainage.ditch"
    again = client.post(reverse("petitions:triage"), told).content.decode()
    assert "已不在待分文之列" in again
    assert learned.fresh(one).assigned_at == fresh.assigned_at


def test_several_are_taken_at_once_each_by_its_own_row_and_one_refusal_stops_nobody(learned, client):
    cast = learned.cast
    first, second = learned.received(), learned.fault(content="側溝蓋破損")
    spoken = learned.received(channel=Channel.PHONE, agent=cast.agent)
    client.force_login(cast.rdec_controller)
    rows = {}
    for one, agency in ((first, cast.water), (second, cast.works), (spoken, cast.water)):
        rows |= chosen(one, agency=agency)
    page = send(client, id=[one.case.number for one in (first, second, spoken)], **rows).content.decode()
    assert "已辦理2件，未辦理1件" in page and "口頭陳情須先朗讀" in page
    assert learned.fresh(first).case.agency == cast.water
    assert (learned.fresh(second).case.stage, learned.fresh(second).case.agency) == ("dispatched", cast.works)
    spoken = learned.fresh(spoken)
    assert (spoken.case.stage, spoken.category_id) == ("received", None), "sorted and assigned, or neither"


def test_nothing_picked_and_a_forged_choice_are_answered_by_a_sentence(learned, client):
    one = learned.received()
    client.force_login(learned.cast.rdec_controller)
    assert send(client).status_code == 422
    page = send(client, one=one.case.number, **{f"agency-{one.case.number}": "x"}).content.decode()
    assert "沒有選定分類與主辦機關" in page and learned.fresh(one).case.stage == "received"
    assert "查無此案" in send(client, one="P101-999999").content.decode()


def test_a_confidential_case_is_opened_to_say_who_may_know_of_it(learned):
    one = learned.received(confidential=True)
    row = triage.proposed(one)
    assert not row.ready and "指定可知悉" in row.held


def test_the_board_asks_the_same_number_of_questions_for_one_case_and_for_twenty(learned, client):
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    client.force_login(learned.cast.rdec_controller)
    counts = []
    for more in (2, 9):
        for _ in range(more):
            learned.received()
        client.get(reverse("petitions:triage"))
        with CaptureQueriesContext(connection) as asked:
            client.get(reverse("petitions:triage"))
        counts.append(len(asked))
    assert counts[0] == counts[1] <= 12


def test_a_repeated_petition_is_counted_by_person_and_matter_without_opening_anybody(desk, client):
    cast = desk.cast
    first, second = desk.replied(petitioner=LI), desk.replied(petitioner=LI, on=date(2012, 3, 9))
    other = desk.replied(petitioner=LI, category="works.road", content="人行道地磚翹起，容易絆倒行人。")
    again = desk.accepted(petitioner=LI, content="側溝淤積仍未清理，請派員清理住家附近側溝。")
    stranger = desk.accepted()
    same = grounds.matter_of(again, alike.others(again, cast.officer))
    assert {one.pk for one in same} == {first.pk, second.pk} and other.pk not in {one.pk for one in same}
    assert grounds.counted([again, stranger])[again.pk] == 2
    assert grounds.counted([again, stranger])[stranger.pk] == 0
    found = grounds.proposed(again, cast.officer, same)
    assert [one.ground for one in found] == [Ground.REPEATED] and second.case.number in found[0].because
    client.force_login(cast.officer)
    form = client.get(found[0].href).content.decode()
    assert second.case.number in form
    page = client.get(reverse("desk:case", args=[again.pk])).content.decode()
    assert "另有2件，其中2件已答復" in page
    with pytest.raises(Refused):  # nobody but the manager decides
        desk.do(again, p.approve_no_action, cast.officer)


def test_what_is_filed_coarsely_and_finely_in_one_family_is_one_matter(desk):
    """The counter offers the topmost categories alone; the office files below them."""
    cast, text = desk.cast, "中山路坑洞多日未補，機車經過容易摔倒，請儘速派員修補。"
    fine = desk.replied(petitioner=LI, category="works.road", content=text)
    coarse = desk.received(petitioner=LI, category=Category.objects.get(pk="works"), content=text)
    strange = desk.received(petitioner=LI, category=Category.objects.get(pk="traffic"), content=text)
    lately = desk.received(category=Category.objects.get(pk="works.road"), content=text)
    assert grounds.counted([coarse, strange]) == {coarse.pk: 1, strange.pk: 0}
    other = desk.fresh(coarse)
    other.content = other.subject = "路燈不亮，夜間視線不良。"
    assert [one.pk for one in grounds.matter_of(other, [fine, strange])] == [fine.pk]
    found = {one.pk for one, _share in alike.candidates(coarse, cast.rdec_controller)}
    assert lately.pk in found and strange.pk not in found


def test_the_form_of_sorting_begins_with_what_the_case_is_already(desk, client):
    """Nature and difficulty are told at the counter; whoever sorts does not have to know them by heart."""
    cast = desk.cast
    one = desk.received(
        nature=Nature.LAW, complexity=Complexity.COMPLEX, category=Category.objects.get(pk="drainage"),
        kind=Kind.MAILBOX,
    )  # fmt: skip
    client.force_login(cast.rdec_controller)
    page = client.get(reverse("desk:move", args=[one.pk, "triage"])).content.decode()
    radios = r'<input type="radio"[^>]*name="(?:kind|nature|complexity)"[^>]*value="(\w+)"[^>]*checked'
    chosen = set(re.findall(radios, page))
    assert chosen == {"mailbox", "law", "complex"}
    assert re.search(r'<input type="text" name="category" value="水利排水"', page)
    before = one.case.clocks.get(code="answer", stopped_at=None)
    desk.do(one, p.triage, cast.rdec_controller, kind=one.kind, category=one.category)
    one = desk.fresh(one)
    assert (one.nature, one.complexity) == (Nature.LAW, Complexity.COMPLEX)
    assert one.case.clocks.get(code="answer", stopped_at=None) == before, (
        "nothing changed, nothing begins anew"
    )


def test_no_name_too_few_words_and_copies_to_others_speak_for_a_ground(desk):
    cast = desk.cast

    def said(**more):
        one = desk.accepted(**more)
        same = grounds.matter_of(one, alike.others(one, cast.officer))
        return [found.ground for found in grounds.proposed(one, cast.officer, same)]

    assert said(petitioner=Person()) == [Ground.NAMELESS]
    assert said(content="很吵") == [Ground.NAMELESS]
    assert said(content="側溝淤積請清理，副本：環保局、里辦公處。") == [Ground.COPIED]
    assert said() == []
    danger = desk.fault(petitioner=Person())
    Petition.objects.filter(pk=danger.pk).update(danger=True)
    assert grounds.proposed(desk.fresh(danger), cast.agent, []) == [], "a dangerous fault is looked at"


def test_a_letter_split_in_two_is_no_repetition(desk):
    one = desk.triaged(petitioner=LI)
    from yankao.service.petitions.models import Category

    matter = p.Matter("另請清理對街側溝的淤積。", Category.objects.get(pk="drainage.ditch"))
    one = desk.do(one, p.split, desk.cast.rdec_controller, on=MONDAY, matters=[matter])
    part = one.parts.get()
    for mine in (one, part):
        assert grounds.matter_of(mine, alike.others(mine, desk.cast.rdec_controller)) == []
    assert part.kind == Kind.PETITION
