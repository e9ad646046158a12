"""The report of a period as a neutral document: headings of the outline, prose of the rooms, figures with
their records.

`build` asks every room in use for its prose, reads each figure once, and says where something is wrong
instead of printing it. What it gives depends on the records, the rules and the texts alone.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from fractions import Fraction
from hashlib import sha256
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import quote

from django.conf import settings
from django.utils import timezone, translation
from django.utils.translation import gettext as _

from yankao.kernel.figures.declare import Figure, Reading, resolve
from yankao.kernel.people.models import Agency
from yankao.kernel.period import Period, roc_text
from yankao.kernel.roc import UNITS, format_money, grouped, measure, numeral
from yankao.kernel.rules.values import declared
from yankao.kernel.span import Before, CycleDay, Days, Hours, Months, Weeks, WorkingDays, span_text

from .document.lint import untraced_numbers, untrue_displays
from .document.model import (
    Block,
    Chapter,
    External,
    Fact,
    FactRecord,
    Facts,
    Heading,
    Language,
    Note,
    Report,
    Runs,
    Said,
    Status,
    Text,
    to_dict,
)
from .outline import Section, outline, paragraphs
from .paragraph import day_words, source_of
from .prose import ProseError, blocks_of, external, facts_in
from .readings import Readings, defined, end_of, said, start_of

LANGUAGES: tuple[Language, Language] = ("zh-hant", "en")
BOOK_CHAPTER = 25
"""The commission's chapter in the council's book, when an edition says no other."""

SPANS = (Months, Days, WorkingDays, Hours, Weeks, CycleDay, Before)
NOT_KEPT = {"zh-hant": "本項業務尚未在本系統辦理。", "en": "This business is not yet kept here."}
FAULTY = {
    "zh-hant": "本節文字有誤，尚不能印出：",
    "en": "The text of this section has a fault and is not printed: ",
}


@dataclass(frozen=True)
class Heads:
    """What stands over a report and is no matter of figures: council session, edition, dates, state."""

    session: str = ""
    edition: int = 0
    key: str = ""
    """Ends the ids of the facts of an edition, so that its permalinks keep leading to it."""
    chapter: int = BOOK_CHAPTER
    dated: date | None = None
    status: Status = "draft"
    agency: Agency | None = None


@dataclass(frozen=True)
class Part:
    """One written section as built: its blocks without heading, whether a room writes it, and what is
    wrong with it.
    """

    section: Section
    blocks: tuple[Block, ...]
    kept: bool
    source: str = ""
    faults: tuple[str, ...] = ()

    @property
    def facts(self) -> list[str]:
        return facts_in(self.blocks)


class Problem(NamedTuple):
    """Something that keeps a report from being frozen: the section (or "") and the sentence."""

    section: str
    sentence: str


@dataclass(frozen=True)
class Built:
    """A report in one language with its facts, its sections, and what is wrong with it."""

    report: Report
    facts: Facts
    parts: dict[str, Part] = field(default_factory=dict)
    problems: tuple[Problem, ...] = ()

    def seal(self, key: str) -> str:
        """SHA-256 over a section's text and facts: what a signature binds."""
        return sha256(self.bound(key).encode()).hexdigest()

    def bound(self, key: str) -> str:
        """The canonical text of what a signature on a section binds: words, and each figure with its
        value and records.
        """
        part, known = self.parts[key], self.facts.by_id()
        chapter = Chapter(1, "-", "x", part.blocks)
        blank = Report("", "", self.report.language, "", "", 0, "", date(2000, 1, 1), (chapter,))
        facts = [
            [
                one.concept,
                one.value,
                one.start and one.start.isoformat(),
                one.end.isoformat(),
                one.records,
                one.digest,
                one.definition_version,
            ]
            for fact in part.facts
            if (one := known[fact])
        ]
        blocks: Any = to_dict(blank)["chapters"][0]["blocks"]
        return json.dumps(
            {"blocks": _without_keys(blocks), "facts": facts}, ensure_ascii=False, sort_keys=True
        )


def _without_keys(plain: Any) -> Any:
    """Blocks with the figures' names for their ids, so that a seal is the same for every edition."""
    if isinstance(plain, dict):
        return {
            key: _concept(part) if key == "fact_id" else _without_keys(part) for key, part in plain.items()
        }
    return [_without_keys(part) for part in plain] if isinstance(plain, list) else plain


