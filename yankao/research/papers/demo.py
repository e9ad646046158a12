"""示範資料 The awards of the year 100 and a living present (functional spec part I, row R2).

Eighty reports: nine of grade A, twenty-two of B, twenty with merit, twenty-nine without. Names are synthetic.
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Decimal

from yankao.kernel.casework.adoption import Answer
from yankao.kernel.casework.archive import Archive
from yankao.kernel.evidence.files import keep
from yankao.kernel.people.city import City
from yankao.kernel.people.models import Agency, User
from yankao.kernel.review.demo import back_to_work, judged, marks_of, name_of, odt, reviewers, workday
from yankao.kernel.review.models import CODE_SIGNS, Assignment, Mark, Reviewer, Round, Sheet

from . import process as p
from . import rules
from .models import KIND, AwardGrade, Category, Paper, Suggestion

SEED = 1000102
CRITERIA = ("topic", "method", "use")
SUBJECTS = (
    ("雨水下水道維護管理", Category.WORKS), ("公共自行車站點配置", Category.WORKS),
    ("登革熱孳生源巡查", Category.WELFARE),
    ("社區長期照顧據點", Category.WELFARE), ("國小閱讀推廣", Category.EDUCATION),
    ("圖書館夜間開放", Category.EDUCATION),
    ("河川水質監測", Category.ENVIRONMENT), ("防災避難路線標示", Category.ENVIRONMENT),
    ("地方稅電子繳納", Category.ECONOMY),
    ("傳統市場整建", Category.ECONOMY), ("公文線上簽核", Category.ADMINISTRATION),
    ("單一窗口臨櫃服務", Category.ADMINISTRATION),
    ("路燈節能換裝", Category.WORKS), ("新住民生活適應", Category.WELFARE),
    ("戶外教育路線", Category.EDUCATION),
    ("空氣品質感測", Category.ENVIRONMENT),
)  # fmt: skip
WAYS = (
    ("滿意度調查與改善", "以問卷調查使用者滿意度，找出改善順序"),
    ("成本效益分析", "比較三年成本與效益，提出經費配置建議"),
    ("流程再造", "盤點作業流程，刪減重複步驟並試辦半年"),
    ("資料庫建置與應用", "彙整歷年紀錄建立資料庫，分析熱點與時段"),
    ("委外經營評估", "訪談經營者與使用者，評估委外條件"),
)


@dataclass
class Play:
    """Plays reports into an archive; `rng` makes every run the same."""

    city: City
    archive: Archive[Paper]
    rng: random.Random
    round: Round
    number: int = 0
    sheets: list[tuple[Paper, Sheet]] = field(default_factory=list)

    def open(self, on: date, *, home: Agency | None = None, officer: User | None = None) -> Paper:
        """A draft with its subject, of the next bureau in turn."""
        subject, category = SUBJECTS[self.number % len(SUBJECTS)]
        way, words = WAYS[self.number // len(SUBJECTS) % len(WAYS)]
        agency = home or self.city.agencies[self.number * 7 % len(self.city.agencies)]
        officer = officer or self.city.officer(agency, self.number)
        self.number += 1
        return self.archive.open(
            title=f"{subject}之{way}", agency=agency, on=on, officer=officer, actor=officer,
            year=int(self.round.code), category=category,
            abstract=f"本研究探討{subject}，{words}，並提出可供各機關採行的作法與後續追蹤指標。",
            abstract_en="A study of the practice in the city, with proposals for other agencies.",
        )  # fmt: skip

    def submit(self, paper: Paper, on: date) -> Paper:
        writer = paper.case.officer
        assert writer
        other = name_of(self.rng)
        authors = [p.AuthorRow(writer.name, Decimal(100), paper.case.agency.name, "承辦人")]
        if self.number % 3 == 0 and other != writer.name:
            authors = [
                p.AuthorRow(writer.name, Decimal(60), paper.case.agency.name, "承辦人"),
                p.AuthorRow(other, Decimal(40), paper.case.agency.name, "科員"),
            ]
        words = [paper.abstract, "一、緣起與目的", "二、研究方法", "三、研究發現", "四、建議"]
        by = "、".join(row.name for row in authors)
        whole = keep(odt(paper.case.title, [f"作者：{by}", *words]), "研究報告.odt", writer)
        copy = keep(odt(paper.case.title, words), "盲審稿.odt", writer)
        self.archive.move(
            paper, p.submit, writer, on, authors=authors, manuscript=whole, blind_copy=copy, declared=True
        )
        return paper

    def ask(self, paper: Paper, on: date) -> Suggestion:
        """The report's own bureau is asked whether it adopts what was found."""
        rows = [p.SuggestionRow("依研究結果訂定改善順序，並納入次年度施政計畫。", paper.case.agency)]
        step = self.archive.move(paper, p.ask_adoption, self.city.rdec_controller, on, suggestions=rows)
        return next(row for row in step.added if isinstance(row, Suggestion))

    def admit(self, paper: Paper, checked: date, on: date) -> Sheet:
        """Through the form check into the round, under a code word of this play."""
        staff = self.city.rdec_controller
        self.archive.move(paper, p.pass_form, staff, checked)
        step = self.archive.move(paper, p.admit, staff, on)
        sheet = next(row for row in step.added if isinstance(row, Sheet))
        sheet.code = "".join(self.rng.choice(CODE_SIGNS) for _n in range(6))
        self.sheets.append((paper, sheet))
        return sheet


