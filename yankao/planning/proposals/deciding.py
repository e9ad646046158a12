"""額度試算與核定 Who falls in or out under ceilings, tried as often as one likes, and decided once.

Trying reads; deciding ranks every proposal whose second review is over and decides them together, so that
what is decided was looked at as a whole and stays within the ceilings.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from typing import Any

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from yankao.kernel.audit import ledger
from yankao.kernel.casework.duties import RDEC
from yankao.kernel.casework.process import Refused
from yankao.kernel.money.ceilings import in_force, put
from yankao.kernel.money.models import Source
from yankao.kernel.people.models import Role
from yankao.kernel.people.standing import standing

from . import process as way
from .budget import PURPOSE, by_proposal
from .models import Allowed, Cost, Proposal, Result
from .ranking import Entry, Outcome, Placed, against_agencies, allocate, order

OUT = (Result.DEFER, Result.REJECT, Result.MERGE)
Stage = way.Stage
WAITING = (Stage.SECOND_REVIEWED, Stage.RANKED)


def money_text(amount: Decimal) -> str:
    return f"{amount:,}"


def entries_of(year: int) -> list[Entry]:
    """The proposals of a year that compete for the city's ceilings, with what counts of their money in that
    year. Two queries.

    In: submitted, not withdrawn, not for the centre. What is not to be placed says why.
    """
    rows = list(
        Proposal.objects.filter(year=year, submitted_on__isnull=False, withdrawn_on=None, central=False)
        .select_related("case")
        .only("pk", "score", "policy_score", "agency_rank", "first_result", "second_result", "allowed_total",
              "decision", "case__number", "case__title", "case__agency_id", "case__stage")
        .order_by("pk")
    )  # fmt: skip
    asked, allowed = by_proposal(Cost, year), by_proposal(Allowed, year)
    return [
        Entry(
            key=row.pk,
            needs=(asked if row.allowed_total is None else allowed).get(row.pk, {}),
            score=row.score,
            policy=row.policy_score,
            agency=row.case.agency_id,
            agency_rank=row.agency_rank,
            held=_held(row),
            label=f"{row.case.number} {row.case.title}",
        )
        for row in rows
    ]


def _held(row: Proposal) -> str:
    """Why a proposal is not placed: no score yet, or a review that put it off."""
    result = row.second_result or row.first_result
    if result in OUT:
        return _("審查結果為「%s」，不參加排序。") % Result(result).label
    if row.score is None:
        return _("尚未評分，不參加排序。")
    return ""


def simulate(year: int, ceilings: Mapping[Source, Decimal], *, fill: bool = False) -> Outcome:
    """Place the year's proposals under ceilings; those held back come last. Writes nothing."""
    entries = entries_of(year)
    free, held = [e for e in entries if not e.held], [e for e in entries if e.held]
    return allocate([*order(free), *held], ceilings, fill=fill)


def explain(one: Placed, outcome: Outcome) -> str:
    """Why it is in or out, in words."""
    if one.how == "held":
        return one.entry.held
    told = "；".join(
        _("%(source)s累計%(upto)s元，額度%(limit)s元")
        % {
            "source": source.label,
            "upto": money_text(one.upto[source]),
            "limit": money_text(outcome.ceilings[source]),
        }
        for source in (one.over or one.upto)
    )
    if one.how == "fill":
        return _("截線外，以餘額遞補：所需各來源均在剩餘額度內。")
    if one.how == "over":
        return _("排序%(rank)s，%(told)s，超過額度。") % {"rank": one.rank, "told": told}
    if not one.upto:
        return _("排序%(rank)s，計畫年度無經費需求，列入。") % {"rank": one.rank}
    return _("排序%(rank)s，%(told)s，在額度內。") % {"rank": one.rank, "told": told}


def justify(outcome: Outcome) -> dict[int, str]:
    """Where the ranking turns an agency's own order round: the sentence for each."""
    ordered = [one.entry for one in outcome.placed if one.how != "held"]
    labels = {entry.key: entry.label for entry in ordered}
    return {
        key: _("機關排序在後而評分較高，列於「%s」之後者請說明。") % labels[other]
        for key, other in against_agencies(ordered).items()
    }


# ── What is kept ────────────────────────────────────────────────────────────────────────────────────


