"""facts.json: every figure of an edition as a fact, in the shape of xBRL-JSON (OIM 1.0) but not claiming
to be it.

A fact has value, decimals and dimensions {concept, entity, period, unit, own axes}, as in xBRL-JSON;
beside it stand label, definition, record count and digest. Canonical bytes: keys sorted, UTF-8, two
spaces, newline at the end, so that the file's hash is the identity of the facts.
"""

from __future__ import annotations

import json
import re
from datetime import date, timedelta
from typing import Any

from .model import FactRecord, Facts, Report, Said

DOCUMENT_TYPE = "yankao-facts/1"
_SLICED = re.compile(r"(?P<name>[^\[]+)\[(?P<axes>[^\]]*)\]")


def render_facts_json(report: Report, facts: Facts) -> bytes:
    """The canonical facts.json of an edition."""
    return canonical(facts_document(report, facts))


def canonical(value: object) -> bytes:
    """JSON with one spelling per value."""
    return (json.dumps(value, ensure_ascii=False, sort_keys=True, indent=2) + "\n").encode()


def facts_document(report: Report, facts: Facts) -> dict[str, Any]:
    """facts.json as plain values."""
    return {
        "documentInfo": {
            "documentType": DOCUMENT_TYPE,
            "title": report.title,
            "language": report.language,
            "entity": report.agency,
            "edition": report.edition,
            "status": report.status,
            "notice": report.notice,
            "dated": report.dated.isoformat(),
            "site": report.site,
        },
        "facts": {record.id: fact(record, report.agency) for record in facts.records},
    }


def fact(record: FactRecord, entity: str) -> dict[str, Any]:
    """One fact. A withheld value is null; `decimals` is the precision of `value` after the point."""
    name, axes = split_concept(record.concept)
    return {
        "value": record.value or None,
        "decimals": record.decimals,
        "dimensions": {
            "concept": name,
            "entity": entity,
            "period": oim_period(record.start, record.end),
            "unit": record.unit.zh,
            **axes,
        },
        "figure": record.concept,
        "label": _said(record.label),
        "display": _said(record.display),
        "unit": _said(record.unit),
        "start": record.start.isoformat() if record.start else None,
        "end": record.end.isoformat(),
        "as_of": record.as_of.isoformat(),
        "kind": record.kind,
        "definition": _said(record.definition),
        "definition_version": record.definition_version,
        "legal_basis": record.legal_basis,
        "records": record.records,
        "digest": record.digest,
        "source": record.source,
        "footnotes": list(record.footnotes),
        "approximate": record.approximate,
        "previous": record.previous,
        "href": record.href,
    }


def split_concept(concept: str) -> tuple[str, dict[str, str]]:
    """``a.b[grade=first]`` as the figure's name and its slice {"grade": "first"}."""
    sliced = _SLICED.fullmatch(concept)
    if not sliced:
        return concept, {}
    return sliced["name"], dict(
        part.strip().split("=", 1) for part in sliced["axes"].split(",") if "=" in part
    )


def oim_period(start: date | None, end: date) -> str:
    """The period as OIM writes it: the end is the midnight after the last day; a moment is that midnight
    alone.
    """
    last = f"{(end + timedelta(days=1)).isoformat()}T00:00:00"
    return last if start is None else f"{start.isoformat()}T00:00:00/{last}"


def _said(said: Said) -> dict[str, str]:
    return {"zh": said.zh, "en": said.en}
