"""What a person may answer for on a day: the posts held and the posts deputised."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING

from django.db.models import Q
from django.utils import timezone

from .models import Post, Role

if TYPE_CHECKING:
    from django.contrib.auth.models import AnonymousUser

    from .models import User


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


def standing(user: User | AnonymousUser | None, on: date | None = None) -> Standing:
    """Posts in force on `on` (today by default), one query; today's answer is kept on the user object."""
    if user is None or not user.is_authenticated or not user.is_active:
        return NOBODY
    day = on or timezone.localdate()
    kept = getattr(user, "_standing", None)
    if kept is not None and kept[0] == day:
        return kept[1]  # type: ignore[no-any-return]
    in_force = Q(valid_from__lte=day) & (Q(valid_to=None) | Q(valid_to__gte=day))
    own = Q(user=user)
    lent = Q(deputies__user=user, deputies__valid_from__lte=day, deputies__valid_to__gte=day)
    rows = (
        Post.objects.filter(in_force & (own | lent))
        .values_list("agency_id", "unit_id", "role", "user_id")
        .distinct()
    )
    found = Standing(user.pk, tuple(Held(a, u, r, holder != user.pk) for a, u, r, holder in rows))
    user._standing = (day, found)  # type: ignore[attr-defined]
    return found