def _concept(fact_id: str) -> str:
    return split_fact_id(fact_id)[0]


# ── Ids and words of figures ──────────────────────────────────────────────────────────────────────────


_KEPT = "._[]=,-"


def fact_id(name: str, period: Period, key: str = "") -> str:
    """The id of a figure of a period, of an edition when `key` names one: ``a.b[x=y]@101H1:3``.

    Characters that an id may not hold are written ~XX, by the bytes of UTF-8.
    """
    written = "".join(
        char if char.isascii() and (char.isalnum() or char in _KEPT) else _escaped(char) for char in name
    )
    return f"{written}@{period.code}" + (f":{key}" if key else "")


def _escaped(char: str) -> str:
    return "".join(f"~{byte:02X}" for byte in char.encode())


def split_fact_id(written: str) -> tuple[str, str, str]:
    """(figure, period, edition) of an id. Raises ValueError for what is none."""
    name, sep, rest = written.rpartition("@")
    if not sep:
        raise ValueError(written)
    period, _sep, key = rest.partition(":")
    pieces = name.split("~")
    found = bytearray(pieces[0].encode())
    for piece in pieces[1:]:
        found += bytes([int(piece[:2], 16)]) + piece[2:].encode()
    return found.decode(), period, key


def fact_href(written: str) -> str:
    """The permalink of a fact."""
    return f"/f/{quote(written, safe='.~-@:,=_')}"


def shown(value: Decimal, unit: str, places: int, language: str) -> str:
    """A value with its measure word: 97,699件, 34億6553萬1000元, 94.3%; in English 97,699 cases,
    NT$3,465,531,000.
    """
    if language != "en" and unit == "元" and value == int(value):
        return format_money(value, "report")
    if unit not in UNITS:
        return grouped(value, places) + (f" {unit}" if language == "en" else unit)
    return measure(value, unit, "en" if language == "en" else "zh", places=places)


def unit_said(unit: str) -> Said:
    return Said(unit, UNITS[unit].many if unit in UNITS else unit)


def own_dates(reading: Reading, report: Period, language: str) -> str:
    """What must stand behind a figure whose dates are its own: （截至101年7月31日）; "" for all others."""
    if not reading.own_period:
        return ""
    english = language == "en"
    if start_of(reading) is not None and (reading.start, reading.end) != report.days:
        words = roc_text(Period.between(reading.start, reading.end), language)
        return f" ({words})" if english else f"（{words}）"
    if reading.as_of == report.as_of:
        return ""
    words = day_words(reading.as_of, language)
    return f" (as of {words})" if english else f"（截至{words}）"


def record_of(
    found: Figure, reading: Reading, readings: Readings, key: str, language: str, previous: str | None
) -> FactRecord:
    """The fact behind a figure as every output prints it."""
    dates = readings.dates(found)
    with translation.override("en" if language == "en" else "zh-hant"):
        source = str(readings.model(found)._meta.verbose_name)
    footnotes = []
    if dates.own:
        words = own_dates(reading, readings.period, language).strip("（）() ")
        footnotes.append(f"{words}: {dates.reason}" if language == "en" else f"{words}：{dates.reason}")
    basis = said(found, "basis")
    written = fact_id(found.full_name, readings.period, key)
    return FactRecord(
        id=written,
        concept=found.full_name,
        label=Said(reading.label["zh"], reading.label["en"]),
        value=f"{reading.value:f}",
        display=Said(
            shown(reading.value, reading.unit, reading.decimals, "zh"),
            shown(reading.value, reading.unit, reading.decimals, "en"),
        ),
        unit=unit_said(reading.unit),
        decimals=reading.decimals,
        start=start_of(reading),
        end=end_of(reading),
        as_of=reading.as_of,
        kind=reading.kind,  # type: ignore[arg-type]
        definition=Said(*defined(found, dates.period)),
        definition_version=reading.version,
        legal_basis=(basis[1] if language == "en" else basis[0]) or basis[0],
        records=reading.records,
        digest=reading.digest,
        source=source,
        href=fact_href(written),
        footnotes=tuple(footnotes),
        approximate=found.approximate,
        previous=previous,
    )


