"""`yankao handbook`: the manual, written from the rooms themselves, so that it cannot fall behind them.

Of each room: what it is (its docstring), its process with stages, moves, duties and deadlines, its rules
with value and legal basis, its figures with definition and basis, and the files it takes in.
"""

from __future__ import annotations

import argparse
import inspect
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from . import installation
from .terminal import INTACT, remark, say
from .words import _, speak, tongue

if TYPE_CHECKING:
    from yankao.kernel.casework.process import Process
    from yankao.kernel.rooms import Room


def handbook_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--output", type=Path, help=_("寫入的檔案；省略時輸出到畫面。--lang選擇語言，不選時兩種都寫")
    )


def handbook(options: argparse.Namespace) -> int:
    """Print the handbook or write it into a file; in both languages unless one is chosen."""
    installation.up()
    text = written([tongue()] if options.lang else ["zh-hant", "en"])
    if options.output:
        options.output.write_text(text, "utf-8")
        remark(_("已寫入%(file)s。") % {"file": options.output})
    else:
        say(text)
    return INTACT


def written(languages: list[str]) -> str:
    """The whole handbook in the languages, one after the other, as Markdown."""
    from django.utils import translation  # noqa: PLC0415  (settings are read once Django is set up)

    from yankao.kernel.rooms import rooms  # noqa: PLC0415

    spoken = tongue()
    lines: list[str] = []
    try:
        for language in languages:
            speak("en" if language == "en" else "zh-hant")
            with translation.override(language):
                lines += [
                    f"# {_('yankao研考使用手冊')}",
                    "",
                    _("本手冊由程式產出（yankao handbook），請勿手改。"),
                    "",
                ]
                lines += [f"- [{one.title}](#{anchor(one, language)})" for one in rooms()]
                for one in rooms():
                    lines += ["", *room_page(one, language)]
                lines.append("")
    finally:
        speak(spoken)
    return "\n".join(lines).rstrip() + "\n"


def anchor(room: Room, language: str) -> str:
    return f"{room.name.replace('.', '-')}-{'en' if language == 'en' else 'zh'}"


def room_page(room: Room, language: str) -> Iterator[str]:
    """One room as Markdown lines."""
    yield f'<a id="{anchor(room, language)}"></a>'
    yield ""
    yield f"## {room.title}"
    yield ""
    _title, _break, about = inspect.cleandoc(room.package.__doc__ or "").partition("\n")
    yield about.strip()
    if room.process:
        yield from _process(room.process)
    yield from _rules(room)
    yield from _figures(room)
    yield from _imports(room)


def _process(process: Process[Any]) -> Iterator[str]:
    """Stages, chart, moves and deadlines in the language of the page."""
    from yankao.kernel.casework.clocks import ByPolicy  # noqa: PLC0415
    from yankao.kernel.rules.values import Declared  # noqa: PLC0415
    from yankao.kernel.span import span_text  # noqa: PLC0415

    yield from ("", f"### {_('流程')}", "", "```mermaid", process.chart(), "```")
    yield from ("", f"#### {_('階段')}", "", cells(_("代碼"), _("階段")), "|---|---|")
    yield from (cells(f"`{value}`", label) for value, label in process.stages.choices)
    yield from (
        "",
        f"#### {_('動作')}",
        "",
        cells(_("動作"), _("自"), _("至"), _("權責")),
        "|---|---|---|---|",
    )
    yield cells(f"{_('立案')} `open`", "", process.stage_label(process.opens_at), process.opened_by.name)
    for move in process.moves.values():
        sources = [process.stage_label(one) for one in process.stages.values if one in move.sources]
        everywhere = len(sources) == len(process.stages.values)
        targets = "、".join(str(process.stage_label(one)) for one in move.targets)
        since = _("各階段") if everywhere else "、".join(map(str, sources))
        yield cells(f"{move.label} `{move.name}`", since, targets or _("不變"), move.by.name)
    yield cells(f"{_('更正')} `amend`", _("各階段"), _("不變"), process.amended_by.name)
    if not process.deadlines:
        return
    heads = cells(_("期限"), _("期間"), _("規則"), _("依據"))
    yield from ("", f"#### {_('期限')}", "", heads, "|---|---|---|---|")
    for one in process.deadlines.values():
        rule = one.within
        if isinstance(rule, ByPolicy):
            span, code = str(rule.words), rule.rule
        elif isinstance(rule, Declared):
            span, code = span_text(rule.read(rule.seeds[-1].value)), rule.code
        else:
            span, code = span_text(rule), ""
        yield cells(f"{one.label} `{one.code}`", span, f"`{code}`" if code else "", one.law)


def cells(*row: object) -> str:
    """A row of a Markdown table; what stands in it cannot break out of its cell."""
    return "| " + " | ".join(str(cell).replace("|", "\\|").replace("\n", " ") for cell in row) + " |"


def _rules(room: Room) -> Iterator[str]:
    from yankao.kernel.rules.values import declared  # noqa: PLC0415

    own = [rule for rule in declared.values() if rule.code.startswith(f"{room.name}.")]
    if not own:
        return
    yield from (
        "",
        f"### {_('規則')}",
        "",
        cells(_("代碼"), _("規則"), _("值"), _("起日"), _("依據")),
        "|---|---|---|---|---|",
    )
    for rule in own:
        for seed in rule.seeds:
            yield cells(f"`{rule.code}`", rule.label, seed.value, seed.since, seed.basis)


def _figures(room: Room) -> Iterator[str]:
    from yankao.kernel.figures.declare import register  # noqa: PLC0415

    own = [one for name, one in register.items() if name.startswith(f"{room.name}.")]
    if not own:
        return
    yield from (
        "",
        f"### {_('數據')}",
        "",
        cells(_("代碼"), _("數據"), _("單位"), _("定義"), _("依據")),
        "|---|---|---|---|---|",
    )
    for one in own:
        yield cells(f"`{one.name}`", one.label, one.unit, one.definition, one.basis)


def _imports(room: Room) -> Iterator[str]:
    kinds = room.imports
    if not kinds:
        return
    yield from ("", f"### {_('匯入')}", "", cells(_("代碼"), _("檔案"), _("欄位")), "|---|---|---|")
    for one in kinds:
        names = "、".join(
            column.names[0] + ("*" if column.required else "") for column in one.profile.columns
        )
        yield cells(f"`{one.code}`", one.title, names)
