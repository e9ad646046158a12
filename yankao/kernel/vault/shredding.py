"""保存年限與銷毀 Forgetting persons: proposed by one, approved by another, their data keys destroyed.

A class says how many years after its case was closed a person is kept (rules). What is due is proposed with
its count; once approved, data keys, texts and marks are emptied, with what was told to the person and what
the ledger withholds of the case. The ledger says which class, by which rule and how many; it names nobody.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Iterator
from datetime import date, datetime, time
from hashlib import blake2b
from typing import Any

from django.apps import apps
from django.db import connection, transaction
from django.db.models import Q, QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from ..audit import ledger
from ..audit.models import Entry
from ..casework.steps import Refused
from ..people.models import Role
from ..people.standing import standing
from ..rules.values import Declared, Seed, declare
from . import keys
from .models import Identity, Retention, Shredding

DEFAULT = "平台預設值"
YEARS: dict[str, Declared[int]] = {
    Retention.BRIEF: declare(
        "kernel.vault.years_brief", int, gettext_lazy("個資保存年數（短期）"), Seed("1", basis=DEFAULT)
    ),
    Retention.USUAL: declare(
        "kernel.vault.years_usual", int, gettext_lazy("個資保存年數（一般）"), Seed("5", basis=DEFAULT)
    ),
    Retention.LONG: declare(
        "kernel.vault.years_long", int, gettext_lazy("個資保存年數（長期）"), Seed("10", basis=DEFAULT)
    ),
    Retention.ACCUSATION: declare(
        "kernel.vault.years_accusation", int, gettext_lazy("個資保存年數（檢舉）"), Seed("10", basis=DEFAULT)
    ),
}
CHUNK = 500
NEVER = dict.fromkeys(("wrapped", "text", "phone_mark", "mobile_mark", "email_mark", "id_mark", "home_mark"))


def cutoff(retention: str, today: date) -> date:
    """The last day of closing whose persons of the class are due on `today`."""
    years = YEARS[retention].at(today)
    try:
        return today.replace(year=today.year - years)
    except ValueError:  # 29 February
        return today.replace(year=today.year - years, day=28)


def due(retention: str, until: date) -> QuerySet[Identity]:
    """Persons of the class whose case was closed on or before the day; those of no case by the day they were
    kept."""
    night = timezone.make_aware(datetime.combine(until, time.max))
    closed = Q(case__closed_on__lte=until) | Q(case=None, kept_at__lte=night)
    return Identity.objects.filter(closed, retention=retention, shredded_at=None)


def may_propose(actor: Any, retention: str) -> bool:
    """The commission; of accusations their custodians."""
    if retention == Retention.ACCUSATION:
        return standing(actor).has(Role.ETHICS)
    return standing(actor).has(Role.RDEC_CONTROLLER, Role.RDEC_CHIEF, Role.RDEC_COMMISSIONER)


def may_approve(actor: Any, retention: str) -> bool:
    """The heads of the commission; of accusations their custodians. Never who proposed it."""
    if retention == Retention.ACCUSATION:
        return standing(actor).has(Role.ETHICS)
    return standing(actor).has(Role.RDEC_CHIEF, Role.RDEC_COMMISSIONER)


def propose(actor: Any, retention: str, today: date | None = None) -> Shredding:
    """Propose to forget what is due of a class today."""
    today = today or timezone.localdate()
    if not may_propose(actor, retention):
        raise Refused(_("銷毀由研考會提出；檢舉類由檢舉案件保管人提出。"))
    if Shredding.objects.filter(retention=retention, done_at=None, dropped_at=None).exists():
        raise Refused(_("這一類已有待核定的銷毀案。"))
    until = cutoff(retention, today)
    count = due(retention, until).count()
    if not count:
        raise Refused(_("這一類目前沒有到期的個人資料。"))
    with transaction.atomic():
        made = Shredding.objects.create(
            retention=retention, until=until, years=YEARS[retention].at(today), count=count, proposed_by=actor
        )
        ledger.note(
            "vault.shred.propose",
            f"shredding:{made.pk}",
            actor,
            retention=retention,
            until=until,
            count=count,
        )
    return made


def approve(proposal: Shredding, actor: Any) -> int:
    """Approve and carry out: how many persons were forgotten. Refused to whoever proposed it. A second call
    does nothing."""
    with transaction.atomic():
        kept = Shredding.objects.select_for_update().get(pk=proposal.pk)
        if kept.done_at or kept.dropped_at:
            return 0
        if not may_approve(actor, kept.retention):
            raise Refused(_("銷毀由研考會主管核定；檢舉類由另一位檢舉案件保管人核定。"))
        if kept.proposed_by_id == actor.pk:
            raise Refused(_("提出人不可核定自己的銷毀案。"))
        count = shred(due(kept.retention, kept.until))
        kept.approved_by, kept.done_at, kept.done = actor, timezone.now(), count
        kept.save(update_fields=["approved_by", "done_at", "done"])
        ledger.note(
            "vault.shred", f"shredding:{kept.pk}", actor, retention=kept.retention, until=kept.until,
            years=kept.years, count=count,
        )  # fmt: skip
    return count


def drop(proposal: Shredding, actor: Any) -> None:
    """Withdraw a proposal; nothing is forgotten."""
    if not may_propose(actor, proposal.retention):
        raise Refused(_("銷毀由研考會提出；檢舉類由檢舉案件保管人提出。"))
    Shredding.objects.filter(pk=proposal.pk, done_at=None, dropped_at=None).update(dropped_at=timezone.now())


def forget(identity: Identity, actor: Any, *, reason: str) -> None:
    """Forget one person at their own request (個資法 §11), with the reason in the ledger."""
    if not reason.strip():
        raise Refused(_("銷毀須說明理由。"))
    if not may_approve(actor, identity.retention):
        raise Refused(_("銷毀由研考會主管核定；檢舉類由另一位檢舉案件保管人核定。"))
    with transaction.atomic():
        if shred(Identity.objects.filter(pk=identity.pk, shredded_at=None)):
            ledger.note(
                "vault.forget", f"identity:{identity.pk}", actor, retention=identity.retention, reason=reason
            )


def withdraw(identity: Identity) -> None:
    """Who only wanted to be told takes their consent back: what they left goes at once (個資法 §11 III), and
    nothing of the case, which is another's.
    """
    with transaction.atomic():
        if shred(Identity.objects.filter(pk=identity.pk, shredded_at=None), of_cases=False):
            ledger.note("vault.withdraw", f"identity:{identity.pk}", None, retention=identity.retention)


def shred(found: QuerySet[Identity], *, of_cases: bool = True) -> int:
    """Destroy the data keys of the persons found, with everything that was sealed for them; how many.
    `of_cases`: and with what the ledger withholds of their cases.
    """
    if connection.vendor == "sqlite":
        with connection.cursor() as cursor:  # what is emptied is overwritten in the file, too
            cursor.execute("PRAGMA secure_delete = ON")
    total = 0
    for some in _chunks(found):
        _remember(some)
        numbers = [one.pk for one in some]
        Identity.objects.filter(pk__in=numbers).update(**NEVER, shredded_at=timezone.now())
        for model in apps.get_models():
            field = next((one for one in model._meta.fields if one.related_model is Identity), None)
            if field is not None and {"wrapped", "text"} <= {one.name for one in model._meta.fields}:
                model._default_manager.filter(**{f"{field.name}__in": numbers}).update(
                    wrapped=None, text=None
                )
        if of_cases:
            _withheld(one.case_id for one in some if one.case_id)
        total += len(some)
    return total


def _chunks(found: QuerySet[Identity]) -> Iterator[list[Identity]]:
    while some := list(found.order_by("pk")[:CHUNK]):
        yield some


def _withheld(cases: Iterable[int]) -> None:
    """What the ledger withholds of the cases goes with their persons."""
    entries = Entry.objects.filter(case__in=set(cases), body__contains='"withheld"')
    found: list[int] = []
    for body in entries.values_list("body", flat=True):
        _collect(json.loads(body), found)
    if found:
        ledger.shred(*found)


def _collect(told: Any, found: list[int]) -> None:
    if isinstance(told, dict):
        if isinstance(told.get("withheld"), int) and "digest" in told:
            found.append(told["withheld"])
        for value in told.values():
            _collect(value, found)
    elif isinstance(told, list):
        for value in told:
            _collect(value, found)


# ── Restored backups ──────────────────────────────────────────────────────────────────────────────


def _print(text: bytes | memoryview) -> str:
    return blake2b(bytes(text), digest_size=16).hexdigest()


def _remember(some: list[Identity]) -> None:
    """Beside the keys, the prints of what was forgotten, for the day a backup brings it back."""
    place = keys.folder() / "forgotten"
    place.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    handle = os.open(place, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    with os.fdopen(handle, "w") as out:
        out.writelines(f"{_print(one.text)}\n" for one in some if one.text is not None)
        out.flush()
        os.fsync(out.fileno())


def again() -> int:
    """After a restore: forget again whom the list beside the keys names; how many the backup brought back."""
    place = keys.folder() / "forgotten"
    if not place.is_file():
        return 0
    gone = set(place.read_text("ascii").split())
    rows = Identity.objects.filter(shredded_at=None).values_list("pk", "text")
    numbers = [pk for pk, text in rows.iterator(chunk_size=5000) if text is not None and _print(text) in gone]
    count = 0
    with transaction.atomic():
        for start in range(0, len(numbers), CHUNK):
            count += shred(Identity.objects.filter(pk__in=numbers[start : start + CHUNK], shredded_at=None))
        if count:
            ledger.note("vault.shred.again", "vault:restore", None, count=count)
    return count
