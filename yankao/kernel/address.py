"""Addresses of Taiwan taken apart (functional spec B12, D15). Plain Python; no database.

`[postcode] city + district + village + neighbourhood + road + section + lane + alley + number + floor +
room`; digits may be Chinese, full-width or half-width. Addresses of a county that was merged into a city name
the townships of their time; `merged` gives the district of today.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from datetime import date
from unicodedata import normalize

from .roc import RocError, parse_numeral

CITIES = {
    "臺北市": "Taipei City",
    "新北市": "New Taipei City",
    "桃園市": "Taoyuan City",
    "臺中市": "Taichung City",
    "臺南市": "Tainan City",
    "高雄市": "Kaohsiung City",
    "基隆市": "Keelung City",
    "新竹市": "Hsinchu City",
    "嘉義市": "Chiayi City",
    "新竹縣": "Hsinchu County",
    "苗栗縣": "Miaoli County",
    "彰化縣": "Changhua County",
    "南投縣": "Nantou County",
    "雲林縣": "Yunlin County",
    "嘉義縣": "Chiayi County",
    "屏東縣": "Pingtung County",
    "宜蘭縣": "Yilan County",
    "花蓮縣": "Hualien County",
    "臺東縣": "Taitung County",
    "澎湖縣": "Penghu County",
    "金門縣": "Kinmen County",
    "連江縣": "Lienchiang County",
    "臺北縣": "Taipei County",
    "桃園縣": "Taoyuan County",
    "臺中縣": "Taichung County",
    "臺南縣": "Tainan County",
    "高雄縣": "Kaohsiung County",
}
"""Special municipalities, cities and counties with those merged since 2010, and their official English."""

MERGED = {
    "高雄縣": ("高雄市", date(2010, 12, 25)),
    "臺北縣": ("新北市", date(2010, 12, 25)),
    "臺中縣": ("臺中市", date(2010, 12, 25)),
    "臺南縣": ("臺南市", date(2010, 12, 25)),
    "桃園縣": ("桃園市", date(2014, 12, 25)),
}
RENAMED = {"高雄縣三民鄉": "那瑪夏區", "高雄縣那瑪夏鄉": "那瑪夏區"}
"""Townships whose district does not carry their name: 三民鄉 became 那瑪夏鄉 in 2008."""

_NUMERALS = "〇零一二三四五六七八九十百"
_N = rf"(?:\d{{1,4}}|[{_NUMERALS}]{{1,6}})"


@dataclass(frozen=True)
class Address:
    """One address: the text as it came and its parts, empty where they were not given.

    `number` is 12 or 12-3; `floor` is 8, 8-1 or B1; `rest` is what was not understood. `confidence` is 1 for
    an address understood to its house number, and falls with what was left over or is missing.
    """

    raw: str
    postcode: str = ""
    city: str = ""
    district: str = ""
    village: str = ""
    neighbourhood: str = ""
    road: str = ""
    section: str = ""
    lane: str = ""
    alley: str = ""
    number: str = ""
    floor: str = ""
    room: str = ""
    rest: str = ""
    confidence: float = 0.0

    def normal(self) -> str:
        """The address written one way: Arabic numbers, 臺, parts in order, without postcode."""
        return "".join(
            (
                self.city,
                self.district,
                self.village,
                _with(self.neighbourhood, "鄰"),
                self.road,
                _with(self.section, "段"),
                _with(self.lane, "巷"),
                _with(self.alley, "弄"),
                _with(self.number, "號", "之"),
                " " if "-" in self.number and self.floor[:1].isdigit() else "",
                _with(self.floor, "樓", "之"),
                _with(self.room, "室"),
            )
        )


def _with(part: str, word: str, joint: str = "") -> str:
    """12-3 as 12號之3, B1 as 地下1樓, a named lane as it is."""
    if not part:
        return ""
    head, _dash, tail = part.partition("-") if joint else (part, "", "")
    if word == "樓" and head.startswith("B"):
        head = f"地下{head[1:]}"
    return f"{head}{word}{joint}{tail}" if tail else f"{head}{word}"


def number_of(text: str) -> int | None:
    """A Chinese or Arabic whole number: 五十六, 一百二十, 56, ５６; None when it is none."""
    try:
        return parse_numeral(text)
    except RocError:
        return None


class _Reader:
    """Takes one part after the other off the front of the text."""

    def __init__(self, text: str) -> None:
        self.left = text

    def take(self, pattern: str, group: int = 1) -> str:
        found = self.match(pattern)
        return (found[group] or "") if found else ""

    def match(self, pattern: str) -> re.Match[str] | None:
        """What stands at the front, taken off; a blank before it counts for nothing."""
        found = re.match(rf" ?{pattern}", self.left)
        if found:
            self.left = self.left[found.end() :]
        return found

    def counted(self, pattern: str) -> str:
        """A number as Arabic digits, a name as it stands."""
        given = self.take(pattern)
        value = number_of(given) if given else None
        return given if value is None else str(value)


def clean(text: str) -> str:
    """Half-width, 臺 in the names of cities; blanks and commas only stay between two numbers."""
    folded = re.sub(r"[\s,，、]+", " ", normalize("NFKC", text)).strip()
    folded = re.sub(rf"(?<![\d{_NUMERALS}]) | (?![\d{_NUMERALS}])", "", folded)
    return re.sub(r"台(?=[北中南東灣])", "臺", folded)


def _road(left: _Reader) -> str:
    """To the first 大道, 路 or 街 that no other follows (鐵路街); else a settlement with a house."""
    if wharf := left.take(rf"(第{_N}號碼頭)"):
        return wharf
    road = left.take(rf"([^號]+?(?:大道|[路街])(?:[路街](?={_N}|$))?)(?![口])")
    return road or left.take(rf"((?:(?![號巷弄段])[一-鿿]){{2,6}}?)(?={_N}(?:之\d+)?號|$)")


def parse(text: str) -> Address:
    """The address taken apart. Never raises: what is not understood is in `rest`, with less confidence."""
    whole = clean(text)
    left = _Reader(whole)
    postcode = left.take(r"(\d{6}|\d{5}|\d{3})(?!\d|[巷弄號段鄰樓])")
    left.take(r"(中華民國)?(臺灣省?)?", 0)
    city = left.take(f"({'|'.join(CITIES)})")
    district = left.take(rf"(.{{1,3}}?區(?![路街](?:{_N}|號|$)))") or left.take(
        r"(.{2,3}?[鄉鎮市])(?![場路街])"
    )
    village = left.take(r"((?!.{1,4}新[里村]).{1,4}?[里村])(?=[^路街巷弄段號]{2}|\d)")
    neighbourhood = left.counted(rf"({_N})鄰")
    road = _road(left)
    section = left.counted(rf"({_N})段")
    lane = left.counted(rf"({_N})巷") or left.counted(r"([^\d號弄]{1,8}?)巷")
    alley = left.counted(rf"({_N})弄") or left.counted(r"([^\d號]{1,6}?)弄")
    number = _number(left)
    floor = _floor(left)
    room = left.take(r"([A-Za-z0-9]{1,6})室")
    found = Address(
        text, postcode, city, district, village, neighbourhood, road, section, lane, alley, number, floor,
        room, left.left,
    )  # fmt: skip
    return replace(found, confidence=_confidence(found, len(whole)))


def _number(left: _Reader) -> str:
    found = left.match(rf"({_N})(?:[之\-]({_N}))?號(?:之({_N}))?")
    if found is None:
        return ""
    parts = [number_of(part) for part in found.groups() if part]
    return "-".join(str(part) for part in parts)


def _floor(left: _Reader) -> str:
    found = left.match(rf"(地下|B)?({_N})(?:樓|F)(?:(?:之|-)({_N}))?")
    if found is None:
        return ""
    floor = f"{'B' if found[1] else ''}{number_of(found[2])}"
    return f"{floor}-{number_of(found[3])}" if found[3] else floor


def _confidence(found: Address, length: int) -> float:
    """What share of the text was understood, less a quarter each for no place, no road, no house number."""
    if not length:
        return 0.0
    missing = sum(not part for part in (found.city or found.district, found.road, found.number))
    return round(max(0.0, (length - len(found.rest)) / length - missing * 0.25), 2)


def merged(address: Address, on: date) -> Address:
    """The address as it is called on the day: 高雄縣鳳山市 is 高雄市鳳山區 from 25 December 2010."""
    known = MERGED.get(address.city)
    if known is None or on < known[1]:
        return address
    district = RENAMED.get(address.city + address.district, re.sub(r"[鄉鎮市]$", "區", address.district))
    village = re.sub(r"村$", "里", address.village)
    return replace(address, city=known[0], district=district, village=village)
