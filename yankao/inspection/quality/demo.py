"""示範資料 Tenders, commissioners and the inspections of the reference half-year, and a living present.

The half-year is functional spec part I, row Q1: sixty-seven inspections and five re-inspections, each with
two or three commissioners from outside, and two quarterly returns in time. Names and firms are synthetic.
"""

from __future__ import annotations

import random
import struct
import zlib
from collections import Counter
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import Any

from django.utils import timezone

from yankao.kernel.casework.archive import Archive
from yankao.kernel.casework.process import Move, Step
from yankao.kernel.evidence.files import keep
from yankao.kernel.evidence.models import Evidence
from yankao.kernel.people.city import City
from yankao.kernel.people.models import Agency, District
from yankao.kernel.period import Period
from yankao.kernel.rules.office import office_calendar
from yankao.kernel.rules.values import forget

from . import process as p
from . import returns
from .models import (
    Assay,
    Bond,
    Commissioner,
    Deficiency,
    FaultCode,
    Inspection,
    Kind,
    QualityGrade,
    Sample,
    Seat,
    SeatRole,
    Severity,
    Tender,
    Work,
)
from .team import faults_of, seats_of

SEED = 1010401
INSPECTIONS, REINSPECTIONS, QUARTER_BEFORE = 67, 5, 12
TENDERS = 200
OUTSIDERS = 30

WORKS: tuple[tuple[Work, str], ...] = (
    (Work.DRAINAGE, "雨水下水道新建工程"),
    (Work.ROAD, "計畫道路開闢工程"),
    (Work.BUILDING, "校舍耐震補強工程"),
    (Work.RIVER, "護岸整治工程"),
    (Work.LANDSCAPE, "公園綠地改善工程"),
    (Work.BRIDGE, "橋梁改建工程"),
    (Work.SLOPE, "坡地水土保持工程"),
    (Work.ELECTRICAL, "路燈汰換節能工程"),
    (Work.ROAD, "道路刨鋪工程"),
    (Work.BUILDING, "活動中心新建工程"),
    (Work.HARBOUR, "漁港設施改善工程"),
    (Work.DRAINAGE, "污水用戶接管工程"),
)
FIRMS = (
    "鼎盛",
    "宏鑫",
    "永豐隆",
    "國泰興",
    "大東",
    "日昇",
    "新協益",
    "長榮",
    "建國",
    "太平洋",
    "南方",
    "海城",
    "隆聖",
    "榮久",
    "協誠",
    "高盛",
    "東昌",
    "聯泰",
    "正道",
    "岡山",
)
CONSULTANTS = ("中正", "南城", "亞洲", "世界", "大地", "港都", "黎明", "中興")
EMPLOYERS = (
    "大學土木系",
    "技師公會",
    "建築師公會",
    "科技大學營建系",
    "大地技師事務所",
    "結構技師事務所",
)
PLACES = ("A區", "B區", "0K+120", "1K+350", "工務所")
REMEDIES = (
    "已敲除重作並經監造查驗合格。",
    "已補強完成並補附紀錄。",
    "已更新表單並召集人員講習。",
    "已增設防護設施。",
)


def picture(shade: int, mark: int) -> bytes:
    """A small picture that differs by shade and mark: a grey field with a bar."""
    wide, high = 96, 64
    rows = b"".join(
        b"\0" + bytes(40 if column // 8 == mark % 12 else (shade + row) % 256 for column in range(wide))
        for row in range(high)
    )

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    head = struct.pack(">IIBBBBB", wide, high, 8, 0, 0, 0, 0)
    body = chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(rows, 9)) + chunk(b"IEND", b"")
    return b"\x89PNG\r\n\x1a\n" + body


def next_open(day: date, by: int = 1) -> date:
    """The day itself, or the nearest working day after (before, with -1)."""
    while not office_calendar().is_open(day, "am", None):
        day += timedelta(days=by)
    return day


def at(day: date, hour: int = 10) -> datetime:
    return timezone.make_aware(datetime.combine(day, time(hour)))


