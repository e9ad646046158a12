"""In the demonstration city: its loading, an import, the figures of 101H1 and the report in every form."""

from __future__ import annotations

import gc
import resource
import time
from typing import Any

from .calls import Figures, timed

PERIOD = "101H1"
IMPORTED = 500


def _once(do: Any) -> tuple[Figures, Any]:
    kept: list[Any] = []
    figures = timed(lambda: kept.append(do()), 1)
    return figures, kept[0]


def imported() -> Figures:
    """Trips from a sheet: every row opens a case with its party, clocks and lines of the ledger."""
    from yankao.kernel.intake import take
    from yankao.kernel.people.models import Agency, Post, Role, User
    from yankao.kernel.sheets.reading import read
    from yankao.research.trips.imports import IMPORTS

    wanted = IMPORTS[0]
    heads = [str(column.names[0]) for column in wanted.profile.columns]
    given = dict(zip(heads, wanted.example, strict=True))
    user = User.objects.create(username="bench-import", name="王小明")
    agency = Agency.objects.get(name=given[heads[2]], valid_to=None)
    Post.objects.create(user=user, agency=agency, role=Role.REGISTRAR)
    lines = [heads]
    for number in range(IMPORTED):
        row = {**given, heads[0]: f"C999{number:05}", heads[1]: f"赴日本考察雨水下水道第{number}團"}
        lines.append([row[head] for head in heads])
    data = "\n".join(",".join(f'"{cell}"' for cell in line) for line in lines).encode()
    gc.collect()
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    figures, outcome = _once(lambda: take(read(data, "trips.csv"), wanted, user))
    for refused in outcome.refused[:1]:
        print(f"   import: {outcome.kept} of {IMPORTED} rows were kept: {refused.problems}", flush=True)
    grown = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) / 1024
    speed = outcome.kept / figures["wall"] * 1000
    return {**figures, "rows": outcome.kept, "rows_a_second": speed, "grown_mb": grown}


def placed() -> Figures:
    """Every proposal of a year placed under ceilings that hold them all, and why, in words."""
    from yankao.kernel.money.models import Source
    from yankao.planning.proposals import deciding

    limits = dict.fromkeys(Source, 10**10)

    def simulate() -> None:
        outcome = deciding.simulate(102, limits)
        for one in outcome.placed:
            deciding.explain(one, outcome)

    return timed(simulate, 10)


def suggested() -> dict[str, Figures]:
    """Learning agencies from the city's closed petitions, and naming the likeliest for one text."""
    from yankao.service.petitions.models import Petition
    from yankao.service.petitions.suggestions import AGENCY, text_of

    learned, trained = _once(AGENCY.retrain)
    found = {"agencies learned from closed petitions": learned}
    if trained is None:
        return found
    texts = [text_of(one) for one in Petition.objects.order_by("pk")[:200]]
    turns = iter(texts)
    AGENCY.suggest(texts[0])  # the model is read once a process
    name = f"an agency suggested for a petition (promised: 5), learned from {trained.texts:,} texts"
    return found | {name: timed(lambda: AGENCY.suggest(next(turns)), len(texts))}


def run() -> dict[str, Figures]:
    """Everything in one process."""
    from yankao.kernel.figures.declare import read, register
    from yankao.kernel.period import Period
    from yankao.report import api
    from yankao.site.demo import load

    begun, cpu = time.perf_counter(), time.process_time()
    load()
    whole = (time.perf_counter() - begun) * 1000
    loaded = {"wall": whole, "p95": whole, "min": whole, "cpu": (time.process_time() - cpu) * 1000}
    found: dict[str, Figures] = {"demonstration city loaded": loaded}
    period, every = Period.parse(PERIOD), list(register.values())
    found[f"the {len(every)} figures of {PERIOD}"] = timed(lambda: [read(one, period) for one in every], 3)
    built = api.build(period)
    found["the report built"] = timed(lambda: api.build(period), 3)
    for form in ("html", "odt", "pdf"):
        found[f"the report as {form.upper()}"] = timed(lambda form=form: api.render(built, form), 3)
    found[f"import of {IMPORTED:,} trips"] = imported()
    found["a year's proposals placed under ceilings"] = placed()
    return found | suggested()
