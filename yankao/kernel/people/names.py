"""Names of persons: masked on paper, sorted by strokes, found by sound."""

from __future__ import annotations

import re
import unicodedata
from bisect import bisect_right
from functools import lru_cache

MASK = "○"

COMPOUND = frozenset(
    (  # noqa: SIM905  (words read better than a list)
        "歐陽 司馬 諸葛 上官 司徒 夏侯 皇甫 尉遲 公孫 令狐 慕容 端木 長孫 宇文 東方 獨孤 南宮 司空 "
        "聞人 澹臺 澹台 公冶 宗政 濮陽 淳于 單于 太叔 申屠 鍾離 軒轅 百里 呼延 東郭 西門 万俟 赫連 "
        "范姜 張簡 張廖"
    ).split(" ")
)
"""Surnames of two characters, and those married into two (范姜, 張簡, 張廖) common in Taiwan."""

READINGS = {
    "單": "shan4 ㄕㄢˋ", "曾": "zeng1 ㄗㄥ", "仇": "qiu2 ㄑㄧㄡˊ", "翁": "weng1 ㄨㄥ",
    "任": "ren2 ㄖㄣˊ", "區": "ou1 ㄡ", "查": "zha1 ㄓㄚ", "解": "xie4 ㄒㄧㄝˋ", "樂": "yue4 ㄩㄝˋ",
    "蓋": "ge3 ㄍㄜˇ", "朴": "piao2 ㄆㄧㄠˊ", "覃": "qin2 ㄑㄧㄣˊ", "洗": "xian3 ㄒㄧㄢˇ",
    "冼": "xian3 ㄒㄧㄢˇ", "員": "yun4 ㄩㄣˋ", "繆": "miao4 ㄇㄧㄠˋ", "召": "shao4 ㄕㄠˋ",
    "褚": "chu3 ㄔㄨˇ", "句": "gou1 ㄍㄡ", "葉": "ye4 ㄧㄝˋ", "盛": "sheng4 ㄕㄥˋ",
    "華": "hua4 ㄏㄨㄚˋ", "卜": "bu3 ㄅㄨˇ", "哈": "ha3 ㄏㄚˇ", "折": "she2 ㄕㄜˊ",
    "祭": "zhai4 ㄓㄞˋ", "尹": "yin3 ㄧㄣˇ", "教": "jiao4 ㄐㄧㄠˋ", "種": "chong2 ㄔㄨㄥˊ",
    "黑": "he4 ㄏㄜˋ", "乜": "nie4 ㄋㄧㄝˋ", "都": "du1 ㄉㄨ", "車": "che1 ㄔㄜ",
    "尉遲": "yu4chi2 ㄩˋㄔˊ", "万俟": "mo4qi2 ㄇㄛˋㄑㄧˊ", "長孫": "zhang3sun1 ㄓㄤˇㄙㄨㄣ",
    "單于": "chan2yu2 ㄔㄢˊㄩˊ", "澹臺": "tan2tai2 ㄊㄢˊㄊㄞˊ", "令狐": "ling2hu2 ㄌㄧㄥˊㄏㄨˊ",
}  # fmt: skip
"""Surnames read otherwise than the character alone: pinyin with tone, zhuyin."""

# The Big5 standard orders each of its two planes by strokes: where each number of strokes begins.
_PLANE_1 = [
    (0xA440, 1), (0xA442, 2), (0xA454, 3), (0xA4A1, 4), (0xA4FE, 5), (0xA5E0, 6), (0xA6EA, 7),
    (0xA8C3, 8), (0xAB46, 9), (0xADBC, 10), (0xB0AE, 11), (0xB3C3, 12), (0xB6C4, 13), (0xB9AC, 14),
    (0xBBF5, 15), (0xBEA7, 16), (0xC075, 17), (0xC24F, 18), (0xC35F, 19), (0xC455, 20), (0xC4D7, 21),
    (0xC56B, 22), (0xC5C8, 23), (0xC5F1, 24), (0xC655, 25), (0xC665, 26), (0xC66C, 27), (0xC676, 28),
    (0xC679, 29), (0xC67D, 30),
]  # fmt: skip
_PLANE_2 = [
    (0xC940, 2), (0xC945, 3), (0xC94D, 4), (0xC963, 5), (0xC9AB, 6), (0xCA5A, 7), (0xCBB1, 8),
    (0xCDDD, 9), (0xD0C8, 10), (0xD44B, 11), (0xD851, 12), (0xDCB1, 13), (0xE0F0, 14), (0xE4E6, 15),
    (0xE8F4, 16), (0xECB9, 17), (0xEFB7, 18), (0xF1EB, 19), (0xF3FD, 20), (0xF5C0, 21), (0xF6D6, 22),
    (0xF7D0, 23), (0xF8A5, 24), (0xF8EE, 25), (0xF96B, 26), (0xF9A2, 27), (0xF9BA, 28), (0xF9C6, 29),
]  # fmt: skip

_ATTACHED = ("Mn", "Mc", "Me", "Cf")
_HAN = re.compile("[ \u3400-\u9fff\uf900-\ufaff\ufe00-\ufe0f\U00020000-\U0003ffff\U000e0100-\U000e01ef]+")
_INITIALS = re.compile(r"[ㄅ-ㄩ]")
SORTED_CHARACTERS = 20


