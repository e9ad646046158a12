"""A contact is written once and linked to its call; an answer is verified until its review; two persons
list.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from yankao.kernel.audit.models import Entry
from yankao.kernel.casework.asked import asked
from yankao.kernel.casework.docket import Case
from yankao.kernel.intake import take as take_in
from yankao.kernel.letters import issuing
from yankao.kernel.people.models import User
from yankao.kernel.people.testing import Cast
from yankao.kernel.period import Period
from yankao.kernel.sheets.reading import read
from yankao.kernel.sheets.writing import write_csv, write_ods
from yankao.service.enquiries import deeds, figures, imports, incidents, letters
from yankao.service.enquiries.models import Article, Contact, Incident, Nuisance, Outcome


def client(user: User) -> Client:
    found = Client()
    found.force_login(user)
    return found


def test_an_answer_is_kept_once_and_linked_to_its_call(
    ring: Callable[..., None], staff: dict[str, User], article: Article
) -> None:
    ring("a")
    site = client(staff["agent"])
    page = site.get(reverse("enquiries:home")).content.decode()
    assert "1999" in page
    assert "0912345678" not in page
    sent = {"key": "0123456789ab", "outcome": "immediate", "channel": "phone", "language": "zh"}
    for _turn in range(2):
        answer = site.post(reverse("enquiries:home") + "?article=A-1", sent)
        assert answer.status_code == 302
    one = Contact.objects.get()
    assert (one.outcome, one.call_id, one.article, one.agent) == ("immediate", "a", article, staff["agent"])
    assert one.caller
    assert "0912345678" not in one.caller
    assert "路燈" in site.get(reverse("enquiries:pop")).content.decode()


def test_one_call_is_answered_at_once_one_time_only(
    ring: Callable[..., None], staff: dict[str, User]
) -> None:
    ring("a")
    call = deeds.at_hand(staff["agent"])
    deeds.record(staff["agent"], "k1", outcome="immediate", channel="phone", call=call)
    with pytest.raises(ValidationError):
        deeds.record(staff["agent"], "k2", outcome="immediate", channel="phone", call=call)
    today = timezone.localdate()
    assert list(figures.classes_disjoint(Period.between(today, today))) == []


def test_a_contact_linked_to_no_call_keeps_the_report_from_being_frozen(
    ring: Callable[..., None], staff: dict[str, User]
) -> None:
    ring("a")
    call = deeds.at_hand(staff["agent"])
    assert call is not None
    deeds.record(
        staff["agent"], "k", outcome="immediate", channel="phone", call=call._replace(external_id="nowhere")
    )
    today = timezone.localdate()
    assert len(list(figures.classes_disjoint(Period.between(today, today)))) == 1


def test_nothing_typed_is_lost_and_nothing_is_pretended(
    staff: dict[str, User], cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(asked, "_listeners", {})  # a city that does not use petitions
    with pytest.raises(ValidationError, match="尚未啟用"):
        deeds.record(staff["agent"], "c", outcome="case_created", channel="counter", note="路面坑洞")
    site = client(staff["agent"])
    sent = {
        "key": "k",
        "outcome": "transferred",
        "channel": "counter",
        "language": "zh",
        "note": "想問停車費",
    }
    answer = site.post(reverse("enquiries:home"), sent)
    assert answer.status_code == 422
    assert "想問停車費" in answer.content.decode()
    with pytest.raises(ValidationError):
        deeds.record(staff["agent"], "d", outcome="case_wanted", channel="counter")
    told = site.post(reverse("enquiries:home"), sent | {"outcome": "case_wanted", "key": "e"}, follow=True)
    assert "陳情系統尚未啟用" in told.content.decode()
    assert Contact.objects.get().outcome == Outcome.CASE_WANTED
    deeds.record(staff["agent"], "f", outcome="transferred", channel="counter", agency=cast.water)


def test_the_screen_is_there_for_who_works_with_it_alone(
    staff: dict[str, User], cast: Cast, article: Article
) -> None:
    names = ("enquiries:home", "enquiries:articles", "enquiries:nuisance")
    for user, expected in (
        (staff["agent"], [200, 200, 200]),
        (staff["editor"], [200, 200, 404]),
        (cast.officer, [404, 404, 404]),
    ):
        assert [client(user).get(reverse(name)).status_code for name in names] == expected
    assert client(staff["agent"]).get(reverse("enquiries:article_edit", args=["A-1"])).status_code == 404


def test_an_overdue_article_is_no_longer_called_verified(staff: dict[str, User], article: Article) -> None:
    assert not article.verified()
    deeds.verify(staff["editor"], article, review_by=timezone.localdate() + timedelta(days=5))
    article.refresh_from_db()
    public = reverse("enquiries_public:article", args=["A-1"])
    assert "已查核" in Client().get(public).content.decode()
    english = Client(HTTP_ACCEPT_LANGUAGE="en").get("/counter/search/", {"q": "street light"})
    assert "Verified" in english.content.decode(), "not the word that visits to building sites have for it"
    Article.objects.update(review_by=timezone.localdate() - timedelta(days=1))
    assert "已查核" not in Client().get(public).content.decode()


def test_a_changed_text_is_a_new_version_to_be_verified_anew(
    staff: dict[str, User], article: Article
) -> None:
    deeds.verify(staff["editor"], article, review_by=timezone.localdate() + timedelta(days=5))
    article.refresh_from_db()
    article.answer = "撥打1999或上網通報。"
    with pytest.raises(ValidationError):
        deeds.save_article(staff["editor"], article, reason="")
    deeds.save_article(staff["editor"], article, reason="增加網路通報")
    article.refresh_from_db()
    assert (article.version, article.verified_on) == (2, None)
    assert list(article.versions.order_by("number").values_list("number", "answer")) == [
        (1, "撥打1999。"),
        (2, "撥打1999或上網通報。"),
    ]


def test_anybody_finds_a_published_answer_by_a_word(article: Article) -> None:
    place = reverse("enquiries_public:list")
    assert article.question in Client().get(place, {"q": "路燈"}).content.decode()
    assert article.question in Client().get(place, {"q": "street"}).content.decode()
    assert article.question not in Client().get(place, {"q": "颱風"}).content.decode()
    Article.objects.update(withdrawn_on=timezone.localdate())
    assert article.question not in Client().get(place).content.decode()
    assert Client().get(reverse("enquiries_public:article", args=["A-1"])).status_code == 404


def test_articles_go_out_and_come_in_again_without_loss(staff: dict[str, User], article: Article) -> None:
    article.queue, article.greeting, article.asks_en = "1999", "您好，", "Which pole?\nOut or flickering?"
    deeds.save_article(staff["editor"], article, reason="加話術")
    deeds.verify(staff["editor"], article, review_by=timezone.localdate() + timedelta(days=5))
    wanted = imports.IMPORTS[0]
    header, rows = wanted.out(staff["editor"])
    data = b"".join(write_csv(header, rows))
    again = take_in(read(data, "faq.csv"), wanted, staff["editor"])
    assert (again.kept, again.refused, Article.objects.get().version) == (1, [], 2)
    names = [field.attname for field in Article._meta.concrete_fields if field.name not in ("id", "version")]
    before = Article.objects.values_list(*names).get()
    assert None not in before[-4:-1], "the article of this test is verified and published"
    other = data.decode("utf-8-sig").replace("2012-01-01", "2012-01-02").encode()
    [row] = take_in(read(other, "faq.csv"), wanted, staff["editor"]).refused
    assert "請在條目頁辦理" in row.problems[0].sentence
    article.versions.all().delete()
    Article.objects.all().delete()
    take_in(read(data, "faq.csv"), wanted, staff["editor"])
    assert Article.objects.values_list(*names).get() == before


def test_a_nuisance_caller_is_listed_by_two_and_for_a_time(
    ring: Callable[..., None], staff: dict[str, User]
) -> None:
    ring("a")
    call = deeds.at_hand(staff["agent"])
    contact = deeds.record(staff["agent"], "k", outcome="nuisance", channel="phone", call=call)
    today = timezone.localdate()
    with pytest.raises(ValidationError):
        deeds.propose(
            staff["agent"], contact, reason="辱罵", warned_on=today, expires_on=today + timedelta(days=400)
        )
    listing = deeds.propose(
        staff["agent"], contact, reason="辱罵", warned_on=today, expires_on=today + timedelta(days=30)
    )
    assert Nuisance.holding(contact.caller, today) is None
    with pytest.raises(ValidationError):
        deeds.approve(staff["agent"], listing)
    deeds.approve(staff["lead"], listing)
    assert Nuisance.holding(contact.caller, today) == listing
    assert Nuisance.holding(contact.caller, today + timedelta(days=31)) is None
    assert "辱罵" in client(staff["agent"]).get(reverse("enquiries:home")).content.decode()
    deeds.end(staff["lead"], listing)
    assert Nuisance.holding(contact.caller, today) is None


def test_no_number_and_no_pseudonym_leaves_the_house() -> None:
    """The columns of callers carry the mark that `yankao export` leaves out."""
    from django.apps import apps

    for label in ("calls", "enquiries"):
        for model in apps.get_app_config(label).get_models():
            for field in model._meta.concrete_fields:
                assert getattr(field, "personal", False) == (field.name == "caller"), field


@pytest.mark.parametrize("form", ["csv", "ods"])
def test_contacts_taken_out_change_nothing_or_are_made_anew(
    ring: Callable[[str], None], staff: dict[str, User], article: Article, form: str
) -> None:
    said = [one.attname for one in Contact._meta.concrete_fields if one.name not in ("id", "block", "caller")]

    def facts() -> list[Any]:
        return list(Contact.objects.order_by("external_id").values_list(*said))

    ring("a")
    agent, lead, wanted = staff["agent"], staff["lead"], imports.IMPORTS[1]
    call = deeds.at_hand(agent)
    made = deeds.record(
        agent, "k", outcome=Outcome.IMMEDIATE, channel="phone", call=call, article=article, note="路燈，明天"
    )
    now = timezone.now()
    asked_by_many = incidents.place(
        lead,
        Incident(
            what="停水",
            where="苓雅區",
            since=now,
            until=now + timedelta(hours=3),
            say="停水",
            say_en="No water",
        ),
    )
    deeds.record(
        agent, "w", outcome=Outcome.ABANDONED, channel="counter", language="en", incident=asked_by_many
    )
    header, rows = wanted.out(lead)
    kept = list(rows)
    assert made.caller and made.caller not in str(kept)
    data = b"".join(write_csv(header, kept)) if form == "csv" else write_ods(header, kept, "諮詢")
    before = facts()
    assert take_in(read(data, f"out.{form}"), wanted, lead).kept == len(before)
    assert facts() == before and Contact.objects.get(pk=made.pk).caller == made.caller
    Contact.objects.all().delete()
    outcome = take_in(read(data, f"out.{form}"), wanted, lead)
    assert [str(row.problems[0]) for row in outcome.refused] == [] and facts() == before
    twice = [[*row[:1], f"{row[1]}-2", *row[2:]] for row in kept if row[4] == "立即答復" and row[10]]
    assert (
        len(take_in(read(b"".join(write_csv(header, twice)), "in.csv"), wanted, lead).refused)
        == len(twice)
        > 0
    )


@pytest.mark.parametrize("channel", ["phone", "counter"])
def test_a_matter_told_to_an_agent_becomes_a_case_once(
    ring: Callable[[str], None], staff: dict[str, User], channel: str
) -> None:
    if not asked.heard:
        pytest.skip("no room in use takes what is asked by word of mouth")
    site, agent = client(staff["agent"]), staff["agent"]
    ring("a")
    key = "0123456789abcdef0123456789abcdef"
    sent = {"key": key, "outcome": "case_created", "channel": channel, "language": "zh", "note": "路面坑洞",
            "name": "王小明", "phone": "0912000111", "place": "和平一路", "read_back": "on"}  # fmt: skip
    answer = site.post(reverse("enquiries:home"), sent | {"note": "", "name": ""})
    assert answer.status_code == 422 and "和平一路" in answer.content.decode()
    told = site.post(reverse("enquiries:home"), sent, follow=True).content.decode()
    again = site.post(reverse("enquiries:home"), sent, follow=True)
    assert again.status_code == 200
    contact = Contact.objects.select_related("case").get()
    assert contact.case is not None and contact.case.kind == "service.petitions"
    assert Case.objects.count() == 1 and contact.case.number in told and "查詢碼" in told
    assert "王小明" not in contact.note and "王小明" not in str(list(Entry.objects.values_list()))
    if channel == "phone":
        assert contact.case.number in site.get(reverse("enquiries:pop")).content.decode()
    assert [one.number for one in deeds.open_cases(agent, contact.caller)] == (
        [contact.case.number] if channel == "phone" else []
    )


# ── Contacts that wait for a case ───────────────────────────────────────────────────────────────────


@pytest.fixture
def old(staff: dict[str, User]) -> Contact:
    """A contact of the time before petitions."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(asked, "_listeners", {})
        return deeds.record(
            staff["agent"], "o", outcome="case_wanted", channel="phone", note="大勇路路面有坑洞"
        )


