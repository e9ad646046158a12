"""The demonstration city's items under control: the reference half-year (functional spec part I) and a
living present.
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from yankao.kernel.casework.archive import Archive
from yankao.kernel.figures.models import OwnPeriod
from yankao.kernel.money.models import Source
from yankao.kernel.money.split import Portion
from yankao.kernel.people.city import City
from yankao.kernel.people.models import Agency
from yankao.kernel.progress.cycles import closed_month, last_of, month_before, months, next_month

from . import process as way
from .models import (
    Attendance,
    Checkpoint,
    FundingLine,
    Grant,
    LagCause,
    Month,
    Programme,
    Project,
    SteeringMeeting,
)

D = Decimal

WORKS = (
    "道路拓寬工程",
    "雨水下水道改善工程",
    "排水護岸整治工程",
    "橋梁耐震補強工程",
    "公園綠地闢建工程",
    "人行環境改善工程",
    "污水用戶接管工程",
    "路燈節能汰換工程",
    "自行車道串聯工程",
    "滯洪池新建工程",
    "農路改善工程",
    "野溪整治工程",
)
REPAIRS = (
    "道路災修復建工程",
    "擋土牆復建工程",
    "橋梁復建工程",
    "野溪清疏與護岸復建工程",
    "簡易自來水復建工程",
    "農路復建工程",
    "校舍復建工程",
    "聚落聯外道路復建工程",
    "排水設施復建工程",
)
PLANS = {
    "KCG-EDU": ("國中小老舊校舍補強計畫", "校園無障礙設施改善計畫", "社區大學推動計畫"),
    "KCG-SOC": ("長期照顧據點布建計畫", "公共托育設施設置計畫", "社區關懷據點計畫"),
    "KCG-CUL": ("圖書館分館整建計畫", "文化資產修復計畫", "公共藝術推廣計畫"),
    "KCG-ENV": ("資源回收分類推動計畫", "空氣品質改善計畫", "河川水質巡守計畫"),
    "KCG-TRA": ("公車路網優化計畫", "路口號誌時制重整計畫", "停車場興建計畫"),
    "KCG-HLTH": ("登革熱防治計畫", "社區健康篩檢計畫", "老人假牙補助計畫"),
    "KCG-AGR": ("農產品產銷履歷計畫", "休閒農業輔導計畫", "動物收容所改善計畫"),
    "KCG-TOU": ("觀光遊憩設施整建計畫", "溫泉區環境改善計畫", "觀光行銷計畫"),
    "KCG-FIRE": ("消防分隊廳舍興建計畫", "救護車輛汰換計畫", "住宅用火災警報器推廣計畫"),
    "KCG-POL": ("監視錄影系統建置計畫", "派出所廳舍整修計畫", "交通安全宣導計畫"),
}
BUILDERS = ("KCG-PW", "KCG-WR", "KCG-MRT", "KCG-UD", "KCG-MAR")
COMMON = ("業務電腦化計畫", "為民服務環境改善計畫", "檔案管理精進計畫", "人力培訓計畫")
WHY = {
    LagCause.LAND: ("部分用地尚未完成點交", "協調地主先行提供使用，並分段施工"),
    LagCause.TENDER: ("首次招標無廠商投標", "檢討預算單價後重新公告"),
    LagCause.CONTRACTOR: ("承商出工人數不足", "要求提送趕工計畫並逐週檢討"),
    LagCause.VARIATION: ("地下障礙物須變更設計", "變更設計併行審查，先施作無爭議路段"),
    LagCause.UTILITIES: ("管線單位遷移時程延後", "召開管線協調會訂定遷移期限"),
    LagCause.WEATHER: ("連續豪雨無法施作", "增加機具與夜間施工趕工"),
    LagCause.PERMITS: ("水土保持計畫審查中", "派專人補正並每週追蹤審查進度"),
}
COMPANIES = ("大成", "宏昌", "建泰", "永順", "富國", "興業", "聯興", "正和")


def load(city: City) -> None:
    """The reference half-year: 168, 95, 884 and 86 items with the sums the report prints; a scaled city has
    fewer items that share the same sums.
    """
    rng = random.Random("control.programme 101H1")
    programmes = _programmes()
    _annual(city, rng, programmes["annual-101"])
    _investment(city, rng, programmes["investment-100"])
    _reconstruction(city, rng, programmes["morakot"])
    _facility(city, rng, programmes["facility-101"])
    _own_periods()


def _programmes() -> dict[str, Programme]:
    execution = "（實支數＋應付數＋預付數＋節餘數）÷累計分配數"
    rows = [
        Programme(
            code="annual-101",
            section="annual",
            name="101年度施政計畫",
            name_en="Annual programme 2012",
            year=101,
            counting="stock",
            funding_law="地方制度法第40條",
            coordinator="本府研考會",
            measure="execution_rate",
            denominator="allotted",
            formula=execution,
            closing="evaluated",
            starts_on=date(2012, 1, 1),
            ends_on=date(2012, 12, 31),
        ),
        Programme(
            code="investment-100",
            section="investment",
            name="振興經濟擴大公共建設投資計畫（100年度）",
            name_en="Expanded Public Works Investment Plan (2011)",
            year=100,
            funding_law="振興經濟擴大公共建設特別條例",
            coordinator="行政院經濟建設委員會",
            measure="execution_rate",
            denominator="budget",
            formula="（實支數＋應付數＋預付數＋節餘數）÷可支用預算數",
            closing="settled",
            starts_on=date(2011, 1, 1),
            ends_on=date(2012, 12, 31),
        ),
        Programme(
            code="morakot",
            section="reconstruction",
            unit="件",
            name="莫拉克颱風災後重建計畫",
            name_en="Typhoon Morakot reconstruction",
            year=98,
            funding_law="莫拉克颱風災後重建特別條例",
            coordinator="行政院公共工程委員會",
            measure="achievement_rate",
            denominator="budget",
            formula="（實支數＋應付數＋預付數＋節餘數）÷總經費",
            closing="settled",
            starts_on=date(2009, 8, 28),
            ends_on=date(2014, 8, 29),
        ),
        Programme(
            code="facility-101",
            section="grant",
            name="101年度基本設施補助計畫",
            name_en="Basic-infrastructure grant 2012",
            year=101,
            funding_law="中央對直轄市及縣（市）政府補助辦法",
            coordinator="行政院主計總處",
            measure="execution_rate",
            denominator="allotted",
            formula=execution,
            finish="closed",
            closing="settled",
            starts_on=date(2012, 1, 1),
            ends_on=date(2012, 12, 31),
        ),
    ]
    return {row.code: row for row in Programme.objects.bulk_create(rows)}


def shares(rng: random.Random, total: int, count: int, low: int = 10, high: int = 100) -> list[int]:
    """`count` whole amounts that sum to `total`, in rough proportion to random weights."""
    weights = [rng.randint(low, high) for _each in range(count)]
    found = [total * weight // sum(weights) for weight in weights]
    found[-1] += total - sum(found)
    return found


def within(total: int, room: Sequence[int]) -> list[int]:
    """Whole amounts that sum to `total`, each at most its room and in proportion to it."""
    found = [total * one // sum(room) for one in room]
    left = total - sum(found)
    for i, one in enumerate(room):
        more = min(left, one - found[i])
        found[i] += more
        left -= more
    if left:
        raise ValueError("the total does not fit the room")
    return found


def _title(rng: random.Random, city: City, agency: Agency, works: Sequence[str] = ()) -> tuple[str, Any]:
    """A title with its district; a bureau that builds nothing has a plan of its own field."""
    district = rng.choice(city.districts)
    if not works and agency.code not in BUILDERS:
        return f"{agency.name}{rng.choice(PLANS.get(agency.code, COMMON))}", None
    return f"{district.name}{rng.choice(works or WORKS)}", district


def _s_curve(first: date, last: date) -> list[way.CurvePoint]:
    """A planned curve that starts slowly, hurries and ends at 100."""
    steps = list(months(first, last))
    points = []
    for i, month in enumerate(steps, 1):
        share = D(i) / len(steps)
        points.append(way.CurvePoint(month, (100 * share * share * (3 - 2 * share)).quantize(D("0.01"))))
    points[-1].planned = D(100)
    return points


@dataclass
class Item:
    """One item being played into the archive, with who does what."""

    archive: Archive[Project]
    city: City
    record: Project
    agency: Agency

    @property
    def officer(self) -> Any:
        return self.record.case.officer

    def do(self, move: Any, actor: Any, on: date, **given: Any) -> Any:
        return self.archive.move(self.record, move, actor, on, **given)

    def plan(
        self, on: date, funding: list[Portion], curve: list[way.CurvePoint], works: bool, started: date
    ) -> None:
        parts = (
            [("規劃設計", 15), ("發包作業", 10), ("工程施作", 60), ("驗收決算", 15)]
            if works
            else [("計畫研擬", 20), ("執行推動", 60), ("成果檢討", 20)]
        )
        checks = [
            way.PlannedCheck(
                "完成發包" if works else "完成期中檢討",
                started + timedelta(days=170),
                "決標公告" if works else "會議紀錄",
            )
        ]
        self.do(
            way.submit_plan,
            self.officer,
            on,
            work=[way.PlannedWork(n, D(w)) for n, w in parts],
            curve=curve,
            funding=funding,
            checkpoints=checks,
        )
        self.do(way.approve_plan, self.city.rdec_controller, on + timedelta(days=5))
        self.do(way.start, self.officer, started, started_on=started)

    def tender(
        self,
        rng: random.Random,
        tendered: date,
        *,
        awarded: date | None = None,
        commenced: date | None = None,
    ) -> None:
        facts: dict[str, Any] = {"tendered_on": tendered}
        if awarded:
            facts |= {
                "awarded_on": awarded,
                "award_amount": D(int(self.record.budget * rng.randint(88, 97) // 100)),
                "contract_no": f"{self.record.year}-{rng.randint(1000, 9999)}",
                "contractor": f"{rng.choice(COMPANIES)}營造股份有限公司",
                "commenced_on": commenced,
            }
        self.do(way.record_tender, self.officer, commenced or awarded or tendered, **facts)

    def meet(self, on: date) -> None:
        """The checkpoint of the plan is met."""
        check = way.children(self.record, Checkpoint)[0]
        self.do(way.meet_checkpoint, self.officer, on, checkpoint=check, met_on=on)

    def end(self, on: date) -> None:
        """The programme is over: control by the city ends."""
        if self.record.case.closed_on is None:
            self.do(way.release, self.city.rdec_controller, on, reason="方案期滿，由主辦機關自行管制")

    def open(self, month: date) -> Month:
        step = self.do(way.open_month, self.city.rdec_controller, next_month(month), month=month)
        found: Month = next(row for row in step.added if isinstance(row, Month))
        return found

    def file(self, month: Month, on: date, **facts: Any) -> None:
        self.do(way.submit_month, self.officer, on, month=month, **facts)

    def check(self, month: Month, on: date, *, city: bool = True, lock: bool = True) -> None:
        self.do(way.check_month, self.city.controller(self.agency), on, month=month)
        if city:
            self.do(way.confirm_month, self.city.rdec_controller, on + timedelta(days=3), month=month)
            if lock:
                self.do(way.lock_month, self.city.rdec_controller, on + timedelta(days=10), month=month)


def begin(
    archive: Archive[Project],
    city: City,
    agency: Agency,
    programme: Programme,
    on: date,
    title: str,
    budget: int,
    number: int,
    district: Any = None,
    **facts: Any,
) -> Item:
    record = archive.open(
        title=title,
        agency=agency,
        on=on,
        officer=city.officer(agency, number),
        district=district,
        actor=city.rdec_controller,
        programme=programme,
        year=programme.year,
        budget=D(budget),
        **facts,
    )
    return Item(archive, city, record, agency)


def explanation(rng: random.Random, month: date) -> dict[str, Any]:
    cause = rng.choice(list(WHY))
    reason, measure = WHY[cause]
    return {
        "cause": cause,
        "reason": reason,
        "measure": measure,
        "recover_on": last_of(next_month(next_month(month))),
    }


def _progress(rng: random.Random, month: Month, budget: int, lag: Decimal, share: int) -> dict[str, Any]:
    """What is filed of a month: `lag` points behind plan, `share` % of the allotment paid, explained when
    that is wanted.
    """
    planned = D(month.planned or 0)
    actual = max(planned - lag, D(0))
    allotted = int(budget * planned // 100)
    paid = allotted * share // 100
    behind = planned - actual >= 5 or paid * 100 < allotted * 90
    return {
        "actual": actual,
        "allotted": D(allotted),
        "paid": D(paid),
        "payable": D((allotted - paid) // 3),
        "note": "依作業計畫辦理。" if not behind else "進度較預定落後，已採取改善措施。",
        **(explanation(rng, month.month) if behind else {}),
    }


def _annual(city: City, rng: random.Random, programme: Programme) -> None:
    """168 items, six monthly reports each; about one in eight is behind for some months."""
    year = list(months(date(2012, 1, 1), date(2012, 12, 1)))
    budgets = shares(rng, 25_860_000_000, city.part(168, 24))
    with Archive(way.process) as archive:
        for number, budget in enumerate(budgets):
            agency = city.agencies[number % len(city.agencies)]
            title, district = _title(rng, city, agency)
            item = begin(
                archive,
                city,
                agency,
                programme,
                date(2012, 1, 2),
                f"101年度{title}",
                budget,
                number,
                district,
                source="年度施政計畫",
            )
            money = [Portion(101, Source.CITY_GENERAL, D(budget - budget // 4))]
            money.append(Portion(101, rng.choice((Source.CENTRAL_GENERAL, Source.CITY_FUND)), D(budget // 4)))
            item.plan(
                date(2012, 1, 4), money, _s_curve(year[0], year[-1]), district is not None, date(2012, 1, 10)
            )
            _half_year(rng, item, budget, list(year[:6]), slow=number % 8 == 3, very_slow=number % 42 == 17)
            item.end(date(2013, 1, 31))


def _half_year(
    rng: random.Random, item: Item, budget: int, year: list[date], *, slow: bool, very_slow: bool
) -> None:
    for i, first in enumerate(year):
        if i == 5 and not slow:
            item.meet(date(2012, 6, 20))
        month = item.open(first)
        lag = D(rng.randint(-150, 350)) / 100
        if slow and i >= 2:
            lag = D(rng.randint(500, 900)) / 100
        if very_slow and i >= 3:
            lag = D(rng.randint(1000, 1600)) / 100
        share = rng.choice((91, 93, 95, 97, 98)) if rng.random() > 0.03 else 84
        day = next_month(first) + timedelta(
            days=rng.choice((1, 1, 2, 2, 3, 3, 3, 7) if i != 5 else (1, 2, 3))
        )
        item.file(month, day, **_progress(rng, month, budget, lag, share))
        item.check(month, day + timedelta(days=1), lock=i < 5)


def _last_report(
    rng: random.Random, item: Item, first: date, numerator: int, allotted: int, actual: Decimal
) -> Month:
    """One report that carries the item's money: `numerator` = paid + payable + prepaid + surplus."""
    month = item.open(first)
    paid = numerator * rng.randint(930, 990) // 1000
    surplus = (numerator - paid) // 2
    behind = D(month.planned or 0) - actual >= 5 or paid * 100 < allotted * 90
    day = next_month(first) + timedelta(days=3)
    item.file(
        month,
        day,
        actual=actual,
        allotted=D(allotted),
        paid=D(paid),
        surplus=D(surplus),
        payable=D(numerator - paid - surplus),
        note="本案執行情形如附表。",
        **(explanation(rng, first) if behind else {}),
    )
    item.check(month, day + timedelta(days=1))
    return month


