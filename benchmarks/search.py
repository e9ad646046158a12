"""How fast titles are searched: by our index, and by a scan of the titles, in one docket of many texts.

Texts are made up from one seed: words of two and three characters and a few in Latin, drawn as words of a
language are (few often, many seldom), 53 characters on average. What is asked: words of one to five
characters, often met, seldom met and not there, Latin, digits, two words; by a person who sees every case
and by one who sees those of two bureaus of thirty-three. Each question finds its twenty best (`best_cases`,
as the palette does); the first page of a list with the same words goes through the application.
The scan is what the lists did before: newest twenty whose title holds the word.
"""

from __future__ import annotations

import gc
import random
import statistics
import time
from collections.abc import Iterator
from datetime import date, timedelta
from typing import Any
from urllib.parse import urlencode

from .calls import Application, Clock, Figures, cookie_of, counting, get
from .city import AGENCIES, KIND, PEOPLE

MOST = 20
WORDS = 30_000
LATIN = ["LED", "Wi-Fi", "A1", "PM2.5", "YouBike", "EV", "RC", "PVC", "C12", "No.7"]
KNOWN = [
    "路燈",
    "停車",
    "停車場",
    "水溝",
    "道路",
    "人行道",
    "噪音",
    "公園",
    "垃圾",
    "號誌",
    "違建",
    "路面坑洞",
]
SCANS = 3
"""Turns of each scan: one that finds nothing reads every title."""


def words(rng: random.Random) -> list[str]:
    """The language: known words among the commonest, then made ones."""
    letters = [chr(0x4E00 + 7 * n) for n in range(2600)]
    often = [1 / (n + 8) for n in range(len(letters))]
    made = ["".join(rng.choices(letters, often, k=rng.choice((2, 2, 2, 3)))) for _n in range(WORDS)]
    for place, word in enumerate(KNOWN + LATIN):
        made[5 * place + 2] = word
    return made


def texts(count: int) -> Iterator[str]:
    """So many titles."""
    rng = random.Random(42)
    language = words(rng)
    often, total = [], 0.0
    for n in range(WORDS):
        total += 1 / (n + 15)
        often.append(total)
    for _n in range(count):
        yield "".join(rng.choices(language, cum_weights=often, k=rng.randint(14, 34)))[:120]