def test_a_contact_that_waited_becomes_one_case_and_stays_on_record(
    staff: dict[str, User], old: Contact
) -> None:
    site, page = client(staff["agent"]), reverse("enquiries:wanted_one", args=[old.pk])
    assert "大勇路路面有坑洞" in site.get(reverse("enquiries:wanted")).content.decode()
    assert site.post(page, {"do": "open", "content": ""}).status_code == 422
    sent = {"do": "open", "content": "大勇路12號前路面有坑洞", "phone": "0912345678", "read_back": "on"}
    told = site.post(page, sent, follow=True).content.decode()
    old.refresh_from_db()
    assert old.outcome == Outcome.CASE_WANTED and old.case is not None
    assert old.case.number in told and "查詢碼" in told and "0912345678" not in told
    assert "這筆諮詢已立案" in site.post(page, sent, follow=True).content.decode()
    assert Case.objects.filter(kind="service.petitions").count() == 1
    assert not deeds.waiting().exists()
    assert Entry.objects.filter(act="enquiries.wanted.open").count() == 1


def test_why_a_contact_gets_no_case_is_said_once(staff: dict[str, User], old: Contact) -> None:
    site, page = client(staff["lead"]), reverse("enquiries:wanted_one", args=[old.pk])
    assert site.post(page, {"do": "leave", "reason": " "}).status_code == 422
    for reason in ("已由他案處理", "another"):
        assert site.post(page, {"do": "leave", "reason": reason}).status_code == 302
    assert "已由他案處理" in site.get(page).content.decode()
    assert site.post(page, {"do": "open", "content": "再立案"}).status_code == 422
    assert not deeds.waiting().exists() and not Case.objects.exists()


