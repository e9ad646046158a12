"""A letter as it stands on paper: the fields of its kind in their order, before it becomes ODT or PDF.

`said` is the whole text in reading order; both files say exactly that.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import override

from ..people.models import Agency, Unit, User
from ..roc import english_date, format_roc
from ..sheets.writing import shown
from .declare import Content, Picture, Table, To, formal
from .kinds import Kind, Secrecy, Urgency
from .text import Block, Head, Item, Para, Part, written


@dataclass(frozen=True)
class Check:
    """The verification code of a certificate, where to type it, and both as a QR picture."""

    code: str
    address: str
    svg: str


@dataclass(frozen=True)
class Paper:
    """One document, complete: `title` is its big line, `corner` stands at the right, `foot` below."""

    kind: Kind
    language: str
    agency: str
    title: str
    corner: tuple[tuple[str, str], ...]
    fields: tuple[tuple[str, str], ...]
    blocks: tuple[Block, ...]
    foot: tuple[tuple[str, str], ...]
    signer: str
    dated: date
    date_line: str
    number: str
    draft: str = ""
    """草稿 on a preview, which has no number."""
    check: Check | None = None
    check_lines: tuple[str, ...] = ()
    colon: str = "："
    page: tuple[str, str, str] = ("第", "頁，共", "頁")


def name_of(who: Any, language: str) -> str:
    """An addressee as written: the agency's or person's name in the letter's language."""
    if isinstance(who, Agency):
        return full_name(who, language)
    if isinstance(who, User | Unit):
        return (who.name_en if language == "en" else "") or who.name
    return who.name if isinstance(who, To) else str(who)


def full_name(agency: Agency, language: str) -> str:
    """The agency as it stands on paper: a bureau under the name of its government."""
    name = (agency.name_en if language == "en" else "") or agency.name
    above = agency.parent
    if above is None:
        return name
    upper = (above.name_en if language == "en" else "") or above.name
    if name.startswith(upper):
        return name
    return f"{name}, {upper}" if language == "en" else f"{upper}{name}"


def _named(who: Any, language: str, draft: bool) -> str:
    """An addressee as written; on a preview a person whom its writer need not know is hidden."""
    return who.hidden if draft and isinstance(who, To) and who.hidden else name_of(who, language)


def _addressed(content: Content, to: str, draft: bool) -> str:
    """One person's letter bears the address below the name, where a window envelope shows it."""
    only = content.to[0] if len(content.to) == 1 else None
    if not isinstance(only, To) or not only.address or (draft and only.hidden):
        return to
    return f"{to}\n{only.address}"


def receivers(content: Content, language: str) -> str:
    """The addressees as the register keeps them: agencies and offices by name, people by their number."""
    named = [one for one in content.to if not personal(one)]
    people = len(content.to) - len(named)
    words = [one.name if isinstance(one, Agency) else name_of(one, language) for one in named]
    if people:
        words.append(_("個人%(n)s位") % {"n": people})
    return _("、").join(words)[:400]


def personal(who: Any) -> bool:
    return isinstance(who, User) or (isinstance(who, To) and who.personal)


def paper(
    kind: Kind, label: str, content: Content, blocks: Sequence[Block], *, agency: Agency, language: str,
    dated: date, number: str, corner: Sequence[tuple[str, str]], signer: str, draft: bool = False,
    check: Check | None = None,
) -> Paper:  # fmt: skip
    """Put the parts of a letter into the order of its kind."""
    with override(language):
        english = language == "en"
        name = name_of(agency, language)
        joint = ", " if english else "、"
        to = joint.join(_named(one, language, draft) for one in content.to)
        day = english_date(dated) if english else format_roc(dated, "full")
        title = str(label) if kind in (Kind.CERTIFICATE, Kind.TABLE, Kind.PAYMENT, Kind.FORM) else (
            f"{name} {Kind(kind).label}" if english else f"{name}　{Kind(kind).label}"
        )  # fmt: skip
        fields: list[tuple[str, str]] = []
        foot: list[tuple[str, str]] = []
        if kind in (Kind.LETTER, Kind.MEETING):
            numbered = "；".join(content.attachments) if len(content.attachments) == 1 else "　".join(
                f"{at}.{words}" for at, words in enumerate(content.attachments, 1)
            )  # fmt: skip
            fields = [
                (_("受文者"), _addressed(content, to, draft)),
                (_("發文日期"), day),
                (_("發文字號"), number),
                (_("速別"), str(Urgency(content.urgency).label)),
                (_("密等及解密條件或保密期限"), _secrecy(content.secrecy)),
                (_("附件"), numbered),
            ]
            copies = joint.join(name_of(one, language) for one in content.copies)
            foot = [(_("正本"), to), (_("副本"), copies)]
            if kind == Kind.MEETING:
                foot = [(_("副本"), copies)]
        elif kind == Kind.CERTIFICATE:
            fields = [(_("字號"), number)]
        elif kind in (Kind.TABLE, Kind.PAYMENT, Kind.FORM):
            fields = [(_("製表日期"), day)]
            if to:
                fields.append((_("受文者"), to))
        found = list(blocks)
        if kind == Kind.PAYMENT:
            found += _paid(content, english)
        lines: tuple[str, ...] = ()
        if check:
            lines = (
                _("驗證碼：%(code)s") % {"code": check.code},
                _("驗證網址：%(address)s") % {"address": check.address},
            )
        return Paper(
            kind, language, name, title, tuple(corner), tuple(fields), tuple(found), tuple(foot), signer,
            dated, day, number, _("草稿") if draft else "", check, lines, ": " if english else "：",
            ("Page ", " of ", "") if english else ("第", "頁，共", "頁"),
        )  # fmt: skip