def _finish(
    item: Item, completed: date, *, accepted: date | None, settled: date | None, closed: date | None
) -> None:
    item.do(way.complete, item.officer, completed, completed_on=completed)
    if accepted:
        item.do(way.accept, item.officer, accepted, accepted_on=accepted)
    if settled:
        item.do(way.settle, item.officer, settled, settled_on=settled, settled_amount=item.record.budget)
    if closed:
        item.do(way.close, item.city.rdec_controller, closed)


def _investment(city: City, rng: random.Random, programme: Programme) -> None:
    """95 items of year 100, Σ 3,465,531,000, of which 3,434,687,774 executed."""
    budgets = shares(rng, 3_465_531_000, city.part(95, 12))
    numerators = within(3_434_687_774, budgets)
    builders = [city.by_code(code) for code in (*BUILDERS, "KCG-EDU", "KCG-AGR", "KCG-TOU")]
    with Archive(way.process) as archive:
        for number, (budget, numerator) in enumerate(zip(budgets, numerators, strict=True)):
            agency = builders[number % len(builders)]
            title, district = _title(rng, city, agency, WORKS)
            opened = date(2011, 1, 10) + timedelta(days=rng.randint(0, 40))
            item = begin(
                archive,
                city,
                agency,
                programme,
                opened,
                f"擴大公共建設－{title}",
                budget,
                number,
                district,
                central_no=f"EPW-100-{number + 1:03d}",
                source="特別預算",
            )
            money = [Portion(100, Source.CENTRAL_SPECIAL, D(budget))]
            item.plan(
                opened + timedelta(days=10),
                money,
                _s_curve(date(2011, 3, 1), date(2012, 6, 1)),
                True,
                opened + timedelta(days=30),
            )
            item.tender(rng, date(2011, 4, 1), awarded=date(2011, 5, 2), commenced=date(2011, 6, 1))
            item.meet(date(2011, 5, 2))
            _last_report(rng, item, date(2012, 6, 1), numerator, budget, D(100) if number % 10 else D("97.5"))
            item.end(date(2013, 1, 31))


