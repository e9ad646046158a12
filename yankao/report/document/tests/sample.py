# ruff: noqa: E501 - prose
"""A made-up report of about twelve pages with a hundred figures, in Chinese and English. All numbers are invented."""

from __future__ import annotations

import hashlib
from datetime import date

from yankao.report.document.model import (
    Block,
    Chapter,
    Chart,
    External,
    Fact,
    FactRecord,
    Facts,
    Heading,
    Item,
    Language,
    Note,
    Para,
    Report,
    Runs,
    Said,
    Table,
    Text,
)

START, END = date(2012, 1, 1), date(2012, 6, 30)


def record(
    number: int, *, value: str, display: Said, unit: Said, decimals: int = 0, rate: bool = False
) -> FactRecord:
    part = f"[channel=c{number % 7}]" if number % 3 == 0 else ""
    return FactRecord(
        id=f"101H1-{number:03}",
        concept=f"sample.room{number % 9}.count{number}{part}",
        label=Said(f"第{number}項指標", f"Sample figure {number}"),
        value=value,
        display=display,
        unit=unit,
        decimals=decimals,
        start=START if number % 4 else None,
        end=END,
        as_of=END if number % 5 else date(2012, 7, 31),
        kind="flow" if number % 4 else "stock",
        definition=Said(
            "期間內完成登記且未撤回之案件，以登記日為準。"
            if not rate
            else "期間內依限辦結之案件占全部辦結案件之比率。",
            "Cases registered in the period and not withdrawn, by date of registration."
            if not rate
            else "Share of the closed cases of the period that were closed in time.",
        ),
        definition_version=1 + number % 2,
        legal_basis="行政程序法第170條" if number % 2 else "",
        records=17 * number,
        digest=hashlib.sha256(str(number).encode()).hexdigest(),
        source="yankao",
        href=f"/f/101H1-{number:03}",
        footnotes=("補登3筆",) if number == 10 else (),
        approximate=number == 11,
        previous=str(100 * number) if number % 6 == 0 else None,
    )


def records() -> Facts:
    """A hundred and one facts: counts, percentages, money, a negative one, a withheld one."""
    made = []
    for number in range(1, 101):
        if number % 10 == 0:
            value = f"{60 + number * 0.371:.2f}"
            said = Said(f"{value}%", f"{value}%")
            made.append(record(number, value=value, display=said, unit=Said("%", "%"), decimals=2, rate=True))
        elif number % 10 == 7:
            made.append(
                record(
                    number,
                    value=f"3465{number % 100:02}1000",
                    display=Said(f"34億65{number % 100:02}萬1000元", f"NT$3,465.{number % 100:02}1 million"),
                    unit=Said("元", "NT$"),
                )
            )
        else:
            value = number * 971 + 3
            made.append(
                record(
                    number,
                    value=str(value),
                    display=Said(f"{value:,}件", f"{value:,} cases"),
                    unit=Said("件", "cases"),
                )
            )
    made.append(record(101, value="", display=Said("不予顯示", "withheld"), unit=Said("人", "persons")))
    return Facts(tuple(made))


def svg() -> str:
    bars = "".join(
        f'<rect x="{31 + 105 * month}" y="{220 - height}" width="44" height="{height}" fill="#0b5471"/>'
        f'<text x="{53 + 105 * month}" y="242" text-anchor="middle" font-size="14" fill="#40505d">{month + 1}月</text>'
        for month, height in enumerate((160, 150, 176, 170, 180, 186))
    )
    return (
        '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 640 250" font-family="Noto Sans CJK TC" role="img">'
        f'<line x1="0" x2="640" y1="220" y2="220" stroke="#7d8c97"/>{bars}</svg>'
    )


ZH = {
    "titles": ("研究發展", "綜合計畫", "管制考核", "工程品質查核", "聯合服務", "資訊業務"),
    "subs": ("受理與審查", "追蹤列管", "成果運用", "檢討改進"),
    "before": "為使各機關之業務有所依循，本會訂定作業規定並逐案追蹤，自101年1月至6月受理",
    "between": "，其中依限辦結者",
    "after": "；未依限者已函請主管機關說明原因並提出改善作法，說明內容逐案登錄，於下次列管會議報告。各機關所提意見經彙整後納入作業規定之修正，並於市政會議提出說明，俾使後續執行有一致之標準。",
    "item": "辦理輔導與訪視，完成",
    "tail": "，並將建議事項交由各機關研議，回復情形列入追蹤。",
    "absent": "本項尚未於本系統管理。",
}
EN = {
    "titles": (
        "Research",
        "Planning",
        "Control and evaluation",
        "Construction quality",
        "Joint services",
        "Information services",
    ),
    "subs": ("Receipt and review", "Follow-up", "Use of results", "Lessons"),
    "before": "So that agencies work to one standard, the commission sets the procedure and follows every case; from January to June 2012 it received ",
    "between": ", of which in time ",
    "after": "; where a case was late, the responsible agency was asked for the reason and for a remedy, and both are on record and go to the next steering meeting. Comments of the agencies were taken into the revised procedure and explained at the city meeting.",
    "item": "Visits and guidance were completed for ",
    "tail": ", and the suggestions went to the agencies, whose answers are followed up.",
    "absent": "This item is not yet kept here.",
}