def rule_run(body: str, day: date, language: str) -> External:
    """A rule's value in force with its legal basis: ``code`` or ``code|unit``."""
    code, _sep, unit = body.partition("|")
    if code not in declared:
        raise LookupError(_("沒有規則「%(code)s」。") % {"code": code})
    rule = declared[code]
    seed, value = rule.row(day), rule.at(day)
    with translation.override("en" if language == "en" else "zh-hant"):
        label = str(rule.label)
    words = rule_words(value, language)
    basis = seed.basis or (_("本府自訂") if language != "en" else "set by the city")
    since = day_words(seed.since, language) if seed.since.year > 1911 else ""
    source = f"{label}：{basis}" if language != "en" else f"{label}: {basis}"
    if since:
        source += f"，{since}起" if language != "en" else f", since {since}"
    return External(words + (measure_word(value, unit, language) if unit else ""), source)


def rule_words(value: Any, language: str) -> str:
    """A rule's value as it is read: 5, 90, 20,000, 3個月, 三分之一."""
    if isinstance(value, int | Decimal):
        trimmed = value.normalize() if isinstance(value, Decimal) else Decimal(value)
        return grouped(
            trimmed
            if trimmed == trimmed.to_integral() and trimmed.adjusted() < 0
            else Decimal(f"{trimmed:f}")
        )
    if isinstance(value, Fraction):
        if language == "en":
            return f"{value.numerator}/{value.denominator}"
        return f"{numeral(value.denominator)}分之{numeral(value.numerator)}"
    if isinstance(value, SPANS):
        return span_text(value, "en" if language == "en" else "zh")
    return str(value)


def measure_word(value: Any, unit: str, language: str) -> str:
    if language != "en":
        return unit
    if unit not in UNITS:
        return f" {unit}"
    word = UNITS[unit].word("en", singular=value == 1)
    return word if unit == "%" else f" {word}"


# ── Building ──────────────────────────────────────────────────────────────────────────────────────────


@dataclass
class _Work:
    """One report being built."""

    readings: Readings
    language: Language
    heads: Heads
    texts: Mapping[str, str]
    previous: Mapping[str, str]
    records: dict[str, FactRecord] = field(default_factory=dict)
    names: set[str] = field(default_factory=set)
    """Names of slices: they come from records, and a year in one of them is no count."""

    def resolve(self, body: str) -> Runs:
        """What a reference of the prose stands for."""
        if body.startswith("rule:"):
            return (rule_run(body.removeprefix("rule:"), self.readings.period.as_of, self.language),)
        if body.startswith("external:"):
            return (external(body.removeprefix("external:")),)
        name, _sep, way = body.partition("|")
        try:
            found = resolve(name)
        except LookupError:
            raise LookupError(_("沒有數據「%(name)s」。") % {"name": name}) from None
        if way not in ("", "bare"):
            raise LookupError(_("「%(body)s」的寫法無法辨識，|之後只能是bare。") % {"body": body})
        return self.fact(found, bare=way == "bare")

    def fact(self, found: Figure, *, bare: bool) -> Runs:
        reading = self.readings.read(found)
        written = fact_id(found.full_name, self.readings.period, self.heads.key)
        if written not in self.records:
            self.names |= {
                self.readings.code_name(found, key, code, self.language) for key, code in found.slice
            }
            self.records[written] = record_of(
                found,
                reading,
                self.readings,
                self.heads.key,
                self.language,
                self.previous.get(found.full_name),
            )
        words = (
            grouped(reading.value, reading.decimals)
            if bare
            else shown(reading.value, reading.unit, reading.decimals, self.language)
        )
        runs: list[Text | Fact | External] = [Fact(written, words)]
        if found.approximate:
            runs.insert(0, Text("about " if self.language == "en" else "約"))
        if dates := own_dates(reading, self.readings.period, self.language):
            runs.append(Text(dates))
        return tuple(runs)

    def part(self, section: Section) -> Part:
        """A written section: the author's text, or else the rooms' prose."""
        written = paragraphs().get(section.key, ())
        if not written:
            return Part(section, (Note("absent", (Text(NOT_KEPT[self.language]),)),), False)
        where, source = section.key, ""
        try:
            source = self.texts.get(section.key, "")
            if not source:
                where = "、".join(one.template(self.language) for one in written)
                source = "\n".join(source_of(one, self.readings, self.language) for one in written)
            blocks = blocks_of(
                source, self.resolve, where=where, anchor=section.anchor, language=self.language
            )
        except ProseError as error:
            words = (Text(FAULTY[self.language]), External(str(error), "yankao"))
            return Part(section, (Note("note", words),), True, source, (str(error),))
        return Part(section, blocks, True, source)


