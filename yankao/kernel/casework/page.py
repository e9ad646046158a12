"""The page of a process for the handbook: its chart, who may do what, and every deadline with its rule."""

from __future__ import annotations

from typing import Any

from django.utils import timezone, translation

from ..rules.values import Declared
from ..span import span_text
from .clocks import ByPolicy, Deadline
from .process import Extend, Process


def process_page(process: Process[Any]) -> str:
    """Markdown: `process.md` of a room is this text, so that a change of rule is seen in review."""
    with translation.override("zh-hant"):
        lines = [f"# {process.title}流程", "", "```mermaid", process.chart(), "```", "", "## 階段", ""]
        lines += ["| 代碼 | 階段 |", "|---|---|"]
        lines += [f"| `{value}` | {label} |" for value, label in process.stages.choices]
        lines += ["", "## 辦理動作與權責", "", "| 動作 | 自 | 至 | 權責 | 填報 |", "|---|---|---|---|---|"]
        lines.append(
            f"| 立案 `open` |  | {process.stage_label(process.opens_at)} | {process.opened_by.name} |  |"
        )
        for move in process.moves.values():
            sources = (
                "各階段"
                if isinstance(move, Extend)
                else "、".join(process.stage_label(s) for s in process.stages.values if s in move.sources)
            )
            targets = "、".join(process.stage_label(t) for t in move.targets) or "不變"
            asked = "、".join(
                f"`{ask.name}`" + ("（可空）" if ask.optional else "") for ask in move.asks.values()
            )
            lines.append(f"| {move.label} `{move.name}` | {sources} | {targets} | {move.by.name} | {asked} |")
        lines.append(f"| 更正 `amend` | 各階段 | 不變 | {process.amended_by.name} | `reason` |")
        if process.deadlines:
            lines += ["", "## 期限", "", "| 期限 | 期間 | 起算 | 提醒 | 依據 |", "|---|---|---|---|---|"]
            lines += [_deadline(deadline) for deadline in process.deadlines.values()]
        return "\n".join(lines) + "\n"


def _deadline(deadline: Deadline) -> str:
    rule = deadline.within
    if isinstance(rule, ByPolicy):
        span, source = str(rule.words), f"（規則 `{rule.rule}`）" if rule.rule else ""
    elif isinstance(rule, Declared):
        span, source = span_text(rule.at(timezone.localdate())), f"（規則 `{rule.code}`）"
    else:
        span, source = span_text(rule), ""
    since = (
        deadline.counted_from if isinstance(deadline.counted_from, str) else deadline.counted_from.__name__
    )
    remind = "、".join(f"前{days}日" for days in deadline.remind) + (
        "，逾期每週" if deadline.weekly_when_late else ""
    )
    cells = (
        f"{deadline.label} `{deadline.code}`",
        span + source,
        f"`{since}`",
        remind,
        deadline.law,
    )
    return "| " + " | ".join(map(str, cells)) + " |"
