"""The demonstration city's pre-review: the reference year (functional spec part I) and a living present."""

from __future__ import annotations

import random
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from yankao.kernel.casework.archive import Archive
from yankao.kernel.figures.models import OwnPeriod
from yankao.kernel.money.models import Ceiling, Source
from yankao.kernel.money.split import Portion, YearRow, year_rows
from yankao.kernel.people.city import City
from yankao.kernel.people.models import Agency, User
from yankao.kernel.review.demo import workday

from . import process as way
from . import rules
from .budget import PURPOSE
from .deciding import explain, justify, result_of
from .models import Answer, Kind, Meeting, Proposal, Question, Result, Round, Trainee, Training
from .ranking import Entry, allocate, order

D = Decimal
YEAR = 102

WORKS = (
    "道路拓寬", "雨水下水道系統", "排水護岸整治", "橋梁耐震補強", "污水下水道系統", "滯洪池", "自行車道串聯",
    "公園綠地闢建", "人行環境", "市場改建", "停車場", "海岸保護",
)  # fmt: skip
PLANS = (
    "為民服務環境精進", "長期照顧據點布建", "社區大學推動", "圖書館館藏充實", "公車路網優化", "登革熱防治",
    "青年就業輔導", "觀光行銷", "空氣品質維護", "文化資產保存", "校園無障礙環境", "消防救護量能提升",
    "社會住宅包租代管", "農產品驗證輔導", "體育人才培育", "客家文化推廣", "原住民族部落產業", "地籍圖重測",
    "智慧交通控制", "檔案管理", "公務人力訓練", "公共托育設施", "食品安全稽查", "勞工安全輔導",
)  # fmt: skip
METERS = ("水質檢驗儀器", "救護車載電腦", "食品重金屬分析儀")
BUILDERS = ("KCG-PW", "KCG-WR", "KCG-MRT", "KCG-UD", "KCG-MAR")
LABS = ("KCG-ENV", "KCG-FIRE", "KCG-HLTH")
CENTRAL = (("大眾捷運路網延伸規劃", "交通部"), ("環狀輕軌捷運建設", "交通部"))

TOTALS = {
    Source.CITY_FUND: 7_277_000_000,
    Source.CENTRAL_GENERAL: 7_631_000_000,
    Source.CENTRAL_SPECIAL: 177_000_000,
    Source.PRIVATE: 154_000_000,
}
CITY = 29_414_000_000
GRANT = 3_120_000_000
"""Of the city's money so much is the general grant; planning shows both as one."""

NOTES = {
    Answer.DONE: "已完成，相關文件如附。",
    Answer.PLANNED: "辦理中，預定本年底前完成。",
    Answer.NOT_NEEDED: "本計畫不涉及。",
}


