"""Who may do what with the report: a few questions asked of a person's posts (functional spec, part K)."""

from __future__ import annotations

from typing import Any

from yankao.kernel.people.models import Role
from yankao.kernel.people.standing import standing

from .models import Edition

COMMISSION = (Role.RDEC_CONTROLLER, Role.RDEC_CHIEF, Role.RDEC_COMMISSIONER)
CHIEFS = (Role.RDEC_CHIEF, Role.RDEC_COMMISSIONER)


def role_of(user: Any, *roles: Role) -> str:
    """The first of the roles that the person holds, or ""."""
    posts = {post.role for post in standing(user).posts}
    return next((str(role) for role in roles if role in posts), "")


def may_write(user: Any) -> bool:
    """Section authors: the commission's people."""
    return bool(role_of(user, *COMMISSION))


def may_review(user: Any) -> bool:
    """Chapter editors: the chief secretary, or the commissioner."""
    return bool(role_of(user, *CHIEFS))


def may_approve(user: Any) -> bool:
    return bool(role_of(user, Role.RDEC_COMMISSIONER))


def may_see_drafts(user: Any) -> bool:
    """Whoever holds a post in the city's administration; a councillor reads what was delivered."""
    return any(post.role != Role.COUNCILLOR for post in standing(user).posts)


def may_read(user: Any, edition: Edition | None) -> bool:
    """A live report and an edition in the making are for the administration; a delivered edition is for
    everybody.
    """
    return (edition is not None and edition.public) or may_see_drafts(user)
