"""The report as the public reads it: numbers of fewer than five persons are not told.

A slice that is withheld could be worked out from its total and its sisters; so the smallest sister is
withheld with it.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from decimal import Decimal
from typing import Any

from .building import Built
from .document.facts_json import split_concept
from .document.model import Block, Chart, Fact, FactRecord, Facts, Item, Note, Para, Run, Runs, Said, Table
from .document.words import words_of

FEWEST = 5
PERSONS = ("人", "名", "人次")


def withheld_ids(facts: Iterable[FactRecord]) -> set[str]:
    """The facts that the public is not told: too few persons, and the sister that would tell them."""
    listed = list(facts)
    few = {
        one.id for one in listed if one.unit.zh in PERSONS and one.value and 0 < Decimal(one.value) < FEWEST
    }
    for record in [one for one in listed if one.id in few]:
        name, axes = split_concept(record.concept)
        if not axes:
            continue
        sisters = [
            one
            for one in listed
            if one.id != record.id
            and one.value
            and split_concept(one.concept)[0] == name
            and split_concept(one.concept)[1].keys() == axes.keys()
        ]
        if sisters and not any(one.id in few for one in sisters):
            few.add(min(sisters, key=lambda one: (Decimal(one.value), one.id)).id)
    return few


def for_public(built: Built) -> Built:
    """The same report with those numbers taken out of text, tables and facts."""
    few = withheld_ids(built.facts.records)
    if not few:
        return built
    words = words_of(built.report.language).withheld
    records = tuple(
        replace(one, value="", display=Said("不予顯示", "withheld"), records=0, digest="", previous=None)
        if one.id in few
        else one
        for one in built.facts.records
    )
    chapters = tuple(
        replace(chapter, blocks=tuple(_block(block, few, words) for block in chapter.blocks))
        for chapter in built.report.chapters
    )
    return replace(built, report=replace(built.report, chapters=chapters), facts=Facts(records))


def _block(block: Block, few: set[str], words: str) -> Block:
    match block:
        case Para() | Item() | Note():
            return replace(block, runs=_runs(block.runs, few, words))
        case Table():
            return _table(block, few, words)
        case Chart():
            return replace(block, data=_table(block.data, few, words))
    return block


def _table(table: Table, few: set[str], words: str) -> Table:
    def rows(given: Any) -> Any:
        return tuple(tuple(_runs(cell, few, words) for cell in row) for row in given)

    return replace(table, rows=rows(table.rows), footer=rows(table.footer))


def _runs(runs: Runs, few: set[str], words: str) -> Runs:
    made: list[Run] = [
        Fact(run.fact_id, words) if isinstance(run, Fact) and run.fact_id in few else run for run in runs
    ]
    return tuple(made)