def report(language: Language = "zh-hant", *, status: str = "frozen", notice: str = "") -> Report:
    said, facts = (EN if language == "en" else ZH), list(records().records)
    taken = iter(facts)

    def cell(runs: Runs | str) -> Runs:
        return (Text(runs),) if isinstance(runs, str) else runs

    def fact(*, bare: bool = False) -> Fact:
        found = next(taken)
        shown = found.display.in_language(language)
        return Fact(found.id, shown.removesuffix("件").removesuffix(" cases") if bare else shown)

    blocks: list[Block] = []
    for first, title in enumerate(said["titles"], 1):
        blocks.append(Heading(1, (first,), title, f"s{first}"))
        if first == 6:
            blocks.append(Note("absent", (Text(said["absent"]),)))
            continue
        for second, sub in enumerate(said["subs"], 1):
            blocks.append(Heading(2, (first, second), sub, f"s{first}-{second}"))
            blocks.append(
                Para((Text(said["before"]), fact(), Text(said["between"]), fact(), Text(said["after"])))
            )
            if second == 1:
                blocks.append(Heading(3, (first, 1, 1), sub, f"s{first}-1-1"))
            for number in (1, 2):
                blocks.append(
                    Item(1, number, (Text(said["item"], strong=number == 1), fact(), Text(said["tail"] * 2)))
                )
            if second == 2:
                blocks.append(Item(2, 1, (Text(said["item"]), Text(said["tail"]))))
                blocks.append(Item(2, 2, (Text(said["tail"]),)))
        if first == 5:
            head = ("管道", "受理", "辦結率") if language != "en" else ("Channel", "Received", "Closed")
            names = [("專線", "信箱", "臨櫃"), ("Hotline", "Mailbox", "Counter")][language == "en"]
            blocks.append(
                Table(
                    "channels",
                    "受理管道與辦結情形" if language != "en" else "Channels and closing",
                    tuple(cell(name) for name in head),
                    tuple((cell(name), (fact(bare=True),), (fact(),)) for name in names),
                    ((cell("合計" if language != "en" else "Total"), (fact(bare=True),), (fact(),)),),
                    "件" if language != "en" else "cases",
                )
            )
            blocks.append(
                Chart(
                    "monthly",
                    svg(),
                    "各月受理件數持平，年中略增"
                    if language != "en"
                    else "Cases by month are level, rising slightly by midyear",
                    Table(
                        "monthly-data",
                        "各月受理件數" if language != "en" else "Cases by month",
                        (
                            cell("月份" if language != "en" else "Month"),
                            cell("件數" if language != "en" else "Cases"),
                        ),
                        tuple((cell(name), (fact(bare=True),)) for name in ("一月", "二月", "三月")),
                    ),
                )
            )
            rest = [Fact(found.id, found.display.in_language(language)) for found in taken]
            runs: list[Text | Fact | External] = [Text("另：" if language != "en" else "Also: ")]
            for shown in rest:
                runs += [shown, Text("、" if language != "en" else ", ")]
            runs += [
                External("1999", "行政院核定簡碼" if language != "en" else "Code set by the Executive Yuan")
            ]
            runs += [Text("。" if language != "en" else ".")]
            blocks.append(Para(tuple(runs)))
    blocks.append(
        Note(
            "late",
            (
                Text(
                    "補登紀錄已計入本期。" if language != "en" else "Late records are counted in this period."
                ),
            ),
        )
    )
    zh = language != "en"
    return Report(
        title="高雄市政府研究發展考核委員會業務報告"
        if zh
        else "Work report of the Research, Development and Evaluation Commission",
        session="高雄市議會第1屆第4次定期大會"
        if zh
        else "Kaohsiung City Council, 1st term, 4th regular session",
        language=language,
        agency="研究發展考核委員會" if zh else "Research, Development and Evaluation Commission",
        period="101年1月至6月" if zh else "January to June 2012",
        edition=3,
        as_of="101年6月30日" if zh else "30 June 2012",
        dated=date(2012, 8, 20),
        chapters=(
            Chapter(
                25, "研考" if zh else "Research, development and evaluation", "chapter-25", tuple(blocks)
            ),
        ),
        status="draft" if status == "draft" else "frozen",
        notice=notice,
        site="https://rdec.example",
    )