@dataclass
class Play:
    """Plays inspections into an archive; `rng` makes every run the same."""

    city: City
    archive: Archive[Inspection]
    rng: random.Random
    insiders: list[Commissioner]
    outsiders: list[Commissioner]
    codes: list[FaultCode]
    photos: dict[str, list[Evidence]]
    proof: Evidence
    turn: int = 0
    met: Counter[tuple[int, str, int]] = field(default_factory=Counter)

    @property
    def secretary(self) -> Any:
        return self.city.secretary

    def do(
        self, one: Inspection, move: Move[Inspection, ...], on: date, actor: Any = None, **given: Any
    ) -> Step:
        return self.archive.move(one, move, actor or self.secretary, on, **given)

    def open(self, tender: Tender, on: date, kind: Kind, earlier: Inspection | None = None) -> Inspection:
        grounds = {
            Kind.GENERAL: "依規模抽選。",
            Kind.CITIZEN: "全民督工通報。",
            Kind.PETITION: "民眾陳情。",
            Kind.REINSPECTION: "前次查核列入複查。",
            Kind.SPECIAL: "市長指定。",
        }
        return self.archive.open(
            title=tender.name,
            agency=tender.agency,
            on=on,
            officer=self.secretary,
            actor=self.secretary,
            tender=tender,
            kind=kind,
            earlier=earlier,
            grounds=grounds[kind],
        )

    def plan(self, one: Inspection, on: date, day: date) -> None:
        self.do(one, p.schedule, on, planned_on=day)

    def tell(self, one: Inspection) -> None:
        """The quarter's list, where the practice of March 2012 asks for it."""
        day = one.planned_on
        assert day
        if p.needs_advance(one):
            told = next_open(day - timedelta(days=45))
            self.do(one, p.tell_quarter, told, advance_letter=self.letter(told), advance_on=told)

    def letter(self, day: date) -> str:
        self.turn += 1
        return f"高市府研工字第{day.year - 1911}{self.turn:07d}號"

    def fits(self, person: Commissioner, one: Inspection, day: date) -> bool:
        firm = one.tender.contractor
        return person.agency_id != one.tender.agency_id and self.met[person.pk, firm, day.year] < 2

    def seat(self, one: Inspection, on: date) -> None:
        """A lead and a member of the commission and two or three from outside, in turn."""
        day = one.planned_on
        assert day
        self.turn += 1
        start = self.turn * 3
        fitting = [
            c for c in self.outsiders[start % 30 :] + self.outsiders[: start % 30] if self.fits(c, one, day)
        ]
        outside = fitting[: 2 + self.turn % 2]
        inside = [c for c in self.insiders[self.turn % 4 :] + self.insiders if self.fits(c, one, day)]
        rows = [p.SeatRow(inside[0], SeatRole.LEAD)]
        rows += [p.SeatRow(person, SeatRole.MEMBER, Decimal(2500)) for person in outside]
        if self.turn % 3 == 0 and inside[1] is not inside[0]:
            rows.append(p.SeatRow(inside[1]))
        for row in rows:
            self.met[row.commissioner.pk, one.tender.contractor, day.year] += 1
        self.do(one, p.name_members, on, seats=rows)

    def form(self, one: Inspection) -> None:
        day = one.planned_on
        assert day
        formed = next_open(day - timedelta(days=9), -1)
        self.seat(one, formed)
        self.do(one, p.form_team, formed)

    def phone(self, one: Inspection) -> None:
        day = one.planned_on
        assert day
        before = next_open(day - timedelta(days=1), -1)
        self.archive.move(
            one,
            p.notify,
            self.secretary,
            at(before, 14),
            phoned_at=at(before, 14),
            spoke_with="值班承辦人",
            notice_letter=self.letter(before),
        )

    def visit(self, one: Inspection, lag: int = 0) -> None:
        day = one.planned_on
        assert day
        planned = Decimal(self.rng.randrange(25, 90))
        self.do(
            one,
            p.arrive,
            day,
            inspected_on=day,
            letter_served_on=day,
            planned=planned,
            actual=max(Decimal(5), planned - lag),
        )

    def look(self, one: Inspection, many: int) -> None:
        """So many deficiencies, each with its photograph of before."""
        day = one.inspected_on
        assert day
        for number, code in enumerate(self.rng.sample(self.codes, many)):
            severity = self.rng.choice([Severity.SLIGHT, Severity.SLIGHT, Severity.MEDIUM])
            if code.points >= 3:
                severity = Severity.SERIOUS
            self.do(
                one,
                p.note_fault,
                day,
                code=code,
                description=f"{code.name}，位置：{self.rng.choice(PLACES)}。",
                severity=severity,
                points=code.points,
                party=code.party,
                before=self.photos["before"][number],
            )
        if self.turn % 2:
            self.do(one, p.suggest, day, party=self.codes[0].party, text="建議加強自主檢查並逐項量化標準。")

    def sample(self, one: Inspection, test: Assay) -> Sample:
        day = one.inspected_on
        assert day
        step = self.do(one, p.take_sample, day, test=test, place="0K+180左側", laboratory="公立試驗室")
        return next(row for row in step.added if isinstance(row, Sample))

    def mark(self, one: Inspection, aim: int) -> None:
        day = one.inspected_on
        assert day
        rows = [
            p.ScoreRow(seat, Decimal(min(100, aim + self.rng.randrange(-2, 3)))) for seat in seats_of(one)
        ]
        self.do(one, p.enter_forms, day, scores=rows, form=self.proof)

    def result(self, one: Inspection, on: date) -> None:
        self.do(one, p.issue_result, on, result_letter=self.letter(on))

    def controller(self, one: Inspection) -> Any:
        return self.city.controller(one.case.agency)

    def receive(self, one: Inspection, on: date) -> None:
        self.do(one, p.acknowledge, on, self.controller(one), received_on=on)

    def fix(self, one: Inspection, on: date, faults: list[Deficiency]) -> None:
        for fault in faults:
            number = fault.number - 1
            self.do(
                one,
                p.report_fix,
                on,
                self.controller(one),
                fault=fault,
                remedy=self.rng.choice(REMEDIES),
                fixed_on=on,
                during=self.photos["during"][number],
                after=self.photos["after"][number],
            )

    def hand_in(self, one: Inspection, on: date) -> None:
        faults = faults_of(one)
        self.fix(one, on, [fault for fault in faults if fault.fixed_on is None])
        self.do(one, p.review_fixes, on, self.controller(one), faults=faults)
        self.do(one, p.submit_corrections, on, self.controller(one), corrected_letter=self.letter(on))

    def end(self, one: Inspection, on: date, again: bool = False) -> None:
        """Filed, the measures of the lowest grade reported, a re-inspection ordered where wanted, closed."""
        self.do(one, p.file_corrections, on)
        if one.grade == QualityGrade.POOR:
            self.do(one, p.require_measures, on)
            self.do(
                one,
                p.report_measures,
                next_open(on + timedelta(days=12)),
                self.controller(one),
                staff="承辦人員申誡一次。",
                professionals="報請主管機關查處專任工程人員。",
                debarment="經審認未達第101條第1項各款情形。",
                supervisors="已通知監造單位更換駐地人員。",
                site_staff="已通知廠商更換品管人員。",
            )
            on = next_open(on + timedelta(days=15))
        if again:
            self.do(
                one, p.order_reinspection, on, reinspect_by=on + timedelta(days=60), reason="前次成績偏低。"
            )
        if not again:
            self.do(one, p.close, next_open(on + timedelta(days=3)))

    def whole(self, one: Inspection, number: int, again: bool = False) -> None:
        """From the schedule to the end, as it usually goes."""
        day = one.planned_on
        assert day
        poor, held = number % 17 == 8, number % 11 == 4
        self.tell(one)
        self.form(one)
        self.phone(one)
        self.visit(one, lag=self.rng.choice([0, 0, 1, 3, 12]))
        self.look(one, self.rng.randrange(3, 8))
        sample = self.sample(one, Assay.CONCRETE if number % 2 else Assay.ASPHALT) if held else None
        self.mark(one, 66 if poor else self.rng.choice([74, 76, 78, 80, 81, 82, 83, 84, 85, 87, 90]))
        self.do(one, p.conclude, day)
        told = next_open(day + timedelta(days=6))
        if sample and one.withheld:
            self.do(one, p.send_record_first, told)
            judged = next_open(day + timedelta(days=16))
            self.do(
                one,
                p.enter_test,
                judged,
                sample=sample,
                report=self.proof,
                result_on=judged,
                passed=number % 33 != 4,
            )
            self.result(one, judged)
            told = judged
        else:
            self.result(one, told)
        got = next_open(told + timedelta(days=2))
        self.receive(one, got)
        assert one.record_sent_on
        done = next_open(one.record_sent_on + timedelta(days=self.rng.randrange(18, 27)), -1)
        self.hand_in(one, max(done, got))
        self.end(one, next_open(max(done, got) + timedelta(days=7)), again)


