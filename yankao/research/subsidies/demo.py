"""示範資料 The grants of the year 101 and a living present (functional spec part I, row R2).

Fifty-five applications, forty approved: twenty of NT$4,000 and twenty of NT$5,150. Names are synthetic.
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal

from yankao.kernel.casework.archive import Archive
from yankao.kernel.evidence.files import keep
from yankao.kernel.people.city import City
from yankao.kernel.people.models import Agency, User
from yankao.kernel.review.demo import back_to_work, judged, marks_of, odt, reviewers, workday
from yankao.kernel.review.models import CODE_SIGNS, Assignment, Mark, Reviewer, Round, Sheet

from . import process as p
from .models import KIND, Subsidy

SEED = 1010203
CRITERIA = ("difficulty", "relevance", "validity")
"""The two of equal weight first: what one gets more, the other gets less."""
SUBJECTS = (
    "雨水花園滯洪成效", "路邊停車格週轉率", "獨居長者關懷頻率", "校園午餐剩食", "河岸植栽選種",
    "市場攤位動線",
    "臨櫃等候時間", "公車候車亭遮陰", "登革熱積水熱點", "圖書借閱推薦", "工地揚塵感測",
)  # fmt: skip
METHODS = (
    ("先期研究", "現地觀測三個月並訪談使用者"), ("資料分析研究", "取五年紀錄作迴歸分析"),
    ("實驗研究", "分設實驗組與對照組比較"),
    ("比較研究", "比較三個城市的作法"), ("行動研究", "與第一線同仁共同試辦"),
)  # fmt: skip


@dataclass
class Play:
    """Plays applications into an archive; `rng` makes every run the same."""

    city: City
    archive: Archive[Subsidy]
    rng: random.Random
    round: Round
    number: int = 0

    def open(self, on: date, amount: int = 5000, *, home: Agency | None = None) -> Subsidy:
        """A draft of the next bureau in turn."""
        subject = SUBJECTS[self.number % len(SUBJECTS)]
        name, method = METHODS[self.number // len(SUBJECTS) % len(METHODS)]
        agency = home or self.city.agencies[self.number * 11 % len(self.city.agencies)]
        officer = self.city.officer(agency, self.number)
        self.number += 1
        return self.archive.open(
            title=f"{subject}之{name}", agency=agency, on=on, officer=officer, actor=officer,
            year=int(self.round.code), requested=Decimal(amount), method=method,
            abstract=f"本計畫研究{subject}，{method}，成果供業務改善參考。",
        )  # fmt: skip

    def apply(self, one: Subsidy, on: date) -> Subsidy:
        writer = _writer(one)
        words = [one.abstract, "一、研究價值", "二、研究方法", "三、經費需求"]
        whole = keep(odt(one.case.title, [f"申請人：{writer.name}", *words]), "研究計畫書.odt", writer)
        copy = keep(odt(one.case.title, words), "盲審稿.odt", writer)
        self.archive.move(one, p.apply, writer, on, plan=whole, blind_copy=copy, declared=True)
        return one

    def admit(self, one: Subsidy, screened: date, on: date) -> Sheet:
        """Through the screening into the round, under a code word of this play."""
        staff = self.city.rdec_controller
        self.archive.move(one, p.screen, staff, screened)
        step = self.archive.move(one, p.admit, staff, on)
        sheet = next(row for row in step.added if isinstance(row, Sheet))
        sheet.code = "".join(self.rng.choice(CODE_SIGNS) for _n in range(6))
        return sheet

    def told(self, one: Subsidy, sheet: Sheet, amount: int, mean: Decimal | None, on: date) -> None:
        """What the meeting decided, announced."""
        sheet.decided, chief = True, self.city.rdec_chief
        if not amount:
            self.archive.move(one, p.reject, chief, on, score=mean)
            return
        sheet.grade, sheet.amount = "approved", Decimal(amount)
        self.archive.move(one, p.approve, chief, on, amount=Decimal(amount), score=mean)

    def start(self, one: Subsidy, on: date) -> None:
        self.archive.move(one, p.start, _writer(one), on, started_on=on)

    def deliver(self, one: Subsidy, on: date) -> None:
        writer = _writer(one)
        file = keep(odt(f"{one.case.title}報告", [one.abstract, "研究發現與建議"]), "研究報告.odt", writer)
        self.archive.move(one, p.deliver, writer, on, report=file)


def _writer(one: Subsidy) -> User:
    assert one.case.officer
    return one.case.officer


def load(city: City) -> None:
    """The grants of the year 101, announced in April 2012 and settled by the year's end."""
    rng = random.Random(SEED)
    people = reviewers(rng)
    told = date(2012, 4, 20)
    round = Round.objects.create(
        kind=KIND, code="101", title="101年度研究經費補助", opens_on=date(2012, 2, 1),
        closes_on=date(2012, 2, 24),
        appropriation=200_000, met_on=date(2012, 4, 16), place="市府第二會議室",
        present="主任委員、外聘委員四人",
        minutes="依審查平均與預算額度核定補助案與金額。", announced_on=told,
    )  # fmt: skip
    results = [
        *((4000, Decimal(88) - Decimal("0.4") * n) for n in range(20)),
        *((5150, Decimal("87.8") - Decimal("0.4") * n) for n in range(20)),
        *((0, Decimal(76) - n) for n in range(15)),
    ]
    rng.shuffle(results)
    given: list[Assignment] = []
    with Archive(p.process) as archive:
        play = Play(city, archive, rng, round)
        for number, (amount, mean) in enumerate(results):
            on = workday(date(2012, 2, 1) + timedelta(days=number * 20 // len(results)))
            one = play.apply(play.open(on, amount or 5000), workday(on + timedelta(days=1)))
            sheet = play.admit(one, workday(on + timedelta(days=7)), date(2012, 3, 6))
            apart = Decimal(rng.randrange(0, 6))
            given += judged(rng, sheet, people, mean, number + 5, date(2012, 3, 12), apart=apart)
            play.told(one, sheet, amount, mean, told)
            if amount:
                begun = workday(date(2012, 5, 1) + timedelta(days=number % 15))
                done = workday(begun + timedelta(days=120 + number % 40))
                play.start(one, begun)
                play.deliver(one, done)
                archive.move(
                    one,
                    p.settle,
                    city.rdec_controller,
                    workday(done + timedelta(days=12)),
                    spent=Decimal(amount),
                )
    Assignment.objects.bulk_create(given)
    Mark.objects.bulk_create([mark for one in given for mark in marks_of(rng, one, CRITERIA)])


# ── The living present ──────────────────────────────────────────────────────────────────────────────


def present(city: City, today: date) -> None:
    """The year's call is open; last year's plans are judged; those of the year before are carried out."""
    rng = random.Random(SEED + 1)
    people = reviewers(rng)
    year = today.year - 1911
    water = city.by_code("KCG-WR")
    _executing(city, rng, today, year - 2)
    _judging(city, rng, today, year - 1, people)
    round = Round.objects.create(
        kind=KIND, code=str(year), title=f"{year}年度研究經費補助", opens_on=today - timedelta(days=25),
        closes_on=today + timedelta(days=20), appropriation=200_000,
    )  # fmt: skip
    ago = [back_to_work(today - timedelta(days=n)) for n in (18, 12, 7, 2)]
    with Archive(p.process) as archive:
        play = Play(city, archive, rng, round, number=2)
        play.open(ago[3], home=water)
        play.apply(play.open(ago[2]), ago[2])
        back = play.apply(play.open(ago[1]), ago[1])
        archive.move(back, p.send_back, city.rdec_controller, ago[2], reason="請補充經費需求說明。")
        good = play.apply(play.open(ago[0]), ago[0])
        archive.move(good, p.screen, city.rdec_controller, ago[1])
        gone = play.apply(play.open(ago[0]), ago[0])
        archive.move(gone, p.withdraw, _writer(gone), ago[1], reason="改列年度預算")


def _judging(city: City, rng: random.Random, today: date, year: int, people: Sequence[Reviewer]) -> None:
    """Four plans, all scored: the meeting can decide."""
    begun, sent = back_to_work(today - timedelta(days=70)), back_to_work(today - timedelta(days=20))
    round = Round.objects.create(
        kind=KIND, code=str(year), title=f"{year}年度研究經費補助", opens_on=begun,
        closes_on=begun + timedelta(days=25), appropriation=15_000,
    )  # fmt: skip
    given: list[Assignment] = []
    with Archive(p.process) as archive:
        play = Play(city, archive, rng, round, number=15)
        for number in range(4):
            one = play.apply(play.open(begun), workday(begun + timedelta(days=number + 1)))
            sheet = play.admit(one, workday(begun + timedelta(days=28)), workday(begun + timedelta(days=32)))
            given += judged(
                rng, sheet, people, Decimal(86 - 5 * number), number * 2 + 3, sent, apart=Decimal(2)
            )
    for row in given:
        row.scored_on = back_to_work(today - timedelta(days=4))
    Assignment.objects.bulk_create(given)
    Mark.objects.bulk_create([mark for row in given for mark in marks_of(rng, row, CRITERIA)])


def _executing(city: City, rng: random.Random, today: date, year: int) -> None:
    """One not begun, one late, one under way, one delivered, one revoked, one settled and one rejected."""
    begun, told = back_to_work(today - timedelta(days=330)), back_to_work(today - timedelta(days=240))
    round = Round.objects.create(
        kind=KIND, code=str(year), title=f"{year}年度研究經費補助", opens_on=begun,
        closes_on=begun + timedelta(days=25), appropriation=200_000, met_on=told - timedelta(days=5),
        present="主任委員、外聘委員三人", minutes="依審查平均核定。", announced_on=told,
    )  # fmt: skip
    with Archive(p.process) as archive:
        play = Play(city, archive, rng, round, number=30)
        started = {"late": 225, "under way": 100, "delivered": 180, "revoked": 200, "settled": 210}
        for fate in ("waiting", *started, "rejected"):
            one = play.apply(play.open(begun), workday(begun + timedelta(days=2)))
            sheet = play.admit(one, workday(begun + timedelta(days=30)), workday(begun + timedelta(days=35)))
            play.told(one, sheet, 0 if fate == "rejected" else 5000, None, told)
            if fate not in started:
                continue
            play.start(one, back_to_work(today - timedelta(days=started[fate])))
            if fate == "revoked":
                reason = "承辦人離職，計畫無人接辦。"
                archive.move(
                    one,
                    p.revoke,
                    city.rdec_controller,
                    back_to_work(today - timedelta(days=60)),
                    reason=reason,
                )
            if fate in ("delivered", "settled"):
                play.deliver(one, back_to_work(today - timedelta(days=30)))
            if fate == "settled":
                last = back_to_work(today - timedelta(days=14))
                archive.move(one, p.settle, city.rdec_controller, last, spent=Decimal(4800))
