"""Equations between figures and invariants of their records: they hold before an edition is frozen (spec
part E).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _

from ..period import Period
from .declare import Figure, period_for, register

Findings = Callable[[Period], Iterable[str]]


@dataclass(frozen=True)
class Check:
    """One assertion: its mark in the specification, its words, and what it finds wrong (nothing when it
    holds).
    """

    code: str
    room: str
    label: Any
    findings: Findings

    def faults(self, period: Period) -> list[str]:
        return [str(sentence) for sentence in self.findings(period)]


checks: dict[str, Check] = {}


def check(code: str, label: Any) -> Callable[[Findings], Findings]:
    """Declare an assertion of a room; the function yields a sentence for each thing that does not hold."""

    def declare(findings: Findings) -> Findings:
        room = findings.__module__.removeprefix("yankao.").removesuffix(".figures")
        checks[f"{room}.{code}"] = Check(code, room, label, findings)
        return findings

    return declare


def sums(period: Period) -> Iterable[str]:
    """Slices that partition a figure sum to it, for every figure and dimension that says so."""
    for figure in register.values():
        yield from partition_faults(figure, period)


def partition_faults(figure: Figure, period: Period) -> Iterable[str]:
    own = period_for(figure.full_name, period)
    for dimension in figure.dimensions.values():
        if not dimension.whole:
            continue
        parts = sum(dimension.measured(figure(own), figure.measure).values())
        whole = figure.raw(own)
        if parts != whole:
            yield _("%(figure)s依%(dimension)s細分合計%(parts)s，與總數%(whole)s不符。") % {
                "figure": figure.label, "dimension": dimension.label, "parts": parts, "whole": whole,
            }  # fmt: skip