# ── Tenders and commissioners ───────────────────────────────────────────────────────────────────────


def firm(number: int) -> str:
    return f"{FIRMS[number % len(FIRMS)]}{('營造', '土木', '工程')[number // len(FIRMS) % 3]}股份有限公司"


def make_tenders(
    city: City, rng: random.Random, year: int, count: int, districts: list[District]
) -> list[Tender]:
    """Works under construction in a year, of the bureaus and the district offices."""
    hosts: list[Agency] = [agency for agency in city.agencies if agency.pk != city.rdec.pk]
    water = city.by_code("KCG-WR")
    made = []
    for number in range(count):
        work, words = WORKS[number % len(WORKS)]
        agency = water if number % 9 == 0 else hosts[number * 5 % len(hosts)]
        size = rng.choice([3, 5, 8, 12, 18, 25, 40, 60, 90, 150, 260])
        budget = Decimal(size * 1_000_000 + rng.randrange(900) * 1000)
        start = date(year - 1, 1, 1) + timedelta(days=rng.randrange(120, 340))
        district = districts[number % len(districts)]
        planned = Decimal(rng.randrange(20, 95))
        made.append(
            Tender(
                agency=agency,
                case_no=f"{year - 1911}{number + 1:04d}-{agency.pk % 100:02d}",
                name=f"{district.name}{words}（{number + 1}）",
                work=work,
                budget=budget,
                award=(budget * Decimal(rng.choice([72, 78, 84, 88, 92, 96])) / 100).quantize(Decimal(1)),
                contractor=firm(number * 7 + year),
                supervisor=f"{CONSULTANTS[number % len(CONSULTANTS)]}工程顧問有限公司",
                own=number % 12 != 7,
                awarded_on=start,
                finished_on=None if year > 2013 else date(year + 1, 3, 31),
                planned=planned,
                actual=max(Decimal(0), planned - rng.choice([0, 0, 0, 1, 2, 4, 11, 15])),
                changes=rng.choice([0, 0, 1, 1, 2, 3, 4]),
                complaints=rng.choice([0, 0, 0, 0, 0, 1, 2]),
                filed_on=date(year, 6, 5)
                if year < 2013
                else city.today - timedelta(days=rng.randrange(5, 70)),
                district=district,
                site=f"{district.name}工地",
            )
        )
    return Tender.objects.bulk_create(made)


