"""Late records (補登) and breaks in series: notes that a new edition prints about the one before."""

from __future__ import annotations

from collections.abc import Mapping

from yankao.kernel.figures.declare import resolve

from .building import shown
from .document.model import Block, External, Language, Note, Run, Text
from .models import Edition, FrozenFigure
from .readings import Readings


def notes(edition: Edition, language: Language, readings: Readings) -> Mapping[str, tuple[Block, ...]]:
    """By section: figures of the edition before whose records came late or were corrected, and changed
    definitions.
    """
    from .drift import drift_of  # noqa: PLC0415
    from .editions import edition_before  # noqa: PLC0415

    before = edition_before(edition)
    if before is None:
        return {}
    found: dict[str, list[Block]] = {}
    for line in drift_of(before):
        found.setdefault(line.frozen.section, []).append(
            Note("late", _late(line.frozen, line, before, language))
        )
    for frozen in FrozenFigure.objects.filter(edition=before):
        try:
            figure = resolve(frozen.figure)
        except LookupError:
            continue
        if figure.version_at(edition.as_of) != frozen.version:
            found.setdefault(frozen.section, []).append(Note("break", _break(frozen, language)))
    return {key: tuple(blocks) for key, blocks in found.items()}


def _late(frozen: FrozenFigure, line: object, before: Edition, language: Language) -> tuple[Run, ...]:
    from .drift import Line  # noqa: PLC0415

    assert isinstance(line, Line)
    words = "en" if language == "en" else "zh"
    source = f"{before.period} v{before.number}"
    now = External(shown(line.now, frozen.unit, frozen.decimals, words), source)
    old = External(shown(line.old, frozen.unit, frozen.decimals, words), source)
    late = External(shown_count(len(line.late), words), source)
    if language == "en":
        head = Text(f"{frozen.label_en}: ")
        if line.late:
            return (
                head,
                late,
                Text(" entered late; the previous period is corrected to "),
                now,
                Text(" (was "),
                old,
                Text(")."),
            )
        return (head, Text("the previous period is corrected to "), now, Text(" (was "), old, Text(")."))
    head = Text(f"{frozen.label}：")
    if line.late:
        return (head, Text("補登"), late, Text("，上期更正為"), now, Text("（原"), old, Text("）。"))
    return (head, Text("上期更正為"), now, Text("（原"), old, Text("）。"))


def shown_count(number: int, words: str) -> str:
    return f"{number:,} record{'s' if number != 1 else ''}" if words == "en" else f"{number:,}筆"


def _break(frozen: FrozenFigure, language: Language) -> tuple[Run, ...]:
    if language == "en":
        return (
            Text(
                f"{frozen.label_en}: the definition was changed; "
                "not comparable with the previous period (break in series)."
            ),
        )
    return (Text(f"{frozen.label}：定義已修正，與上期不可直接比較（數列中斷）。"),)
