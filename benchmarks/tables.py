"""The tables of docs/performance.md, written from a run's file.

python -m benchmarks tables build/bench.json            print them
python -m benchmarks tables build/bench.json --write    put them between the marks in docs/performance.md
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from .lists import promises

BEGIN, END = "<!-- tables: made by `python -m benchmarks tables` -->", "<!-- end of tables -->"
DATABASES = {"sqlite": "SQLite", "postgres": "PostgreSQL"}
PROMISED = {
    "classic / ours, page 1": "at least 8 at 1M",
    "classic / ours, deep page": "at least 8 at 1M",
    "ours / floor, page 1": "at most 4",
    "ours / floor, deep page": "at most 4",
    "deep page / page 1": "at most 1.2",
}


def _line(cells: list[str]) -> str:
    return f"| {' | '.join(cells)} |"


def _table(heads: list[str], rows: list[list[str]]) -> str:
    rule = ["---", *("---:" for _head in heads[1:])]
    return "\n".join([_line(heads), _line(rule), *map(_line, rows)])


def _figures(found: dict[str, dict[str, float]]) -> str:
    """Wall median, p95, min, CPU median, queries."""
    rows = []
    for name, line in found.items():
        queries = f"{line['queries']:.0f}" if "queries" in line else ""
        rows.append([name, *(f"{line[clock]:,.1f}" for clock in ("wall", "p95", "min", "cpu")), queries])
    return _table(["", "wall median", "p95", "min", "CPU median", "queries"], rows)


def _promises(dockets: list[dict[str, Any]]) -> str:
    heads = ["", *(f"{DATABASES[one['database']]} {one['cases']:,}" for one in dockets), "promised"]
    told = [
        {clock: promises(one["lists"]["pages"], clock) for clock in ("wall", "min", "cpu")} for one in dockets
    ]
    rows = []
    for name, promised in PROMISED.items():
        cells = [" / ".join(f"{one[clock][name]:.2f}" for clock in ("wall", "min", "cpu")) for one in told]
        rows.append([name, *cells, promised])
    queries = [f"{one['lists']['pages']['ours, page 1']['queries']:.0f}" for one in dockets]
    rows.append(["queries of ours, page 1", *queries, "at most 6"])
    return _table(heads, rows)


def written(run: dict[str, Any]) -> str:
    """All tables of one run."""
    machine = run["machine"]
    parts = [
        f"Run of {run['begun']} to {run['ended']} on {machine['name']} ({machine['processor']}, "
        f"{machine['cores']} cores, {machine['memory']}; {machine['system']}). Load (one minute) "
        f"{machine['load_before']:.1f} before and {machine['load_after']:.1f} after. "
        f"{machine['versions']}. Milliseconds.",
    ]
    if run["dockets"]:
        told = "### What is promised of lists\n\nBy wall median / fastest turn / CPU median."
        parts += [told, _promises(run["dockets"])]
    for one in run["dockets"]:
        parts.append(f"### {DATABASES[one['database']]}, {one['cases']:,} cases")
        lists = one["lists"]
        parts.append(
            f"Rows written in {one['filled_s']:.0f} s. The deep page is {lists['deep']:,} with two filters "
            f"and {lists['last']:,} without; the first jump there reads landmarks: "
            f"{lists['landmarks_ms']:.0f} ms."
        )
        parts.append(_figures(lists["pages"] | one["others"]))
    for one in run["reports"]:
        parts.append(f"### {DATABASES[one['database']]}, the demonstration city")
        parts.append(_figures(one["found"]))
        for taken in (line for line in one["found"].values() if "rows_a_second" in line):
            parts.append(
                f"Import: {taken['rows']:.0f} rows kept, {taken['rows_a_second']:.0f} a second; the process "
                f"grew by {taken['grown_mb']:.0f} MB."
            )
    for one in run.get("searches", []):
        parts += _searched(one)
    return "\n\n".join(parts)


def _searched(one: dict[str, Any]) -> list[str]:
    """The tables of searching in one database."""
    whole = one["whole"]
    told = (
        f"{one['texts']:,} titles, written in {one['written_s']:.0f} s, indexed in {one['indexed_s']:.0f} s. "
        f"Of {one['questions']} questions {one['differ']} found otherwise than a full scan. Twenty best of "
        f"all questions: p50 {whole['p50']:.2f}, **p95 {whole['p95']:.2f}**, at most {whole['max']:.1f} ms, "
        f"{whole['queries']} statements; the scan in the same run: median {whole['scan_p50']:.1f}, slowest "
        f"kind {whole['scan_p95']:,.0f} ms ({whole['scan_p95'] / whole['p95']:,.0f} times our p95)."
    )
    return [f"### {DATABASES[one['database']]}, searching", told, _figures(one["found"])]


def put(text: str, place: Path) -> None:
    """Between the marks of the document."""
    page = place.read_text()
    before, _mark, rest = page.partition(BEGIN)
    _old, mark, after = rest.partition(END)
    if not mark:
        raise SystemExit(f"{place} has no place for the tables: {BEGIN} … {END}")
    place.write_text(f"{before}{BEGIN}\n\n{text}\n\n{END}{after}")
