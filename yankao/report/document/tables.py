"""Every table of a report and the sheet of its facts as CSV and ODS, through the platform's one writer of
tables.

In CSV, text that a spreadsheet would run as a formula is guarded and a byte order mark says UTF-8. A cell
that is one figure holds its exact value as a number; a cell of several runs is text as printed.
"""

from __future__ import annotations

from decimal import Decimal

from yankao.kernel.sheets import Cell, write_csv, write_ods

from .model import Fact, FactRecord, Facts, Report, Runs, tables
from .numbering import captions
from .words import value_text

FACT_COLUMNS = (
    *(
        "fact",
        "figure",
        "label_zh",
        "label_en",
        "value",
        "unit",
        "decimals",
        "display",
        "start",
        "end",
        "as_of",
        "kind",
    ),
    *("definition_zh", "definition_en", "definition_version", "legal_basis", "records", "digest", "source"),
    *("footnotes", "approximate", "previous", "permalink"),
)


def render_tables(report: Report, facts: Facts) -> dict[str, bytes]:
    """File name → bytes: ``<table id>.csv`` and ``.ods`` for every table, ``facts.csv`` and ``facts.ods``.

    Raises ValueError when a table is named like another or like the sheet of facts.
    """
    known, labels = facts.by_id(), captions(report)
    made = _both(
        "facts", "facts", list(FACT_COLUMNS), [_fact_row(record, report) for record in facts.records]
    )
    for table in tables(report):
        header: list[Cell] = [plain_text(cell) for cell in table.header]
        rows = [[_cell(cell, known) for cell in row] for row in (*table.rows, *table.footer)]
        files = _both(table.id, f"{labels[table.id]} {table.caption}", header, rows)
        if made.keys() & files.keys():
            raise ValueError(f"A table may not be named {table.id}: that is the sheet of facts.")
        made |= files
    return made


def plain_text(runs: Runs) -> str:
    """The words of the runs as printed."""
    return "".join(run.display if isinstance(run, Fact) else run.text for run in runs)


def _both(name: str, title: str, header: list[Cell], rows: list[list[Cell]]) -> dict[str, bytes]:
    return {f"{name}.csv": b"".join(write_csv(header, rows)), f"{name}.ods": write_ods(header, rows, title)}


def _cell(runs: Runs, known: dict[str, FactRecord]) -> Cell:
    match runs:
        case (Fact(fact_id=fact_id),) if known[fact_id].value:
            return Decimal(known[fact_id].value)
        case _:
            return plain_text(runs)


def _fact_row(record: FactRecord, report: Report) -> list[Cell]:
    return [
        record.id,
        record.concept,
        record.label.zh,
        record.label.en,
        Decimal(record.value) if record.value else None,
        record.unit.in_language(report.language),
        record.decimals,
        value_text(record, report.language),
        record.start,
        record.end,
        record.as_of,
        record.kind,
        record.definition.zh,
        record.definition.en,
        record.definition_version,
        record.legal_basis,
        record.records,
        record.digest,
        record.source,
        "; ".join(record.footnotes),
        "1" if record.approximate else "0",
        Decimal(record.previous) if record.previous else None,
        report.site + record.href,
    ]
