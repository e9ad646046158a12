"""A case page, the board, a figure's list, a move and a list's export, through the same application.

The move goes through the application with its session and CSRF token and is on disk when it is answered
(SQLite `synchronous=FULL`; PostgreSQL with `fsync` and `synchronous_commit`).
"""

from __future__ import annotations

from .calls import Application, Figures, counting, get, measure, post, timed
from .city import KIND

FIGURE = f"/figures/{KIND}.noticed/101H1/"


def run(application: Application, controller: str, clerk: str, turns: int) -> dict[str, Figures]:
    """Pages, moves and a file in one docket; both people by their cookies."""
    from django.utils import timezone

    from yankao.kernel.casework.models import Case

    moves = max(10, turns // 2)
    kept = Case.objects.filter(agency_id=5, stage="kept").order_by("-pk")
    ids = list(kept.values_list("pk", flat=True)[: moves + 3])
    pages = {
        "case page": (f"/cases/{ids[-1]}/", controller),
        "board": (f"/rooms/{KIND}/board/", controller),
        "a figure's list": (FIGURE, controller),
    }
    found = measure(application, pages, max(5, turns // 2))
    today, left = timezone.localdate().isoformat(), iter(ids)

    def move() -> None:
        status = post(application, f"/cases/{next(left)}/moves/give_notice/", clerk, {"noticed_on": today})
        if not status.startswith("302"):
            raise SystemExit(f"the move was answered {status}")

    move()
    with counting() as seen:
        move()
    found["move"] = timed(move, len(ids) - 3, queries=len(seen))
    file = f"/rooms/{KIND}/export.csv?agency=B5&state=open"
    rows = get(application, file, controller)[1].count(b"\n") - 1
    found["export as CSV"] = timed(lambda: get(application, file, controller), 3, rows=rows)
    return found
