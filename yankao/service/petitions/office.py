"""The frame of the room's own pages at the desk, and who of it finds them."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.urls import reverse

from yankao.desk import nav, parts
from yankao.desk.pages import render_page
from yankao.kernel.people.models import Role
from yankao.kernel.people.standing import standing

from .models import Petition
from .process import COMMISSION, COUNTER, process

LEADING = (Role.CONTROLLER, Role.MANAGER, Role.HEAD)


def sorts(user: Any) -> bool:
    """Whether the person sorts what comes in: call centre, commission, and ethics for what is sealed."""
    return standing(user).has(*COUNTER, *COMMISSION, Role.ETHICS)


def leads(user: Any) -> bool:
    """Whether the person looks after an agency's or the whole city's cases."""
    return standing(user).has(*LEADING, *COMMISSION, Role.MAYOR, Role.AUDITOR)


def audits(user: Any) -> bool:
    """Whether the person analyses and checks: the auditor and the commission."""
    return standing(user).has(Role.AUDITOR, *COMMISSION)


def listed() -> str:
    """The address of the room's list."""
    return reverse("desk:list", args=[process.kind])


def page(
    request: HttpRequest, template: str, title: str, context: dict[str, Any], *, status: int = 200,
    crumbs: tuple[parts.Link, ...] = (),
) -> HttpResponse:  # fmt: skip
    """A page of the room with its way back."""
    way = [
        parts.Link(str(Petition._meta.verbose_name), listed()),
        *crumbs,
        parts.Link(title, ""),
    ]
    told = {**nav.frame(request), "heading": title, "crumbs": way, **context}
    return render_page(request, template, told, status=status)
