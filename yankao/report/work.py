"""The pages around an edition: its checks with explanations, what drifted after freezing, the comparison
with before.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from difflib import SequenceMatcher
from typing import Any

from django.http import HttpRequest, HttpResponseBase
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from yankao.desk import nav
from yankao.desk.jinja import english, format_time
from yankao.desk.pages import render_page
from yankao.desk.parts import Link
from yankao.kernel.period import roc_text

from .access import may_see_drafts, may_write
from .building import Built, shown
from .checks import run
from .document.model import Heading, Item, Note, Para, Report, Runs, Table
from .document.tables import plain_text
from .drift import Line, drift_of
from .editions import built_of, edition_before
from .figure_pages import figure_address, refused
from .models import Edition
from .pages import edition_address, edition_or_404, language_of, period_or_404
from .public import for_public


def crumbs(period: Any, edition: Edition | None, title: str) -> list[Link]:
    words = roc_text(period, "en" if english() else "zh")
    back = edition_address(edition) if edition else reverse("report:live", args=[period.code])
    return [Link(_("議會施政報告"), reverse("report:home")), Link(words, back), Link(title, "")]


@require_safe
def checks_page(request: HttpRequest, period: str, number: int | None = None) -> HttpResponseBase:
    """Every check with what it found; what is not explained keeps the edition from being frozen."""
    if answer := refused(request, None):
        return answer
    found = period_or_404(period)
    edition = edition_or_404(found, number) if number is not None else None
    if edition:
        found = edition.days
    results = run(found, edition)
    order = sorted(results, key=lambda one: (not one.open, not one.faults, one.code))
    context = {
        **nav.frame(request),
        "heading": _("檢核"),
        "lead": _("%(n)s項檢核，%(bad)s項不符待說明")
        % {"n": len(results), "bad": sum(one.open for one in results)},
        "crumbs": crumbs(found, edition, _("檢核")),
        "results": order,
        "explain": edition_address(edition, "report:step")
        if edition and may_write(request.user) and not edition.frozen
        else "",
        "signed": lambda one: _("%(who)s於%(time)s說明") % {"who": one.by, "time": format_time(one.at)},
    }
    return render_page(request, "report/checks.html", context)


# ── Drift ─────────────────────────────────────────────────────────────────────────────────────────────


@require_safe
def drift_page(request: HttpRequest, period: str, number: int) -> HttpResponseBase:
    """Frozen figures that would be others today, with the records and the ledger entries between."""
    if answer := refused(request, None):
        return answer
    edition = edition_or_404(period_or_404(period), number)
    lines = drift_of(edition)
    context = {
        **nav.frame(request),
        "heading": _("定稿後異動"),
        "lead": _("定稿內容不變；下列數字依現有紀錄重算已有不同。") if lines else _("所有數字重算一致。"),
        "crumbs": crumbs(edition.days, edition, _("定稿後異動")),
        "lines": [_drift_row(line) for line in lines],
    }
    return render_page(request, "report/drift.html", context)


def _drift_row(line: Line) -> dict[str, Any]:
    language = "en" if english() else "zh"
    frozen = line.frozen

    def words(value: Decimal) -> str:
        return shown(value, frozen.unit, frozen.decimals, language)

    return {
        "label": frozen.label_en if language == "en" else frozen.label,
        "section": frozen.section,
        "old": words(line.old),
        "now": words(line.now),
        "change": f"{line.change:+,f}",
        "added": len(line.added),
        "removed": len(line.removed),
        "late": len(line.late),
        "href": figure_address(frozen.figure, frozen.period),
        "entries": [
            {
                "seq": entry.seq,
                "time": format_time(entry.recorded_at),
                "who": str(entry.actor or _("系統")),
                "act": entry.act,
                "case": str(entry.case) if entry.case else "",
                "href": reverse("desk:case", args=[entry.case_id]) if entry.case_id else "",
            }
            for entry in line.entries
        ],
    }


# ── Comparison ────────────────────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True)
class Changed:
    """A figure in two editions; `now` or `old` is "" where it does not stand."""

    label: str
    old: str
    now: str
    change: str


@require_safe
def compare_page(request: HttpRequest, period: str, number: int) -> HttpResponseBase:
    """Numbers and words against the edition before: of this period when there is one, else of the period
    before.
    """
    edition = edition_or_404(period_or_404(period), number)
    if answer := refused(request, edition):
        return answer
    inside = may_see_drafts(request.user)
    other = other_edition(edition, inside)
    language = language_of(request)
    now = built_of(edition, language)
    context: dict[str, Any] = {
        **nav.frame(request),
        "heading": _("與上期比較"),
        "lead": "",
        "crumbs": crumbs(edition.days, edition, _("與上期比較")),
        "numbers": [],
        "passages": [],
        "other": "",
    }
    if other is not None:
        old = built_of(other, language)
        if not inside:
            now, old = for_public(now), for_public(old)
        context |= {
            "other": " ".join(
                (
                    roc_text(other.days, "en" if english() else "zh"),
                    _("第%(n)s版") % {"n": other.number},
                )
            ),
            "numbers": compared(old, now),
            "passages": passages(old.report, now.report),
        }
    return render_page(request, "report/compare.html", context)


def other_edition(edition: Edition, inside: bool) -> Edition | None:
    """The edition to compare with, among those the reader may see."""
    earlier = Edition.objects.filter(
        agency_id=edition.agency_id, period=edition.period, number__lt=edition.number
    )
    found = earlier.select_related("agency", "session").order_by("-number").first() or edition_before(edition)
    return found if found and (inside or found.public) else None


def compared(old: Built, now: Built) -> list[Changed]:
    """Every figure of either, in the order of the newer, with its change."""
    english_ = now.report.language == "en"
    was = {one.concept: one for one in old.facts.records}
    rows = []
    for record in now.facts.records:
        before = was.pop(record.concept, None)
        label = record.label.in_language(now.report.language)
        shown_now = record.display.in_language(now.report.language)
        if before is None:
            rows.append(Changed(label, "", shown_now, _("新增")))
            continue
        change = ""
        if record.value and before.value and record.value != before.value:
            change = f"{Decimal(record.value) - Decimal(before.value):+,f}"
        if record.definition_version != before.definition_version:
            change = f"{change} {_('定義已修正')}".strip()
        rows.append(
            Changed(label, before.display.in_language("en" if english_ else "zh-hant"), shown_now, change)
        )
    gone = [
        Changed(
            one.label.in_language(now.report.language),
            one.display.in_language(now.report.language),
            "",
            _("不再列出"),
        )
        for one in was.values()
    ]
    return [*rows, *gone]


def passages(old: Report, now: Report) -> list[tuple[str, list[tuple[str, str]]]]:
    """(heading, pieces) of the sections whose words changed; a piece is ("same" | "old" | "new", text)."""
    before, after = _by_heading(old), _by_heading(now)
    found = []
    for heading, words in after.items():
        if before.get(heading, "") != words:
            found.append((heading, pieces(before.get(heading, ""), words)))
    return found


def _by_heading(report: Report) -> dict[str, str]:
    found: dict[str, str] = {}
    heading = ""
    for block in report.chapters[0].blocks:
        match block:
            case Heading(text=text):
                heading = text
            case Para(runs) | Item(runs=runs) | Note(runs=runs):
                found[heading] = found.get(heading, "") + plain_text(runs) + "\n"
            case Table(caption=caption, rows=rows):
                found[heading] = (
                    found.get(heading, "") + caption + "\n" + "\n".join(_row(row) for row in rows) + "\n"
                )
            case _:
                pass
    return found


def _row(row: tuple[Runs, ...]) -> str:
    return "　".join(plain_text(cell) for cell in row)


def pieces(old: str, new: str) -> list[tuple[str, str]]:
    """The two texts as what stayed, what went and what came, character by character."""
    found = []
    for tag, a, b, c, d in SequenceMatcher(None, old, new, autojunk=False).get_opcodes():
        if tag == "equal":
            found.append(("same", old[a:b]))
            continue
        if b > a:
            found.append(("old", old[a:b]))
        if d > c:
            found.append(("new", new[c:d]))
    return found
