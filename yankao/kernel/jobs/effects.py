"""Exactly once, in the database: the effect and its mark are one transaction."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from django.db import connection, transaction
from django.utils import timezone

MARK = "INSERT INTO jobs_effect (key, at) VALUES (%s, %s) ON CONFLICT (key) DO NOTHING"


@contextmanager
def once(key: str) -> Iterator[bool]:
    """`with once(f"grant:{id}") as first:` and `if first:` make the effect.

    The block is a transaction; an exception in it takes the mark back. A second holder of the key waits for
    the
    first to commit and is then told False. Use a job's id, or a provider's message id for what comes in
    twice.
    """
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute(MARK, [key, connection.ops.adapt_datetimefield_value(timezone.now())])
            first = cursor.rowcount == 1
        yield first
