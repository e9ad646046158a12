"""示範資料 Articles, the contacts of the reference half-year, and a living present.

Functional spec part I, row S1: 97,699 enquiries answered at once, at the counter and through 1999; those by
telephone are linked to their calls where the journal of calls is in use.
"""

from __future__ import annotations

import random
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from django.utils import timezone

from yankao.kernel.casework.numbering import next_number
from yankao.kernel.figures.declare import register
from yankao.kernel.people.city import City
from yankao.kernel.people.models import Role
from yankao.kernel.period import Period

from . import deeds, incidents
from .models import Article, ArticleVersion, Incident, IncidentWord, Nuisance, Outcome

SEED = 1010501
IMMEDIATE, AT_COUNTER, TRANSFERRED, OTHERS = 97_699, 6_499, 7_800, 1_900
ARTICLES: tuple[tuple[str, str, str, str, str], ...] = (
    (
        "夜間可以申請戶籍謄本嗎？",
        "週三延長至晚上八時，各戶政事務所均可受理；請攜帶身分證與印章。",
        "May I ask for a household certificate in the evening?",
        "On Wednesdays until 8 p.m. at every household office; bring your identity card and seal.",
        "戶籍 謄本 夜間",
    ),
    (
        "路燈不亮要向誰通報？",
        "請提供路燈桿號或地址，本市於受理後派工，一般三日內修復。",
        "Whom do I tell that a street light is out?",
        "Give the number on the pole or the address; a crew repairs it within three days as a rule.",
        "路燈 通報",
    ),
    (
        "大型家具如何清運？",
        "請於清運前三日向清潔隊預約，並於約定時間放置於約定地點。",
        "How is bulky furniture collected?",
        "Book with the cleaning squad three days ahead and put it out at the time and place agreed.",
        "垃圾 家具 清運",
    ),
    (
        "停車費逾期怎麼繳？",
        "可憑車號至超商或網路補繳；逾催繳期限者依規定裁罰。",
        "How do I pay an overdue parking fee?",
        "By the plate number at a convenience store or online; after the reminder a fine follows.",
        "停車費 補繳",
    ),
    (
        "公車動態哪裡查？",
        "各站牌均有站號，輸入站號即可查得到站時間。",
        "Where do I see when a bus comes?",
        "Each stop has a number; with it the arrival time is shown.",
        "公車 時刻",
    ),
    (
        "申請低收入戶需要哪些文件？",
        "申請表、全戶戶籍資料、財產與所得證明，向戶籍地區公所提出。",
        "What papers does a low-income application need?",
        "The form, the household record, and proof of property and income, at your district office.",
        "低收入 社會救助",
    ),
    (
        "流浪動物如何通報？",
        "請說明地點與動物狀況，動物保護單位派員處理，受傷者優先。",
        "How do I report a stray animal?",
        "Say where it is and how it is; the animal protection office comes, to injured ones first.",
        "動物 流浪 通報",
    ),
    (
        "房屋稅何時開徵？",
        "每年五月一日至五月三十一日；逾期加徵滯納金。",
        "When is the house tax due?",
        "From 1 to 31 May each year; late payment is surcharged.",
        "稅 房屋稅",
    ),
    (
        "颱風停班停課何時公布？",
        "前一日晚上十時前公布；當日發生變化者，隨時公布。",
        "When is it announced that work and school stop for a typhoon?",
        "By 10 p.m. on the day before; changes on the day are announced at once.",
        "颱風 停班 停課",
    ),
    (
        "道路坑洞多久會補？",
        "受理後四小時內派員查看，一日內完成臨時填補。",
        "How soon is a pothole filled?",
        "It is looked at within four hours and filled for the time being within a day.",
        "道路 坑洞",
    ),
    (
        "如何申請身心障礙鑑定？",
        "備妥照片與身分證，向戶籍地區公所領取鑑定表後至指定醫院。",
        "How do I apply for a disability assessment?",
        "Fetch the form at the district office with photographs and identity card; go to a named hospital.",
        "身心障礙 鑑定",
    ),
    (
        "登革熱孳生源檢舉？",
        "請提供地址，衛生與環保單位會同查察並限期清除。",
        "How do I report a breeding site of dengue mosquitoes?",
        "Give the address; health and environment officers inspect and order it cleared by a day.",
        "登革熱 積水",
    ),
    (
        "違建如何檢舉？",
        "請提供地址與照片，檢舉人資料依法保密。",
        "How do I report an illegal building?",
        "Give the address and a picture; who reports is kept confidential.",
        "違建 檢舉",
    ),
    (
        "自來水停水資訊？",
        "停水公告於三日前發布；緊急搶修以現場公告為準。",
        "Where is a water stop announced?",
        "Three days ahead; in an emergency by a notice on the spot.",
        "停水",
    ),
    (
        "長照服務如何申請？",
        "撥打長照專線或向照管中心申請，專員到府評估。",
        "How do I apply for long-term care?",
        "By the care line or at the care centre; somebody comes to assess.",
        "長照",
    ),
    (
        "市立圖書館開放時間？",
        "週二至週六上午九時至晚上九時，週日至下午五時，週一休館。",
        "When is the city library open?",
        "Tuesday to Saturday 9 a.m. to 9 p.m., Sunday until 5 p.m., closed on Mondays.",
        "圖書館",
    ),
)


