"""英文名稱 Which English name a Chinese one has: the approved name in force, else a romanisation by rule.

The kernel asks; the room that keeps the register of approved names answers (`provide`). Without such a room
everything falls back to the names that agencies and districts carry themselves, then to Chinese. Each process
keeps the names for some seconds.
"""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import get_language

from ..address import CITIES, Address, number_of

Names = Mapping[tuple[str, str], str]
Provider = Callable[[date], Names]

AGENCY, PLACE, ROAD, LANDMARK, TITLE = "agency", "place", "road", "landmark", "title"
SECONDS = 30.0

_provider: Provider | None = None
_kept: tuple[float, date, Names] = (0.0, date.min, {})


def provide(names: Provider) -> Provider:
    """Name who answers: a function giving (category, Chinese name) → English for a day."""
    global _provider
    _provider = names
    forget()
    return names


def forget() -> None:
    """Ask afresh next time (tests, and after a name came into force)."""
    global _kept
    _kept = (0.0, date.min, {})


def approved() -> Names:
    """The names in force today."""
    global _kept
    today = timezone.localdate()
    if _kept[0] < time.monotonic() or _kept[1] != today:
        _kept = (time.monotonic() + SECONDS, today, _provider(today) if _provider else {})
    return _kept[2]


def key_of(name: str) -> str:
    """A Chinese name for comparison: without blanks, 臺 for 台, half-width digits, sections in Arabic."""
    from unicodedata import normalize  # noqa: PLC0415

    return re.sub(r"\s+", "", normalize("NFKC", name)).replace("台", "臺")


def english_name(category: str, zh: str, own: str = "") -> str:
    """The approved English name, else the one the thing carries itself, else empty."""
    return approved().get((category, key_of(zh))) or own


def shown(category: str, zh: str, own: str = "") -> str | SafeString:
    """The name in the reader's language; Chinese left standing in an English page says that it is Chinese."""
    if get_language() != "en":
        return zh
    return english_name(category, zh, own) or format_html('<span lang="zh-Hant">{}</span>', zh)


def called(row: Any) -> str:
    """An agency, district or village in the reader's language; anything else by its own name."""
    if get_language() != "en":
        return str(row)
    own = getattr(row, "name_en", "")
    category = _CATEGORY.get(row._meta.model_name)
    return (english_name(category, row.name, own) if category else own) or str(row)


_CATEGORY = {"agency": AGENCY, "district": PLACE, "village": PLACE}


# ── Romanisation by rule ────────────────────────────────────────────────────────────────────────────

APOSTROPHE = "’"
KINDS = {"大道": "Blvd.", "路": "Rd.", "街": "St.", "巷": "Ln.", "弄": "Aly.", "段": "Sec.", "村": "Vil."}
DIRECTIONS = {"東": "E.", "西": "W.", "南": "S.", "北": "N.", "中": "Central"}
SIDES = {"橫": "Side", "後": "Back", "市場": "Market", **DIRECTIONS}
READ_IN_NAMES = {"長": "chang", "重": "chong", "行": "xing", "佛": "fo", "廈": "xia", "堤": "ti"}
"""Characters of several readings, as names of roads and places read them."""
AFTER = {"長": frozenset("校市縣鎮鄉區里村首院部議會"), "行": frozenset("銀商洋分")}
"""Behind these the character is read as in everyday words: 校長 xiaozhang, 銀行 yinhang."""
_NUMBERED = re.compile(r"^(.*?)([〇零一二三四五六七八九十百]+|\d+)$")
_WHARF = re.compile(r"^第(.+)號碼頭$")
_PARTS = re.compile(r".+?(?:大道|(?<![鐵公速])[路街巷弄段](?![路街]))")


def ordinal(number: int) -> str:
    """1st, 2nd, 3rd, 4th, 11th, 21st."""
    teen = number % 100 in (11, 12, 13)
    return f"{number}{'th' if teen else {1: 'st', 2: 'nd', 3: 'rd'}.get(number % 10, 'th')}"


