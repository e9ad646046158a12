"""The checks before freezing (檢核): equations of the rooms, parts and wholes, cumulative figures, texts,
anomalies.

An edition is frozen only when each of them holds or carries a signed explanation; a fault of the text
cannot be explained away.
"""

from __future__ import annotations

import time
from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass, replace
from decimal import Decimal
from hashlib import sha256

from django.utils.translation import get_language
from django.utils.translation import gettext as _

from yankao.kernel.figures.checks import checks as registered
from yankao.kernel.figures.checks import partition_faults
from yankao.kernel.figures.declare import Kind, Rate, register, resolve
from yankao.kernel.period import Period
from yankao.kernel.rooms import rooms

from . import api, history
from .building import Built, shown
from .document.model import Language
from .editions import draft, edition_before
from .models import Edition, Erratum, Explanation, FrozenFigure
from .prose import ProseError
from .readings import Readings, still

KEPT = 50
SECONDS = 60.0
_kept: OrderedDict[tuple[str, ...], tuple[float, list[Result]]] = OrderedDict()


@dataclass(frozen=True)
class Result:
    """One check as it stands: its code, its words, what it found, and whether somebody signed for that."""

    code: str
    label: str
    faults: tuple[str, ...] = ()
    explainable: bool = True
    explanation: Explanation | None = None

    @property
    def open(self) -> bool:
        """Whether it keeps an edition from being frozen."""
        return bool(self.faults) and self.explanation is None

    @property
    def digest(self) -> str:
        """What an explanation binds: exactly these findings."""
        return sha256("\n".join((self.code, *self.faults)).encode()).hexdigest()


def forget() -> None:
    """Check everything afresh."""
    _kept.clear()


def run(
    period: Period,
    edition: Edition | None = None,
    built: Mapping[Language, Built] | None = None,
    *,
    fresh: bool = True,
) -> list[Result]:
    """Every check of a report, with the explanations that an edition carries for exactly these findings.

    Without `fresh` the checks of the records may be up to a minute old; nobody signs by those.
    """
    rooms()
    with still():
        results = [*_of_records(period, fresh), *_of_texts(period, edition, built)]
    if edition is None:
        return results
    results += _of_past(edition)
    explained = Explanation.objects.filter(edition=edition).select_related("by")
    signed = {(one.check_code, one.found): one for one in explained}
    return [replace(one, explanation=signed.get((one.code, one.digest))) for one in results]


def _of_records(period: Period, fresh: bool) -> list[Result]:
    """The rooms' equations, the sums of partitions and the anomalies: they depend on records alone."""
    key = (str(period), history.ledger_root(), get_language() or "")
    kept = _kept.get(key)
    if kept is not None and not fresh and kept[0] > time.monotonic():
        return kept[1]
    found = [*_equations(period), *_sums(period), *_anomalies(period)]
    _kept[key] = (time.monotonic() + SECONDS, found)
    while len(_kept) > KEPT:
        _kept.popitem(last=False)
    return found


def _equations(period: Period) -> list[Result]:
    return [
        Result(code, str(check.label), tuple(check.faults(period)))
        for code, check in sorted(registered.items())
    ]


def _sums(period: Period) -> list[Result]:
    found = []
    for name, figure in sorted(register.items()):
        if not any(dimension.whole for dimension in figure.dimensions.values()) or isinstance(figure, Rate):
            continue
        label = _("%(figure)s之細分合計等於總數") % {"figure": figure.label}
        found.append(Result(f"sum:{name}", label, tuple(partition_faults(figure, period))))
    return found


def _anomalies(period: Period) -> list[Result]:
    """Printed figures out of line with their own past; each asks for a sentence."""
    readings = Readings(period)
    try:
        names = api.printed(readings)
    except ProseError:
        return []  # told by the check of the texts
    found = []
    for name in names:
        figure = resolve(name)
        odd = history.anomaly(figure, readings.read(figure).value, period)
        if odd is None:
            continue
        label = figure.label_in(get_language() or "zh-hant")
        words = {
            "label": label,
            "value": shown(odd.value, figure.unit, figure.precision, "zh"),
            "usual": shown(odd.usual, figure.unit, figure.precision, "zh"),
            "score": f"{odd.score:.1f}",
        }
        sentence = _("%(label)s為%(value)s，歷年同期中位數%(usual)s，離群值%(score)s，請機關說明。") % words
        found.append(Result(f"anomaly:{name}", _("與自身歷史相較異常"), (sentence,)))
    return found


def _of_texts(
    period: Period, edition: Edition | None, built: Mapping[Language, Built] | None
) -> list[Result]:
    if edition is not None and edition.frozen:
        return []
    both = built or (draft(edition) if edition else api.build_both(period))
    words = {"zh-hant": _("中文文字無誤，數字皆可追溯"), "en": _("英文文字無誤，數字皆可追溯")}
    return [
        Result(
            f"text:{language}",
            words[language],
            tuple(problem.sentence for problem in one.problems),
            explainable=False,
        )
        for language, one in both.items()
    ]


def _of_past(edition: Edition) -> list[Result]:
    """E22: cumulative figures never fall against the edition before, unless an erratum of it says so."""
    before = edition_before(edition)
    if before is None:
        return []
    faults = []
    corrected = set(
        Erratum.objects.filter(edition=before).exclude(figure="").values_list("figure", flat=True)
    )
    readings = Readings(edition.days)
    for frozen in FrozenFigure.objects.filter(edition=before, kind=Kind.CUMULATIVE):
        if frozen.figure in corrected:
            continue
        try:
            figure = resolve(frozen.figure)
        except LookupError:
            continue
        now = readings.read(figure).value
        if now < Decimal(frozen.value):
            faults.append(
                _("%(label)s由%(old)s降為%(now)s，上期未勘誤。")
                % {"label": frozen.label, "old": frozen.value, "now": f"{now:f}"}
            )
    return [Result("E22", _("累計數不低於上期，除非上期已勘誤"), tuple(faults))]