SCRIPTS: dict[int, dict[str, str]] = {
    0: {
        "queue": "1999",
        "greeting": "1999市政服務專線您好，敝姓王，很高興為您服務。",
        "asks": "請問要詢問哪一項市政服務？\n請問事情發生在哪一個行政區？",
        "says": "我先複述您的問題，再為您查詢，請稍候。",
        "greeting_en": "1999 City Service, good day. How may I help you?",
        "asks_en": "What is it about?\nIn which district did it happen?",
        "says_en": "Let me repeat your question, then I will look it up. One moment, please.",
    },
    1: {
        "greeting": "謝謝您告訴我們路燈的情形。",
        "asks": "燈桿上的編號是多少？\n不亮、閃爍，還是白天也亮？\n附近有沒有漏電或傾倒的危險？",
        "says": "我們會派工查修，一般三日內修復；留下手機，進度會以簡訊通知您。",
        "greeting_en": "Thank you for telling us about the street light.",
        "asks_en": "What is the number on the pole?\nIs it out, flickering, or lit by day?\nAny danger?",
        "says_en": "A crew comes within three days as a rule; with a mobile number you hear of it by text.",
    },
    9: {
        "asks": "坑洞在哪一條路、靠近幾號？\n大約多大、多深？\n有沒有人或車輛因此受傷？",
        "says": "四小時內派員查看，一日內先行填補。",
        "asks_en": "Which road, near which number?\nHow large and how deep?\nWas anybody hurt?",
        "says_en": "It is looked at within four hours and filled for the time being within a day.",
    },
}
"""Scripts by the place of their article; the first greets whoever calls the city line."""


def load(city: City) -> None:
    """Articles and the contacts of the reference half-year."""
    rng = random.Random(SEED)
    articles = _articles(city)
    period = Period.parse("101H1")
    wanted = {
        Outcome.IMMEDIATE: max(2, round((IMMEDIATE - AT_COUNTER) * city.scale)),
        Outcome.TRANSFERRED: round(TRANSFERRED * city.scale),
        Outcome.NUISANCE: round(OTHERS * city.scale * 0.1),
        Outcome.CASE_WANTED: round(OTHERS * city.scale * 0.9),
    }
    outcomes = [one for one, count in wanted.items() for _n in range(count)]
    rng.shuffle(outcomes)
    calls = _calls(period, len(outcomes))
    people = city.posts.get((city.rdec.pk, Role.CALL_AGENT), ())
    agents: list[int | None] = [one.pk for one in people] or [None]
    agencies = [one.pk for one in city.agencies]
    picked = rng.choices([one.pk for one in articles], range(len(articles), 0, -1), k=len(outcomes))
    whither = rng.choices(agencies, k=len(outcomes))
    rows: dict[str, tuple[Any, ...]] = {}
    for place, outcome in enumerate(outcomes):
        source, call, day, at = calls[place] if calls else (None, "", *_moment(rng, period))
        moved = outcome == Outcome.TRANSFERRED
        rows[f"demo:{place}"] = (
            day,
            at,
            "phone",
            str(outcome),
            "zh",
            picked[place] if outcome == Outcome.IMMEDIATE else None,
            whither[place] if moved else None,
            agents[place % len(agents)],
            source,
            call,
            "",
            "來電內容待立案。" if outcome == Outcome.CASE_WANTED else "",
            None,
            None,
        )
    for place in range(max(1, round(AT_COUNTER * city.scale))):
        day, at = _moment(rng, period)
        article = articles[place % len(articles)].pk
        rows[f"counter:{place}"] = (
            day,
            at,
            "counter",
            "immediate",
            "zh",
            article,
            None,
            agents[0],
            None,
            "",
            "",
            "",
            None,
            None,
        )
    deeds.put(rows)


def present(city: City, today: date) -> None:
    """What was asked today, an article that waits for its review, a caller proposed for the list."""
    agent = city.posts[city.rdec.pk, Role.CALL_AGENT][0]
    lead = city.posts[city.rdec.pk, Role.CALL_SUPERVISOR][0]
    articles = list(Article.objects.order_by("code"))
    Article.objects.filter(pk=articles[3].pk).update(review_by=today - timedelta(days=9))
    Article.objects.filter(pk=articles[4].pk).update(review_by=today + timedelta(days=12))
    call = deeds.at_hand(agent)
    now = min(timezone.now(), datetime.combine(today, time(15), UTC))
    for place in range(6):
        at = int(now.timestamp()) - 900 * (place + 1)
        deeds.put(
            {
                f"present:{place}": (
                    timezone.localdate(datetime.fromtimestamp(at, UTC)),
                    at,
                    "phone",
                    "immediate",
                    "zh",
                    articles[place].pk,
                    None,
                    agent.pk,
                    None,
                    "",
                    call.party if call and place < 2 else "",
                    "",
                    None,
                    None,
                )
            }
        )
    _incidents(lead, agent, now)
    Nuisance.objects.create(
        caller="0" * 24,
        reason="一週內來電四十次辱罵話務員，經口頭警告仍未改善。",
        warned_on=today - timedelta(days=6),
        proposed_by=agent,
        expires_on=today + timedelta(days=60),
    )
    Nuisance.objects.create(
        caller="1" * 24,
        reason="反覆撥打後不出聲。",
        warned_on=today - timedelta(days=40),
        proposed_by=agent,
        approved_by=lead,
        approved_on=today - timedelta(days=30),
        expires_on=today + timedelta(days=30),
    )


