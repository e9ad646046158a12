"""Two writers that each hold what the other needs: PostgreSQL ends one of them, and it is carried out anew.

Whoever brings a case on holds the end of the ledger from then on; one that goes on to a second case (a
merger, a letter split in two) can meet somebody who holds that one and waits for the ledger. Nothing of the
ended transaction is kept, so that the view is run again; the person notices a second of waiting, not an
error.
(On SQLite one writer is let in at a time.)
"""

from __future__ import annotations

from collections.abc import Callable

from django.db import DatabaseError, connection
from django.http import HttpRequest, HttpResponse, HttpResponseBase

GAVE_WAY = frozenset({"40001", "40P01"})
"""SQLSTATE of a transaction that was ended for another's sake: serialization failure, deadlock detected."""
TURNS = 3


def gave_way(error: BaseException) -> bool:
    """Whether the database ended a transaction for another's sake, and nothing of it is open any more."""
    cause = error.__cause__
    ended = isinstance(error, DatabaseError) and getattr(cause, "sqlstate", None) in GAVE_WAY
    return ended and not connection.in_atomic_block


class Rivals:
    """Runs a view again whose transaction gave way to another."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponseBase | None:
        """The answer of a further turn; None when the view failed for another reason, or each time."""
        found = request.resolver_match
        for _turn in range(TURNS):
            if found is None or not gave_way(exception):
                break
            for _name, files in request.FILES.lists():
                for file in files:
                    file.seek(0)
            try:
                answer: HttpResponseBase = found.func(request, *found.args, **found.kwargs)
            except DatabaseError as error:
                exception = error
            else:
                return answer
        return None