def targets() -> list[tuple[str, Decimal]]:
    """Grade and mean of the eighty reports, best first."""
    tenth = Decimal("0.1")
    return [
        *(("first", Decimal(93) - 8 * tenth * n) for n in range(9)),
        *(("second", Decimal("84.6") - 2 * tenth * n) for n in range(22)),
        *(("merit", Decimal("79.6") - 2 * tenth * n) for n in range(20)),
        *(("", Decimal(74) - 9 * tenth * n) for n in range(29)),
    ]


def load(city: City) -> None:
    """The awards of the year 100, announced in May 2012."""
    rng = random.Random(SEED)
    people = reviewers(rng)
    met, told = date(2012, 5, 8), date(2012, 5, 15)
    round = Round.objects.create(
        kind=KIND, code="100", title="100年度自行研究評獎", opens_on=date(2012, 1, 2),
        closes_on=date(2012, 2, 29),
        appropriation=460_000, met_on=met, place="市府第一會議室", present="主任委員、外聘委員五人",
        minutes="依審查平均排名，在各等第名額與預算額度內決定獎勵等第。", announced_on=told,
    )  # fmt: skip
    results = targets()
    rng.shuffle(results)
    given: list[Assignment] = []
    with Archive(p.process) as archive:
        play = Play(city, archive, rng, round)
        for number, (grade, mean) in enumerate(results):
            on = workday(date(2012, 1, 4) + timedelta(days=number * 52 // len(results)))
            paper = play.submit(play.open(on), workday(on + timedelta(days=1)))
            sheet = play.admit(paper, workday(on + timedelta(days=6)), date(2012, 3, 12))
            apart = Decimal(9) if number % 16 == 5 else Decimal(rng.randrange(0, 6))
            given += judged(rng, sheet, people, mean, number, date(2012, 3, 19), apart=apart)
            sheet.decided, sheet.grade = True, grade
            if grade:
                sheet.amount = rules.PRIZES[grade].at(round.opens_on)
            finish(play, paper, sheet, told, mean, number)
    Assignment.objects.bulk_create(given)
    Mark.objects.bulk_create([mark for one in given for mark in marks_of(rng, one, CRITERIA)])


def finish(play: Play, paper: Paper, sheet: Sheet, told: date, mean: Decimal, number: int) -> None:
    """Told with the others; an award is paid and published within five weeks."""
    chief, staff = play.city.rdec_chief, play.city.rdec_controller
    if not sheet.grade:
        play.archive.move(paper, p.decline, chief, told, score=mean)
        return
    play.archive.move(
        paper, p.award, chief, told, grade=AwardGrade(sheet.grade), prize=sheet.amount, score=mean,
        certificate_no=f"研獎{told.year - 1911}-{number + 1:04d}",
    )  # fmt: skip
    paid = workday(told + timedelta(days=21))
    play.archive.move(
        paper, p.pay, staff, paid, paid_on=paid, voucher=f"{told.year - 1911}付{number + 1:05d}"
    )
    play.archive.move(paper, p.publish, staff, workday(told + timedelta(days=34)), file_open=number % 5 != 2)
    if sheet.grade == "first":
        on = workday(told + timedelta(days=35))
        row = play.ask(paper, on)
        given = {"answer": Answer.PLANNED, "promised_on": date(2012, 12, 31)}
        if number % 3 == 0:
            given = {"answer": Answer.NOT_ADOPTED, "reason": "經費不足，下年度再評估。"}
        play.archive.move(
            paper, p.answer_adoption, play.city.controller(paper.case.agency),
            workday(on + timedelta(days=9)), suggestion=row, **given,
        )  # fmt: skip


# ── The living present ──────────────────────────────────────────────────────────────────────────────


def present(city: City, today: date) -> None:
    """The year's call is open; the round of the year before is judged; prizes of an earlier one wait."""
    rng = random.Random(SEED + 1)
    people = reviewers(rng)
    year = today.year - 1911
    water = city.by_code("KCG-WR")
    _waiting(city, rng, today, year - 2)
    _judging(city, rng, today, year - 1, people)
    round = Round.objects.create(
        kind=KIND, code=str(year), title=f"{year}年度自行研究評獎", opens_on=today - timedelta(days=30),
        closes_on=today + timedelta(days=30), appropriation=460_000,
    )  # fmt: skip
    ago = [back_to_work(today - timedelta(days=n)) for n in (20, 15, 9, 6, 2)]
    staff = city.rdec_controller
    with Archive(p.process) as archive:
        play = Play(city, archive, rng, round, number=3)
        own = city.officer(water)
        play.open(ago[3], home=water, officer=own)
        play.open(ago[4])
        for on in ago[1:4]:
            play.submit(play.open(on), on)
        sent = play.submit(play.open(ago[1], home=water, officer=own), ago[1])
        archive.move(sent, p.send_back, staff, ago[3], reason="盲審稿首頁仍有機關名稱，請移除後重送。")
        checked = play.submit(play.open(ago[0]), ago[0])
        archive.move(checked, p.pass_form, staff, ago[2])
        gone = play.submit(play.open(ago[0]), ago[0])
        archive.move(gone, p.withdraw, gone.case.officer, ago[1], reason="另投他獎")


def _judging(city: City, rng: random.Random, today: date, year: int, people: Sequence[Reviewer]) -> None:
    """Six sheets: five scored by two, the sixth still waits for the reviewer one can sign in as."""
    begun = back_to_work(today - timedelta(days=80))
    round = Round.objects.create(
        kind=KIND, code=str(year), title=f"{year}年度自行研究評獎", opens_on=begun,
        closes_on=begun + timedelta(days=30), appropriation=460_000,
    )  # fmt: skip
    given: list[Assignment] = []
    sent = back_to_work(today - timedelta(days=12))
    with Archive(p.process) as archive:
        play = Play(city, archive, rng, round, number=20)
        for number in range(6):
            paper = play.submit(play.open(begun), workday(begun + timedelta(days=number)))
            sheet = play.admit(
                paper, workday(begun + timedelta(days=34)), workday(begun + timedelta(days=40))
            )
            given += judged(
                rng, sheet, people, Decimal(90 - 4 * number), number * 2, sent, apart=Decimal(number)
            )
    for one in given:
        one.scored_on = back_to_work(today - timedelta(days=3))
    mine = given[-2]
    mine.reviewer = people[0]
    mine.scored_on = mine.total = None
    mine.comment = ""
    Assignment.objects.bulk_create(given)
    done = [one for one in given if one.total is not None]
    Mark.objects.bulk_create([mark for one in done for mark in marks_of(rng, one, CRITERIA)])


def _waiting(city: City, rng: random.Random, today: date, year: int) -> None:
    """Announced lately: one prize is still to be paid, one paid report is not published yet."""
    begun, told = back_to_work(today - timedelta(days=200)), back_to_work(today - timedelta(days=14))
    round = Round.objects.create(
        kind=KIND, code=str(year), title=f"{year}年度自行研究評獎", opens_on=begun,
        closes_on=begun + timedelta(days=40), appropriation=460_000, met_on=told - timedelta(days=7),
        present="主任委員、外聘委員三人", minutes="依排名決定。", announced_on=told,
    )  # fmt: skip
    with Archive(p.process) as archive:
        play = Play(city, archive, rng, round, number=40)
        for number, grade in enumerate(("first", "second", "merit", "")):
            paper = play.submit(play.open(begun), workday(begun + timedelta(days=2)))
            sheet = play.admit(
                paper, workday(begun + timedelta(days=45)), workday(begun + timedelta(days=50))
            )
            sheet.decided, sheet.grade = True, grade
            if not grade:
                archive.move(paper, p.decline, city.rdec_chief, told)
                continue
            sheet.amount = rules.PRIZES[grade].at(round.opens_on)
            archive.move(
                paper, p.award, city.rdec_chief, told, grade=AwardGrade(grade), prize=sheet.amount,
                certificate_no=f"研獎{year}-9{number:03d}",
            )  # fmt: skip
            if grade != "second":
                play.ask(paper, back_to_work(today - timedelta(days=10)))
            if grade == "merit":
                paid = back_to_work(today - timedelta(days=2))
                archive.move(paper, p.pay, city.rdec_controller, paid, paid_on=paid)
