"""Statements put together once hold the values of whoever asks now, and nobody else's."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from datetime import date
from typing import Any

import pytest
from django.db import connection
from django.db.models import Q, QuerySet
from django.test import Client

from yankao.kernel import prepared
from yankao.kernel.casework.models import Case
from yankao.kernel.people.models import Agency, User

LIST = "/rooms/examples.lost_property/"
type Many = Callable[..., list[Any]]


def _rows(q: Q) -> list[tuple[object, ...]]:
    name, values = prepared.shape(q)

    def build(given: Sequence[Any]) -> QuerySet[Any]:
        cases = Case.objects.filter(prepared.filled(q, iter(given)))
        return cases.order_by("pk").values_list("pk", "opened_on")

    return prepared.rows(name, values, build)


@pytest.fixture(autouse=True)
def afresh() -> None:
    prepared.forget()


def test_two_lists_of_one_shape_share_a_statement_and_never_a_value(many: Many) -> None:
    many(20)
    for agency in sorted({case.agency_id for case in Case.objects.all()}):
        for since in (date(2000, 1, 1), date(2100, 1, 1)):
            q = Q(agency_id=agency, opened_on__gte=since) & ~Q(closed_on=None, stage__in=["none", "such"])
            assert _rows(q) == list(Case.objects.filter(q).order_by("pk").values_list("pk", "opened_on"))
    assert len(prepared._kept) == 1
    assert None not in prepared._kept.values()


def test_a_long_statement_is_planned_once_and_asks_each_time_for_its_own_values(many: Many) -> None:
    if connection.vendor != "postgresql":
        pytest.skip("a promise of PostgreSQL alone, kept in its own lane: SQLite has no plans to keep")
    many(40)
    kinds = [f"k{n}" for n in range(505)]
    for agency in sorted({case.agency_id for case in Case.objects.all()}):
        for _turn in range(3):
            q = Q(agency_id=agency) & ~Q(kind__in=kinds) & ~Q(stage__in=kinds)
            assert _rows(q) == list(Case.objects.filter(q).order_by("pk").values_list("pk", "opened_on"))
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT generic_plans, custom_plans FROM pg_prepared_statements WHERE length(statement) > 4000"
        )
        assert cursor.fetchall() == [(6, 0)]


def test_several_values_of_another_number_are_another_shape(many: Many) -> None:
    many(20)
    agencies = sorted({case.agency_id for case in Case.objects.all()})
    assert prepared.shape(Q(agency_id__in=agencies))[0] != prepared.shape(Q(agency_id__in=[*agencies, -1]))[0]
    assert len(_rows(Q(agency_id__in=[*agencies, -1]))) == Case.objects.count()
    assert _rows(Q(agency_id__in=[-1])) == []


def test_a_value_that_is_changed_on_its_way_is_left_to_the_orm(many: Many) -> None:
    many(20)
    title = Case.objects.values_list("title", flat=True)[0]
    assert _rows(Q(title__icontains=title[:2]))
    assert _rows(Q(title__icontains="%")) == []
    assert list(prepared._kept.values()) == [None]


def test_what_a_colleague_of_another_agency_asked_first_shows_nobody_else_more(
    client: Client, many: Many
) -> None:
    many(20)
    told: dict[int, frozenset[str]] = {}
    for user in (*User.objects.order_by("pk"), *User.objects.order_by("-pk")):
        client.force_login(user)
        body = client.get(LIST).content.decode()
        seen = frozenset(case.number for case in Case.objects.all() if f'value="{case.number}"' in body)
        assert told.setdefault(user.pk, seen) == seen
    assert len(set(told.values())) > 1


def test_the_kept_frame_carries_the_nonce_and_token_of_this_answer_alone(client: Client, cast: Any) -> None:
    client.force_login(cast.officer)
    seen: list[set[str]] = []
    for page in (LIST, f"{LIST}?agency=T-WATER", "/work/"):
        response = client.get(page)
        body = response.content.decode()
        nonces = set(re.findall(r'nonce="([^"]*)"', body))
        tokens = set(re.findall(r'name="csrfmiddlewaretoken" value="([^"]*)"', body))
        assert len(nonces) == 1
        assert len(tokens) == 1
        assert f"'nonce-{next(iter(nonces))}'" in response.headers["Content-Security-Policy"]
        assert f'name="next" value="{page}"' in body
        assert "\x02" not in body
        seen.append(nonces | tokens)
    assert len(set.union(*seen)) == 2 * len(seen)


def test_the_kept_frame_is_of_one_language_and_of_one_menu(client: Client, cast: Any) -> None:
    menus = set()
    for user in (cast.officer, cast.rdec_controller):
        client.force_login(user)
        for language in ("zh-hant", "en"):
            client.cookies["django_language"] = language
            body = client.get(LIST).content.decode()
            assert str(user) in body
            menus.add(body[body.index('<nav class="nav"') : body.index("</nav>")])
    assert len(menus) >= 2
    client.logout()
    assert str(cast.officer) not in client.get("/accounts/login/").content.decode()


def test_an_instance_that_is_read_again_holds_what_the_row_holds_now(many: Many) -> None:
    [case] = many(1)
    other = User.objects.create(username="t.other", name="新承辦人")
    known, agency = prepared.one(Case, case.pk), case.agency
    assert known == case and known.agency == agency
    new = Agency.objects.exclude(pk=agency.pk).first()
    Case.objects.filter(pk=case.pk).update(
        title="另一個名稱", officer=other, agency=new, closed_on=date(2099, 1, 1)
    )
    prepared.reread(known)
    assert (known.title, known.officer, known.agency) == ("另一個名稱", other, new)
    whole = Case.objects.get(pk=case.pk)
    for field in Case._meta.concrete_fields:
        assert getattr(known, field.attname) == getattr(whole, field.attname), field.name
    for _turn in range(2):
        assert prepared.instances(Case, Q(closed_on=None)) == []
        assert prepared.instances(Case, Q(closed_on=date(2099, 1, 1))) == [case]


def test_a_row_that_is_gone_is_told_as_the_orm_tells_it(many: Many) -> None:
    [case] = many(1)
    with pytest.raises(Case.DoesNotExist):
        prepared.one(Case, case.pk + 1)
    case.pk += 1
    with pytest.raises(Case.DoesNotExist):
        prepared.reread(case)