def build(
    period: Period,
    language: Language = "zh-hant",
    *,
    heads: Heads | None = None,
    readings: Readings | None = None,
    texts: Mapping[str, str] | None = None,
    previous: Mapping[str, str] | None = None,
    notes: Mapping[str, tuple[Block, ...]] | None = None,
) -> Built:
    """The report of `period` in one language.

    `texts` are authors' texts by section in place of the rooms'; `previous` the values of the edition
    before, by figure; `notes` further blocks by section (late records, breaks in series). Pass one
    `readings` for both languages, and each figure is measured once.
    """
    heads = heads or Heads()
    readings = readings or Readings(period)
    work = _Work(readings, language, heads, texts or {}, previous or {})
    blocks: list[Block] = []
    parts: dict[str, Part] = {}
    for one in outline():
        level = len(one.number)
        blocks.append(Heading(level, one.number, one.in_language(language), one.anchor))  # type: ignore[arg-type]
        if one.written:
            part = work.part(one)
            if notes and one.key in notes:
                part = Part(
                    part.section, (*part.blocks, *notes[one.key]), part.kept, part.source, part.faults
                )
            parts[one.key] = part
            blocks += part.blocks
    report = _report(period, language, heads, tuple(blocks))
    facts = Facts(tuple(work.records.values()))
    return Built(report, facts, parts, tuple(_problems(report, facts, parts, work.names)))


def _problems(report: Report, facts: Facts, parts: dict[str, Part], said: set[str]) -> list[Problem]:
    found = [Problem(key, fault) for key, part in parts.items() for fault in part.faults]
    names = (*getattr(settings, "DESIGNATIONS", ()), *said)
    for finding in untraced_numbers(report, names=names):
        words = {"place": finding.place, "number": finding.number, "context": finding.context}
        found.append(Problem("", _("%(place)s有未經追溯之數字「%(number)s」：%(context)s") % words))
    for finding in untrue_displays(report, facts):
        found.append(
            Problem(
                "",
                _("數字「%(number)s」與其紀錄不符：%(context)s")
                % {"number": finding.number, "context": finding.context},
            )
        )
    return found


def _report(period: Period, language: Language, heads: Heads, blocks: tuple[Block, ...]) -> Report:
    english = language == "en"
    agency = heads.agency or commission_or_none()
    zh = agency.name if agency else "研究發展考核委員會"
    en = (agency.name_en if agency else "") or "Research, Development and Evaluation Commission"
    words = "en" if english else "zh"
    return Report(
        title=f"Work report of the {en}" if english else f"{zh}業務報告",
        session=heads.session
        or ("Produced live, not yet in an edition" if english else "即時產製，尚未編入版本"),
        language=language,
        agency=en if english else zh,
        period=roc_text(period, words),
        edition=heads.edition,
        as_of=day_words(period.as_of, words),
        dated=heads.dated or timezone.localdate(),
        chapters=(
            Chapter(
                heads.chapter,
                "Research, development and evaluation" if english else "研考",
                "chapter",
                blocks,
            ),
        ),
        status=heads.status,
        notice=demo_notice(language),
        site=getattr(settings, "SITE_ADDRESS", ""),
    )


def commission_or_none() -> Agency | None:
    """The city's commission, when the people are loaded."""
    return Agency.objects.filter(is_commission=True).order_by("pk").first()


def demo_scale() -> float:
    """How far the demonstration records are scaled down; 1 for whole or real records."""
    path = Path(settings.DATA) / "demo.json"
    try:
        return float(json.loads(path.read_text())["scale"])
    except (OSError, ValueError, KeyError, TypeError):
        return 1.0


def demo_notice(language: str) -> str:
    """The line that every output of a scaled demonstration carries."""
    if demo_scale() >= 1:
        return ""
    return (
        "Scaled demonstration: the records are fewer than the city's."
        if language == "en"
        else "示範資料縮小比例：紀錄少於全市實際數量。"
    )