def shares(rng: random.Random, total: int, count: int, low: int = 40, high: int = 100) -> list[int]:
    """`count` whole thousands that sum to `total`, in rough proportion to random weights."""
    weights = [rng.randint(low, high) for _each in range(count)]
    found = [total // 1000 * weight // sum(weights) * 1000 for weight in weights]
    found[-1] += total - sum(found)
    return found


@dataclass
class Wish:
    """A proposal to be made: what it is and what it asks of each source over its years."""

    kind: Kind
    agency: Agency
    title: str
    district: Any
    money: dict[Source, int]
    years: int
    central: str = ""

    @property
    def total(self) -> int:
        return sum(self.money.values())

    def rows(self, year: int) -> list[YearRow]:
        """The cost sheet: three fifths in the plan year, the rest shared by those after it."""
        portions = []
        for source, amount in self.money.items():
            left = amount
            for n in range(self.years):
                part = left if n == self.years - 1 else amount // 1000 * (60 if n == 0 else 20) // 100 * 1000
                left -= part
                if part:
                    portions.append(Portion(year + n, source, D(part)))
        return year_rows(portions)


def _wishes(city: City, rng: random.Random) -> list[Wish]:
    """48 + 306 + 3 proposals whose money sums to the printed totals by source, to the dollar."""
    count = city.part(306, 10)
    built, sets = city.part(48, 6), 3
    wishes = []
    for n in range(built):
        agency = city.by_code(BUILDERS[n % len(BUILDERS)])
        district = rng.choice(city.districts)
        wishes.append(
            Wish(Kind.CONSTRUCTION, agency, f"{district.name}{WORKS[n % len(WORKS)]}工程", district, {}, 3)
        )
    for n, (title, ministry) in enumerate(CENTRAL):
        wishes[n] = Wish(Kind.CONSTRUCTION, city.by_code("KCG-MRT"), title, None, {}, 3, ministry)
    for n in range(count):
        agency = city.agencies[n % len(city.agencies)]
        place = rng.choice(city.districts) if n % 3 == 0 else None
        title = f"{place.name if place else ''}{PLANS[(n * 7 + n // 31) % len(PLANS)]}計畫"
        wishes.append(Wish(Kind.ADMINISTRATIVE, agency, title, place, {}, 2 if n % 4 == 0 else 1))
    for code, title in zip(LABS[:sets], METERS, strict=True):
        wishes.append(Wish(Kind.INSTRUMENTS, city.by_code(code), f"{title}汰換", None, {}, 1))
    works, plans = wishes[:built], wishes[built:]
    _spread(rng, works, Source.CITY_GENERAL, 11_000_000_000)
    _spread(rng, plans, Source.CITY_GENERAL, CITY - GRANT - 11_000_000_000)
    _spread(rng, [one for one in wishes if not one.central][::6], Source.CENTRAL_GENERAL_GRANT, GRANT)
    _spread(rng, wishes[1::5], Source.CITY_FUND, TOTALS[Source.CITY_FUND])
    _spread(rng, [*works[:30], *plans[::9]], Source.CENTRAL_GENERAL, TOTALS[Source.CENTRAL_GENERAL])
    _spread(rng, plans[4::60], Source.CENTRAL_SPECIAL, TOTALS[Source.CENTRAL_SPECIAL])
    _spread(rng, plans[7::75], Source.PRIVATE, TOTALS[Source.PRIVATE])
    return wishes


def _spread(rng: random.Random, wishes: list[Wish], source: Source, total: int) -> None:
    for wish, amount in zip(wishes, shares(rng, total, len(wishes)), strict=True):
        wish.money[source] = wish.money.get(source, 0) + amount


def _points(city: City) -> dict[str, tuple[Decimal, Decimal]]:
    """A point of each district: that of its first village that has one."""
    from yankao.kernel.people.models import Village  # noqa: PLC0415

    found: dict[str, tuple[Decimal, Decimal]] = {}
    rows = Village.objects.exclude(longitude=None).order_by("code")
    for district, longitude, latitude in rows.values_list("district_id", "longitude", "latitude"):
        if longitude is not None and latitude is not None:
            found.setdefault(district, (longitude, latitude))
    return found


@dataclass
class Play:
    """One proposal being played into the archive, with who does what."""

    archive: Archive[Proposal]
    city: City
    wish: Wish
    record: Proposal
    number: int

    def do(self, move: Any, actor: Any, on: date, **given: Any) -> Any:
        return self.archive.move(self.record, move, actor, on, **given)

    def prepare(self, on: date, agency_rank: int | None) -> None:
        """Cost sheet, form-check answers and the agency's ranking."""
        rows = self.wish.rows(self.record.year)
        self.do(way.state_cost, self.record.case.officer, on, total=D(self.wish.total), years=rows)
        replies = [
            way.Reply(question, answer, NOTES[answer])
            for n, question in enumerate(rules.CHECKLISTS[self.wish.kind].at(on).questions)
            for answer in [self._answer(question, n)]
        ]
        self.do(way.answer_form, self.record.case.officer, on, replies=replies)
        if agency_rank:
            self.do(way.rank_in_agency, self.city.controller(self.wish.agency), on, agency_rank=agency_rank)

    def _answer(self, question: Question, n: int) -> Answer:
        if question in (Question.EIA, Question.URBAN_PLAN):
            return Answer.NOT_NEEDED
        return Answer.PLANNED if (self.number + n) % 7 == 0 else Answer.DONE

    def submit(self, on: date) -> None:
        self.do(way.submit, self.city.controller(self.wish.agency), on)

    def review(self, rng: random.Random, meeting: Meeting, panel: list[User], settled: date) -> None:
        """Scheduled, scored and concluded on the day of the meeting."""
        rdec = self.city.rdec_controller
        self.do(way.schedule_first, rdec, settled, meeting=meeting)
        seats = [one for one in panel if not any(post.agency_id == self.wish.agency.pk for post in one.held)]  # type: ignore[attr-defined]
        self.do(way.seat_reviewers, rdec, settled, reviewers=seats[:2])
        level = rng.randint(62, 92)
        for person in seats[:2]:
            self.do(way.score, person, meeting.held_on, **marks(rng, level))
        self.do(way.conclude_first, rdec, meeting.held_on, result=Result.KEEP,
                opinion="計畫內容大致妥適，請補充量化效益並檢討經費編列。")  # fmt: skip


def marks(rng: random.Random, level: int) -> dict[str, Any]:
    """A reviewer's marks about a level."""
    names = ("policy", "need", "benefit", "readiness", "funding", "execution")
    return {name: D(max(0, min(100, level + rng.randint(-8, 8)))) for name in names}


def _panel(city: City) -> list[User]:
    """Reviewers of the bureaus that look on money, works and town planning, each with where they sit."""
    codes = ("KCG-FIN", "KCG-BAS", "KCG-UD", "KCG-PW")
    known = {agency.code for agency in city.agencies}
    panel = [city.manager(city.by_code(code)) for code in codes if code in known]
    for person in panel:
        person.held = list(person.posts.all())  # type: ignore[attr-defined]
    return panel


def open_one(
    archive: Archive[Proposal], city: City, wish: Wish, number: int, year: int, on: date,
    points: dict[str, tuple[Decimal, Decimal]], rng: random.Random,
) -> Play:  # fmt: skip
    place = points.get(wish.district.pk) if wish.district else None
    facts: dict[str, Any] = {}
    if place:
        facts = {
            "place": f"{wish.district.name}內",
            "longitude": place[0] + D(rng.randint(-9, 9)) / 1000,
            "latitude": place[1] + D(rng.randint(-9, 9)) / 1000,
        }
    record = archive.open(
        title=f"{year}年度{wish.title}" if wish.kind != Kind.CONSTRUCTION else wish.title,
        agency=wish.agency, on=on, officer=city.officer(wish.agency, number), district=wish.district,
        actor=city.officer(wish.agency, number), year=year, kind=wish.kind, central=bool(wish.central),
        continuing=wish.total < 50_000_000, plan_no=f"{wish.agency.code.removeprefix('KCG-')}-{number:03d}",
        purpose="依施政目標辦理，改善現況並提升服務品質。", goal="宜居城市",
        benefits="完成後受益人口約一萬人，並降低後續維護成本。",
        recurrent=D(wish.total // 100_000_000 * 1_000_000), **facts,
    )  # fmt: skip
    return Play(archive, city, wish, record, number)


# ── The reference year ──────────────────────────────────────────────────────────────────────────────


def load(city: City) -> None:
    """357 proposals of year 102 with the printed sums, 22 first-review meetings, 107 trained."""
    rng = random.Random("planning.proposals 102")
    meetings, seconds = _meetings(city)
    _training(city, rng)
    wishes, points, panel = _wishes(city, rng), _points(city), _panel(city)
    with Archive(way.process) as archive:
        plays = []
        ranks: dict[int, int] = {}
        for number, wish in enumerate(wishes, 1):
            opened = date(2011, 12, 20) if wish.central else date(2012, 2, 20) + timedelta(days=number % 20)
            play = open_one(archive, city, wish, number, YEAR, opened, points, rng)
            ranks[wish.agency.pk] = place = ranks.get(wish.agency.pk, 0) + 1
            play.prepare(opened + timedelta(days=3), place)
            play.submit(date(2012, 1, 5) if wish.central else date(2012, 3, 20) + timedelta(days=number % 10))
            plays.append(play)
        for play in plays:
            if play.wish.central:
                _to_the_centre(play)
        own = [play for play in plays if not play.wish.central]
        for n, play in enumerate(own):
            play.do(way.pass_form, city.rdec_controller, date(2012, 4, 5) + timedelta(days=n % 12))
            _reviews(rng, play, n, meetings[n * len(meetings) // len(own)], seconds[n % len(seconds)], panel)
        _decide(city, own)
    _ceilings(YEAR, date(2012, 8, 1), LIMITS)
    OwnPeriod.objects.update_or_create(
        period="101H1",
        figure="planning.proposals.meetings",
        defaults={
            "start": date(2012, 1, 1),
            "end": date(2012, 7, 18),
            "as_of": date(2012, 7, 18),
            "reason": "初審會議於101年7月18日全部召開完畢",
        },
    )


LIMITS = {
    Source.CITY_GENERAL: 13_500_000_000,
    Source.CENTRAL_GENERAL_GRANT: 2_000_000_000,
    Source.CITY_FUND: 4_600_000_000,
    Source.CENTRAL_GENERAL: 4_500_000_000,
    Source.CENTRAL_SPECIAL: 177_000_000,
    Source.PRIVATE: 154_000_000,
}


def _ceilings(year: int, since: date, limits: dict[Source, int]) -> None:
    Ceiling.objects.bulk_create(
        Ceiling(purpose=PURPOSE, year=year, source=source, amount=D(amount), since=since,
                basis=f"{year}年度概算額度核定函")
        for source, amount in limits.items()
    )  # fmt: skip


def _meetings(city: City) -> tuple[list[Meeting], list[Meeting]]:
    """22 working days from 2 May to 18 July, and three of the second review in August."""
    days: list[date] = []
    day = date(2012, 5, 2)
    while len(days) < 21:
        if day.weekday() < 5:
            days.append(day)
            day += timedelta(days=3)
        else:
            day += timedelta(days=1)
    days.append(date(2012, 7, 18))
    chair = city.rdec_chief
    rows = [
        Meeting(year=YEAR, round=Round.FIRST, title=f"{YEAR}年度先期作業第{n}次初審會議", held_on=held,
                place="市府第三會議室", chair=chair, minutes_due_on=held + timedelta(days=7),
                minutes_on=held + timedelta(days=6))
        for n, held in enumerate(days, 1)
    ]  # fmt: skip
    rows += [
        Meeting(year=YEAR, round=Round.SECOND, title=f"{YEAR}年度先期作業第{n}次複審會議", held_on=held,
                place="市府第一會議室", chair=city.rdec_commissioner,
                minutes_due_on=held + timedelta(days=7), minutes_on=held + timedelta(days=5))
        for n, held in enumerate((date(2012, 8, 7), date(2012, 8, 9), date(2012, 8, 14)), 1)
    ]  # fmt: skip
    found = Meeting.objects.bulk_create(rows)
    return found[:22], found[22:]


def _training(city: City, rng: random.Random) -> None:
    """107 came on 13 February 2012; four on the list did not."""
    training = Training.objects.create(
        year=YEAR, title="102年度施政計畫先期作業研習", held_on=date(2012, 2, 13), place="市府大禮堂"
    )
    hosts = [*city.agencies, *city.district_offices]
    Trainee.objects.bulk_create(
        Trainee(session=training, name=city_name(rng, n), agency=hosts[n % len(hosts)], present=n < 107,
                hours=D(6) if n < 107 else D(0))
        for n in range(111)
    )  # fmt: skip


def city_name(rng: random.Random, n: int) -> str:
    """A synthetic name."""
    return rng.choice("陳林黃張李王吳劉蔡楊") + rng.choice(
        ("怡君", "冠廷", "詩涵", "博文", "家豪", "淑芬", "俊傑")
    )


def _to_the_centre(play: Play) -> None:
    rdec = play.city.rdec_controller
    play.do(way.pass_form, rdec, date(2012, 1, 16))
    play.do(way.review_inside, rdec, date(2012, 2, 6), opinion="府內審查通過，請依限提送。")
    play.do(way.send_to_ministry, rdec, date(2012, 2, 16), ministry=play.wish.central)


def _reviews(
    rng: random.Random, play: Play, n: int, first: Meeting, second: Meeting, panel: list[User]
) -> None:
    play.review(rng, first, panel, first.held_on - timedelta(days=7))
    rdec = play.city.rdec_controller
    play.do(way.revise, play.record.case.officer, first.held_on + timedelta(days=10),
            response="已補充量化效益，經費維持原需求。")  # fmt: skip
    play.do(way.schedule_second, rdec, second.held_on - timedelta(days=3), meeting=second)
    if n % 25 == 11:
        play.do(way.conclude_second, rdec, second.held_on, result=Result.DEFER, opinion="用地未定，緩議。")
    elif n % 9 == 4:
        cut = {source: amount * 9 // 10 for source, amount in play.wish.money.items()}
        less = Wish(
            play.wish.kind, play.wish.agency, play.wish.title, play.wish.district, cut, play.wish.years
        )
        play.do(way.conclude_second, rdec, second.held_on, result=Result.CUT, opinion="經費酌減一成。",
                total=D(less.total), years=less.rows(play.record.year))  # fmt: skip
    else:
        play.do(way.conclude_second, rdec, second.held_on, result=Result.KEEP, opinion="照列。")


def _decide(city: City, plays: list[Play]) -> None:
    """Ranked and decided on 31 August as the whole, then put into the budget or left out."""
    by_key = dict(enumerate(plays))
    entries = [_entry(n, play) for n, play in by_key.items()]
    free, held = [one for one in entries if not one.held], [one for one in entries if one.held]
    outcome = allocate([*order(free), *held], {source: D(amount) for source, amount in LIMITS.items()})
    told = justify(outcome)
    for one in outcome.placed:
        play = by_key[one.entry.key]
        play.do(way.place, city.rdec_controller, date(2012, 8, 20), rank=one.rank,
                reason=told.get(one.entry.key, ""))  # fmt: skip
        play.do(way.decide, city.rdec_chief, date(2012, 8, 31), result=result_of(one, play.record),
                explanation=explain(one, outcome))  # fmt: skip
        if one.inside:
            play.do(
                way.enter_budget,
                city.rdec_controller,
                date(2012, 9, 28),
                document="高市府主歲字第10130000102號",
            )
        else:
            play.do(way.leave_out, city.rdec_controller, date(2012, 9, 28), reason="超過額度或緩議。")


def _entry(n: int, play: Play) -> Entry:
    record = play.record
    needs: dict[Source, Decimal] = {}
    for line in way.lines_of(record):
        if line.year == record.year:
            needs[Source(line.source)] = D(line.amount)
    held = "審查結果為「緩議」，不參加排序。" if record.second_result == Result.DEFER else ""
    return Entry(n, needs, record.score, record.policy_score, play.wish.agency.pk, record.agency_rank, held,
                 record.case.title)  # fmt: skip


# ── The living present ──────────────────────────────────────────────────────────────────────────────


def present(city: City, today: date) -> None:
    """Forty-two proposals for the year after the next: drafted, submitted, returned, scheduled, scored, and
    twenty whose second review is over, under ceilings that do not reach for all.
    """
    rng = random.Random(f"planning.proposals {today:%Y-%m}")
    year = today.year - 1911 + 1
    points, panel = _points(city), _panel(city)
    panel = [*panel, *(one for one in (_persona("demo.inspector"),) if one)]
    for person in panel:
        person.held = list(person.posts.all())  # type: ignore[attr-defined]
    coming, done, second = _calendar(city, year, today)
    codes = ("KCG-WR", *BUILDERS, "KCG-EDU", "KCG-SOC", "KCG-ENV", "KCG-TRA", "KCG-CUL")
    agencies = [city.by_code(code) for code in dict.fromkeys(codes)]
    asked: dict[Source, Decimal] = {}
    with Archive(way.process) as archive:
        for number in range(1, 43):
            agency = agencies[number % len(agencies)]
            built = agency.code in BUILDERS
            district = rng.choice(city.districts)
            title = f"{district.name}{rng.choice(WORKS)}工程" if built else f"{rng.choice(PLANS)}計畫"
            money = {Source.CITY_GENERAL: rng.randint(30, 200) * 1_000_000}
            if number % 3 == 0:
                money[Source.CENTRAL_GENERAL] = rng.randint(10, 80) * 1_000_000
            if number % 5 == 0:
                money[Source.CITY_FUND] = rng.randint(5, 40) * 1_000_000
            wish = Wish(Kind.CONSTRUCTION if built else Kind.ADMINISTRATIVE, agency, title,
                        district if built else None, money, 2)  # fmt: skip
            play = open_one(archive, city, wish, number, year, today - timedelta(days=80), points, rng)
            _live(rng, play, number, today, panel, (coming, done, second))
            if number > 22:
                for line in way.lines_of(play.record):
                    if line.year == year:
                        asked[Source(line.source)] = asked.get(Source(line.source), D(0)) + line.amount
    two_thirds = {
        source: int(amount) * 65 // 100 // 1_000_000 * 1_000_000 for source, amount in asked.items()
    }
    _ceilings(year, today - timedelta(days=5), two_thirds)


def _persona(username: str) -> User | None:
    return User.objects.filter(username=username).first()


def _calendar(city: City, year: int, today: date) -> tuple[Meeting, Meeting, Meeting]:
    def made(round: Round, n: int, held: date) -> Meeting:
        words = "初審" if round == Round.FIRST else "複審"
        past = held < today
        return Meeting.objects.create(
            year=year, round=round, title=f"{year}年度先期作業第{n}次{words}會議", held_on=held,
            place="市府第三會議室", chair=city.rdec_chief, minutes_due_on=held + timedelta(days=7),
            minutes_on=held + timedelta(days=4) if past else None,
        )  # fmt: skip

    Training.objects.create(year=year, title=f"{year}年度施政計畫先期作業研習",
                            held_on=workday(today + timedelta(days=12)), place="市府大禮堂")  # fmt: skip
    return (
        made(Round.FIRST, 2, workday(today + timedelta(days=6))),
        made(Round.FIRST, 1, today - timedelta(days=40)),
        made(Round.SECOND, 1, today - timedelta(days=10)),
    )


def _live(
    rng: random.Random, play: Play, number: int, today: date, panel: list[User],
    meetings: tuple[Meeting, Meeting, Meeting],
) -> None:  # fmt: skip
    coming, done, second = meetings
    rdec = play.city.rdec_controller
    if number <= 3:
        return  # being drafted
    play.prepare(today - timedelta(days=76), None if number <= 5 else number)
    if number <= 7:
        return  # drafted, or ranked by the agency
    play.submit(today - timedelta(days=70 if number > 11 else 6))
    if number <= 10:
        return  # waits for the form check
    if number == 11:
        play.do(way.return_form, rdec, today - timedelta(days=2), reason="請補附替代方案評估。")
        return
    play.do(way.pass_form, rdec, today - timedelta(days=60))
    if number <= 14:
        return  # waits for a meeting
    if number <= 20:  # on the agenda of the meeting to come; some reviewers have scored
        play.do(way.schedule_first, rdec, today - timedelta(days=4), meeting=coming)
        seats = [one for one in panel if not any(p.agency_id == play.wish.agency.pk for p in one.held)][-3:]  # type: ignore[attr-defined]
        play.do(way.seat_reviewers, rdec, today - timedelta(days=4), reviewers=seats)
        if number % 2:
            play.do(way.score, seats[0], today - timedelta(days=1), **marks(rng, rng.randint(65, 90)))
        return
    play.review(rng, done, panel, done.held_on - timedelta(days=5))
    if number <= 22:
        return  # reviewed, to be revised
    play.do(way.revise, play.record.case.officer, done.held_on + timedelta(days=9), response="已依意見修正。")
    play.do(way.schedule_second, rdec, second.held_on - timedelta(days=3), meeting=second)
    play.do(way.conclude_second, rdec, second.held_on,
            result=Result.DEFER if number == 30 else Result.KEEP, opinion="如會議紀錄。")  # fmt: skip
