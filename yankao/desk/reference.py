"""Names that lists show beside ids: agencies as one small table, people as they are met.

Kept by each process for a minute, so that fifty rows cost no query for their names. Nothing here depends on
who asks.
"""

from __future__ import annotations

import time
from collections.abc import Iterable
from dataclasses import dataclass

from django.db.models import Q
from django.utils import timezone

from yankao.kernel.people.geography import villages_on
from yankao.kernel.people.models import Agency, District, User
from yankao.kernel.register.english import AGENCY, PLACE, english_name

from .jinja import english

SECONDS = 60
PEOPLE_KEPT = 20_000


@dataclass(frozen=True, slots=True)
class Named:
    """One row of a reference table."""

    pk: int | str
    code: str
    zh: str
    en: str

    @property
    def name(self) -> str:
        return self.en if self.en and english() else self.zh


class _Kept:
    """What this process remembers, and until when."""

    agencies: dict[int, Named]
    districts: dict[str, Named]
    villages: dict[str, Named]
    people: dict[int, Named]
    named: dict[bool, tuple[dict[int, Named], dict[int, str]]]

    def __init__(self) -> None:
        self.forget()

    def forget(self) -> None:
        self.agencies, self.districts, self.villages, self.people, self.named = {}, {}, {}, {}, {}
        self.agencies_until = self.districts_until = self.villages_until = self.people_until = 0.0


_kept = _Kept()


def forget() -> None:
    """Read everything afresh next time (tests, and after an import of agencies)."""
    _kept.forget()


def agencies() -> dict[int, Named]:
    """Every agency by its id, present and past."""
    if _kept.agencies_until < time.monotonic():
        rows = Agency.objects.order_by("code").values_list("pk", "code", "name", "name_en")
        _kept.agencies = {pk: Named(pk, code, zh, english_name(AGENCY, zh, en)) for pk, code, zh, en in rows}
        _kept.agencies_until = time.monotonic() + SECONDS
    return _kept.agencies


def agency_names() -> dict[int, str]:
    """Every agency's name in the reader's language; not to be changed."""
    known, language = agencies(), english()
    kept = _kept.named.get(language)
    if kept is None or kept[0] is not known:
        kept = _kept.named[language] = (known, {pk: one.name for pk, one in known.items()})
    return kept[1]


def districts() -> dict[str, Named]:
    """Every district by its code."""
    if _kept.districts_until < time.monotonic():
        rows = District.objects.values_list("code", "code", "name", "name_en")
        _kept.districts = {pk: Named(pk, code, zh, english_name(PLACE, zh, en)) for pk, code, zh, en in rows}
        _kept.districts_until = time.monotonic() + SECONDS
    return _kept.districts


def villages() -> dict[str, Named]:
    """Every village that exists today by its code."""
    if _kept.villages_until < time.monotonic():
        rows = villages_on(timezone.localdate()).values_list("code", "code", "name", "name_en")
        _kept.villages = {pk: Named(pk, code, zh, english_name(PLACE, zh, en)) for pk, code, zh, en in rows}
        _kept.villages_until = time.monotonic() + SECONDS
    return _kept.villages


def people(wanted: Iterable[int | None]) -> dict[int, Named]:
    """The people with these ids, at most one query for those not met within the minute."""
    _tidy_people()
    known = _kept.people
    missing = {pk for pk in wanted if pk is not None and pk not in known}
    if missing:
        _meet(Q(pk__in=missing))
    return known


def people_called(words: Iterable[str]) -> list[Named]:
    """The people whose log-in name or name is one of `words`, in the order of their ids."""
    asked = set(words)
    if not asked:
        return []
    _tidy_people()
    found = [one for one in _kept.people.values() if one.code in asked]
    if asked - {one.code for one in found}:
        found = _meet(Q(username__in=asked) | Q(name__in=asked) | Q(name_en__in=asked))
    return sorted(found, key=lambda one: int(one.pk))


def _meet(condition: Q) -> list[Named]:
    rows = User.objects.filter(condition).values_list("pk", "username", "name", "name_en")[:PEOPLE_KEPT]
    met = [Named(pk, username, name or username, name_en) for pk, username, name, name_en in rows]
    _kept.people.update({int(one.pk): one for one in met})
    return met


def _tidy_people() -> None:
    if _kept.people_until < time.monotonic() or len(_kept.people) > PEOPLE_KEPT:
        _kept.people = {}
        _kept.people_until = time.monotonic() + SECONDS
