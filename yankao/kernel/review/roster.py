"""審查人員名單 Terms, expertise, declared relations and load of those who may judge (functional spec D16)."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import Count, Q
from django.utils import timezone
from django.utils.translation import gettext as _

from ..audit import ledger
from ..casework.process import Refused
from ..people.standing import standing
from .models import Assignment, Relation, Reviewer, Round
from .rounds import reviewings


def keeps(user: Any) -> bool:
    """Whether the person keeps the list: who may conduct some round."""
    return any(standing(user).has(*room.conductors) for room in reviewings.values())


@dataclass(frozen=True)
class Load:
    """How much a reviewer was given, of the rounds that may be read."""

    given: int = 0
    waiting: int = 0
    late: int = 0
    recused: int = 0


def loads(rounds: Iterable[Round], today: date) -> dict[int, Load]:
    """The load of each reviewer over these rounds; one question."""
    open_ = Q(scored_on=None, recused_on=None, sheet__withdrawn_on=None, sheet__round__met_on=None)
    rows = Assignment.objects.filter(sheet__round__in=list(rounds)).order_by().values("reviewer")
    counted = rows.annotate(
        given=Count("pk", filter=Q(recused_on=None)),
        waiting=Count("pk", filter=open_),
        late=Count("pk", filter=open_ & Q(due_on__lt=today)),
        recused=Count("pk", filter=Q(recused_on__isnull=False)),
    )
    return {
        row["reviewer"]: Load(row["given"], row["waiting"], row["late"], row["recused"]) for row in counted
    }


def keep(person: Reviewer, actor: Any) -> Reviewer:
    """聘任 Keep a reviewer or a change of one. Raises ValidationError by field."""
    if not keeps(actor):
        raise Refused(_("審查人員名單由研考會辦理。"))
    fresh = person.pk is None
    with transaction.atomic():
        person.full_clean()
        person.save()
        ledger.note(
            "review.reviewer", f"reviewer:{person.pk}", actor, name=person.name, fresh=fresh,
            valid_from=person.valid_from, valid_to=person.valid_to,
        )  # fmt: skip
    return person


def declare(
    person: Reviewer, actor: Any, *, agency: Any = None, name: str = "", reason: str, key: str = ""
) -> Relation:
    """申報利害關係 An agency or a person whose work the reviewer must not judge, said by the reviewer or by
    those who keep the list; the same twice is once. What it says is sealed in the ledger.
    """
    if person.user_id != actor.pk and not keeps(actor):
        raise Refused(_("利害關係由審查人員本人申報，或由研考會登錄。"))
    if bool(agency) == bool(name.strip()):
        raise ValidationError({"agency": _("請填機關或人員姓名其中一項。")})
    if not reason.strip():
        raise ValidationError({"reason": _("請說明關係。")})
    given = {"reviewer": person, "agency": agency, "person": name.strip(), "valid_to": None}
    with transaction.atomic():
        Reviewer.objects.select_for_update().get(pk=person.pk)
        if before := Relation.objects.filter(**given).first():
            return before
        made = Relation(**given, reason=reason.strip()[:120], valid_from=timezone.localdate())
        made.full_clean()
        made.save()
        kept = ledger.withhold({"agency": str(agency or ""), "person": name.strip(), "reason": reason})
        ledger.note("review.relation", f"reviewer:{person.pk}", actor, said=kept)
    return made


def lift(relation: Relation, actor: Any) -> Relation:
    """解除 The relation is no more; only those who keep the list say so. Twice is once."""
    if not keeps(actor):
        raise Refused(_("解除利害關係由研考會辦理。"))
    with transaction.atomic():
        relation = Relation.objects.select_for_update().get(pk=relation.pk)
        if relation.valid_to is None:
            relation.valid_to = timezone.localdate()
            relation.save(update_fields=["valid_to"])
            ledger.note("review.relation_lifted", f"reviewer:{relation.reviewer_id}", actor)
    return relation
