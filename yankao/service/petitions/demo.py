"""示範資料 A half-year of petitions, mailbox and dispatch, through the moves of the room, and a living
present.

Functional spec part I, row S2: 42,703 + 16,685 + 29,432 cases with their clocks, replies and ledger, three
in a hundred letters extended. Nearly ninety thousand histories are played in memory and written by stretches
of a month, so that the load stays quick and the memory small.
"""

from __future__ import annotations

import contextlib
import gc
import random
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from email.message import EmailMessage
from typing import Any
from zoneinfo import ZoneInfo

from django.utils import timezone

from yankao.kernel.bulk import made
from yankao.kernel.casework.archive import Archive
from yankao.kernel.people.city import City
from yankao.kernel.people.models import Agency, Role, User, Village
from yankao.kernel.rules.office import office_calendar
from yankao.kernel.vault import keeping
from yankao.kernel.vault.persons import Person

from . import process as p
from .intake import title_of
from .mail import taking
from .models import (
    Appeal,
    Category,
    Channel,
    Complexity,
    Disposition,
    Ground,
    Joint,
    Kind,
    Nature,
    Petition,
    Rating,
    ReadBack,
    Service,
)

SEED = "service.petitions 101H1"
COUNTS = {Kind.PETITION: 42_703, Kind.MAILBOX: 16_685, Kind.DISPATCH: 29_432}
QUICK = 0.05
"""The part that a first start takes: all of them are loaded in minutes, not in seconds."""
FIRST, LAST = date(2012, 1, 1), date(2012, 6, 30)
TAIPEI = ZoneInfo("Asia/Taipei")

