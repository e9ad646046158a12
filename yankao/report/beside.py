"""What stands beside the paper: checks, drift, late records, untraced numbers, parts not yet kept."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from django.urls import reverse
from django.utils.translation import gettext as _

from yankao.desk.jinja import english
from yankao.desk.parts import Check
from yankao.kernel.period import Period

from .building import Built, fact_id, shown
from .checks import run
from .document.model import Language
from .drift import drift_of
from .models import Edition

LISTED = 6


@dataclass(frozen=True)
class Notes:
    """The column of checks, and the facts that carry the mark of drift."""

    checks: list[Check]
    drifted: frozenset[str]


def beside(both: Mapping[Language, Built], period: Period, edition: Edition | None) -> Notes:
    """The notes of the reading page for those inside."""
    language = "en" if english() else "zh"
    lines = drift_of(edition) if edition else []
    notes: list[Check] = []
    where: dict[str, object] = {"period": period.code} | ({"number": edition.number} if edition else {})
    for line in lines[:LISTED]:
        label = line.frozen.label_en if language == "en" else line.frozen.label
        old = shown(line.old, line.frozen.unit, line.frozen.decimals, language)
        words = _("定稿後補登%(late)s筆、增%(added)s筆、減%(removed)s筆，差異%(change)s。") % {
            "late": len(line.late),
            "added": len(line.added),
            "removed": len(line.removed),
            "change": f"{line.change:+f}",
        }
        notes.append(
            Check(f"{label}　{old}", words, "warn", reverse("report:drift", kwargs=where), _("檢視差異"))
        )
    notes += _checks(both, period, edition, where)
    facts = (
        frozenset(fact_id(line.frozen.figure, period, str(edition.pk)) for line in lines)
        if edition
        else frozenset()
    )
    return Notes(notes, facts)


def _checks(
    both: Mapping[Language, Built], period: Period, edition: Edition | None, where: dict[str, object]
) -> list[Check]:
    results = run(period, edition, both, fresh=False)
    page = reverse("report:edition_checks" if edition else "report:checks", kwargs=where)
    wrong = [one for one in results if one.open]
    explained = [one for one in results if one.faults and not one.open]
    found = [Check(one.label, one.faults[0], "bad", page, _("說明或改正")) for one in wrong[:LISTED]]
    if len(wrong) > LISTED:
        found.append(Check(_("另有%(n)s項不符") % {"n": len(wrong) - LISTED}, "", "bad", page, _("全部檢核")))
    if explained:
        found.append(Check(_("%(n)s項已說明") % {"n": len(explained)}, "", "warn", page, _("檢視說明")))
    holds = len(results) - len(wrong) - len(explained)
    found.append(Check(_("%(n)s項檢核相符") % {"n": holds}, "", "ok", page, _("全部檢核")))
    return found