def romanise(zh: str) -> str:
    """Hanyu Pinyin as names are written: 左營 Zuoying, 仁愛 Ren’ai; signs other than Chinese stay."""
    from pypinyin import Style, lazy_pinyin  # noqa: PLC0415  (0.1 s: only when a name is romanised)

    syllables = lazy_pinyin(zh, style=Style.NORMAL, v_to_u=True, errors=lambda text: text)
    if len(syllables) == len(zh):
        for place, sign in enumerate(zh):
            if sign in READ_IN_NAMES and not (place and zh[place - 1] in AFTER.get(sign, ())):
                syllables[place] = READ_IN_NAMES[sign]
    words = "".join(
        (APOSTROPHE if place and one[:1] in "aoe" and syllables[place - 1].isalpha() else "") + one
        for place, one in enumerate(syllables)
    ).replace("ü", "u")
    return words[:1].upper() + words[1:]


def road_in_english(zh: str) -> str:
    """A road by rule: 博愛二路 Bo’ai 2nd Rd., 文賢北路 Wenxian N. Rd., 中山路1段 Sec. 1, Zhongshan Rd."""
    zh = key_of(zh)
    if known := approved().get((ROAD, zh)):
        return known
    if (wharf := _WHARF.match(zh)) and (number := number_of(wharf[1])) is not None:
        return f"{ordinal(number)} Wharf"
    parts = _PARTS.findall(zh)
    if tail := zh[len("".join(parts)) :]:
        parts.append(tail)
    return ", ".join(_part(one) for one in reversed(parts))


def _part(zh: str) -> str:
    """One road, lane or settlement: its name, its direction, its number, its kind."""
    if known := approved().get((ROAD, zh)):
        return known
    kind = next((one for one in KINDS if zh.endswith(one)), "")
    if kind == "村" and zh.endswith("新村"):
        kind = ""
    base = zh.removesuffix(kind) if kind else zh
    word = KINDS.get(kind, "")
    found = _NUMBERED.match(base) if kind else None
    number = number_of(found[2]) if found else None
    if kind == "段":
        said = str(number) if number is not None and found and not found[1] else DIRECTIONS.get(base, "")
        return f"Sec. {said}" if said else f"{romanise(base)} Sec."
    if found and number is not None:
        base, word = found[1], f"{ordinal(number)} {word}"
    side = ""
    if kind and base in SIDES:
        base, side = "", SIDES[base]
    elif kind and len(base) > 2 and base[-1] in DIRECTIONS:
        base, side = base[:-1], DIRECTIONS[base[-1]]
    return " ".join(filter(None, (romanise(base) if base else "", side, word)))


# ── Addresses ───────────────────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True)
class Translated:
    """An address in English; `by_rule` lists the parts no approved name covers."""

    text: str
    by_rule: tuple[str, ...]


def _place(zh: str, kinds: Mapping[str, str], by_rule: list[str]) -> str:
    known = approved().get((PLACE, key_of(zh)))
    if known:
        return known
    by_rule.append(zh)
    kind = next((one for one in kinds if zh.endswith(one)), "")
    return f"{romanise(zh.removesuffix(kind))} {kinds.get(kind, '')}".strip()


DISTRICT = {"區": "Dist.", "鄉": "Township", "鎮": "Township", "市": "City"}
VILLAGE = {"里": "Vil.", "村": "Vil."}


def address_in_english(address: Address) -> Translated:
    """The address from the smallest part to the largest, as the post writes it."""
    by_rule: list[str] = []
    parts: list[str] = []
    if address.room:
        parts.append(f"Rm. {address.room}")
    if address.floor:
        floor, _dash, tail = address.floor.partition("-")
        parts.append(f"{floor}F.{f'-{tail}' if tail else ''}")
    if address.number:
        parts.append(f"No. {address.number}")
    for value, word in ((address.alley, "弄"), (address.lane, "巷")):
        if value:
            parts.append(f"{KINDS[word]} {value}" if value.isdigit() else _part(value + word))
    if address.section:
        parts.append(f"Sec. {address.section}")
    if address.road:
        if (ROAD, key_of(address.road)) not in approved():
            by_rule.append(address.road)
        parts.append(road_in_english(address.road))
    if address.neighbourhood:
        parts.append(f"Neighborhood {address.neighbourhood}")
    if address.village:
        parts.append(_place(address.village, VILLAGE, by_rule))
    if address.district:
        parts.append(_place(address.district, DISTRICT, by_rule))
    if address.city:
        parts.append(english_name(PLACE, address.city, CITIES[address.city]))
    text = ", ".join(parts)
    return Translated(f"{text} {address.postcode}".strip(), tuple(by_rule))
