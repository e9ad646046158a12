"""Keeping the rows of another system: by the stretch, so that memory stays small however long the file is.

A row that is on record already changes nothing; one whose number is on record with other content comes back
with its reason: take the earlier batch back first. A batch taken back leaves nothing behind but its line in
the ledger.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from functools import lru_cache
from hashlib import blake2b
from typing import Any

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from yankao.kernel import bulk
from yankao.kernel.audit import ledger
from yankao.kernel.casework.process import Refused as MoveRefused
from yankao.kernel.intake import Import
from yankao.kernel.people.models import Role
from yankao.kernel.people.standing import standing
from yankao.kernel.sheets.intake import Accepted, Problem, Refusal, Refused

from ..models import Batch, Elsewhere
from ..process import COMMISSION
from .profiles import DEGREES, LONGEST, MOMENTS, Mapping, mappings

STRETCH = 5_000
NAMES = (
    "batch_id", "source", "number", "digest", "opened_at", "due_at", "closed_at", "days", "status",
    "category", "category_given", "detail", "agency", "channel", "district", "place", "words", "longitude",
    "latitude", "more",
)  # fmt: skip


def may(user: Any) -> bool:
    """The commission and its administrators take other systems' records in."""
    return standing(user).has(*COMMISSION, Role.ADMIN)


class Taker:
    """Keeps the rows of one file."""

    def __init__(self, mapping: Mapping, actor: Any, header: list[str], name: str) -> None:
        self.mapping = mapping
        self.batch = Batch.objects.create(
            source=mapping.code, name=name[:120], taken_at=timezone.now(), taken_by=actor
        )
        used = set(mapping.columns.values())
        self.others = [(place, head) for place, head in enumerate(header) if head and head not in used]
        self.moment: Callable[[str], datetime] = lru_cache(20_000)(mapping.moment)
        self.name: Callable[[str], str] = lru_cache(5_000)(mapping.name)
        self.told: set[str] = set()
        self.again = 0

    def __call__(self, rows: list[Accepted]) -> list[Refused]:
        """Keep a stretch; the rows that cannot be kept come back."""
        numbers = [row.values["number"][: LONGEST["number"]] for row in rows]
        known = dict(
            Elsewhere.objects.filter(source=self.mapping.code, number__in=numbers).values_list(
                "number", "digest"
            )
        )
        back, made = [], []
        for row, number in zip(rows, numbers, strict=True):
            digest = blake2b("\x1f".join(row.cells).encode(), digest_size=12).hexdigest()
            if number in known:
                if known[number] == digest:
                    self.again += 1
                    continue
                words = _("%(number)s已在紀錄中而內容不同；請先收回前一批，或更正這一列。")
                head = self.mapping.columns["number"]
                back.append(_refused(row, head, words % {"number": number}))
                continue
            try:
                made.append(self._row(row, number, digest))
            except Refusal as refusal:
                back.append(_refused(row, refusal.column, refusal.sentence))
                continue
            known[number] = digest
        bulk.copy(Elsewhere, NAMES, made)
        self.batch.rows += len(made)
        self.batch.refused += len(back)
        self.batch.save(update_fields=["rows", "refused"])
        return back

    def ending(self) -> list[str]:
        """How many rows were on record already."""
        return [_("%(n)s列先前已匯入，未重複。") % {"n": self.again}] if self.again else []

    def _row(self, row: Accepted, number: str, digest: str) -> tuple[Any, ...]:
        mapping, values = self.mapping, row.values
        told = {name: "" if text in mapping.missing else text for name, text in values.items()}
        at: dict[str, datetime | None] = {}
        for name in MOMENTS:
            text = told.get(name, "")
            try:
                at[name] = self.moment(text) if text else None
            except Refusal as refusal:
                raise Refusal(refusal.sentence, mapping.columns[name], text) from None
        opened, closed = at["opened_at"], at["closed_at"]
        if opened is None:
            raise Refusal(_("不可空白。"), mapping.columns["opened_at"])
        if mapping.closed_when and told.get("status", "") not in mapping.closed_when:
            closed = None
        if closed is not None and closed < opened:
            raise Refusal(_("結案時間早於受理時間。"), mapping.columns["closed_at"], told["closed_at"])
        days = None if closed is None else (closed.date() - opened.date()).days
        given = told.get("category", "")
        category = self.name(given)
        self._notes(row, told, given, category, days)
        more = {head: cell for place, head in self.others if (cell := row.cells[place].strip())}
        for name, most in LONGEST.items():
            if len(told.get(name, "")) > most:
                more[mapping.columns[name]] = told[name]
        if mapping.closed_when and at["closed_at"] is not None and closed is None:
            more[mapping.columns["closed_at"]] = told["closed_at"]
        longitude, latitude = self._place(told)
        return (
            self.batch.pk, mapping.code, number, digest, opened, at["due_at"], closed, days,
            told.get("status", "")[:40], category[:80], given[:80], told.get("detail", "")[:80],
            told.get("agency", "")[:60], told.get("channel", "")[:20], told.get("district", "")[:60],
            told.get("place", "")[:200], told.get("words", "")[:300], longitude, latitude, more,
        )  # fmt: skip

    def _notes(
        self, row: Accepted, told: dict[str, str], given: str, category: str, days: int | None
    ) -> None:
        """Tell of a merged name where it is met first, and of days that the source counts otherwise."""
        notes = []
        if category != given and given not in self.told:
            self.told.add(given)
            words = _("「%(given)s」與「%(name)s」是同一分類（%(rule)s），以下同。")
            rule = self.mapping.rule or _("全形與空白")
            notes.append(words % {"given": given, "name": category, "rule": rule})
        stated = told.get("days", "")
        if stated and days is not None and stated != str(days):
            words = _("來源自報%(stated)s日，依日曆日計為%(days)s日。")
            notes.append(words % {"stated": stated, "days": days})
        if notes:
            row.values["notes"] = notes

    def _place(self, told: dict[str, str]) -> tuple[float | None, float | None]:
        texts = [told.get(name, "") for name in DEGREES]
        if not all(texts):
            return None, None
        latitude, longitude = (
            self.mapping.degree(text, most) for text, most in zip(texts, (90, 180), strict=True)
        )
        return (None, None) if latitude is None or longitude is None else (longitude, latitude)


def _refused(row: Accepted, column: str, sentence: str) -> Refused:
    return Refused(row.number, row.cells, (Problem(row.number, column, "", sentence),))


def taker(mapping: Mapping) -> Callable[[Any, list[str], str], Taker]:
    """What is made anew for each file."""
    return lambda actor, header, name: Taker(mapping, actor, header, name)


IMPORTS = tuple(
    Import(one.code.replace("_", "-"), one, one.profile(), keeper=taker(one), stretch=STRETCH, may=may)
    for one in mappings().values()
)


def take_back(batch: Batch, actor: Any) -> int:
    """Undo a batch: its rows go, the ledger keeps that it was there. How many went; the second time none."""
    if not may(actor):
        raise MoveRefused(_("匯入的批次由研考會收回。"))
    with transaction.atomic():
        found = Batch.objects.select_for_update().get(pk=batch.pk)
        if found.taken_back_at is not None:
            return 0
        gone, _kinds = Elsewhere.objects.filter(batch=found).delete()
        found.taken_back_at, found.taken_back_by = timezone.now(), actor
        found.save(update_fields=["taken_back_at", "taken_back_by"])
        ledger.note("petitions.batch_back", f"batch:{found.pk}", actor, source=found.source, rows=gone)
    return gone