# Which agency a matter went to in the demonstration city; the product derives no agency from a category.
WENT_TO = {
    "works.road": ("KCG-PW",),
    "works.light": ("KCG-PW",),
    "works.quality": ("KCG-PW", "KCG-MRT"),
    "drainage.ditch": ("KCG-WR",),
    "drainage.flood": ("KCG-WR",),
    "traffic.signal": ("KCG-TRA",),
    "traffic.parking": ("KCG-TRA", "KCG-POL"),
    "environment.waste": ("KCG-ENV",),
    "environment.noise": ("KCG-ENV", "KCG-POL"),
    "environment.air": ("KCG-ENV",),
    "building.illegal": ("KCG-PW",),
    "building.safety": ("KCG-PW",),
    "welfare": ("KCG-SOC",),
    "education": ("KCG-EDU",),
    "police": ("KCG-POL",),
    "health": ("KCG-HLTH",),
    "labour": ("KCG-LAB",),
    "land": ("KCG-LAND", "KCG-FIN"),
    "transport": ("KCG-TRA",),
    "tourism.facility": ("KCG-TOU",),
    "tourism.culture": ("KCG-CUL",),
    "agriculture": ("KCG-AGR",),
    "suggestion": ("KCG-UD", "KCG-CA", "KCG-ED"),
    "other": ("KCG-CA", "KCG-SEC"),
}
TEXTS = {
    "works.road": (
        "住家前道路人孔周邊下陷，車輛經過震動很大，請派員修補。",
        "人行道地磚鬆動，長輩行走容易絆倒，請改善。",
    ),
    "works.light": ("巷口路燈連續三晚不亮，夜歸很不安全，請檢修。", "公園步道照明時間太短，建議延後熄燈。"),
    "works.quality": ("路面剛鋪好就不平整，請查明施工品質。", "工地圍籬占用車道，請要求改善。"),
    "drainage.ditch": ("側溝長期淤積，蚊蟲孳生，請排入清疏。", "水溝蓋鬆動，車輛輾過聲響很大，請固定。"),
    "drainage.flood": ("每逢大雨路口就積水，請檢討排水。", "地下道雨後積水未退，請派員抽水。"),
    "traffic.signal": ("路口號誌秒數太短，行人來不及通過，請調整。", "轉彎標線模糊，請重新劃設。"),
    "traffic.parking": ("機車長期占用騎樓，輪椅無法通行，請取締。", "對停車費收費時段有疑問，請說明。"),
    "environment.waste": ("空地堆置垃圾發出惡臭，請清理並裝設監視器。", "資源回收車時間更改未通知，請說明。"),
    "environment.noise": ("鄰近店家深夜音響擾人，請派員稽查。", "工程假日清晨施工噪音，請管制。"),
    "environment.air": ("工廠夜間排放異味，請查處。", "溪水變色，疑似偷排廢水，請查明。"),
    "building.illegal": ("頂樓加蓋影響採光與安全，請依法處理。", "防火巷遭占用搭建，請查報。"),
    "building.safety": ("大樓外牆磁磚剝落，請通知管委會改善。",),
    "welfare": ("申請生活扶助遲未獲通知，請查明進度。", "身障停車位識別證申請疑問，請說明。"),
    "education": ("學校午餐品質不佳，請督導改善。", "校園開放時間過短，建議調整。"),
    "police": ("社區夜間常有飆車，請加強巡邏。", "路口常有違規左轉，請加強取締。"),
    "health": ("診所掛號費收費疑義，請查明。", "餐廳環境髒亂，請派員稽查。"),
    "labour": ("雇主未給加班費，請協助勞資爭議調解。",),
    "land": ("房屋稅單坪數有誤，請更正。", "土地複丈排程過久，請說明。"),
    "transport": ("公車經常誤點，請要求業者改善。", "建議新增轉乘路線。"),
    "tourism.facility": ("步道欄杆損壞，請修復。", "遊客中心廁所維護不佳，請改善。"),
    "tourism.culture": ("活動散場交通混亂，請檢討動線。", "圖書館座位不足，建議延長開放時間。"),
    "agriculture": ("流浪犬聚集，請協助捕捉安置。", "農路產業道路塌陷，請勘查補助。"),
    "suggestion": ("建議在舊鐵道沿線增設自行車道。", "建議社區空地闢為共融遊戲場。"),
    "other": ("里活動中心借用規定不清楚，請說明。", "希望櫃檯增設英文說明。"),
}
FAULTS = {
    "pothole": "路面有一處坑洞，機車行經有危險。",
    "manhole": "人孔蓋與路面高低差大。",
    "streetlight": "路燈不亮。",
    "pavement": "人行道地磚破損隆起。",
    "drain": "側溝阻塞，雨天溢流。",
    "drain-cover": "水溝蓋破裂。",
    "flooding": "路面積水約十公分。",
    "signal": "號誌全紅閃爍故障。",
    "sign": "標誌牌被撞歪。",
    "marking": "標線磨損看不清楚。",
    "trail": "步道木棧板腐朽。",
    "wayfinding": "指標掉落。",
    "spot": "涼亭座椅損壞。",
    "site-safety": "工地未設警示燈。",
    "work-quality": "新鋪路面龜裂。",
}
CREWS = {
    "works.road": "KCG-PW",
    "works.light": "KCG-PW",
    "works.quality": "KCG-PW",
    "drainage.ditch": "KCG-WR",
    "drainage.flood": "KCG-WR",
    "traffic.signal": "KCG-TRA",
    "tourism.facility": "KCG-TOU",
}
SAYS = {
    Disposition.DONE: ("已派員處理完成，感謝您的反映。", "已於期限內改善，並列入定期巡查。"),
    Disposition.ADOPTED: ("您的建議已採納，將納入下年度計畫辦理。",),
    Disposition.PARTLY: ("部分建議已採行，其餘因經費限制將分年檢討。",),
    Disposition.NOT_ADOPTED: ("經評估因安全及用地限制，暫無法辦理，敬請見諒。",),
    Disposition.EXPLAINED: ("茲說明相關規定及辦理進度如下，如仍有疑問請逕洽承辦人。",),
}
BASES = {
    "works": "市區道路條例第32條",
    "drainage": "下水道法第17條",
    "traffic": "道路交通管理處罰條例第56條",
    "environment": "廢棄物清理法第27條",
    "building": "建築法第86條",
    "welfare": "社會救助法第10條",
    "labour": "勞資爭議處理法第9條",
    "land": "房屋稅條例第7條",
}
APPEAL_TO = "本府訴願審議委員會，收受處分書次日起三十日內"
ROADS = ("中正路", "民生路", "建國路", "自由路", "和平路", "復興路", "光復路", "中山路", "五福路", "成功路")
SURNAMES = "陳林黃張李王吳劉蔡楊許鄭謝郭洪曾邱廖賴周"
GIVEN = ("家豪", "淑芬", "俊傑", "美惠", "志豪", "雅婷", "建志", "怡萱", "宗翰", "玉珍", "冠宇", "思妤")


