"""How fast a list page is: ours, the classic Django page, and the floor of hand-written SQL, turn by turn in
one process, and the work list.

Every contestant answers through the same WSGI application with all its middleware and a signed-in person:

ours      /rooms/<room>/ as served
classic   the whole page by Django templates, Paginator with COUNT, select_related (see classic.py)
floor     hand-written statements for rows and count, f-strings for the same rows; the shell of the page
          (head, menu, foot: some 25 KB) costs it nothing: it sends ours as text
"""

from __future__ import annotations

import time
from typing import Any

from .calls import Application, Figures, counting, get, measure
from .city import KIND
from .floor import SIZE, shell

PAGE = 2000
AGENCY, STAGE = 5, "returned"
"""The commonest stage of the largest bureau: two filters that still leave two thousand pages at a million."""
TWO = f"agency=B{AGENCY}&stage={STAGE}"


def key_before(page: int) -> str:
    """The key the floor needs for a page: the last row of the page before."""
    from yankao.kernel.casework.models import Case

    rows = Case.objects.filter(kind=KIND, agency_id=AGENCY, stage=STAGE).order_by("-opened_on", "-id")
    row = rows.values_list("opened_on", "pk")[(page - 1) * SIZE - 1]
    return f"{row[0].isoformat()}.{row[1]}"


def run(application: Application, controller: str, clerk: str, turns: int) -> dict[str, Any]:
    """The list pages of both people (cookies) in one docket."""
    from yankao.kernel.casework.models import Case

    most = Case.objects.filter(kind=KIND, agency_id=AGENCY, stage=STAGE).count()
    deep = max(2, min(PAGE, most // SIZE))
    ours, last = f"/rooms/{KIND}/?{TWO}", max(2, min(PAGE, Case.objects.count() // SIZE))
    page = get(application, ours, controller)[1].decode()
    shell[:] = page[: page.index('<tr class="r"')], page[page.rindex("</tbody>") :]
    with counting() as cold:
        begun = time.perf_counter()
        get(application, f"/rooms/{KIND}/?page={last}", controller)
        landmarks = (time.perf_counter() - begun) * 1000
    addresses = {
        "empty page": "/bench/nothing",
        "ours, page 1": ours,
        "classic, page 1": f"/bench/classic?{TWO}",
        "floor, page 1": f"/bench/floor?{TWO}",
        "ours, deep": f"{ours}&page={deep}",
        "classic, deep": f"/bench/classic?{TWO}&page={deep}",
        "floor, deep": f"/bench/floor?{TWO}&after={key_before(deep)}",
        "ours, no filter, page 1": f"/rooms/{KIND}/",
        "classic, no filter, page 1": "/bench/classic",
        "ours, no filter, deep": f"/rooms/{KIND}/?page={last}",
        "classic, no filter, deep": f"/bench/classic?page={last}",
        "ours, officer and open": f"/rooms/{KIND}/?officer=u77&state=open",
        "ours, agency and deadline": f"/rooms/{KIND}/?agency=B5&due=%3C7d&sort=due",
    }
    found = measure(application, {name: (at, controller) for name, at in addresses.items()}, turns)
    others = {
        "work list of a controller": ("/work/", controller),
        "work list of an officer": ("/work/", clerk),
        "ours, two bureaus only": (f"/rooms/{KIND}/", clerk),
    }
    found |= measure(application, others, max(5, turns // 2))
    return {
        "pages": found,
        "deep": deep,
        "last": last,
        "landmarks_ms": landmarks,
        "landmarks_queries": len(cold),
    }


def promises(pages: dict[str, Figures], clock: str) -> dict[str, float]:
    """The ratios the project promises, by one clock: wall, min or cpu."""

    def ratio(one: str, other: str) -> float:
        return pages[one][clock] / pages[other][clock]

    return {
        "classic / ours, page 1": ratio("classic, page 1", "ours, page 1"),
        "classic / ours, deep page": ratio("classic, deep", "ours, deep"),
        "ours / floor, page 1": ratio("ours, page 1", "floor, page 1"),
        "ours / floor, deep page": ratio("ours, deep", "floor, deep"),
        "deep page / page 1": ratio("ours, deep", "ours, page 1"),
    }


PAIRS = (
    "agency=B5&stage=returned",
    "agency=B5&state=open",
    "stage=kept&state=open",
    "officer=u77&state=open",
    "officer=u77&agency=B5",
    "officer=u77",
    "agency=B5&from=2015-01-01&to=2015-03-01",
    "stage=fallen&from=2015-01-01&to=2015-03-01",
    "agency=B5&due=late&sort=due",
    "due=today&sort=due",
    "stage=kept&sort=due",
    "agency=B5&agency=B7",
    "agency=B5&stage=returned&sort=opened",
    "state=closed&agency=B5",
    "q=%E6%8B%BE123456",
)


def explain(application: Application, cookie: str) -> None:
    """The plan of the rows' query for each pair of filters, and what it takes."""
    from django.db import connection

    lite = connection.vendor == "sqlite"
    for pair in PAIRS:
        caught: list[tuple[str, Any]] = []

        def note(execute: Any, sql: str, params: Any, many: bool, context: Any, into: Any = caught) -> Any:
            into.append((sql, params))
            return execute(sql, params, many, context)

        get(application, f"/rooms/{KIND}/?{pair}", cookie)
        begun = time.perf_counter()
        with connection.execute_wrapper(note):
            get(application, f"/rooms/{KIND}/?{pair}", cookie)
        print(f"\n{pair}: {(time.perf_counter() - begun) * 1000:.1f} ms")
        for sql, params in caught:
            if 'FROM "casework_case"' not in sql:
                continue
            with connection.cursor() as cursor:
                cursor.execute(("EXPLAIN QUERY PLAN " if lite else "EXPLAIN ") + sql, params)
                steps = [str(line[-1]).strip() for line in cursor.fetchall()]
            for step in steps:
                if lite or any(word in step for word in ("Index", "Sort", "Seq", "Bitmap")):
                    print("   ", step[:150])
