"""A duty's condition in its shortest form is the same condition."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from django.db.models import Q
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from yankao.kernel.casework import duties
from yankao.kernel.casework.models import Case

pytestmark = pytest.mark.django_db
STAGES, CLASSES = ("kept", "closed"), ("agency", "named", "secret")


def named(number: str) -> Q:
    """Asked of another table, each time by a query of its own."""
    return Q(pk__in=Case.objects.filter(number=number).values("pk"))


LEAVES = st.one_of(
    st.sampled_from(STAGES).map(lambda stage: Q(stage=stage)),
    st.lists(st.sampled_from(CLASSES), min_size=1, max_size=2).map(lambda some: Q(security__in=some)),
    st.sampled_from(["數115-1", "數115-2"]).map(named),
    st.sampled_from([Q(officer=None), ~Q(stage="kept"), duties.NONE]),
)
CONDITIONS = st.recursive(
    LEAVES,
    lambda inner: st.tuples(st.sampled_from([Q.OR, Q.AND]), st.lists(inner, min_size=1, max_size=4)).map(
        lambda told: Q(*told[1], _connector=told[0])
    ),
    max_leaves=9,
)


@pytest.fixture
def cases(cast: Any) -> None:
    for n, (stage, security) in enumerate((s, c) for s in STAGES for c in CLASSES):
        Case.objects.create(
            number=f"數115-{n}", kind="examples.lost_property", title="", agency=cast.water, stage=stage,
            security=security, officer=cast.officer if n % 2 else None, opened_on=date(2026, 11, 23),
        )  # fmt: skip


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(CONDITIONS)
def test_what_is_left_lets_see_the_same_cases(cases: None, whole: Q) -> None:
    short = duties.absorbed(whole)
    assert set(Case.objects.filter(short)) == set(Case.objects.filter(whole))
    assert len(list(duties.lookups(short))) <= len(list(duties.lookups(whole)))


def test_who_sees_every_case_by_one_way_is_not_asked_for_the_others(cases: None) -> None:
    every, own = Q(security__in=["agency", "open"]), Q(agency_id__in=[7])
    mine = Q(security__in=["named"]) & (Q(officer_id=3) | named("數115-1"))
    again = Q(security__in=["named"]) & (Q(officer_id=3) | named("數115-1"))
    short = duties.absorbed((every & own) | (every & named("數115-2")) | every | mine | (again & own) | every)
    asked = list(duties.lookups(short))
    assert [name for name, _value in asked] == ["security__in", "security__in", "officer_id", "pk__in"]
