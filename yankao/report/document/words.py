"""The fixed words of a document, in the document's own language.

Not by gettext: a document has one language of its own, whatever the reader's, and a stored edition must
render to the same bytes after a translation was improved. A changed word here is a changed edition
format: see `model`.
"""

from __future__ import annotations

from dataclasses import dataclass

from yankao.kernel.roc import date_text

from .model import FactRecord, Language, Report
from .numbering import short_date


@dataclass(frozen=True, slots=True)
class Words:
    code: str
    """Language tag of the document, BCP 47."""
    agency: str
    period: str
    edition: str
    as_of: str
    dated: str
    draft: str
    frozen: str
    contents: str
    units: str
    source: str
    sources: str
    show_data: str
    attached: str
    appendix: str
    appendix_note: str
    figure: str
    value: str
    definition: str
    period_or_moment: str
    moment: str
    records: str
    digest: str
    basis: str
    previous: str
    approximate: str
    withheld: str
    page: tuple[str, str, str]
    """Before the page number, between it and the count of pages, after the count."""
    colon: str
    stop: str


ZH = Words(
    code="zh-Hant-TW",
    agency="機關",
    period="期間",
    edition="版次",
    as_of="資料截至",
    dated="製作日期",
    draft="草稿",
    frozen="定稿",
    contents="目錄",
    units="單位",
    source="來源",
    sources="外部數字來源",
    show_data="顯示資料表",
    attached="本報告全部數字及其定義、期間、紀錄筆數與核對碼",
    appendix="追溯附錄",
    appendix_note="本文每一數字皆由紀錄算得；下表列其定義、期間、紀錄筆數及紀錄鍵值之核對碼"
    "（SHA-256前16碼），完整資料見附檔facts.json。",
    figure="指標與定義",
    value="數值",
    definition="定義",
    period_or_moment="期間",
    moment="截至",
    records="紀錄筆數",
    digest="核對碼",
    basis="依據",
    previous="上期",
    approximate="約數",
    withheld="不予顯示",
    page=("第", "頁，共", "頁"),
    colon="：",
    stop="。",
)
EN = Words(
    code="en",
    agency="Agency",
    period="Period",
    edition="Edition",
    as_of="Records as of",
    dated="Dated",
    draft="Draft",
    frozen="Final",
    contents="Contents",
    units="Unit",
    source="Source",
    sources="Sources of external numbers",
    show_data="Show the data table",
    attached="All figures of this report with definition, period, number of records and check code",
    appendix="Appendix: where each figure comes from",
    appendix_note="Every figure in the text is computed from records. The table gives its definition, its "
    "period, the number of records and a check code over their keys (first 16 digits of the SHA-256); all of "
    "it is in the attached file facts.json.",
    figure="Figure and definition",
    value="Value",
    definition="Definition",
    period_or_moment="Period",
    moment="as of",
    records="Records",
    digest="Check code",
    basis="Legal basis",
    previous="previous",
    approximate="approximate",
    withheld="withheld",
    page=("Page ", " of ", ""),
    colon=": ",
    stop=".",
)


def words_of(language: Language) -> Words:
    return EN if language == "en" else ZH


def stamp(report: Report) -> str:
    """定稿 or 草稿, in the report's language."""
    words = words_of(report.language)
    return words.frozen if report.status == "frozen" else words.draft


def masthead(report: Report) -> tuple[tuple[str, str], ...]:
    """The lines under the title: agency, period, edition, moment of the records, date of the document."""
    words = words_of(report.language)
    return (
        (words.agency, report.agency),
        (words.period, report.period),
        (words.as_of, report.as_of),
        (
            words.edition,
            f"{report.edition} ({stamp(report)})"
            if report.language == "en"
            else f"第{report.edition}版（{stamp(report)}）",
        ),
        (words.dated, date_text(report.dated, report.language)),
    )


def span_text(record: FactRecord, language: Language) -> str:
    """The period of a fact in short form: 101.1.1–101.6.30, or the moment of a stock: 101.6.30."""
    end = short_date(record.end, language)
    return end if record.start is None else f"{short_date(record.start, language)}–{end}"


def value_text(record: FactRecord, language: Language) -> str:
    """The words shown for a fact in a list; what is withheld says so."""
    return record.display.in_language(language) or record.value or words_of(language).withheld


def definition_text(record: FactRecord, report: Report) -> str:
    """Definition, its version, legal basis, previous value and footnotes of a figure in one passage."""
    words, language = words_of(report.language), report.language
    parts = [record.definition.in_language(language).rstrip("。."), f"v{record.definition_version}"]
    if record.legal_basis:
        parts.append(f"{words.basis}{words.colon}{record.legal_basis}")
    if record.previous is not None:
        parts.append(f"{words.previous} {record.previous}")
    if record.approximate:
        parts.append(words.approximate)
    parts.extend(record.footnotes)
    return ("; " if language == "en" else "；").join(parts) + words.stop


def running_head(report: Report) -> str:
    """The line at the top of every page: agency and title, the agency only where the title does not say
    it.
    """
    return report.title if report.agency in report.title else f"{report.agency}　{report.title}"


def data_label(label: str, language: Language) -> str:
    """The label of the table behind a chart: 圖一資料表, Data of Figure 1."""
    return f"Data of {label}" if language == "en" else f"{label}資料表"