def fill(count: int) -> dict[str, float]:
    """The docket, written in bulk, and its index written at once; seconds."""
    from itertools import batched

    from django.db import connection, transaction

    from yankao.kernel import bulk
    from yankao.kernel.casework.models import Case
    from yankao.kernel.search import corpus

    from . import city

    city.fill(1)
    names = ("number", "kind", "title", "agency_id", "officer_id", "stage", "opened_on", "security")
    begun = time.perf_counter()
    with city.indexes_afterwards(), transaction.atomic():
        for some in batched(enumerate(texts(count)), 20_000, strict=False):
            bulk.copy(
                Case, names,
                [
                    (f"搜{n}", KIND, title, 1 + n * 7919 % AGENCIES, 1 + n % PEOPLE, "kept",
                     date(2011, 11, 23) + timedelta(days=n * 5475 // count), "agency")
                    for n, title in some
                ],
            )  # fmt: skip
    written = time.perf_counter()
    corpus.anew()
    indexed = time.perf_counter()
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            for table in ("casework_case", "search_entry"):
                cursor.execute(f"VACUUM ANALYZE {table}")
        cursor.execute("ANALYZE")
    return {"written_s": written - begun, "indexed_s": indexed - written}


def questions(count: int) -> dict[str, list[str]]:
    """What is asked, by kind; taken from the texts themselves where it is to be found."""
    rng = random.Random(7)
    language = words(random.Random(42))
    some = [title for n, title in enumerate(texts(min(count, 20_000))) if n % 97 == 0]

    def cut(length: int) -> list[str]:
        found = []
        for title in rng.sample(some, 12):
            at = rng.randrange(len(title) - length)
            found.append(title[at : at + length])
        return found

    pairs = [f"{one} {other}" for one, other in zip(cut(2), cut(2), strict=True)]
    return {
        "1 character, common": [language[n][0] for n in (0, 1, 3, 4, 6, 8)],
        "1 character, any": cut(1),
        "2 characters, common": [language[n] for n in range(0, 60, 6) if len(language[n]) == 2],
        "2 characters, seldom": [language[n] for n in range(4000, 28_000, 2000)],
        "2 characters, any": cut(2),
        "3 and 4 characters": ["停車場", "人行道", "路面坑洞", *cut(3), *cut(4)],
        "Latin and digits": ["led", "Wi", "PM2.5", "A1", "2.5", "No.7", "搜12"],
        "two words": ["路燈 停車", "水溝 led", "停車場 公園", "道路 噪音 垃圾", *pairs],
        "not there": ["龘龘", "沒有這種東西", "龘", "xyzzy", "路燈龘"],
    }  # fmt: skip


def run(application: Application, count: int, turns: int) -> dict[str, Any]:
    """Everything of one database."""
    return {"texts": count, **fill(count), **measured(application, count, turns)}


def measured(application: Application, count: int, turns: int) -> dict[str, Any]:
    """What is found in a database that is filled, and how fast."""
    from django.db import connection
    from django.db.models import Q

    from yankao.kernel.casework.models import Case
    from yankao.kernel.casework.process import visible
    from yankao.kernel.casework.searched import Searched, best_cases

    from . import city

    told: dict[str, Any] = {}
    people = {"sees all": city.controller(), "two bureaus": city.clerk()}
    seen = {name: visible(user) for name, user in people.items()}
    cookies = {name: cookie_of(user) for name, user in people.items()}
    asked = questions(count)
    gc.collect()
    lost = 0
    for ask in (query for queries in asked.values() for query in queries):
        found = Case.objects.filter(Searched(ask, Q()).counted).count()
        lost += found != scanned(ask)
    told["questions"], told["differ"] = sum(map(len, asked.values())), lost
    jobs = [
        (f"{kind}, {name}", query, name)
        for kind, queries in asked.items() for query in queries for name in people
    ]  # fmt: skip
    ours = {name: Clock() for name, _query, _who in jobs}
    lists = {name: Clock() for name in people}
    dice = random.Random(101)
    for turn in range(turns + 2):
        dice.shuffle(jobs)
        for name, query, who in jobs:
            clock = Clock() if turn < 2 else ours[name]
            clock.time(lambda q=query, w=who: best_cases(q, seen[w], MOST))
    whole = [wall for clock in ours.values() for wall in clock.wall]
    for _turn in range(max(1, turns // 10)):
        for _name, query, who in jobs:
            page = f"/rooms/{KIND}/?{urlencode({'q': query})}"
            lists[who].time(lambda at=page, w=who: get(application, at, cookies[w]))
    scans: dict[str, Figures] = {}
    for kind, queries in asked.items():
        clock = Clock()
        for query in queries[:SCANS] * SCANS:
            clock.time(lambda q=query: scan(q, seen["sees all"]))
        scans[f"scan: {kind}"] = clock.figures()
    with counting() as statements:
        best_cases("路燈", seen["sees all"], MOST)
    scan_walls = [one["wall"] for one in scans.values()]
    told["found"] = {name: clock.figures() for name, clock in ours.items()}
    told["found"] |= {f"list page, {name}": clock.figures() for name, clock in lists.items()}
    told["found"] |= scans
    told["whole"] = {
        "p50": statistics.median(whole),
        "p95": statistics.quantiles(whole, n=20)[-1],
        "max": max(whole),
        "queries": len(statements),
        "scan_p50": statistics.median(scan_walls),
        "scan_p95": max(scan_walls),
        "vendor": connection.vendor,
    }
    return told


def scanned(query: str) -> int:
    """What a full scan of the texts says: how many hold every word."""
    from yankao.kernel.search import grams
    from yankao.kernel.search.models import Entry

    rows = Entry.objects.all()
    for word in grams.words_of(query):
        rows = rows.filter(text__holds=word)
    return rows.count()


def scan(query: str, seen: Any) -> list[int]:
    """As the lists did: the newest whose title or number holds each word."""
    from django.db.models import Q

    from yankao.kernel.casework.models import Case

    rows = Case.objects.filter(seen)
    for word in query.split():
        rows = rows.filter(Q(title__icontains=word) | Q(number__icontains=word))
    return list(rows.order_by("-pk").values_list("pk", flat=True)[:MOST])
