"""示範資料 The calls of the reference half-year and of the weeks before today, told by a log as an exchange
writes it.

Functional spec part I, row S5: 371,842 answered, of which 315,351 within twenty seconds; 9,158 hung up
unanswered, of which 5,000 within twenty seconds. The log goes the way of every log: read, merged, summed up.
"""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from django.utils import timezone

from yankao.kernel.journal.ingest import take
from yankao.kernel.journal.models import Source
from yankao.kernel.people.city import City

from .models import Agent, Queue
from .parts import EAST

SEED = 1010405
WITHIN, BEYOND, GONE_WITHIN, GONE_BEYOND = 315_351, 56_491, 5_000, 4_158
SEATS = 48
BLOCK = 50_000
"""So many calls of the log are taken in as one block."""
HOURS = (10, 7, 5, 4, 4, 6, 14, 36, 78, 104, 112, 104, 76, 92, 108, 106, 98, 74, 52, 44, 40, 34, 26, 16)
"""How busy each hour of a day is."""
WEEK = (112, 106, 103, 102, 108, 66, 54)
QUEUES = (
    ("1999", "市政服務專線", "City service line", Queue.Channel.PHONE),
    ("1999-web", "免費網頁電話", "Free web phone", Queue.Channel.WEB_PHONE),
    ("1999-sign", "視訊手語服務", "Sign-language video", Queue.Channel.VIDEO),
)
WEB, SIGN = 1600, 240
WAITS = (0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20)
SHARES = (2, 9, 16, 20, 21, 20, 18, 16, 14, 12, 11, 9, 8, 7, 6, 6, 5, 5, 4, 4, 4)


def load(city: City) -> None:
    """The reference half-year."""
    rng = random.Random(SEED)
    source = furnish(city)
    first, last = date(2012, 1, 1), date(2012, 6, 30)
    counts = [max(1, round(count * city.scale)) for count in (WITHIN, BEYOND, GONE_WITHIN, GONE_BEYOND)]
    received = datetime.combine(last, time(15, 59, 30), UTC)  # the log was followed as it grew
    _tell(source, _lines(rng, first, last, counts, city.scale), received)


def present(city: City, today: date) -> None:
    """Five weeks of calls until the hour of loading, some still on the line, and a line nobody can read."""
    rng = random.Random(SEED + today.toordinal())
    source = Source.objects.get(journal="service.calls", code="pbx")
    first = today - timedelta(days=35)
    counts = [max(20, round(count * city.scale)) for count in (15_500, 2_800, 260, 210)]
    now = timezone.now() if today == timezone.localdate() else datetime.combine(today, time(6), UTC)
    stop = int(now.timestamp())
    lines = _lines(rng, first, today, counts, city.scale / 20, stop)
    _tell(source, lines, now)
    take(source, _alive(rng, stop).encode(), at=now)
    take(source, f"{stop - 600}|{stop - 600}.9|1999|NONE|ABANDON|1\n".encode(), at=now)


def furnish(city: City) -> Source:
    """The exchange, its queues and its seats; one seat is the demonstration agent's."""
    Queue.objects.bulk_create(
        Queue(code=code, name=name, name_en=english, channel=channel)
        for code, name, english, channel in QUEUES
    )
    from yankao.kernel.people.models import Role  # noqa: PLC0415  (only here: who sits at the first seats)

    people: list[Any] = list(city.posts.get((city.rdec.pk, Role.CALL_AGENT), ()))
    Agent.objects.bulk_create(
        Agent(code=f"PJSIP/{1001 + seat}", user=people[seat] if seat < len(people) else None)
        for seat in range(SEATS)
    )
    Source.objects.create(
        journal="service.calls.cdr", code="cdr", name="1999交換機通聯紀錄", format="cdr", active=False
    )
    return Source.objects.create(
        journal="service.calls", code="pbx", name="1999交換機佇列紀錄", format="queue_log", active=False
    )


def _tell(source: Source, lines: Iterator[str], at: datetime) -> None:
    gathered: list[str] = []
    for line in lines:
        gathered.append(line)
        if len(gathered) == BLOCK:
            take(source, "".join(gathered).encode(), at=at)
            gathered.clear()
    if gathered:
        take(source, "".join(gathered).encode(), at=at)