def set_ceilings(actor: Any, year: int, amounts: dict[Source, Decimal], *, since: date, basis: str) -> int:
    """The ceilings of a year from a day, by the commission. How many were changed."""
    if not standing(actor).has(*RDEC):
        raise Refused(_("額度由研考會設定。"))
    return put(actor, PURPOSE, year, amounts, since=since, basis=basis)


def may_decide(user: Any) -> bool:
    return standing(user).has(Role.RDEC_CHIEF, Role.RDEC_COMMISSIONER)


def unfinished(year: int) -> int:
    """Proposals still on the way to the ranking: before the year is decided they arrive or are withdrawn."""
    under_way = Proposal.objects.filter(
        year=year, submitted_on__isnull=False, withdrawn_on=None, central=False, case__closed_on=None
    )
    return under_way.exclude(case__stage__in=(*WAITING, Stage.DECIDED)).count()


def decide_year(
    actor: Any, year: int, *, reason: str, fill: bool = False, digest: str = ""
) -> tuple[int, int]:
    """全年核定 Rank and decide every proposal of the year that waits for it, under the ceilings in force.

    One transaction: all or none. `digest` is of the outcome that was looked at: if anything has changed
    since, nothing is decided. Returns how many are in and out. Raises Refused.
    """
    if not may_decide(actor):
        raise Refused(_("核定由研考會主管辦理。"))
    if not reason.strip():
        raise Refused(_("請填核定依據。"))
    day = timezone.localdate()
    ceilings = in_force(PURPOSE, year, day)
    if not ceilings:
        raise Refused(_("%s年度尚未設定額度，不能核定。") % year)
    if left := unfinished(year):
        raise Refused(_("尚有%s案未完成複審，不能核定全年度。") % left)
    with transaction.atomic():
        outcome = simulate(year, ceilings, fill=fill)
        if digest and digest != digest_of(outcome):
            raise Refused(_("試算之後資料已有變動，請重新試算再核定。"))
        inside, outside = _carry_out(actor, year, outcome, reason)
        said = {source.value: amount for source, amount in ceilings.items()}
        ledger.note("proposals.decide", f"proposals:{year}", actor, inside=inside, outside=outside,
                    fill=fill, reason=reason, **said)  # fmt: skip
    return inside, outside


def _carry_out(actor: Any, year: int, outcome: Outcome, reason: str) -> tuple[int, int]:
    found = Proposal.objects.filter(case__stage__in=WAITING, year=year, central=False).select_related("case")
    waiting = {one.pk: one for one in found}
    if not waiting:
        raise Refused(_("%s年度沒有等待核定的計畫。") % year)
    if Proposal.objects.filter(year=year, central=False, decided_on__isnull=False).exists():
        raise Refused(_("%s年度已有核定的計畫，其餘請逐案核定。") % year)
    told = justify(outcome)
    inside = outside = 0
    # No two hold a rank: those ranked one by one make room before all are placed anew, each by its move.
    Proposal.objects.filter(pk__in=waiting, rank__isnull=False).update(rank=None)
    for one in outcome.placed:
        proposal = waiting.get(one.entry.key)
        if proposal is None:
            continue
        way.place(proposal, actor, rank=one.rank, reason=told.get(proposal.pk, ""))
        way.decide(proposal, actor, result=result_of(one, proposal),
                   explanation=f"{explain(one, outcome)}（{reason}）")  # fmt: skip
        inside, outside = inside + one.inside, outside + (not one.inside)
    return inside, outside


def result_of(one: Placed, proposal: Proposal) -> Result:
    """What is decided of a placed proposal: as reviewed when it is in, else put off."""
    reviewed = proposal.second_result or proposal.first_result
    if one.how == "held":
        return Result(reviewed) if reviewed in OUT else Result.DEFER
    if not one.inside:
        return Result.DEFER
    return Result.CUT if proposal.allowed_total is not None else Result.KEEP


def digest_of(outcome: Outcome) -> str:
    """A short mark of who is where and by what, to see that nothing changed between looking and deciding."""

    said = "|".join(
        f"{one.entry.key}:{one.rank}:{one.how}:{sorted(one.entry.needs.items())}" for one in outcome.placed
    )
    limits = ",".join(f"{source}={amount}" for source, amount in outcome.ceilings.items())
    return hashlib.sha256(f"{limits}|{said}".encode()).hexdigest()[:16]