def make_commissioners(city: City, rng: random.Random) -> None:
    """The commission's own inspectors, and experts of the national list with their declared relations."""
    inside = [
        Commissioner(
            name=user.name,
            user=user,
            external=False,
            specialty=WORKS[number][0],
            agency=city.rdec,
            employer=city.rdec.name,
            valid_from=date(2011, 1, 1),
        )
        for number, user in enumerate(city.inspectors)
    ]
    surnames = "陳林黃張李王吳劉蔡楊許鄭謝郭洪邱曾廖賴徐周葉蘇莊呂江何蕭羅高"
    outside = [
        Commissioner(
            name=surnames[number]
            + rng.choice(("正雄", "國棟", "明哲", "文彬", "榮華", "建宏", "信宏", "士傑")),
            expert_no=f"E{number + 101:05d}",
            external=True,
            specialty=WORKS[number % len(WORKS)][0],
            employer=EMPLOYERS[number % len(EMPLOYERS)],
            valid_from=date(2011, 1, 1),
        )
        for number in range(OUTSIDERS)
    ]
    Commissioner.objects.bulk_create([*inside, *outside])
    Bond.objects.bulk_create(
        [
            Bond(
                commissioner=outside[3],
                kind=Bond.Kind.KIN,
                firm="北方營造股份有限公司",
                valid_from=date(2011, 1, 1),
            ),
            Bond(
                commissioner=outside[9],
                kind=Bond.Kind.EMPLOYED,
                firm="西山土木有限公司",
                valid_from=date(2011, 6, 1),
            ),
        ]
    )


def _play(city: City, archive: Archive[Inspection], salt: int) -> Play:
    rng = random.Random(SEED + salt)
    if not Commissioner.objects.exists():
        make_commissioners(city, rng)
    photos = {
        name: [
            keep(picture(60 * kind + 40, mark), f"{name}-{mark + 1}.png", city.secretary) for mark in range(8)
        ]
        for kind, name in enumerate(("before", "during", "after"))
    }
    proof = keep(picture(200, 11), "signed-form.png", city.secretary)
    people = list(Commissioner.objects.order_by("pk"))
    met: Counter[tuple[int, str, int]] = Counter(
        Seat.objects.filter(inspection__inspected_on__isnull=False).values_list(
            "commissioner_id", "inspection__tender__contractor", "inspection__inspected_on__year"
        )
    )
    return Play(
        city,
        archive,
        rng,
        [c for c in people if not c.external],
        [c for c in people if c.external],
        list(FaultCode.objects.all()),
        photos,
        proof,
        met=met,
    )