def _seconds(rng: random.Random, first: date, last: date, count: int, stop: int | None) -> list[int]:
    """When so many calls come, by the business of weekdays and hours, in order."""
    start = (first.toordinal() - 719163) * 86400 - EAST
    days = (last - first).days + 1
    weights = [
        WEEK[(first + timedelta(days=day)).weekday()] * HOURS[half // 2]
        for day in range(days)
        for half in range(48)
    ]
    if stop is not None:
        weights = [one if start + (slot + 1) * 1800 <= stop else 0 for slot, one in enumerate(weights)]
    slots = rng.choices(range(len(weights)), weights, k=count)
    pick = rng.random
    return sorted(start + slot * 1800 + int(pick() * 1800) for slot in slots)


def _spread(values: Sequence[int], shares: Sequence[int]) -> list[int]:
    """Each value as often as its share: drawing from it is twice as fast as drawing by weights."""
    return [value for value, share in zip(values, shares, strict=True) for _one in range(share)]


def _lines(
    rng: random.Random, first: date, last: date, counts: list[int], scale: float, stop: int | None = None
) -> Iterator[str]:
    """The lines of each call, in the order of the calls."""
    within, beyond, gone_within, gone_beyond = counts
    total = sum(counts)
    seconds = _seconds(rng, first, last, total, stop)
    ends = bytearray(b"w" * within + b"b" * beyond + b"a" * gone_within + b"o" * gone_beyond)
    rng.shuffle(ends)
    waits = {
        ord("w"): iter(rng.choices(_spread(WAITS, SHARES), k=within)),
        ord("b"): iter(rng.choices(_spread(range(21, 160), range(140, 1, -1)), k=beyond)),
        ord("a"): iter(rng.choices(_spread(range(1, 21), range(24, 4, -1)), k=gone_within)),
        ord("o"): iter(rng.choices(_spread(range(21, 300), range(280, 1, -1)), k=gone_beyond)),
    }
    lengths = range(20, 900)
    talks = rng.choices(_spread(lengths, [max(1, 900 - abs(one - 170) * 3) for one in lengths]), k=total)
    callers = rng.choices(range(912_000_000, 912_120_000), k=total)
    seats = rng.choices(range(1001, 1001 + SEATS), k=total)
    web, sign = round(WEB * scale), round(SIGN * scale)
    answered = [place for place, end in enumerate(ends) if end in b"wb"]
    picked = rng.sample(
        answered, min(len(answered), web + sign)
    )  # the city counts them where they are answered
    others = {place: "1999-sign" if number < sign else "1999-web" for number, place in enumerate(picked)}
    for place, second in enumerate(seconds):
        end = ends[place]
        wait = next(waits[end])
        call, queue = f"{second}.{place}", others.get(place, "1999")
        answer = second + wait
        came = f"{second}|{call}|{queue}|NONE|ENTERQUEUE||0{callers[place]}|1\n"
        if end in b"ao":
            yield f"{came}{answer}|{call}|{queue}|NONE|ABANDON|1|1|{wait}\n"
            continue
        seat, talk = seats[place], talks[place]
        told = f"{came}{answer}|{call}|{queue}|PJSIP/{seat}|CONNECT|{wait}|{call}|2\n"
        ending = "BLINDTRANSFER|2700|agencies" if talk % 7 == 0 else "COMPLETECALLER"
        yield f"{told}{answer + talk}|{call}|{queue}|PJSIP/{seat}|{ending}|{wait}|{talk}|1\n"


def _alive(rng: random.Random, stop: int) -> str:
    """The last minutes: agents at their seats, calls on the line and waiting, one lost to a restart."""
    lines = [
        f"{stop - 7200}|{stop - 7300}.1|1999|NONE|ENTERQUEUE||0912000001|1",
        f"{stop - 7000}|NONE|NONE|NONE|QUEUESTART|",
    ]
    for seat in range(1001, 1025):
        lines.append(f"{stop - 6900 + seat % 7}|REALTIME|1999|PJSIP/{seat}|ADDMEMBER|")
    for seat in (1007, 1015):
        lines.append(f"{stop - 500 - seat % 9}|NONE|1999|PJSIP/{seat}|PAUSE|休息")
    for number, seat in enumerate((1001, 1003, 1004, 1009, 1010, 1012, 1018)):
        came, wait = stop - 30 - 23 * number, rng.randrange(2, 18)
        call = f"{came}.{800 + number}"
        lines.append(f"{came - wait}|{call}|1999|NONE|ENTERQUEUE||09120{number:05d}|1")
        lines.append(f"{came}|{call}|1999|PJSIP/{seat}|CONNECT|{wait}|{call}|2")
    for number in range(2):
        came = stop - 9 - number * 7
        lines.append(f"{came}|{came}.{900 + number}|1999|NONE|ENTERQUEUE||09121{number:05d}|1")
    return "".join(f"{line}\n" for line in lines)
