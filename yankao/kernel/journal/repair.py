"""Dead letters: a repaired text goes the way of every record, or the record is left out with a reason."""

from __future__ import annotations

from typing import Any

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from ..audit import ledger
from . import sealing
from .declare import journal_of
from .ingest import Taken, take
from .models import DeadLetter


class Unrepaired(ValueError):
    """The text cannot be read either; the message says why."""


def text_of(letter: DeadLetter) -> str:
    """The record as it came. Raises sealing.Forgotten."""
    return sealing.unseal(bytes(letter.raw))


def waiting(journal: str) -> Any:
    """The dead letters of a journal nobody has handled, oldest first."""
    return (
        DeadLetter.objects.filter(source__journal=journal, handled_at=None)
        .select_related("source")
        .order_by("pk")
    )


def repair(letter: DeadLetter, actor: Any, text: str, *, remark: str = "") -> Taken:
    """Take the repaired record in. Unrepaired, with the reader's sentence, when it cannot be read either."""
    source = letter.source
    data = text.strip("\r\n").encode() + b"\n"
    batch = journal_of(source).format_of(source).read(data, source)
    if batch.dead:
        raise Unrepaired(batch.dead[0].reason)
    if not batch.records:
        raise Unrepaired(_("沒有可讀取的紀錄。"))
    with transaction.atomic():
        _handle(letter, actor, "repaired", remark)
        return take(source, data)


def drop(letter: DeadLetter, actor: Any, *, remark: str) -> None:
    """Leave the record out, with the reason."""
    if not remark.strip():
        raise Unrepaired(_("不採計須說明理由。"))
    with transaction.atomic():
        _handle(letter, actor, "dropped", remark)


def _handle(letter: DeadLetter, actor: Any, outcome: str, remark: str) -> None:
    changed = DeadLetter.objects.filter(pk=letter.pk, handled_at=None).update(
        handled_at=timezone.now(), handled_by=actor, outcome=outcome, remark=remark[:200]
    )
    if not changed:
        raise Unrepaired(_("這筆資料已經處理過了。"))
    ledger.note(f"journal.{outcome}", f"dead_letter:{letter.pk}", actor, remark=remark)


def again(journal: str, actor: Any) -> int:
    """Try every waiting letter as it came (after a reader was mended); how many could be read now."""
    done = 0
    for letter in waiting(journal).iterator():
        try:
            repair(letter, actor, text_of(letter), remark=_("重讀"))
        except (Unrepaired, sealing.Forgotten):
            continue
        done += 1
    return done
