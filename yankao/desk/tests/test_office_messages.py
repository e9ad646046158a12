"""What citizens were told, and whose data is due, as those see it whose work it is."""

from datetime import date

import pytest
from django.urls import reverse
from django.utils import timezone

from examples.lost_property.process import process
from yankao.kernel.casework.models import Case
from yankao.kernel.outbox import telling
from yankao.kernel.outbox.models import Message, State
from yankao.kernel.outbox.tests.conftest import RECEIVED, SAY, ZHOU, work
from yankao.kernel.vault import keeping, shredding
from yankao.kernel.vault.models import Identity, Retention, Shredding

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def ground(settings, tmp_path):
    settings.DATA = tmp_path
    settings.MESSAGES = {"sms": "yankao.kernel.outbox.page.driver"}


@pytest.fixture
def case(cast):
    given = {"place": "捷運站", "found_on": date(2012, 3, 1), "opened_on": date(2012, 3, 1)}
    return process.open(cast.officer, title="雨傘", agency=cast.water, **given).case


def told(case, key="k", sealed=False):
    person = keeping.keep(ZHOU, case=case, sealed=sealed)
    return telling.tell(person, RECEIVED, case=case, say=SAY, key=key, urgent=True)[0]


def page(client, user, name="office_messages", query=""):
    client.force_login(user)
    return client.get(reverse(f"desk:{name}") + query)


def test_a_demonstration_shows_what_would_have_been_sent_and_never_to_whom(client, cast, case):
    told(case)
    work()
    shown = page(client, cast.rdec_chief).content.decode()
    assert "受理通知" in shown and "您的陳情陳101-0042已受理" in shown and case.number in shown
    assert "0933" not in shown and "周公瑾" not in shown


def test_what_cannot_be_sent_is_sent_again_from_the_page(client, cast, case):
    message = told(case)
    Message.objects.update(state=State.DEAD, error="HTTP 400")
    found = page(client, cast.admin, query="?state=dead")
    assert "HTTP 400" in found.content.decode()
    client.post(reverse("desk:office_message_again", args=[message.pk]), {"key": "a" * 32})
    assert Message.objects.get().state == State.QUEUED
    Message.objects.update(state=State.DEAD)
    client.post(reverse("desk:office_messages_again", args=["dead"]), {"key": "b" * 32})
    assert Message.objects.get().state == State.QUEUED
    work()
    assert Message.objects.get().state == State.SHOWN


def test_a_sealed_person_s_messages_are_seen_by_custodians_alone(client, cast, case):
    told(case, sealed=True)
    assert "受理通知" not in page(client, cast.rdec_chief).content.decode()
    assert "受理通知" in page(client, cast.ethics).content.decode()


def test_the_page_is_not_for_everybody(client, cast):
    for who in (cast.officer, cast.councillor, cast.mayor):
        assert page(client, who).status_code == 403


def test_a_full_page_costs_no_query_a_line(client, cast, case, django_assert_max_num_queries):
    for number in range(60):
        told(case, f"k{number}")
    page(client, cast.rdec_chief)
    with django_assert_max_num_queries(14):
        shown = client.get(reverse("desk:office_messages")).content.decode()
    assert shown.count("受理通知") == 50 and "page=2" in shown


def test_forgetting_is_proposed_and_approved_on_the_page(client, cast, case):
    keeping.keep(ZHOU, case=case)
    Case.objects.update(closed_on=date(2012, 3, 2))
    assert "提出銷毀" in page(client, cast.rdec_controller, "office_retention").content.decode()
    client.post(reverse("desk:office_retention_propose", args=["usual"]), {"key": "a" * 32})
    proposal = Shredding.objects.get()
    approve = reverse("desk:office_retention_act", args=[proposal.pk, "approve"])
    client.post(approve, {"key": "b" * 32}, follow=True)
    assert Identity.objects.get().shredded_at is None  # a controller approves nothing
    assert "核定並銷毀" in page(client, cast.rdec_chief, "office_retention").content.decode()
    client.post(approve, {"key": "c" * 32})
    assert Identity.objects.get().shredded_at is not None


def test_accusations_are_counted_before_their_custodians_alone(client, cast, case):
    keeping.keep(ZHOU, case=case, sealed=True)
    Case.objects.update(closed_on=date(2012, 3, 2))
    assert "檢舉" not in _main(page(client, cast.rdec_chief, "office_retention"))
    assert "檢舉" in _main(page(client, cast.ethics, "office_retention"))
    shredding.propose(cast.ethics, Retention.ACCUSATION, timezone.localdate())
    assert "檢舉" not in _main(page(client, cast.rdec_chief, "office_retention"))


def _main(response):
    return response.content.decode().partition("<main")[2]