@dataclass
class Cast:
    """Who handles what in the demonstration city, looked up once."""

    city: City
    agents: list[User]
    rdec: User
    chief: User
    window: Agency
    villages: dict[str, list[Village]]

    def crew(self, agency: Agency) -> User:
        found = self.city.posts.get((agency.pk, Role.CREW))
        return found[0] if found else self.city.officer(agency)


def load(city: City) -> None:
    """The reference half-year, month by month; every case of it ended by the middle of July."""
    rng = random.Random(SEED)
    cast = _cast(city)
    calendar = office_calendar()
    categories = {one.pk: one for one in Category.objects.all()}
    services = {one.pk: one for one in Service.objects.select_related("category")}
    wanted = sorted(_arrivals(rng, city.scale), key=lambda one: one[0])
    way = _History(cast, rng, categories, services, calendar)
    for start in range(0, len(wanted), STRETCH):
        with uncollected(), Archive(p.process) as archive:
            way.archive = archive
            for number, (at, kind) in enumerate(wanted[start : start + STRETCH], start):
                way.play(number, at, kind)


@contextlib.contextmanager
def uncollected() -> Iterator[None]:
    """A stretch makes millions of small things that all stay until it is written: looking for rubbish among
    them would cost a third of the time.
    """
    watched = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if watched:
            gc.enable()


STRETCH = 8_000
"""So many histories are kept in memory before they are written."""