def _incidents(lead: Any, agent: Any, now: datetime) -> None:
    """A burst main that is before the agents, said otherwise once, and one of last week that expired."""
    words = (
        ("苓雅區自來水管破裂，搶修中，預計今晚復水；四維行政中心前有水車。",
         "A water main in Lingya District has burst; water is expected back tonight. A water truck stands at "
         "the Siwei Administration Center."),
        ("苓雅區自來水管已修好一半，預計今晚復水；四維行政中心與文化中心前有水車。",
         "Half of the water main in Lingya is repaired; water is expected back tonight. Water trucks stand "
         "at the Siwei Administration Center and the Cultural Center."),
    )  # fmt: skip
    begun = now - timedelta(hours=2)
    old, current = (
        Incident.objects.create(
            code=next_number(incidents.ROOM, "I{roc}-{seq:03d}", timezone.localdate(at)), what=what,
            what_en=what_en, where=where, where_en=where_en, since=at, until=at + timedelta(hours=hours),
            say=say, say_en=say_en, placed_by=lead, placed_at=at,
        )
        for what, what_en, where, where_en, at, hours, say, say_en in (
            ("停電", "Power cut", "左營區部分里別", "Parts of Zuoying District", begun - timedelta(days=6), 5,
             "左營區部分地區停電，台電搶修中。", "Parts of Zuoying have no power; repairs are under way."),
            ("停水", "Water stop", "苓雅區、前鎮區", "Lingya and Cianjhen Districts", begun, 72, *words[1]),
        )
    )  # fmt: skip
    IncidentWord.objects.bulk_create(
        IncidentWord(
            incident=one, number=number, until=one.until, say=say, say_en=say_en, changed_by=lead,
            changed_at=at,
        )
        for one, number, at, (say, say_en) in (
            (old, 1, old.since, (old.say, old.say_en)),
            (current, 1, begun, words[0]),
            (current, 2, begun + timedelta(hours=1), words[1]),
        )
    )  # fmt: skip
    for place in range(4):
        at = int(begun.timestamp()) + 1300 * (place + 1)
        day = timezone.localdate(datetime.fromtimestamp(at, UTC))
        row = (day, at, "phone", "immediate", "zh", None, None, agent.pk, None, "", "", "", None, current.pk)
        deeds.put({f"incident:{place}": row})


def _articles(city: City) -> list[Article]:
    made = [
        Article(
            code=f"A-{101 + number}",
            question=question,
            answer=answer,
            question_en=question_en,
            answer_en=answer_en,
            keywords=keywords,
            owner=city.agencies[number % len(city.agencies)],
            verified_on=date(2011, 12, 20),
            review_by=city.today + timedelta(days=90 + 11 * number),
            published_on=date(2011, 12, 26),
            **SCRIPTS.get(number, {}),
        )
        for number, (question, answer, question_en, answer_en, keywords) in enumerate(ARTICLES)
    ]
    Article.objects.bulk_create(made)
    deeds.keep_searched(made)
    ArticleVersion.objects.bulk_create(
        ArticleVersion(
            article=one,
            number=1,
            question=one.question,
            answer=one.answer,
            question_en=one.question_en,
            answer_en=one.answer_en,
            changed_at=datetime(2011, 12, 20, 2, tzinfo=UTC),
            reason="初版",
            **{name: getattr(one, name) for name in deeds.SCRIPT},
        )
        for one in made
    )
    return made


def _calls(period: Period, count: int) -> list[tuple[int, str, date, int]]:
    """So many answered calls of the city line, spread over the period: source, id, day and second."""
    handled = register.get("service.calls.handled")
    if handled is None:
        return []
    found = list(
        handled.only(channel="phone")(period)
        .order_by("pk")
        .values_list("source_id", "external_id", "day", "entered")
    )
    step = max(1, len(found) // count)
    return [(source, name, day, int(at.timestamp())) for source, name, day, at in found[::step][:count]]


def _moment(rng: random.Random, period: Period) -> tuple[date, int]:
    """A day of the period and a second of its office hours."""
    day = period.first + timedelta(days=rng.randrange(period.length))
    return day, int(datetime.combine(day, time(), UTC).timestamp()) + rng.randrange(9 * 3600)
