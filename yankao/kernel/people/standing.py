"""What a person may answer for on a day: the posts held and the posts deputised."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from functools import cache
from typing import TYPE_CHECKING

from django.db import connection
from django.db.models import Q
from django.utils import timezone

from ..calendar import local_day
from .models import Post, Role, User

if TYPE_CHECKING:
    from django.contrib.auth.models import AnonymousUser
    from django.db.models import QuerySet


@dataclass(frozen=True)
class Held:
    """One post in force: where and as what; `deputy` when held for somebody else."""

    agency_id: int
    unit_id: int | None
    role: str
    deputy: bool


@dataclass(frozen=True)
class Standing:
    """The posts of one person on one day; every duty reads it, none asks the database again."""

    user_id: int | None
    posts: tuple[Held, ...]

    def has(self, *roles: Role) -> bool:
        return any(post.role in roles for post in self.posts)

    def agencies(self, *roles: Role) -> frozenset[int]:
        """Ids of the agencies where one of the roles is held (any role when none is named)."""
        return frozenset(post.agency_id for post in self.posts if not roles or post.role in roles)


NOBODY = Standing(None, ())


@cache
def _statement(vendor: str) -> tuple[str, list[str]]:
    """The posts in force as SQL and what each place takes: every page asks, so it is put together once."""
    user, day = -1, date(1912, 1, 1)
    in_force = Q(valid_from__lte=day) & (Q(valid_to=None) | Q(valid_to__gte=day))
    lent = Q(deputies__user=user, deputies__valid_from__lte=day, deputies__valid_to__gte=day)
    rows = Post.objects.filter(in_force & (Q(user=user) | lent))
    held = rows.values_list("agency_id", "unit_id", "role", "user_id")
    sql, params = held.distinct().query.sql_with_params()
    return sql, ["user" if param == user else "day" for param in params]


def standing(user: User | AnonymousUser | None, on: date | None = None) -> Standing:
    """Posts in force on `on` (today by default), one query; today's answer is kept on the user object."""
    day = on or local_day(timezone.now())
    kept: tuple[date, Standing] | None = getattr(user, "_standing", None)
    if kept is not None and kept[0] == day:
        return kept[1]  # the same person a moment ago, asked some fifteen times a page
    if user is None or not user.is_authenticated or not user.is_active:
        return NOBODY
    with connection.cursor() as cursor:
        sql, places = _statement(connection.vendor)
        given = {"user": user.pk, "day": connection.ops.adapt_datefield_value(day)}
        cursor.execute(sql, [given[place] for place in places])
        rows = cursor.fetchall()
    found = Standing(user.pk, tuple(Held(a, u, r, holder != user.pk) for a, u, r, holder in rows))
    user._standing = (day, found)  # type: ignore[attr-defined]
    return found


def holders(agency_id: int | None, *roles: Role, on: date | None = None) -> QuerySet[User]:
    """Who holds one of the roles in the agency (anywhere when None) on `on`, today by default; asked when
    iterated.
    """
    day = on or timezone.localdate()
    posts = Post.objects.filter(valid_from__lte=day, role__in=roles).filter(
        Q(valid_to=None) | Q(valid_to__gte=day)
    )
    if agency_id is not None:
        posts = posts.filter(agency_id=agency_id)
    return User.objects.filter(is_active=True, pk__in=posts.values("user_id")).order_by("pk")
