"""示範資料 The committee of nineteen, the 678 approved names of the half-year, and a living present.

Districts, villages and agencies come from the tables the product carries; roads, landmarks and titles are the
city's well-known ones. Persons are synthetic.
"""

from __future__ import annotations

import csv
import random
from datetime import date, timedelta
from pathlib import Path
from typing import Any

from yankao.kernel.casework.archive import Archive
from yankao.kernel.people.city import City
from yankao.kernel.people.models import Agency, Village
from yankao.kernel.register.english import key_of, road_in_english

from . import process as p
from .models import BilingualName, Category, Meeting, Member, MemberKind, Resolution, Way

SEED = 1010109
APPROVED = 678
START = date(2011, 12, 1)
"""The day on which the register of before was taken over."""
RECENT = 12
"""So many of them went the whole way in the half-year itself."""

NAMES = Path(__file__).parent / "data" / "demo_names.csv"
"""Landmarks and titles: category, Chinese, English."""
ROADS = (  # noqa: SIM905  (names read better as words)
    "中山 中正 民族 民權 民生 博愛 建國 九如 十全 大順 明誠 自由 五福 "
    "四維 三多 青年 光華 中華 成功 自強 河東 河西 七賢 六合 八德 新田 "
    "廣州 復興 一心 二聖 瑞隆 和平 武慶 凱旋 翠華 左營大路 新莊仔 裕誠 華夏 "
    "重愛 至聖 南屏 富國 鼓山 臨海 蓬萊 鹽埕 大仁 大義 大勇 必忠 公園 "
    "沿海 小港 宏平 漢民 康莊 崗山 鳳林 光遠 維新 五甲 瑞源 南京 過埤 "
).split()
ORDINALS = "一二三四"
OLD = (
    ("西子灣", "Hsitzu Bay", date(1995, 6, 1)),
    ("左營區", "Tsoying District", date(1993, 3, 1)),
    ("旗津區", "Chichin District", date(1993, 3, 1)),
    ("愛河", "Ai River", date(1998, 8, 1)),
    ("澄清湖", "Cheng Ching Lake", date(1998, 8, 1)),
)
"""Names approved before and changed: they are not counted again, and live on as aliases."""


def candidates(city: City) -> list[tuple[str, str, str, str]]:
    """(Category, Chinese, English, way) of every name, each once."""
    found: dict[tuple[str, str], tuple[str, str, str, str]] = {}

    def add(category: str, zh: str, text: str, way: str) -> None:
        if text and (category, key_of(zh)) not in found:
            found[category, key_of(zh)] = (category, zh, text, way)

    for district in city.districts:
        add(Category.PLACE, district.name, district.name_en, Way.PINYIN)
    for agency in [*city.agencies, *city.district_offices]:
        add(Category.AGENCY, agency.name, agency.name_en, Way.MEANING)
    with NAMES.open(encoding="utf-8", newline="") as stream:
        for row in csv.DictReader(stream):
            way = Way.MIXED if row["category"] == Category.LANDMARK else Way.MEANING
            add(row["category"], row["zh"], row["english"], way)
    for base in ROADS:
        names = [base] if base.endswith("路") else [f"{base}{ordinal}路" for ordinal in ORDINALS]
        for zh in names:
            add(Category.ROAD, zh, road_in_english(zh), Way.PINYIN)
    taken = {zh for _category, zh, _text, _way in found.values()}
    for name, text in Village.objects.exclude(name_en="").order_by("code").values_list("name", "name_en"):
        if name not in taken:
            add(Category.PLACE, name, text, Way.PINYIN)
    return list(found.values())


