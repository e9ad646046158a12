"""A duty says who answers for a case: one query, used both to ask and to list.

`Duty.cases(user)` is a Q on the docket; the button, the list, the API, the search, the export, the count
and the
worklist all use it, so they cannot disagree.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import lru_cache, reduce
from operator import or_
from typing import Any, cast

from django.db.models import Model, Q
from django.utils.functional import Promise
from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy as _

from .. import prepared
from ..people.models import Role
from ..people.standing import Standing, standing
from .models import Case

OR, AND = _("、"), _("且")
ALL = Q()
NONE = Q(pk__in=())


def _children(q: Q) -> list[Q | tuple[str, Any]]:
    return cast("list[Q | tuple[str, Any]]", q.children)


def prefixed(q: Q, prefix: str) -> Q:
    """The same condition asked from a record: every lookup behind `prefix` ("case__")."""
    if not q:
        return q
    children = [
        prefixed(child, prefix) if isinstance(child, Q) else (prefix + child[0], child[1])
        for child in _children(q)
    ]
    return Q(*children, _connector=q.connector, _negated=q.negated)


def satisfies(q: Q, case: Case, *, named: Callable[[type[Model]], bool] | None = None) -> bool | None:
    """Whether the case satisfies `q`, told from its own columns; None when that needs the database.

    `named` answers instead of the database whether a row of another table names the case for the person: so
    a duty can be written down without a case of its own.
    """
    answers: list[bool | None] = []
    for child in _children(q):
        if isinstance(child, Q):
            answers.append(satisfies(child, case, named=named))
            continue
        name, _sep, lookup = child[0].partition("__")
        value = child[1]
        if name not in _COLUMNS or lookup not in ("", "in", "isnull") or hasattr(value, "query"):
            table = table_of(child) if named else None
            answers.append(named(table) if named and table else None)
            continue
        mine = getattr(case, _COLUMNS[name])
        if lookup == "in":
            answers.append(mine in value)
        elif lookup == "isnull":
            answers.append((mine is None) is value)
        else:
            answers.append(mine == getattr(value, "pk", value))
    if not answers:
        verdict: bool | None = True
    elif q.connector == Q.OR:
        verdict = True if True in answers else None if None in answers else False
    else:
        verdict = False if False in answers else None if None in answers else True
    return verdict if verdict is None or not q.negated else not verdict


def lookups(q: Q) -> Iterator[tuple[str, Any]]:
    """What a condition asks, each with its value, however it is nested."""
    for child in _children(q):
        if isinstance(child, Q):
            yield from lookups(child)
        else:
            yield child


def table_of(lookup: tuple[str, Any]) -> type[Model] | None:
    """The table that names cases for the person, when a lookup asks another than the docket: that of a
    subquery, or of a room's record.
    """
    name, value = lookup
    if hasattr(value, "query"):
        asked: type[Model] = value.model
        return asked
    name = name.partition("__")[0]
    return None if name in _COLUMNS else Case._meta.get_field(name).related_model


_COLUMNS = {field.name: field.attname for field in Case._meta.concrete_fields}
_COLUMNS |= {field.attname: field.attname for field in Case._meta.concrete_fields} | {"pk": "pk"}


@dataclass(frozen=True, eq=False)
class Duty:
    """權責 `where(standing)` gives the cases a person answers for.

    It is a condition and reads nothing itself: what it finds in other tables it asks for by a subquery. So
    the answer for a standing is kept, and conditions made of it stay the same objects.
    """

    name: str | Promise
    where: Callable[[Standing], Q]

    def within(self, who: Standing) -> Q:
        """`where`, kept for the standing and in its shortest form."""
        return _cases(self, who)

    def cases(self, user: Any) -> Q:
        """The condition on `Case` for this person."""
        return _cases(self, standing(user))

    def records(self, user: Any) -> Q:
        """The same condition asked from a record."""
        return prefixed(self.cases(user), "case__")

    def held_by(self, user: Any, case: Case) -> bool:
        return self.falls_to(standing(user), case)

    def falls_to(self, who: Standing, case: Case) -> bool:
        """The same of a standing."""
        q = _cases(self, who)
        told = satisfies(q, case)
        return Case.objects.filter(q, pk=case.pk).exists() if told is None else told

    def __or__(self, other: Duty) -> Duty:
        return Duty(
            _joined(OR, self.name, other.name), lambda who: _either(self.where(who), other.where(who))
        )

    def __and__(self, other: Duty) -> Duty:
        return Duty(_joined(AND, self.name, other.name), lambda who: self.where(who) & other.where(who))


@lru_cache(maxsize=16_384)
def _cases(duty: Duty, who: Standing) -> Q:
    return absorbed(duty.where(who))


def absorbed(q: Q) -> Q:
    """The same condition without what another part of it covers: of "A, or A and B" it keeps A.

    Duties are joined from ways to see a case, and whoever sees every case by one of them need not be asked
    for the others with each row.
    """
    if q.negated:
        return q
    parts = [absorbed(child) if isinstance(child, Q) else child for child in _children(q)]
    if q.connector == Q.OR:
        wanted = [_wanted(part) for part in parts]
        covers = [  # the first of two that want the same stays
            any(other < mine or (other == mine and at < place) for at, other in enumerate(wanted) if other)
            for place, mine in enumerate(wanted)
        ]
        parts = [part for part, covered in zip(parts, covers, strict=True) if not covered]
    return Q(*parts, _connector=q.connector)


def _wanted(part: Any) -> frozenset[Any]:
    """What must all hold for a part of a condition to hold; alike are parts that ask for the same values."""
    if isinstance(part, Q) and part.connector == Q.AND and not part.negated:
        return frozenset().union(*[_wanted(child) for child in _children(part)])
    try:
        shape, values = prepared.shape(part if isinstance(part, Q) else Q(part))
    except prepared.Unplain:
        return frozenset([id(part)])
    return frozenset([(shape, *values)])


def _joined(joint: Any, *names: Any) -> Any:
    told = [part for name in names for part in (joint, name)][1:]
    return format_lazy("{}" * len(told), *told)


def _either(*conditions: Q) -> Q:
    if any(not q for q in conditions):
        return ALL
    return reduce(or_, [q for q in conditions if q.children != NONE.children] or [NONE])


def _within(agencies: frozenset[int]) -> Q:
    return Q(agency_id__in=agencies) if agencies else NONE


def agency(*roles: Role) -> Duty:
    """Whoever holds one of the roles (any post when none is named) in the case's agency."""
    name = _joined(OR, *(role.label for role in roles)) if roles else _("主辦機關")
    return Duty(name, lambda who: _within(who.agencies(*roles)))


def role(*roles: Role) -> Duty:
    """Whoever holds one of the roles, for every agency's cases."""
    return Duty(_joined(OR, *(one.label for one in roles)), lambda who: ALL if who.has(*roles) else NONE)


def everywhere(name: Any, *roles: Role) -> Duty:
    """`role` under a name of its own."""
    return Duty(name, lambda who: ALL if who.has(*roles) else NONE)


RDEC = (Role.RDEC_CONTROLLER, Role.RDEC_CHIEF, Role.RDEC_COMMISSIONER)

officer = Duty(_("承辦人"), lambda who: Q(officer_id=who.user_id) if who.user_id else NONE)
commission = everywhere(_("研考會"), *RDEC)
chief = everywhere(_("研考會主管"), Role.RDEC_CHIEF, Role.RDEC_COMMISSIONER)
overseers = everywhere(_("市長與政風審計人員"), Role.MAYOR, Role.AUDITOR)
anyone = Duty(_("任何人員"), lambda who: ALL if who.user_id else NONE)
nobody = Duty(_("無人"), lambda who: NONE)
