"""Many cases with their history at once: imports of records kept elsewhere, and the demonstration city.

An `Archive` plays openings and moves in memory, with the same bodies, clocks and ledger lines as at the
desk, and writes
them in bulk. Stages must follow the process and the record's own constraints hold; duties and guards are
those of the
past and are not asked again.
"""

from __future__ import annotations

from collections import defaultdict
from datetime import date, datetime, time
from typing import Any, Self

from django.db import models, transaction
from django.utils import timezone

from .. import bulk
from ..audit import ledger
from ..search import index
from . import numbering, searched
from .models import Case, CaseEvidence, Clock, ClockChange, Link, Record
from .process import Docket, Move, Process, Step


def at_noon(day: date) -> datetime:
    """A day known without its hour is written at 12:00 local time."""
    return timezone.make_aware(datetime.combine(day, time(12)))


class Archive[R: Record]:
    """Use as a context manager; everything is written on leaving, in one transaction."""

    def __init__(self, process: Process[R], savepoint: bool = True) -> None:
        self.process, self.savepoint = process, savepoint
        self.dockets: list[Docket] = []

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: object, error: object, trace: object) -> None:
        if kind is None:
            self.write()

    def open(
        self,
        *,
        title: str,
        agency: Any,
        on: date | datetime,
        officer: Any = None,
        district: Any = None,
        number: str = "",
        actor: Any = None,
        security: str | None = None,
        **facts: Any,
    ) -> R:
        """Open a case in memory; `number` keeps the number it had elsewhere."""
        at = on if isinstance(on, datetime) else at_noon(on)
        case = self.process._case(actor, at, title, agency, None, officer, district)
        case.number = number
        if security:
            case.security = security
        record = bulk.made(self.process.record, case=case, **facts)
        self.dockets.append(docket := self.process.begin(case, record, actor, at, facts))
        record.docket = docket
        return record

    def move(self, record: R, move: Move[R, ...], actor: Any, on: date | datetime, **given: Any) -> Step:
        """Play a move in memory. Raises ValueError when the stage does not allow it."""
        docket: Docket = record.docket
        if docket.case.stage not in move.sources:
            raise ValueError(f"{move.name} does not start from {docket.case.stage}")
        at = on if isinstance(on, datetime) else at_noon(on)
        return move.play(docket, actor, at, {**move._defaults(), **given})

    def write(self) -> None:
        with transaction.atomic(savepoint=self.savepoint):
            end = self._number()
            cases = [docket.case for docket in self.dockets]
            bulk.write(Case, cases)
            self._write_rows([row for docket in self.dockets for row in docket.first])
            records = [docket.record for docket in self.dockets]
            for docket in self.dockets:
                docket.record.case = docket.case  # the key it has now, without forgetting the case
            bulk.write(self.process.record, records)
            self._write_children()
            self._write_clocks()
            texts = ((d.case.pk, searched.text_of(d.case, d.record)) for d in self.dockets)
            index.keep(searched.CASES, texts, fresh=True)
            self._write_ledger(end)
        self.dockets = []

    def _number(self) -> ledger.End:
        """Numbers, and the end of the chain: both are held from here on, in this order, and answered
        together.
        """
        kind, pattern = self.process.kind, self.process.number
        numbering.passed(kind, pattern, [one.case.number for one in self.dockets if one.case.number])
        by_year: dict[int, list[Case]] = defaultdict(list)
        for docket in self.dockets:
            if not docket.case.number:
                by_year[docket.case.opened_on.year - 1911].append(docket.case)
        few = self.dockets[0] if len(self.dockets) == 1 else None
        rows = [few.case, *few.first] if few is not None else []
        taken = {roc: numbering.Taking(f"{kind}:{roc}", len(cases), rows) for roc, cases in by_year.items()}
        end = ledger.End()
        for roc, cases in by_year.items():
            for seq, case in enumerate(cases, taken[roc].first()):
                case.number = pattern.format(roc=roc, seq=seq)
        return end

    def _write_rows(self, rows: list[models.Model]) -> None:
        kept: dict[type[models.Model], list[models.Model]] = defaultdict(list)
        for row in rows:
            kept[type(row)].append(row)
        for model, found in kept.items():
            bulk.write(model, found)

    def _write_children(self) -> None:
        for docket in self.dockets:
            stray = [row for row in docket.kept if row not in docket.added]
            for row in stray:  # an older row changed by this history
                row.save()
        self._write_rows([row for docket in self.dockets for row in docket.added])

    def _write_clocks(self) -> None:
        changes = [c for d in self.dockets for c in d.changes]
        # Only a change names its clock; else nobody waits for the keys.
        bulk.write(Clock, (c for d in self.dockets for c in d.new_clocks), keyed=bool(changes))
        bulk.write(ClockChange, changes)
        bulk.write(CaseEvidence, (e for d in self.dockets for e in d.evidence))
        links = [
            Link(source=d.case, target=other, kind=kind)
            for d in self.dockets
            for other, kind in getattr(d.record.step, "linked", [])
        ]
        bulk.write(Link, links)

    def _write_ledger(self, end: ledger.End) -> None:
        drafts = []
        for docket in self.dockets:
            for draft in docket.drafts:
                draft.case_id, draft.subject = docket.case.pk, f"case:{docket.case.pk}"
                drafts.append(draft)
        drafts.sort(key=lambda draft: draft.at)
        ledger.append(drafts, end)
