"""The agent's screen: incidents and their count, the place and what is open there, the queues, the script."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from yankao.kernel import incidents as everybody
from yankao.kernel.casework.asked import Asked, asked, open_case, services
from yankao.kernel.casework.docket import Case
from yankao.kernel.journal.ingest import take
from yankao.kernel.journal.models import Source
from yankao.kernel.people.geography import district_at
from yankao.kernel.people.models import District, User, Village
from yankao.kernel.people.testing import Cast
from yankao.service.enquiries import agent as screen
from yankao.service.enquiries import deeds, incidents
from yankao.service.enquiries.models import Article, Contact, Incident, Outcome

HERE = (120.3014, 22.6273)
KEY = "0123456789abcdef0123456789abcdef"


@pytest.fixture
def agent(staff: dict[str, User]) -> Client:
    found = Client()
    found.force_login(staff["agent"])
    return found


@pytest.fixture
def lead(staff: dict[str, User]) -> Client:
    found = Client()
    found.force_login(staff["lead"])
    return found


def burst(staff: dict[str, User], **more: Any) -> Incident:
    now = timezone.now()
    told = {
        "what": "停水", "where": "苓雅區", "since": now - timedelta(hours=1),
        "until": now + timedelta(hours=5),
        "say": "苓雅區停水，今晚復水。", "say_en": "No water in Lingya until tonight.", **more,
    }  # fmt: skip
    return incidents.place(staff["lead"], Incident(**told))


def home(site: Client) -> str:
    return site.get(reverse("enquiries:home")).content.decode()


# ── Incidents ───────────────────────────────────────────────────────────────────────────────────────


def test_a_supervisor_puts_an_incident_before_every_agent_and_on_the_wall(
    agent: Client, lead: Client, staff: dict[str, User]
) -> None:
    new, when = reverse("enquiries:incident_new"), timezone.localtime() + timedelta(hours=2)
    sent = {
        "what": "瓦斯外洩", "where": "前鎮區一心路", "since": f"{timezone.localtime():%Y-%m-%d %H:%M}",
        "until": f"{when:%Y-%m-%d %H:%M}", "say": "請勿靠近，消防局處理中。", "say_en": "Keep away.",
    }  # fmt: skip
    assert agent.get(new).status_code == agent.post(new, sent).status_code == 404
    refused = lead.post(new, sent | {"until": "2012-01-01 10:00", "where": "凱旋路口"})
    assert refused.status_code == 422 and "凱旋路口" in refused.content.decode()
    for _twice in range(2):
        assert lead.post(new, sent).status_code == 302
    made = Incident.objects.get()
    assert made.words.count() == 1
    for page in (home(agent), agent.get(reverse("calls:wall_board")).content.decode()):
        assert "瓦斯外洩" in page and "請勿靠近" in page
    assert "Keep away." in home(agent)


def test_an_incident_goes_by_itself_or_is_taken_down_and_its_wordings_stay(
    agent: Client, lead: Client, staff: dict[str, User]
) -> None:
    one, now = burst(staff), timezone.now()
    assert [row.code for row in everybody.at(now)] == [one.code]
    assert everybody.at(one.until) == everybody.at(one.since - timedelta(seconds=1)) == []
    with pytest.raises(ValidationError):
        incidents.reword(staff["lead"], one, until=now + timedelta(days=9), say="a", say_en="a")
    for _twice in range(2):
        later = now + timedelta(hours=9)
        incidents.reword(staff["lead"], one, until=later, say="明早復水。", say_en="Tomorrow.")
    assert list(one.words.order_by("number").values_list("number", "say")) == [
        (1, "苓雅區停水，今晚復水。"), (2, "明早復水。"),
    ]  # fmt: skip
    end = reverse("enquiries:incident_end", args=[one.code])
    assert agent.post(end).status_code == 404 and "明早復水" in home(agent)
    assert lead.post(end).status_code == 302
    assert "明早復水" not in home(agent)
    page = agent.get(reverse("enquiries:incident", args=[one.code])).content.decode()
    assert "已撤下" in page and "今晚復水" in page
    with pytest.raises(ValidationError):
        incidents.reword(staff["lead"], one, until=now + timedelta(hours=9), say="b", say_en="b")


def test_one_key_counts_a_caller_to_an_incident_while_it_holds(
    ring: Callable[[str], None], agent: Client, staff: dict[str, User]
) -> None:
    ring("a")
    one = burst(staff)
    sent = {"key": KEY, "incident": str(one.pk), "channel": "phone", "language": "en"}
    for _twice in range(2):
        assert agent.post(reverse("enquiries:home"), sent).status_code == 302
    made = Contact.objects.get()
    assert (made.outcome, made.incident, made.call_id, made.language) == ("immediate", one, "a", "en")
    assert [row.asked for row in everybody.at(timezone.now())] == [1]
    Incident.objects.update(until=timezone.now() - timedelta(seconds=5))
    late = {**sent, "key": KEY[::-1], "note": "問何時復水"}
    told = agent.post(reverse("enquiries:home"), late | {"channel": "counter"})
    assert told.status_code == 422 and "問何時復水" in told.content.decode()
    assert incidents.to_count(one.pk, timezone.now() - timedelta(minutes=1)) == one, "the call began before"
    assert agent.post(reverse("enquiries:home"), late | {"incident": "x"}).status_code == 422
    assert Contact.objects.count() == 1


def test_an_incident_keeps_its_key_when_others_come_and_go(agent: Client, staff: dict[str, User]) -> None:
    def keys() -> dict[int, str]:
        return {row["one"].key: row["key"] for row in screen._banner()}

    first = burst(staff)
    mine = keys()[first.pk]
    others = [burst(staff, where=f"第{number}區") for number in range(7)]
    found = keys()
    assert found[first.pk] == mine
    given = [key for key in found.values() if key]
    assert len(set(given)) == len(given) == 6 and set(given) == set("456789")
    Incident.objects.filter(pk__in=[one.pk for one in others[1:]]).update(until=timezone.now())
    assert keys() == {first.pk: mine, others[0].pk: found[others[0].pk]}
    incidents.end(staff["lead"], first)
    assert keys() == {others[0].pk: found[others[0].pk]}


# ── The queues and the script ───────────────────────────────────────────────────────────────────────


def test_the_queues_stand_on_the_screen_and_say_since_when_they_are_old(
    ring: Callable[[str], None], agent: Client
) -> None:
    ring("a")
    Source.objects.filter(journal="service.calls").update(read_at=timezone.now())
    page = agent.get(reverse("enquiries:pop")).content.decode()
    assert "最久等候" in page and "資料停在" not in page and "0:08" in page, "waited eight seconds"
    now = deeds.pulse()
    assert now is not None and (now.waiting, now.talking, now.busy) == (0, 1, 1)
    Source.objects.filter(journal="service.calls").update(read_at=timezone.now() - timedelta(seconds=9))
    assert "資料停在" in agent.get(reverse("enquiries:pop")).content.decode()


def test_of_a_silent_feed_the_longest_wait_is_told_as_it_was_then(ring: Callable[[str], None]) -> None:
    ring("a")
    source, entered = Source.objects.get(journal="service.calls"), int(timezone.now().timestamp()) - 600
    take(source, f"{entered}|b|1999|NONE|ENTERQUEUE||0987654321|1\n".encode())
    heard = datetime.fromtimestamp(entered + 30, UTC)
    Source.objects.filter(pk=source.pk).update(read_at=heard)
    now = deeds.pulse()
    assert now is not None and now.stale and (now.waiting, now.longest) == (1, 30)
    Source.objects.filter(pk=source.pk).update(read_at=timezone.now())
    now = deeds.pulse()
    assert now is not None and not now.stale and now.longest >= 600


def test_the_script_fits_the_words_that_were_typed_else_the_queue(
    ring: Callable[[str], None], agent: Client, staff: dict[str, User], article: Article
) -> None:
    assert "這個佇列或這些關鍵字還沒有話術" in home(agent)
    for code, question, more in (
        ("S-1", "總機開場", {"queue": "1999", "greeting": "1999您好。"}),
        ("S-2", "路燈故障", {"asks": "燈桿編號？\n有沒有漏電？", "says": "三日內修復。"}),
    ):
        made = Article(
            code=code, question=question, answer="見話術。", owner=article.owner, review_by=article.review_by,
            published_on=article.published_on, **more,
        )  # fmt: skip
        deeds.save_article(staff["editor"], made, reason="")
    assert deeds.without_script() == []
    ring("a")
    page = home(agent)
    assert "1999您好。" in page and "燈桿編號" not in page
    page = agent.get(reverse("enquiries:home"), {"q": "路燈"}).content.decode()
    assert "<li>有沒有漏電？</li>" in page and "1999您好。" not in page and article.owner.name in page
    assert "燈桿編號" in agent.get(reverse("enquiries:pop"), {"script": "S-2"}).content.decode()
    changed = Article.objects.get(code="S-2")
    changed.asks = "燈桿編號？"
    deeds.save_article(staff["editor"], changed, reason="題目太多")
    assert list(changed.versions.order_by("number").values_list("asks", flat=True)) == [
        "燈桿編號？\n有沒有漏電？", "燈桿編號？",
    ]  # fmt: skip


def test_answers_come_while_somebody_types_and_nothing_else_with_them(
    agent: Client, article: Article
) -> None:
    typed = {"HX-Request": "true", "HX-Request-Type": "partial"}
    told = agent.get(reverse("enquiries:home"), {"q": "路燈"}, headers=typed).content.decode()
    assert (
        article.question in told and "article=A-1" in told and "<html" not in told and "contact" not in told
    )
    assert (
        "沒有符合的條目"
        in agent.get(reverse("enquiries:home"), {"q": "鯨魚"}, headers=typed).content.decode()
    )


# ── Where it is, and what is open there ─────────────────────────────────────────────────────────────


@pytest.fixture
def place(staff: dict[str, User]) -> District:
    """The district around HERE with one village; rooms that take cases must be in use."""
    if not asked.heard:
        pytest.skip("no room in use takes what is asked by word of mouth")
    found = District.objects.create(code=str(district_at(*HERE)), name="新興區", name_en="Sinsing District")
    Village.objects.create(code="V-1", district=found, name="大明里", longitude=HERE[0], latitude=HERE[1])
    return found


def told(cast: Cast, key: str, **more: Any) -> Case:
    given = {"longitude": HERE[0], "latitude": HERE[1], **more}
    opened = open_case(Asked(cast.agent, f"test:{key}-key", "phone", "路面坑洞", "中正三路", **given))
    assert opened is not None
    return opened.case


def pressed(site: Client, **more: Any) -> Any:
    sent = {"key": KEY, "channel": "counter", "language": "zh", "note": "路面坑洞", "service": "pothole"}
    return site.post(reverse("enquiries:home"), sent | more)


def test_a_place_is_found_by_its_village_by_a_point_and_on_the_map(agent: Client, place: District) -> None:
    page = pressed(agent, go="find", place="大明里").content.decode()
    assert f'name="spot" value="{HERE[0]},{HERE[1]},4,1"' in page and "路面坑洞" in page
    picture = agent.get(reverse("enquiries:map"))
    assert picture.headers["Content-Type"] == "image/svg+xml"
    middle = pressed(agent, go="find", place="中正三路", district=place.pk).content.decode()
    assert f"{HERE[1]},2,1" in middle and "還不夠準" in middle
    nearer = pressed(agent, go="in", spot=f"{HERE[0]},{HERE[1]},4,1").content.decode()
    assert f"{HERE[0]},{HERE[1]},5,1" in nearer
    clicked = pressed(agent, **{"map.x": "320", "map.y": "230", "spot": f"{HERE[0]},{HERE[1]},2,0"})
    assert f"{HERE[0]},{HERE[1]},3,1" in clicked.content.decode()
    assert "不在本市範圍內" in pressed(agent, go="to:121.5,25.0,5,1").content.decode()
    lost = pressed(agent, go="find", place="不知名的地方", spot=f"{HERE[0]},{HERE[1]},5,1").content.decode()
    assert "找不到這個地點" in lost and f'value="{HERE[0]},{HERE[1]},5,0"' in lost
    for broken in ("x", "1,2", "999,0,1,1", "120.3,22.6,9,1"):
        assert pressed(agent, go="in", spot=broken).status_code == 200
    assert not Contact.objects.exists(), "looking writes nothing down"


def test_a_like_case_nearby_is_shown_before_another_is_opened_and_the_caller_can_join_it(
    agent: Client, cast: Cast, place: District
) -> None:
    assert ("pothole" in dict(services(timezone.localdate()))) and not Contact.objects.exists()
    first = told(cast, "one", service="pothole", district=place)
    told(cast, "two", service="streetlight", district=place)
    spot = f"{HERE[0]},{HERE[1]},5,1"
    page = pressed(agent, go="to:" + spot, place="中正三路1號").content.decode()
    assert first.number in page and f'name="seen" value="{first.pk}"' in page
    held = pressed(agent, outcome="case_created", spot=spot, place="中正三路1號")
    assert held.status_code == 422 and "附近已有同類未結案件" in held.content.decode()
    assert pressed(agent, join=str(first.pk + 1), spot=spot).status_code == 422
    for _twice in range(2):
        joined = pressed(agent, join=str(first.pk), spot=spot, phone="0912-345-678")
        assert joined.status_code == 302
    contact = Contact.objects.get()
    assert (contact.outcome, contact.case) == (Outcome.CASE_JOINED, first)
    assert "另有1人遇到" in pressed(agent, go="to:" + spot).content.decode()
    opened = pressed(
        agent, outcome="case_created", spot=spot, place="中正三路1號", seen=str(first.pk), key=KEY[::-1]
    )
    assert opened.status_code == 302
    made = Contact.objects.get(outcome=Outcome.CASE_CREATED).case
    assert made is not None and made.pk != first.pk and made.district == place
    assert first.number in pressed(agent, go="to:" + spot).content.decode()
    assert Case.objects.filter(kind="service.petitions").count() == 3


def test_a_contact_that_waited_gets_its_place_and_the_like_cases_are_shown_first(
    staff: dict[str, User], agent: Client, cast: Cast, place: District
) -> None:
    with pytest.MonkeyPatch.context() as before_petitions:
        before_petitions.setattr(asked, "_listeners", {})
        old = deeds.record(staff["agent"], "o", outcome="case_wanted", channel="phone", note="路面有坑洞")
    first = told(cast, "one", service="pothole", district=place)
    page = reverse("enquiries:wanted_one", args=[old.pk])
    sent = {"do": "open", "content": "路面有坑洞", "service": "pothole", "place": "大明里", "read_back": "on"}
    looked = agent.post(page, sent | {"go": "find"})
    shown = looked.content.decode()
    assert looked.status_code == 200 and first.number in shown and "checked" in shown
    assert f'name="spot" value="{HERE[0]},{HERE[1]},4,1"' in shown
    old.refresh_from_db()
    assert old.case is None, "looking opens nothing"
    assert agent.post(page, sent | {"spot": f"{HERE[0]},{HERE[1]},4,1"}).status_code == 302
    old.refresh_from_db()
    assert old.case is not None and old.case.district == place
    point = agent.get(reverse("enquiries:map"))
    assert point.headers["Content-Type"] == "image/svg+xml"


def test_on_a_road_without_a_point_the_like_cases_of_that_road_are_shown(
    agent: Client, cast: Cast, place: District
) -> None:
    on_it = told(cast, "one", service="pothole", district=place, longitude=None, latitude=None)
    page = pressed(agent, outcome="case_created", place="中正三路88號", district=place.pk)
    assert page.status_code == 422 and on_it.number in page.content.decode()
    other = pressed(agent, outcome="case_created", place="民族路88號", district=place.pk)
    assert other.status_code == 302
    assert pressed(agent, outcome="case_created", key="x" * 32).status_code == 422, "nobody knows where"


def test_the_screen_asks_no_more_when_there_is_more_to_show(
    ring: Callable[[str], None], agent: Client, cast: Cast, staff: dict[str, User], place: District
) -> None:
    ring("a")
    spot = f"{HERE[0]},{HERE[1]},5,1"

    def counted() -> tuple[int, int]:
        with CaptureQueriesContext(connection) as moving:
            agent.get(reverse("enquiries:pop"))
        with CaptureQueriesContext(connection) as looking:
            assert pressed(agent, go="to:" + spot, place="中正三路1號").status_code == 200
        return len(moving), len(looking)

    burst(staff)
    told(cast, "one", service="pothole", district=place)
    counted()  # what is read once is read now
    before = counted()
    for number in range(4):
        burst(staff, where=f"第{number}區")
        told(cast, f"more{number}", service="pothole", district=place)
    assert counted() == before
    assert before[0] <= 15, before