def committee(city: City, rng: random.Random) -> None:
    """Nineteen members in office, the term before, and two meetings of the half-year."""
    posts: dict[str, tuple[str, ...]] = {
        MemberKind.INTERNAL: (
            "副市長", "教育局局長", "觀光局局長", "民政局局長", "交通局局長", "文化局局長", "研考會主任委員",
        ),
        MemberKind.EXTERNAL: (
            "大學外文系教授", "翻譯學會理事", "飯店總經理", "導遊協會顧問", "國際學校校長", "廣播節目主持人",
            "出版社主編", "大學語言中心主任",
        ),
        MemberKind.FOREIGN: ("大學外籍講師", "外商公司經理", "外籍社群代表", "國際志工"),
    }  # fmt: skip
    names: set[str] = set()
    members = []
    for begin, end in ((date(2009, 1, 1), date(2010, 12, 31)), (date(2011, 1, 1), date(2012, 12, 31))):
        for kind, words in posts.items():
            for number in range(len(words)):
                name = _name(rng, names)
                chair = kind == MemberKind.INTERNAL and number == 0
                members.append(
                    Member(
                        name=name, kind=kind, post=words[number], chair=chair, valid_from=begin, valid_to=end
                    )
                )
    Member.objects.bulk_create(members)
    for number, day in ((17, date(2012, 3, 14)), (18, date(2012, 6, 13))):
        one = Meeting.objects.create(
            number=number, title=f"推動委員會第{number}次會議", held_on=day, place="市府第一會議室",
            minutes_due_on=day + timedelta(days=14), minutes_on=day + timedelta(days=9),
        )  # fmt: skip
        Resolution.objects.bulk_create(
            Resolution(
                meeting=one, text=text, raised_on=day, resolution=resolution, owner=city.rdec,
                due_on=day + timedelta(days=60), done_on=day + timedelta(days=50),
            )
            for text, resolution in (
                ("觀光景點英譯統一", "以核定譯名為準，各機關網站與標示三個月內更新。"),
                ("英語服務標章推動路線", "旗山美濃快線、義大世界與旗美商圈列為今年推動重點。"),
            )
        )  # fmt: skip


def _name(rng: random.Random, taken: set[str]) -> str:
    while True:
        name = rng.choice("陳林黃張李王吳劉蔡楊許鄭謝郭洪曾邱廖賴周徐蘇葉莊呂江何蕭羅高") + rng.choice(
            ("怡君", "冠廷", "詩涵", "博文", "佩珊", "家豪", "雅婷", "志明", "淑芬", "俊傑", "美玲", "建宏")
        )
        if name not in taken:
            taken.add(name)
            return name


def _open(
    archive: Archive[BilingualName], city: City, name: tuple[str, str, str, str], on: date, **more: Any
) -> BilingualName:
    category, zh, text, way = name
    agency: Agency = city.rdec
    return archive.open(
        title=zh, agency=agency, on=on, officer=city.rdec_controller, actor=city.rdec_controller,
        zh=zh, english=text, category=category, way=way, basis="依市政英譯原則", **more,
    )  # fmt: skip


def load(city: City) -> None:
    """The reference half-year, 101H1: 678 approved names by 30 June 2012, five of them once changed."""
    rng = random.Random(SEED)
    committee(city, rng)
    names = candidates(city)[:APPROVED]
    assert len(names) == APPROVED
    old = {zh: (text, day) for zh, text, day in OLD}
    with Archive(p.process) as archive:
        for number, name in enumerate(names[:-RECENT]):
            day = date(2004, 3, 1) + timedelta(days=number * 7 % 2800)
            _enrolled(archive, city, name, day, number, *old.get(name[1], ()))
        for number, name in enumerate(names[-RECENT:]):
            _decided(archive, city, name, date(2012, 1, 9) + timedelta(days=number * 9), number)


def _enrolled(
    archive: Archive[BilingualName],
    city: City,
    name: tuple[str, str, str, str],
    day: date,
    number: int,
    before: str = "",
    since: date = START,
) -> None:
    """A name approved before the platform began, with the one it changed: the two count as one."""
    staff = city.rdec_controller
    first: BilingualName | None = None
    if before:
        first = _open(archive, city, (name[0], name[1], before, Way.CUSTOM), START)
        letter = f"高市府研字第{since.year - 1911:03d}{number:07d}號"
        archive.move(first, p.enrol, staff, START, approved_on=since, letter=letter)
    one = _open(archive, city, name, START, replaces=first)
    letter = f"高市府研發字第{day.year - 1911:03d}{number:07d}號"
    archive.move(one, p.enrol, staff, START, approved_on=day, letter=letter)
    if first is not None:
        ends = day - timedelta(days=1)
        archive.move(first, p.supersede, staff, START, ends_on=ends, reason=f"變更為「{name[2]}」。")