def _secrecy(secrecy: Secrecy) -> str:
    return "" if secrecy == Secrecy.NONE else str(Secrecy(secrecy).label)


def _paid(content: Content, english: bool) -> list[Block]:
    """The sum of a payment list, in figures and in capital numerals."""
    total = total_of(content)
    figures = f"NT${total:,}" if english else formal(total)
    signing = _("承辦人　　　　　單位主管　　　　　會計單位　　　　　機關首長")
    return [Para(_("合計：%(amount)s") % {"amount": figures}), Para(signing)]


def total_of(content: Content) -> int:
    """What the summed tables of a letter come to, in 元."""
    return sum(sum(one for one in table.sums if one is not None) for table in content.tables() if table.total)


# ── Tables as text ──────────────────────────────────────────────────────────────────────────────────


def cell(value: Any, column_kind: str, language: str) -> str:
    """A cell as printed; money and whole numbers with thousands marks."""
    if value is None or column_kind == "sign":
        return ""
    if isinstance(value, date):
        return written(value, language) if language == "en" else _short(value)
    if column_kind == "money":
        return f"{int(value):,}"
    if isinstance(value, Decimal):
        return f"{value:f}"
    if column_kind == "number" and isinstance(value, int):
        return f"{value:,}"
    return shown(value)


def _short(value: date) -> str:
    return written(value, "zh-hant") if hasattr(value, "hour") else format_roc(value, "slash")


@dataclass(frozen=True)
class Grid:
    """A table as printed: words alone."""

    caption: str
    header: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    total: tuple[str, ...]
    kinds: tuple[str, ...]
    widths: tuple[float, ...]


def grid(table: Table, language: str) -> Grid:
    """The words of a table in the letter's language."""
    with override(language):
        kinds = tuple(column.kind for column in table.columns)
        rows = tuple(
            tuple(cell(value, kind, language) for value, kind in zip(row, kinds, strict=True))
            for row in table.rows
        )
        total: tuple[str, ...] = ()
        if table.total:
            total = tuple("" if one is None else f"{one:,}" for one in table.sums)
            total = (total[0] or _("合計"), *total[1:])
        return Grid(
            str(table.caption), tuple(str(column.label) for column in table.columns), rows, total, kinds,
            tuple(column.width for column in table.columns),
        )  # fmt: skip


# ── The whole text ──────────────────────────────────────────────────────────────────────────────────


def said(made: Paper) -> str:
    """Everything the document says, in reading order, one block a line."""
    lines = [made.draft] if made.draft else []
    if made.kind not in (Kind.LETTER, Kind.MEETING):
        lines.append(made.agency)
    lines.append(made.title)
    lines += [f"{name}{made.colon}{text}" for name, text in (*made.corner, *made.fields)]
    for block in made.blocks:
        match block:
            case Part(name, text):
                lines.append(f"{name}{made.colon}{text}")
            case Item(_level, label, text):
                lines.append(f"{label}{text}")
            case Para(text) | Head(text):
                lines.append(text)
            case Table():
                one = grid(block, made.language)
                lines += [one.caption] if one.caption else []
                lines += ["\t".join(row) for row in (one.header, *one.rows)]
                lines += ["\t".join(one.total)] if one.total else []
            case Picture():
                lines += [f"[{block.alt}]", *([str(block.caption)] if block.caption else [])]
    lines += [f"{name}{made.colon}{text}" for name, text in made.foot]
    if made.signer:
        lines.append(made.signer)
    if made.kind == Kind.CERTIFICATE:
        lines.append(made.date_line)
    lines += made.check_lines
    return "\n".join(lines)