def test_waiting_contacts_are_for_who_answers_and_on_the_leaders_first_screen(
    staff: dict[str, User], old: Contact, cast: Cast
) -> None:
    from yankao.service.enquiries.screens import first

    for user, status in ((staff["agent"], 200), (staff["editor"], 404), (cast.rdec_controller, 404)):
        assert client(user).get(reverse("enquiries:wanted")).status_code == status
    assert {"label": "諮詢待立案", "count": 1, "url": reverse("enquiries:wanted")} in first(staff["lead"])
    immediate = deeds.record(staff["agent"], "i", outcome="immediate", channel="counter")
    with pytest.raises(ValidationError):
        deeds.open_wanted(staff["agent"], immediate, deeds.Matter("路燈不亮"))
    assert client(staff["agent"]).get(reverse("enquiries:wanted_one", args=[immediate.pk])).status_code == 404


def test_owners_are_asked_in_one_letter_to_review_what_is_due(
    staff: dict[str, User], article: Article, cast: Cast
) -> None:
    day = timezone.localdate() + timedelta(days=14)
    assert list(letters.due(staff["editor"])) == [article]
    made = issuing.compose(letters.review, [article], staff["editor"], {"answer_by": day})
    assert made.content.to == [cast.works]
    assert article.question in "".join(str(block) for block in made.blocks)
    Article.objects.update(review_by=timezone.localdate() + timedelta(days=60))
    assert not letters.due(staff["editor"]).exists()
    assert not letters.review.may(staff["agent"])
