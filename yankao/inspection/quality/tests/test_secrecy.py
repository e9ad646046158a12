"""Until the host agency is phoned, nobody but the insiders learns of a case by any door."""

from datetime import date, datetime, time

import pytest
from django.urls import reverse
from django.utils import timezone

from yankao.inspection.quality import process as p
from yankao.inspection.quality.models import Inspection
from yankao.kernel.casework.models import Case, Clock
from yankao.kernel.casework.process import Refused, visible
from yankao.kernel.casework.searched import best_cases
from yankao.kernel.notice.models import Notice
from yankao.kernel.notice.remind import remind
from yankao.kernel.search.models import Entry

from .conftest import BEFORE, DAY, at

pytestmark = pytest.mark.django_db

INSIDERS = ("secretary", "rdec_chief", "rdec_commissioner", "inspector")
OTHERS = (
    "officer", "controller", "manager", "head", "registrar", "works_controller", "rdec_controller",
    "mayor", "auditor", "councillor", "admin", "stranger",
)  # fmt: skip
HOST = ("officer", "controller", "manager", "head")
TITLE = "雨水下水道新建工程"


def sees(cast, name, one):
    return Case.objects.filter(visible(getattr(cast, name)), pk=one.pk).exists()


def test_before_the_notice_only_the_insiders_know(site):
    one = site.formed()
    assert [name for name in INSIDERS if not sees(site.cast, name, one)] == []
    assert [name for name in OTHERS if sees(site.cast, name, one)] == []


def test_an_inspector_who_is_not_on_the_team_does_not_know(site):
    one = site.scheduled()
    assert not sees(site.cast, "inspector", one)


def test_a_commissioner_who_left_the_team_no_longer_knows(site):
    one = site.formed()
    seat = one.seats.get(commissioner=site.lead)
    site.do(one, p.drop_member, on=date(2012, 5, 10), seat=seat, reason="迴避")
    assert not sees(site.cast, "inspector", one)


def test_with_the_notice_the_host_agency_knows_and_other_agencies_do_not(site):
    one = site.notified()
    assert all(sees(site.cast, name, one) for name in (*HOST, "rdec_controller", "mayor", "auditor"))
    assert not sees(site.cast, "works_controller", one)
    assert not sees(site.cast, "stranger", one)


def test_a_postponed_visit_is_secret_again(site):
    one = site.notified()
    site.do(one, p.postpone, on=DAY, planned_on=date(2012, 5, 24), reason="停止上班")
    assert not any(sees(site.cast, name, one) for name in HOST)


def test_searches_hold_a_case_between_the_notice_and_a_postponement_only(site):
    def held(one):
        return Entry.objects.filter(pk=one.pk).exists()

    one = site.formed()
    assert not held(one)
    assert best_cases("下水道", visible(site.cast.secretary), 8) == [one.pk]
    assert best_cases("下水道", visible(site.cast.officer), 8) == []
    other = site.notified()
    assert held(other) and best_cases("下水道", visible(site.cast.officer), 8) == [other.pk]
    site.do(other, p.postpone, on=DAY, planned_on=date(2012, 5, 24), reason="停止上班")
    assert not held(other) and best_cases("下水道", visible(site.cast.officer), 8) == []


def test_a_dropped_candidate_stays_secret(site):
    one = site.do(site.candidate(), p.drop, on=date(2012, 5, 3), reason="已完工")
    assert not any(sees(site.cast, name, one) for name in OTHERS)
    assert sees(site.cast, "secretary", one)


def test_the_host_agency_cannot_move_what_it_does_not_know(site):
    one = site.formed()
    for name, move in p.process.moves.items():
        for actor in HOST:
            with pytest.raises((Refused, KeyError)):
                move.run(one, getattr(site.cast, actor), {})
            assert site.fresh(one).case.stage == p.Stage.TEAM_FORMED, name


@pytest.mark.parametrize("who", ["officer", "controller", "head", "rdec_controller", "mayor", "auditor"])
def test_no_page_tells_of_a_secret_case(site, client, who):
    one = site.formed()
    client.force_login(getattr(site.cast, who))
    assert client.get(reverse("desk:case", args=[one.pk])).status_code == 404
    words = (one.case.number, TITLE, f"/cases/{one.pk}/")
    pages = [
        reverse("desk:list", args=["inspection.quality"]),
        reverse("desk:list", args=["inspection.quality"]) + "?q=" + TITLE,
        reverse("desk:board", args=["inspection.quality"]),
        reverse("desk:work"),
    ]
    for address in pages:
        answer = client.get(address)
        text = b"".join(answer).decode() if answer.streaming else answer.content.decode()
        shown = [
            word for word in words if word in (text if "?q=" not in address else text.replace(TITLE, ""))
        ]
        assert not shown, (address, shown)


def test_the_search_finds_a_secret_case_for_the_secretary_only(site, client):
    one = site.formed()
    address = reverse("desk:find") + "?q=" + one.case.number
    client.force_login(site.cast.secretary)
    assert TITLE in client.get(address).content.decode()
    client.force_login(site.cast.controller)
    assert TITLE not in client.get(address).content.decode()


def test_an_export_leaves_a_secret_case_out(site, client):
    one = site.formed()
    address = reverse("desk:export", args=["inspection.quality", "csv"])
    client.force_login(site.cast.controller)
    answer = client.get(address)
    assert one.case.number.encode() not in b"".join(answer)
    client.force_login(site.cast.secretary)
    assert one.case.number.encode() in b"".join(client.get(address))


def test_no_notice_of_a_secret_case_reaches_anybody_else(site):
    one = site.formed()
    site.do(one, p.move_day, on=date(2012, 5, 10), planned_on=date(2012, 5, 23), reason="調整")
    for day in (date(2012, 5, 21), date(2012, 5, 22), date(2012, 5, 25), date(2012, 6, 8), date(2012, 8, 8)):
        remind(timezone.make_aware(datetime.combine(day, time(9))))
    told = {notice.user.username for notice in Notice.objects.filter(case=one.case).select_related("user")}
    assert told <= {"t.secretary", "t.inspector"}
    assert "t.secretary" in told and Clock.objects.filter(case=one.case, stopped_at=None).exists()


def test_the_host_agency_hears_of_the_visit_with_the_call(site):
    one = site.notified()
    told = set(Notice.objects.filter(case=one.case, kind="result").values_list("user__username", flat=True))
    assert told == {"t.controller"}
    assert timezone.localtime(site.fresh(one).notified_at).date() == BEFORE


def test_scores_are_shown_to_the_host_only_when_told(site, client):
    one = site.concluded(86, 87, 88)
    client.force_login(site.cast.controller)
    page = client.get(reverse("desk:case", args=[one.pk])).content.decode()
    assert not [score for score in ("86", "87.00", "88") if f">{score}<" in page]
    assert Inspection.objects.get(pk=one.pk).score is None
    assert at(DAY).date() == DAY