def graphemes(text: str) -> list[str]:
    """Characters as a reader counts them: a base with its marks and variation selectors is one."""
    found: list[str] = []
    for character in unicodedata.normalize("NFC", text):
        if found and (unicodedata.category(character) in _ATTACHED or "\ufe00" <= character <= "\ufe0f"):
            found[-1] += character
        else:
            found.append(character)
    return found


def surname(name: str) -> str:
    """The surname of a Chinese name: the first character, or two of a compound surname."""
    characters = graphemes(name.strip())
    two = "".join(characters[:2])
    return two if two in COMPOUND and len(characters) > 2 else "".join(characters[:1])


def mask(name: str) -> str:
    """林怡君 → 林○君, 王明 → 王○, 歐陽娜娜 → 歐陽○○; in other scripts each part keeps its first letter.

    A single character is masked whole; parts of indigenous names (‧) and Latin names (space) are masked each.
    """
    name = " ".join(name.split())
    if _HAN.fullmatch(name):
        name = name.replace(" ", "")  # 歐陽 娜娜 is one name, whatever stands between
    parts = re.split(r"([ ‧·・.\-]+)", name)
    if len(parts) > 1 or (name and name[0].isascii()):
        return "".join(_masked_part(part) if place % 2 == 0 else part for place, part in enumerate(parts))
    characters = graphemes(name)
    match len(characters):
        case 0:
            return ""
        case 1:
            return MASK
        case 2:
            return characters[0] + MASK
    first = surname(name)
    if len(graphemes(first)) == 2:
        return first + MASK * (len(characters) - 2)
    return characters[0] + MASK * (len(characters) - 2) + characters[-1]


def _masked_part(part: str) -> str:
    characters = graphemes(part)
    return characters[0] + MASK * (len(characters) - 1) if len(characters) > 1 else MASK * len(characters)


def _rank(character: str) -> str:
    """Seven digits and capitals that sort alike under every collation: class or strokes, then the code."""
    point = ord(character)
    if point < 0x2E80:
        return f"00{ord(character.lower()):05X}"
    try:
        code = int.from_bytes(character.encode("cp950"))
    except UnicodeEncodeError:
        return f"99{point:05X}"
    for plane, begin, end in ((_PLANE_1, 0xA440, 0xC67E), (_PLANE_2, 0xC940, 0xF9D5)):
        if begin <= code <= end:
            strokes = plane[bisect_right(plane, (code, 99)) - 1][1]
            return f"{strokes:02d}{code:05X}"
    return f"98{code:05X}"


def sort_key(name: str) -> str:
    """Key of the stroke order (丁 before 王 before 謝); characters outside Big5 come last, by code point.

    Among equal strokes the common plane of Big5 comes before the rare one, each by radical.

    At most 140 characters of digits and A to F, so that SQLite and PostgreSQL order them alike.
    """
    return "".join(_rank(character[0]) for character in graphemes(name.strip())[:SORTED_CHARACTERS])


@lru_cache(maxsize=4096)
def _sounds(name: str) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """(Pinyin syllables, zhuyin syllables) of the Chinese characters of a name."""
    from pypinyin import Style, lazy_pinyin  # noqa: PLC0415  (0.1 s: only when names are written)

    family = surname(name)
    reading = READINGS.get(family)
    rest = name[len(family) :] if reading else name
    pinyin = lazy_pinyin(rest, style=Style.NORMAL, errors="ignore", v_to_u=False)
    zhuyin = lazy_pinyin(rest, style=Style.BOPOMOFO, errors="ignore")
    if reading:
        latin, own = reading.split()
        pinyin = [*re.findall(r"[a-z]+", latin), *pinyin]
        zhuyin = [*re.findall(r"[ㄅ-ㄩ]+", own), *zhuyin]
    return tuple(part.replace("ü", "v") for part in pinyin), tuple(zhuyin)


def search_keys(name: str, name_en: str = "") -> str:
    """What a person may be looked for by: zhuyin initials, pinyin, its initials, the English name.

    林怡君 → |ㄌㄧㄐ|linyijun|lyj|; written into a column when the name is.
    """
    name = "".join(name.split())
    pinyin, zhuyin = _sounds(name) if name else ((), ())
    initials = "".join(found[0] for syllable in zhuyin if (found := _INITIALS.search(syllable)))
    english = " ".join(re.findall(r"[a-z0-9]+", unicodedata.normalize("NFKD", name_en).casefold()))
    keys = [initials, "".join(pinyin), "".join(part[0] for part in pinyin), english]
    return f"|{'|'.join(key for key in keys if key)}|"[:300]


def search_form(text: str) -> str | None:
    """The text as it stands in the keys (zhuyin initials or Latin letters); None for Chinese writing."""
    body = re.sub(r"[\sˊˇˋ˙]", "", text)
    if body and all("ㄅ" <= character <= "ㄩ" for character in body):
        return body
    folded = "".join(
        c for c in unicodedata.normalize("NFKD", text).casefold() if not unicodedata.combining(c)
    )
    return re.sub(r"[^a-z0-9]+", " ", folded).strip() if folded.isascii() and folded.strip() else None