# ── The reference half-year ─────────────────────────────────────────────────────────────────────────


def load(city: City) -> None:
    """The reference half-year 101H1 with the quarter before it."""
    forget()
    rng = random.Random(SEED)
    tenders = make_tenders(city, rng, 2012, TENDERS, city.districts)
    kinds = [Kind.GENERAL] * 5 + [Kind.CITIZEN, Kind.PETITION]
    poor: list[Inspection] = []
    with Archive(p.process) as archive:
        play = _play(city, archive, 0)
        for number in range(QUARTER_BEFORE):
            _played(play, tenders[number], date(2011, 10, 4) + timedelta(days=number * 7), Kind.GENERAL, 1)
        for number in range(INSPECTIONS):
            day = date(2012, 1, 3) + timedelta(days=number * 177 // INSPECTIONS)
            again = number in (2, 8, 13, 19, 25)
            one = _played(
                play, tenders[QUARTER_BEFORE + number], day, kinds[number % len(kinds)], number, again
            )
            if again:
                poor.append(one)
    assert len(poor) == REINSPECTIONS
    with Archive(p.process) as archive:
        play.archive = archive
        for number, one in enumerate(poor):
            assert one.reinspect_by
            day = next_open(date(2012, 5, 7) + timedelta(days=number * 10))
            _played(play, one.tender, day, Kind.REINSPECTION, 1, earlier=one)
    for one in poor:
        fresh = Inspection.objects.select_related("case").get(pk=one.pk)
        p.close.run(fresh, city.secretary, {}, at=at(date(2012, 9, 3)))
    for quarter, on in (("100Q4", date(2012, 1, 18)), ("101Q1", date(2012, 4, 20))):
        kept = returns.prepare(Period.parse(quarter), city.secretary)
        returns.send(kept, city.secretary, sent_on=on, letter=play.letter(on))


def _played(
    play: Play,
    tender: Tender,
    day: date,
    kind: Kind,
    number: int,
    again: bool = False,
    earlier: Inspection | None = None,
) -> Inspection:
    day = next_open(day)
    ahead = 70 if kind == Kind.GENERAL else 20
    picked = next_open(day - timedelta(days=ahead))
    one = play.open(tender, picked, kind, earlier)
    play.plan(one, picked, day)
    play.whole(one, number, again)
    return one


# ── The living present ──────────────────────────────────────────────────────────────────────────────


def present(city: City, today: date) -> None:
    """Inspections of this year in every stage around today, the next ones still secret."""
    forget()
    rng = random.Random(SEED + today.toordinal())
    tenders = make_tenders(city, rng, today.year, 120, city.districts)
    with Archive(p.process) as archive:
        play = _play(city, archive, today.toordinal())
        play.turn = 5000
        now = Now(play, tenders, today)
        for number in range(14):  # over since the spring
            _played(play, now.tender(), today - timedelta(days=230 - 9 * number), Kind.GENERAL, number)
        for number in range(2):
            now.poor(number)
        for number in range(4):  # corrections under way, the first nearly due, the second late
            now.correcting(day=(33, 44, 22, 14)[number], fixed=number)
        for number in range(2):
            now.submitted(day=30 + number)
        now.issued(day=8)
        for number in range(2):
            now.scored(day=3 + number)
        now.pending(day=12)
        now.on_site()
        now.notified()
        for number in range(3):  # next week and the week after: secret
            now.formed(ahead=7 + 3 * number)
        for number in range(3):
            now.advised(ahead=34 + 5 * number)
        for number in range(3):
            now.scheduled(ahead=60 + 6 * number)
        for _number in range(2):
            play.open(now.tender(), next_open(today - timedelta(days=3), -1), Kind.PETITION)
        one = play.open(now.tender(), next_open(today - timedelta(days=9), -1), Kind.SPECIAL)
        play.do(one, p.drop, next_open(today - timedelta(days=5), -1), reason="工程已完工。")
    quarter = returns.quarter_of(today).previous()
    kept = returns.prepare(quarter.previous(), city.secretary)
    sent = next_open(kept.due_on - timedelta(days=6), -1)
    returns.send(kept, city.secretary, sent_on=sent, letter=play.letter(sent))
    returns.prepare(quarter, city.secretary)
    if returns.due_day(quarter) < today:  # its day is past: it was sent in time
        last = returns.owed(today)
        sent = next_open(last.due_on - timedelta(days=4), -1)
        returns.send(last, city.secretary, sent_on=sent, letter=play.letter(sent))


@dataclass
class Now:
    """Takes inspections of the present to a stage; `day` and `ahead` are days before and after today."""

    play: Play
    tenders: list[Tender]
    today: date
    taken: int = 0

    def tender(self) -> Tender:
        self.taken += 1
        return self.tenders[self.taken - 1]

    def _planned(self, day: date, kind: Kind = Kind.CITIZEN) -> Inspection:
        picked = next_open(min(day - timedelta(days=16), self.today - timedelta(days=1)), -1)
        one = self.play.open(self.tender(), picked, kind)
        self.play.plan(one, picked, day)
        return one

    def _formed(self, day: date) -> Inspection:
        one = self._planned(day)
        formed = next_open(min(day - timedelta(days=9), self.today), -1)
        self.play.seat(one, formed)
        self.play.do(one, p.form_team, formed)
        return one

    def _visited(self, day: int) -> Inspection:
        one = self._formed(next_open(self.today - timedelta(days=day), -1))
        self.play.phone(one)
        self.play.visit(one, lag=2)
        self.play.look(one, 4)
        return one

    def _marked(self, day: int, aim: int = 81) -> Inspection:
        one = self._visited(day)
        self.play.mark(one, aim)
        return one

    def scored(self, day: int) -> Inspection:
        one = self._marked(day)
        assert one.inspected_on
        self.play.do(one, p.conclude, one.inspected_on)
        return one

    def pending(self, day: int) -> None:
        one = self._visited(day)
        self.play.sample(one, Assay.CONCRETE)
        self.play.mark(one, 82)
        assert one.inspected_on
        self.play.do(one, p.conclude, one.inspected_on)
        self.play.do(one, p.send_record_first, next_open(one.inspected_on + timedelta(days=5)))

    def issued(self, day: int) -> Inspection:
        one = self.scored(day)
        assert one.inspected_on
        self.play.result(one, next_open(one.inspected_on + timedelta(days=5)))
        return one

    def correcting(self, day: int, fixed: int = 0) -> Inspection:
        one = self.issued(day)
        assert one.issued_on
        got = next_open(one.issued_on + timedelta(days=1))
        self.play.receive(one, got)
        self.play.fix(one, next_open(got + timedelta(days=3)), faults_of(one)[:fixed])
        return one

    def submitted(self, day: int) -> None:
        one = self.correcting(day)
        self.play.hand_in(one, next_open(self.today - timedelta(days=4), -1))

    def poor(self, number: int) -> None:
        """A lowest grade: its measures owed, or a re-inspection ordered."""
        one = self._marked(70 + number, aim=64)
        assert one.inspected_on
        self.play.do(one, p.conclude, one.inspected_on)
        self.play.result(one, next_open(one.inspected_on + timedelta(days=6)))
        assert one.issued_on
        self.play.receive(one, next_open(one.issued_on + timedelta(days=1)))
        done = next_open(one.issued_on + timedelta(days=25), -1)
        self.play.hand_in(one, done)
        filed = next_open(done + timedelta(days=5))
        self.play.do(one, p.file_corrections, filed)
        if number == 0:
            self.play.do(one, p.require_measures, filed)
            return
        by = self.today + timedelta(days=20)
        self.play.do(one, p.order_reinspection, filed, reinspect_by=by, reason="成績偏低，列入複查。")

    def on_site(self) -> None:
        self._visited(0)

    def notified(self) -> None:
        """Phoned today for the next working day."""
        one = self._formed(next_open(self.today + timedelta(days=1)))
        self.play.phone(one)

    def formed(self, ahead: int) -> None:
        self._formed(next_open(self.today + timedelta(days=ahead)))

    def advised(self, ahead: int) -> None:
        one = self._planned(next_open(self.today + timedelta(days=ahead)), Kind.GENERAL)
        told = next_open(self.today - timedelta(days=1), -1)
        self.play.do(one, p.tell_quarter, told, advance_letter=self.play.letter(told), advance_on=told)

    def scheduled(self, ahead: int) -> None:
        self._planned(next_open(self.today + timedelta(days=ahead)), Kind.GENERAL)