def _decided(
    archive: Archive[BilingualName], city: City, name: tuple[str, str, str, str], on: date, number: int
) -> None:
    """The whole way in the half-year."""
    staff, roc = city.rdec_controller, on.year - 1911
    one = _open(archive, city, name, on)
    archive.move(one, p.review_name, staff, on + timedelta(days=8), review="拼寫符合譯寫原則。")
    archive.move(one, p.refer, staff, on + timedelta(days=12), meeting_on=on + timedelta(days=20))
    day = on + timedelta(days=22)
    archive.move(
        one,
        p.approve,
        staff,
        day,
        valid_from=day + timedelta(days=7),
        letter=f"高市府研發字第{roc}{number:07d}號",
    )
    archive.move(
        one, p.notify, staff, day + timedelta(days=4), notice_letter=f"高市研發字第{roc}{500 + number:07d}號"
    )


# ── The living present ──────────────────────────────────────────────────────────────────────────────

NEW = (
    (Category.LANDMARK, "亞洲新灣區", "Asia New Bay Area", Way.MEANING),
    (Category.LANDMARK, "高雄流行音樂中心", "Kaohsiung Music Center", Way.MEANING),
    (Category.LANDMARK, "棧貳庫", "Kaohsiung Port Warehouse No. 2", Way.MEANING),
    (
        Category.LANDMARK,
        "衛武營國家藝術文化中心",
        "National Kaohsiung Center for the Arts (Weiwuying)",
        Way.MIXED,
    ),
    (Category.ROAD, "水岸輕軌大道", "Waterfront Light Rail Blvd.", Way.MEANING),
    (Category.LANDMARK, "岡山之眼", "Gangshan Eye Skywalk", Way.MIXED),
    (Category.TITLE, "資訊長", "Chief Information Officer", Way.MEANING),
    (Category.LANDMARK, "舊鐵橋濕地公園", "Old Railway Bridge Wetland Park", Way.MEANING),
    (Category.LANDMARK, "內惟藝術中心", "Neiwei Arts Center", Way.MIXED),
)


def present(city: City, today: date) -> None:
    """Proposals in every stage around today, from the bureau of the demonstration log-ins among others."""
    days, staff, water = timedelta, city.rdec_controller, city.by_code("KCG-WR")
    term = date(today.year - today.year % 2, 1, 1)
    Member.objects.bulk_create(
        Member(
            name=one.name, kind=one.kind, post=one.post, chair=one.chair,
            valid_from=term, valid_to=date(term.year + 1, 12, 31),
        )
        for one in Member.objects.filter(valid_to=date(2012, 12, 31)).order_by("pk")
    )  # fmt: skip
    meeting = Meeting.objects.create(
        number=45, title="推動委員會第45次會議", held_on=today - days(days=30), place="四維行政中心",
        minutes_due_on=today - days(days=16), minutes_on=today - days(days=20),
    )  # fmt: skip
    Resolution.objects.create(
        meeting=meeting, text="輕軌各站站名英譯", raised_on=meeting.held_on,
        resolution="交通局一個月內提案，與捷運站名一致。", owner=water, due_on=today + days(days=10),
    )  # fmt: skip
    with Archive(p.process) as archive:
        for number, name in enumerate(NEW):
            on = today - days(days=6 + 9 * number)
            agency = water if number in (0, 7) else city.agencies[number * 5 % len(city.agencies)]
            one = archive.open(
                title=name[1], agency=agency, on=on, officer=city.officer(agency), actor=city.officer(agency),
                zh=name[1], english=name[2], category=name[0], way=name[3], basis="配合標示更新",
            )  # fmt: skip
            _so_far(archive, one, number, on, today, staff)


def _so_far(
    archive: Archive[BilingualName], one: BilingualName, number: int, on: date, today: date, staff: object
) -> None:
    days, roc = timedelta, today.year - 1911
    if number < 2:
        return
    if number == 7:
        archive.move(one, p.send_back, staff, today - days(days=2), reason="請說明與鄰近步道名稱是否一致。")
        return
    archive.move(one, p.review_name, staff, on + days(days=5))
    if number < 4:
        return
    archive.move(one, p.refer, staff, on + days(days=8), meeting_on=on + days(days=14))
    if number == 4:
        return
    if number == 8:
        archive.move(one, p.reject, staff, on + days(days=20), reason="館方已有登記之英文名稱，不另核定。")
        return
    archive.move(
        one,
        p.approve,
        staff,
        on + days(days=16),
        valid_from=on + days(days=20),
        letter=f"高市府研發字第{roc}{number:07d}號",
    )
    if number == 6:
        archive.move(
            one, p.notify, staff, on + days(days=22), notice_letter=f"高市研發字第{roc}{900 + number:07d}號"
        )
