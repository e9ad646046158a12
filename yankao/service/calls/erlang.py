"""Erlang's formulas: how many agents a load of calls needs, and what callers meet with so many.

`calls` come in `span` seconds, each takes `handling` seconds; the offered load is calls · handling / span
erlangs. Erlang C lets everybody wait for ever; Erlang A lets callers hang up after `patience` seconds on
average, which at an overload is much nearer to the truth. Recursions, so that a thousand agents are no
matter.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

MOST = 5000
"""More agents than any room holds: the search ends there."""


def blocking(load: float, agents: int) -> float:
    """Erlang B: the share of calls that find every agent busy when nobody may wait."""
    inverse = 1.0
    for number in range(1, agents + 1):
        inverse = 1 + inverse * number / load
    return 1 / inverse


def waiting(load: float, agents: int) -> float:
    """Erlang C: the share of callers who must wait; 1 when the agents cannot keep up."""
    if load <= 0:
        return 0.0
    if agents <= load:
        return 1.0
    lost = blocking(load, agents)
    busy = load / agents
    return lost / (1 - busy * (1 - lost))


@dataclass(frozen=True)
class Queueing:
    """What callers and agents meet: shares between 0 and 1, seconds."""

    level: float
    """Answered within the threshold."""
    wait: float
    """Mean wait (ASA); infinite when the agents cannot keep up and nobody hangs up."""
    busy: float
    """Occupancy."""
    abandoned: float = 0.0


def erlang_c(calls: float, span: float, handling: float, agents: int, limit: float) -> Queueing:
    """Everybody waits until answered."""
    load = calls * handling / span
    if agents <= load:
        return Queueing(0.0, math.inf, 1.0)
    must = waiting(load, agents)
    pace = (agents - load) / handling
    return Queueing(1 - must * math.exp(-pace * limit), must / pace, load / agents)


def erlang_a(calls: float, span: float, handling: float, agents: int, patience: float) -> Queueing:
    """Callers hang up after an exponential time of `patience` seconds on average; `level` is not given (nan).

    The states of the queue are summed until their weight is below 10^-12 of the whole.
    """
    arriving, serving, leaving = calls / span, 1 / handling, 1 / patience
    if not arriving:
        return Queueing(math.nan, 0.0, 0.0)
    # Weights of the states, the state "all agents busy, nobody waits" being 1.
    below, weight = 0.0, 1.0
    busy_below = 0.0
    for number in range(agents, 0, -1):
        weight *= number * serving / arriving
        below += weight
        busy_below += weight * (number - 1)
    weight, above, queued, number = 1.0, 1.0, 0.0, 0
    while weight > 1e-12 * (above + below):
        number += 1
        weight *= arriving / (agents * serving + number * leaving)
        above += weight
        queued += weight * number
    whole = below + above
    gone = queued * leaving / (whole * arriving)
    return Queueing(
        math.nan, queued / (whole * arriving), (busy_below + above * agents) / (whole * agents), gone
    )


def agents_for(calls: float, span: float, handling: float, target: float, limit: float) -> int:
    """The fewest agents with whom `target` (a share) of the calls is answered within `limit` seconds."""
    load = calls * handling / span
    if load <= 0:
        return 0
    agents = int(load) + 1
    lost = blocking(load, agents)
    while agents < MOST:
        busy = load / agents
        must = lost / (1 - busy * (1 - lost))
        if 1 - must * math.exp(-(agents - load) / handling * limit) >= target:
            return agents
        agents += 1
        lost = load * lost / (agents + load * lost)
    return MOST


def on_the_roster(agents: int, shrinkage: float) -> int:
    """So many must be on duty for `agents` at their seats, with a share `shrinkage` away."""
    return math.ceil(agents / (1 - shrinkage)) if agents else 0