def _reconstruction(city: City, rng: random.Random, programme: Programme) -> None:
    """884 items of 42 agencies, Σ 8,202,675,000: 830 completed or closed, 50 in works, 4 not tendered;
    6,077,361,908 executed.
    """
    done, running, unstarted = city.part(830, 20), city.part(50, 8), city.part(4, 2)
    open_total = 2_290_000_000
    budgets = shares(rng, 8_202_675_000 - open_total, done) + shares(rng, open_total, running + unstarted, 40)
    spent_open = 360_000_000
    numerators = within(6_077_361_908 - spent_open, budgets[:done])
    numerators += within(spent_open, budgets[done : done + running]) + [0] * unstarted
    agencies = [*city.agencies, *city.district_offices][:42]
    with Archive(way.process) as archive:
        for number, (budget, numerator) in enumerate(zip(budgets, numerators, strict=True)):
            agency = agencies[number % len(agencies)]
            title, district = _title(rng, city, agency, REPAIRS)
            opened = date(2010, 1, 11) + timedelta(days=rng.randint(0, 300))
            item = begin(
                archive,
                city,
                agency,
                programme,
                opened,
                f"莫拉克風災－{title}",
                budget,
                number,
                district,
                central_no=f"MK-{number + 1:04d}",
                source="重建特別預算",
            )
            finished = number < done
            last = date(2011, 12, 1) if finished else date(2012, 12, 1)
            money = [Portion(98, Source.CENTRAL_SPECIAL, D(budget))]
            curve = [
                way.CurvePoint(date(2010, 12, 1), D(10)),
                way.CurvePoint(date(2011, 6, 1), D(45)),
                way.CurvePoint(last, D(100)),
            ]
            item.plan(opened + timedelta(days=7), money, curve, True, opened + timedelta(days=20))
            if number >= done + running:
                _last_report(rng, item, date(2012, 6, 1), 0, budget // 10, D(0))
                item.end(programme.ends_on)
                continue
            tendered = opened + timedelta(days=60)
            item.tender(
                rng, tendered, awarded=tendered + timedelta(days=25), commenced=tendered + timedelta(days=45)
            )
            item.meet(tendered + timedelta(days=25))
            if finished:
                _last_report(rng, item, last, numerator, numerator, D(100))
                completed = date(2012, 1, 5) + timedelta(days=rng.randint(0, 120))
                whole = number % 4 != 0
                _finish(
                    item,
                    completed,
                    accepted=completed + timedelta(days=20) if whole else None,
                    settled=completed + timedelta(days=35) if whole else None,
                    closed=completed + timedelta(days=50) if whole else None,
                )
            else:
                actual = D(rng.randint(4000, 9000)) / 100
                _last_report(rng, item, date(2012, 6, 1), numerator, numerator * 105 // 100, actual)
            item.end(programme.ends_on)


def _facility(city: City, rng: random.Random, programme: Programme) -> None:
    """86 items moved from the city's own money to the grant of 4,365,471,000; 13 closed by 31 July; two
    steering meetings.
    """
    Grant.objects.create(
        programme=programme,
        name="101年度一般性補助款基本設施補助",
        amount=D(4_365_471_000),
        approved_on=date(2012, 1, 16),
        document="院授主補字第1010000123號",
    )
    budgets = shares(rng, 2_904_300_000, city.part(86, 26))
    builders = [city.by_code(code) for code in (*BUILDERS, "KCG-EDU", "KCG-TRA")]
    with Archive(way.process) as archive:
        for number, budget in enumerate(budgets):
            agency = builders[number % len(builders)]
            title, district = _title(rng, city, agency, WORKS)
            item = begin(
                archive,
                city,
                agency,
                programme,
                date(2012, 1, 9),
                f"基本設施－{title}",
                budget,
                number,
                district,
                central_no=f"BI-101-{number + 1:03d}",
                source="市公務預算改列中央補助",
            )
            money = [Portion(101, Source.CITY_GENERAL, D(budget))]
            closed = number < 13
            last = date(2012, 5 if closed else 12, 1)
            item.plan(date(2012, 1, 11), money, _s_curve(date(2012, 1, 1), last), True, date(2012, 1, 20))
            _switch(item, date(2012, 2, 6))
            item.tender(rng, date(2012, 2, 10), awarded=date(2012, 3, 1), commenced=date(2012, 3, 12))
            item.meet(date(2012, 3, 1))
            if closed:
                _last_report(rng, item, last, budget * 98 // 100, budget, D(100))
                completed = date(2012, 6, 15) + timedelta(days=number)
                _finish(
                    item,
                    completed,
                    accepted=completed + timedelta(days=10),
                    settled=completed + timedelta(days=16),
                    closed=completed + timedelta(days=20 if number < 9 else 25),
                )
            else:
                month = item.open(date(2012, 6, 1))
                lag = D(rng.randint(500, 1100)) / 100 if number % 9 == 0 else D(rng.randint(-100, 300)) / 100
                item.file(
                    month, date(2012, 7, 4), **_progress(rng, month, budget, lag, rng.choice((92, 95, 97)))
                )
                item.check(month, date(2012, 7, 5), lock=False)
            item.end(date(2013, 1, 31))
    _meetings(city, programme)


def _switch(item: Item, on: date) -> None:
    """The city's own line gives way to the centre's grant and stays in the history."""
    line = way.children(item.record, FundingLine)[0]
    item.do(
        way.switch_funding,
        item.city.rdec_controller,
        on,
        line=line,
        source=Source.CENTRAL_GENERAL_GRANT,
        since=on,
        reason="改列中央補助",
    )


def _meetings(city: City, programme: Programme) -> None:
    for number, (held, sent) in enumerate(
        ((date(2012, 5, 18), date(2012, 5, 24)), (date(2012, 7, 20), date(2012, 7, 26))), 1
    ):
        meeting = SteeringMeeting.objects.create(
            programme=programme,
            title=f"101年度公共工程督導會報第{number}次會議",
            held_on=held,
            place="市府第一會議室",
            minutes_due_on=held + timedelta(days=7),
            minutes_on=sent,
        )
        Attendance.objects.bulk_create(
            [
                Attendance(session=meeting, person=head, name=head.name, agency=agency, present=True)
                for agency in city.agencies[:8]
                for head in [city.head(agency)]
            ]
        )


def _own_periods() -> None:
    """Two figures of the grant are told to the end of July, and say so."""
    for name in ("finished", "steering_meetings"):
        OwnPeriod.objects.update_or_create(
            period="101H1",
            figure=f"control.programme.{name}[programme=facility-101]",
            defaults={
                "start": date(2012, 1, 1),
                "end": date(2012, 7, 31),
                "as_of": date(2012, 7, 31),
                "reason": "配合補助機關結案管考時點",
            },
        )


# ── The living present ──────────────────────────────────────────────────────────────────────────────


def present(city: City, today: date) -> None:
    """Sixty items of this year: reports owed, late, behind, red; plans to approve, changes and errata to
    decide.
    """
    rng = random.Random(f"control.programme {today:%Y-%m}")
    last = closed_month(today)
    roc = last.year - 1911
    programme = Programme.objects.create(
        code=f"annual-{roc}",
        section="annual",
        name=f"{roc}年度施政計畫",
        name_en=f"Annual programme {last.year}",
        year=roc,
        counting="stock",
        funding_law="地方制度法第40條",
        coordinator="本府研考會",
        formula="（實支數＋應付數＋預付數＋節餘數）÷累計分配數",
        starts_on=date(last.year, 1, 1),
        ends_on=date(last.year, 12, 31),
    )
    agencies = [
        city.by_code(code) for code in (*BUILDERS, "KCG-EDU", "KCG-SOC", "KCG-ENV", "KCG-TRA", "KCG-CUL")
    ]
    with Archive(way.process) as archive:
        for number in range(60):
            agency = agencies[number % len(agencies)]
            title, district = _title(rng, city, agency)
            budget = rng.randint(8, 400) * 1_000_000
            item = begin(
                archive,
                city,
                agency,
                programme,
                date(last.year, 1, 2),
                f"{roc}年度{title}",
                budget,
                number,
                district,
                source="年度施政計畫",
            )
            if number < 3:
                continue  # selected, its plan still to come
            _live(rng, item, number, budget, last, today)
    SteeringMeeting.objects.create(
        programme=programme,
        title=f"{roc}年度公共工程督導會報",
        held_on=today + timedelta(days=9),
        place="市府第一會議室",
    )


def _live(rng: random.Random, item: Item, number: int, budget: int, last: date, today: date) -> None:
    roc = last.year - 1911
    money = [
        Portion(roc, Source.CITY_GENERAL, D(budget - budget // 5)),
        Portion(roc, Source.CITY_FUND, D(budget // 5)),
    ]
    curve = _s_curve(date(last.year, 1, 1), date(last.year, 12, 1))
    works = item.record.case.district is not None
    started = date(last.year, 1, 15)
    if number < 6:  # its plan waits for approval
        item.do(
            way.submit_plan,
            item.officer,
            today - timedelta(days=number),
            curve=curve,
            funding=money,
            work=[way.PlannedWork("執行推動", D(100))],
        )
        return
    item.plan(date(last.year, 1, 5), money, curve, works, started)
    behind, red = number % 6 == 0, number % 15 == 7
    if not red and (met := date(last.year, 6, 20)) <= last_of(last):
        item.meet(met)
    for first in list(months(date(last.year, 1, 1), last))[-4:]:
        month = item.open(first)
        newest = first == last
        if newest and number % 3 == 1:
            continue  # owed, and late once the 5th has passed
        lag = D(rng.randint(-100, 300)) / 100
        if behind:
            lag = D(rng.randint(500, 800)) / 100
        if red:
            lag = D(rng.randint(1050, 1500)) / 100
        day = min(next_month(first) + timedelta(days=rng.randint(0, 4)), today)
        item.file(month, day, **_progress(rng, month, budget, lag, rng.choice((91, 94, 96, 98))))
        if newest and number % 3 == 2:
            continue  # waits for the agency's check
        checked = min(day + timedelta(days=1), today)
        item.do(way.check_month, item.city.controller(item.agency), checked, month=month)
        if newest and number % 2:
            continue  # waits for the commission
        item.do(way.confirm_month, item.city.rdec_controller, checked, month=month)
        if not newest:
            item.do(way.lock_month, item.city.rdec_controller, checked, month=month)
            if number in (20, 31) and first == month_before(last):
                item.do(
                    way.request_erratum,
                    item.officer,
                    today,
                    month=month,
                    reason="實支數登打錯誤",
                    paid=D(month.paid) + 1_000,
                )
    if number in (25, 40):
        item.do(
            way.request_change,
            item.officer,
            today,
            reason="配合用地取得期程調整",
            curve=curve,
            work=[way.PlannedWork("執行推動", D(100))],
        )
    if number in (33, 47):
        item.do(way.complete, item.officer, today, completed_on=today)
        item.do(way.self_evaluate, item.officer, today, self_score=D(88), statement="依計畫完成。")