def _arrivals(rng: random.Random, scale: float) -> Iterator[tuple[datetime, str]]:
    """When each case came in: working days are busier, and so are the mornings."""
    days = [FIRST + timedelta(days=number) for number in range((LAST - FIRST).days + 1)]
    weights = [10 if office_calendar().is_workday(day) else 3 for day in days]
    for kind, count in COUNTS.items():
        for day in rng.choices(days, weights, k=max(1, round(count * scale))):
            minute = rng.randrange(8 * 60, 21 * 60)
            yield datetime(day.year, day.month, day.day, minute // 60, minute % 60, tzinfo=TAIPEI), str(kind)


def _cast(city: City) -> Cast:
    villages: dict[str, list[Village]] = {}
    for one in Village.objects.filter(latitude__isnull=False).order_by("code"):
        villages.setdefault(one.district_id, []).append(one)
    return Cast(
        city,
        city.posts[city.rdec.pk, Role.CALL_AGENT],
        city.rdec_controller,
        city.rdec_chief,
        city.rdec,
        villages,
    )


class _History:
    """Plays one case after another."""

    archive: Archive[Petition]

    def __init__(self, cast: Cast, rng: random.Random, categories: Any, services: Any, calendar: Any) -> None:
        self.cast, self.rng, self.categories, self.services = cast, rng, categories, services
        self.city, self.calendar = cast.city, calendar
        self.subjects = list(TEXTS)
        self.faults = list(FAULTS)
        self.districts = [one for one in self.city.districts if cast.villages.get(one.pk)]
        self.agencies = {code: self.city.by_code(code) for codes in WENT_TO.values() for code in codes}
        self.leads: dict[tuple[str, str], Petition] = {}
        self.steps: dict[tuple[date, int], date] = {}

    def later(self, day: date, working_days: int) -> date:
        """So many working days on; the same days are asked ten thousand times."""
        key = (day, working_days)
        found = self.steps.get(key)
        if found is None:
            found = self.steps[key] = self.calendar.step(day, working_days)
        return found

    def moment(self, day: date) -> datetime:
        minute = self.rng.randrange(540, 1050)
        return datetime(day.year, day.month, day.day, minute // 60, minute % 60, tzinfo=TAIPEI)

    def person(self, number: int) -> Person:
        """A synthetic petitioner; one in thirty wrote before."""
        if number % 30 == 7:
            number -= 30 * (1 + number % 3)
        one = (number * 7919) % 100_000_000
        name = SURNAMES[one % len(SURNAMES)] + GIVEN[one // 7 % len(GIVEN)]
        return Person(name=name, mobile=f"09{one:08d}", email=f"c{one:08d}@mail.example")

    def play(self, number: int, at: datetime, kind: str) -> None:
        if kind == Kind.DISPATCH:
            self.fault(number, at)
        else:
            self.letter(number, at, kind)

    # ── Letters ──

    def opened(self, number: int, at: datetime, kind: str, **more: Any) -> Petition:
        rng = self.rng
        district = self.districts[rng.randrange(len(self.districts))]
        category, service = more["category"], more.get("service")
        anonymous = kind == Kind.DISPATCH and number % 6 == 0
        identity = None if anonymous else keeping.prepared(self.person(number))
        key = f"demo-{number:08d}"
        petition = self.archive.open(
            title=title_of(kind, category, service, district),
            agency=self.cast.window,
            on=at,
            actor=more.pop("actor", None),
            district=district,
            kind=kind,
            petitioner=identity,
            received_at=at,
            client_key=key,
            place=f"{district.name}{ROADS[rng.randrange(len(ROADS))]}{rng.randrange(1, 400)}號",
            **more,
        )
        if identity is not None:
            identity.case = petition.case
            petition.docket.first.append(identity)
        return petition

    def letter(self, number: int, at: datetime, kind: str) -> None:
        rng, archive, city = self.rng, self.archive, self.city
        code = self.subjects[rng.randrange(len(self.subjects))]
        category = self.categories[code]
        hard = kind == Kind.PETITION and rng.random() < 0.18
        if kind == Kind.MAILBOX:
            channel, actor = Channel.WEB, None
        else:
            channel = rng.choices(
                (
                    Channel.PHONE,
                    Channel.WEB,
                    Channel.COUNTER,
                    Channel.LETTER,
                    Channel.EMAIL,
                    Channel.FAX,
                    Channel.COUNCILLOR,
                ),
                (50, 25, 8, 7, 5, 2, 3),
            )[0]
            actor = (
                None
                if channel in (Channel.WEB, Channel.EMAIL)
                else self.cast.agents[number % len(self.cast.agents)]
            )
        oral = channel in (Channel.PHONE, Channel.COUNTER)
        petition = self.opened(
            number,
            at,
            kind,
            actor=actor,
            channel=str(channel),
            category=category,
            content=TEXTS[code][number % len(TEXTS[code])],
            complexity=str(Complexity.COMPLEX if hard else Complexity.SIMPLE),
            nature=str(Nature.REFORM if code == "suggestion" else Nature.RIGHTS),
            read_back=str(ReadBack.READ) if oral else "",
            read_back_at=at if oral else None,
        )
        turn = number % 1000
        given = (
            at.date() if self.calendar.is_workday(at.date()) and at.hour < 16 else self.later(at.date(), 1)
        )
        agent = self.cast.agents[number % len(self.cast.agents)]
        if turn < 12:
            archive.move(
                petition,
                p.transfer_out,
                agent,
                self.after(at, given),
                to="經濟部水利署",
                reason="屬中央管河川。",
            )
            return
        if turn < 16:
            moment = self.after(at, given)
            archive.move(
                petition, p.propose_no_action, agent, moment, ground=Ground.NAMELESS, reason="無具體內容。"
            )
            archive.move(petition, p.approve_no_action, self.cast.chief, self.moment(self.later(given, 1)))
            return
        codes = WENT_TO[code]
        agency = self.agencies[codes[number % len(codes)]]
        if turn < 50:
            wrong = self.agencies["KCG-CA"]
            archive.move(petition, p.assign, agent, self.after(at, given), agency=wrong)
            archive.move(
                petition, p.refuse_assignment, city.controller(wrong), self.moment(self.later(given, 1)),
                reason="非屬本局權責。", proposed=agency,
            )  # fmt: skip
            given = self.later(given, 2)
        archive.move(petition, p.assign, agent, self.after(at, given), agency=agency)
        accepted = self.moment(self.later(given, 1))
        officer = city.officer(agency, number)
        archive.move(petition, p.accept, city.controller(agency), accepted, officer=officer)
        self.answered(petition, number, turn, accepted, officer, hard, kind)

    def after(self, at: datetime, day: date) -> datetime:
        """A moment of the day that is not before the receipt."""
        if day == at.date():
            return at + timedelta(minutes=12)
        return self.moment(day)

    def answered(
        self,
        petition: Petition,
        number: int,
        turn: int,
        accepted: datetime,
        officer: User,
        hard: bool,
        kind: str,
    ) -> None:
        rng, archive, city = self.rng, self.archive, self.city
        agency = petition.case.agency
        manager = city.manager(agency)
        day = accepted.date()
        usual = 4 if kind == Kind.MAILBOX else 9 if hard else 3
        took = rng.randrange(1, usual)
        if turn >= 970:  # extended, three in a hundred
            archive.move(
                petition,
                p.ask_extension,
                officer,
                self.moment(self.later(day, 1)),
                days=3 if hard else 7,
                reason="須會勘並洽管線單位。",
            )
            archive.move(
                petition, p.decide_extension, manager, self.moment(self.later(day, 2)), approved=True
            )
            took = usual + rng.randrange(1, 4)
        elif turn >= 945:  # late
            took = usual + rng.randrange(4, 9)
        elif turn >= 925:
            asked = self.moment(self.later(day, 1))
            archive.move(petition, p.ask_supplement, officer, asked, wanted="請補充確切地點。")
            archive.move(
                petition, p.supplement, None, self.moment(self.later(day, 3)), text="已補充地點。", files=None
            )
            took += 3
        elif turn >= 895:
            other = self.agencies["KCG-ENV" if agency.code != "KCG-ENV" else "KCG-PW"]
            asked = self.moment(self.later(day, 1))
            archive.move(
                petition, p.join, officer, asked, agencies=[other], question="請就貴管部分表示意見。"
            )
            joint = p.last(petition, Joint)
            took = max(took, 2)
            archive.move(
                petition,
                p.co_reply,
                city.controller(other),
                asked + timedelta(hours=3),
                joint=joint,
                answer="已派員查處。",
            )
        drafted = self.moment(self.later(day, took))
        said = (
            Disposition.DONE,
            Disposition.DONE,
            Disposition.DONE,
            Disposition.EXPLAINED,
            Disposition.EXPLAINED,
            Disposition.NOT_ADOPTED,
            Disposition.PARTLY,
            Disposition.ADOPTED,
        )[number % 8]
        category: Any = petition.category
        archive.move(
            petition, p.draft_reply, officer, drafted, disposition=said,
            text=SAYS[said][number % len(SAYS[said])], **self.founded(category),
        )  # fmt: skip
        archive.move(petition, p.approve_reply, manager, drafted + timedelta(hours=1))
        sent = drafted + timedelta(hours=2)
        archive.move(
            petition,
            p.send_reply,
            officer,
            sent,
            sent_by=str(Channel.EMAIL if petition.petitioner else Channel.WEB),
        )
        ended = self.moment(self.later(sent.date(), 1))
        archive.move(petition, p.close, officer, ended)
        if turn >= 992:
            again = self.later(ended.date(), 3)
            archive.move(petition, p.ask_reopening, None, self.moment(again), reason="問題仍未解決。")
            archive.move(
                petition, p.reopen, manager, self.moment(self.later(again, 1)), answer="同意重新查處。"
            )
            done = self.moment(self.later(again, 4))
            archive.move(
                petition, p.draft_reply, officer, done, disposition=Disposition.DONE,
                text="經再次派員，已處理完成。", **self.founded(category),
            )  # fmt: skip
            archive.move(petition, p.approve_reply, manager, done + timedelta(hours=1))
            archive.move(
                petition, p.send_reply, officer, done + timedelta(hours=2), sent_by=str(Channel.EMAIL)
            )
            archive.move(petition, p.close, officer, self.moment(self.later(done.date(), 1)))
        elif number % 10 == 3 and petition.petitioner is not None:
            self.rated(petition, ended, number)

    def founded(self, category: Category) -> dict[str, Any]:
        """The legal basis of a reply in the category, and the way of appeal where it has one."""
        return {
            "basis": BASES.get(category.pk.partition(".")[0], "行政程序法第171條"),
            "appeal": Appeal.ADMINISTRATIVE if category.appeal else Appeal.NONE,
            "appeal_to": APPEAL_TO if category.appeal else "",
        }

    def rated(self, petition: Petition, ended: datetime, number: int) -> None:
        """One in ten is asked, about one in four answers."""
        answers = number % 40 == 3
        score = (5, 4, 4, 3, 2, 1)[number // 40 % 6] if answers else None
        petition.docket.added.append(
            made(
                Rating, petition=petition, sampled_on=self.later(ended.date(), 1), score=score,
                on_time=score > 2 if score else None, understood=score > 1 if score else None,
                rated_at=self.moment(self.later(ended.date(), 4)) if answers else None,
            )
        )  # fmt: skip

    # ── Dispatch ──

    def fault(self, number: int, at: datetime) -> None:
        rng, archive, city = self.rng, self.archive, self.city
        code = self.faults[rng.randrange(len(self.faults))]
        service = self.services[code]
        channel = (Channel.PHONE, Channel.PHONE, Channel.WEB, Channel.OPEN311)[number % 4]
        agent = self.cast.agents[number % len(self.cast.agents)]
        petition = self.opened(
            number,
            at,
            str(Kind.DISPATCH),
            actor=agent if channel == Channel.PHONE else None,
            channel=str(channel),
            category=service.category,
            service=service,
            danger=service.danger,
            content=FAULTS[code],
        )
        village = self.near(petition, number)
        petition.village = village
        agency = self.agencies[CREWS[service.category_id]]
        crew, manager = self.cast.crew(agency), city.controller(agency)
        sent = at + timedelta(minutes=rng.randrange(3, 25))
        archive.move(petition, p.dispatch, agent, sent, agency=agency, crew=crew)
        late = number % 29 == 5
        limit = HOURS[code]
        there = sent + timedelta(minutes=rng.randrange(15, 45 * limit))
        archive.move(petition, p.arrive, crew, there)
        fixed = there + timedelta(
            hours=rng.randrange(1, 8 * FIX_DAYS[code]) + (24 * FIX_DAYS[code] + 60 if late else 0)
        )
        if service.danger and number % 2:
            archive.move(petition, p.make_safe, crew, there + timedelta(minutes=20), measure="設置警示設施。")
        archive.move(petition, p.complete, crew, fixed, done="已修復並清理現場。", found=number % 17 != 0)
        checked = self.moment(self.later(fixed.astimezone(TAIPEI).date(), 1))
        archive.move(petition, p.verify, manager, checked)
        archive.move(
            petition,
            p.reply_dispatch,
            manager,
            checked + timedelta(minutes=15),
            text="已派工修復完成，謝謝通報。",
        )
        archive.move(petition, p.close, manager, checked + timedelta(minutes=20))

    def near(self, petition: Petition, number: int) -> Village:
        """A village of the district, and a point close to it."""
        district = petition.case.district
        assert district is not None
        villages = self.cast.villages[district.pk]
        village = villages[number % len(villages)]
        assert village.latitude is not None and village.longitude is not None
        petition.latitude = village.latitude + Decimal(number * 37 % 400 - 200) / 100_000
        petition.longitude = village.longitude + Decimal(number * 53 % 400 - 200) / 100_000
        return village


HOURS = {
    "pothole": 2,
    "manhole": 4,
    "streetlight": 12,
    "pavement": 12,
    "drain": 12,
    "drain-cover": 4,
    "flooding": 1,
    "signal": 1,
    "sign": 12,
    "marking": 24,
    "trail": 24,
    "wayfinding": 24,
    "spot": 24,
    "site-safety": 4,
    "work-quality": 24,
}
FIX_DAYS = {
    "pothole": 1,
    "manhole": 3,
    "streetlight": 3,
    "pavement": 7,
    "drain": 5,
    "drain-cover": 3,
    "flooding": 1,
    "signal": 1,
    "sign": 5,
    "marking": 14,
    "trail": 7,
    "wayfinding": 7,
    "spot": 7,
    "site-safety": 3,
    "work-quality": 14,
}


def present(city: City, today: date) -> None:
    """Open cases around today for every person of the room: to sort, accept, answer, approve, go out,
    decide.
    """
    cast = _cast(city)
    categories = {one.pk: one for one in Category.objects.all()}
    services = {one.pk: one for one in Service.objects.select_related("category")}
    with Archive(p.process) as archive:
        way = _Present(
            cast, random.Random("service.petitions present"), categories, services, office_calendar()
        )
        way.archive, way.today = archive, today
        for number in range(36):
            way.one(number)
    _mails(way.before(0, 8))


def _mails(at: datetime) -> None:
    """Mails of this morning that a person looks at: a stranger's words on a case, a holiday notice, a broken
    one.
    """
    open_ones = Petition.objects.filter(case__closed_on=None, case__security="agency")
    number = open_ones.values_list("case__number", flat=True).earliest("pk")
    about = f"關於{number}：我也住附近，水溝的臭味今天更重了，請一併處理。"
    taking.take(_written(about, f"補充 {number}", "chen@mail.example", 1), box="maildir:1999", at=at)
    away = _written("本週休假，急事請洽代理人。", "自動回覆：收件通知", "office@mail.example", 2)
    taking.take(away, box="maildir:1999", at=at)
    taking.take(b"\xff\xfe\x00 not a mail", box="maildir:1999", at=at)


def _written(text: str, subject: str, sender: str, number: int) -> bytes:
    mail = EmailMessage()
    mail["From"], mail["Subject"], mail["Message-ID"] = sender, subject, f"<demo-{number}@mail.example>"
    mail.set_content(text)
    return mail.as_bytes()


class _Present(_History):
    """The cases of these weeks, each left where somebody is to do the next step."""

    today: date

    def before(self, working_days: int, hour: int = 10, lasting: timedelta = timedelta()) -> datetime:
        """An hour of a day before today, so early that what lasts so long from it is over by now."""
        day = self.calendar.step(self.today, -working_days) if working_days else self.today
        over = timezone.now().astimezone(TAIPEI).replace(second=0, microsecond=0) - lasting
        return min(datetime(day.year, day.month, day.day, hour, 5, tzinfo=TAIPEI), over)

    def one(self, number: int) -> None:
        (self.letters, self.faults_now)[number % 3 == 2](number)

    def brought(self, number: int, at: datetime, code: str, kind: str, **more: Any) -> Petition:
        given = {
            "channel": str((Channel.WEB, Channel.EMAIL, Channel.LETTER)[number % 3]),
            "category": self.categories[code],
            "content": TEXTS[code][number % len(TEXTS[code])],
            "nature": str(Nature.RIGHTS),
            **more,
        }
        return self.opened(10_000_000 + number, at, kind, **given)

    def letters(self, number: int) -> None:
        """In turn: received, assigned, disputed, in progress, awaiting, draft, joint, extension,
        reopening.
        """
        archive, city = self.archive, self.city
        water, agent = city.by_code("KCG-WR"), self.cast.agents[0]
        officer, controller, manager = city.officer(water), city.controller(water), city.manager(water)
        code = ("drainage.ditch", "drainage.flood")[number % 2]
        kind = str(Kind.MAILBOX if number % 4 == 0 else Kind.PETITION)
        step = (number // 3 * 2 + number % 3) % 10
        since = self.before((0, 1, 3, 4, 6, 3, 4, 5, 4, 12)[step])
        petition = self.brought(number, since, code, kind)
        if step == 0:
            return
        given = since + timedelta(hours=1)
        archive.move(petition, p.assign, agent, given, agency=water)
        if step == 1:
            return
        if step == 2:
            archive.move(
                petition, p.dispute, controller, given + timedelta(hours=4), reason="道路側溝權責未明。"
            )
            return
        taken = given + timedelta(hours=3)
        archive.move(petition, p.accept, controller, taken, officer=officer)
        if step == 4:
            archive.move(
                petition, p.ask_supplement, officer, taken + timedelta(days=1), wanted="請補充位置照片。"
            )
        elif step == 6:
            asked = {"agencies": [self.agencies["KCG-PW"]], "question": "請就路面部分表示意見。"}
            archive.move(petition, p.join, officer, self.before(1), **asked)
        elif step == 7:
            archive.move(
                petition, p.ask_extension, officer, self.before(1), days=3, reason="須與管線單位會勘。"
            )
        elif step in (5, 8, 9):
            self.drafted(
                petition, number, officer, self.before(1) if step != 9 else taken + timedelta(days=3)
            )
            if step == 9:
                sent = taken + timedelta(days=4)
                archive.move(petition, p.approve_reply, manager, sent)
                archive.move(
                    petition, p.send_reply, officer, sent + timedelta(hours=1), sent_by=str(Channel.EMAIL)
                )
                archive.move(petition, p.close, officer, sent + timedelta(hours=2))
                archive.move(petition, p.ask_reopening, None, self.before(1), reason="又淤積了。")

    def drafted(self, petition: Petition, number: int, officer: User, at: datetime) -> None:
        said = (Disposition.DONE, Disposition.EXPLAINED)[number % 2]
        self.archive.move(
            petition, p.draft_reply, officer, at, disposition=said, text=SAYS[said][0],
            **self.founded(self.categories[petition.category_id or ""]),
        )  # fmt: skip

    def faults_now(self, number: int) -> None:
        """In turn: just reported, dispatched, on site, made safe, completed."""
        archive, agent = self.archive, self.cast.agents[0]
        code = ("drain", "drain-cover", "flooding", "pothole")[number // 3 % 4]
        service = self.services[code]
        agency = self.agencies[CREWS[service.category_id]]
        crew = self.cast.crew(agency)
        since = self.before(0, 8, timedelta(minutes=80))
        petition = self.opened(
            10_000_000 + number,
            since,
            str(Kind.DISPATCH),
            channel=str(Channel.WEB),
            category=service.category,
            service=service,
            danger=service.danger,
            content=FAULTS[code],
        )
        petition.village = self.near(petition, number)
        step = number // 3 % 5
        if step == 0:
            return
        archive.move(petition, p.dispatch, agent, since + timedelta(minutes=9), agency=agency, crew=crew)
        if step >= 2:
            archive.move(petition, p.arrive, crew, since + timedelta(minutes=40))
        if step == 3:
            archive.move(petition, p.make_safe, crew, since + timedelta(minutes=55), measure="設置警示設施。")
        if step == 4:
            archive.move(
                petition, p.complete, crew, since + timedelta(minutes=80), done="已修復。", found=True
            )
