"""權限矩陣 Who may do what: each address of the house has a line here, each room's duties are its own.

`PAGES` names every pattern of the address book with its verb and its audience. A pattern without a line, or a
line without a pattern, fails the build. What an audience is stands in `AUDIENCES`: a word and the roles that
open the door. Behind the door rows are narrowed by duty; that part is not declared a second time:
`room_permissions` reads it off the processes, role by role and by how the person stands to the case.

`docs/permissions.md` is written from here (`yankao permissions --output docs/permissions.md`), the auditor's
page shows the same, and a test knocks at every door as every role.
"""

from __future__ import annotations

import argparse
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from . import installation, room_permissions
from .page_permissions import AUDIENCES, PAGES, Audience
from .terminal import INTACT, remark, say
from .words import Tongue, _, speak, tongue

VERBS = ("read", "write", "list", "search", "count", "export", "api", "drill")
"""Reading one thing, taking what a form or a program sends, a list, a search of what is shown, counts, files
out, programs, from a figure to its records.
"""


# ── Addresses ───────────────────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True)
class Page:
    """One pattern of the address book."""

    name: str
    verbs: tuple[str, ...]
    audience: Audience


def book() -> dict[str, tuple[str, Any]]:
    """The address book: by name, with its namespaces, the address as it is declared and the view; "^…" for a
    pattern without a name. Rooms from outside the house bring their own declaration.
    """
    from django.urls import URLPattern, get_resolver  # noqa: PLC0415  (the address book needs settings)

    from yankao.kernel.rooms import rooms  # noqa: PLC0415  (models are ready only after `up`)

    def walk(resolver: Any, spaces: tuple[str, ...], way: str) -> Iterator[tuple[str, str, Any]]:
        for one in resolver.url_patterns:
            route = f"{way}{one.pattern}"
            if isinstance(one, URLPattern):
                yield ":".join([*spaces, one.name or f"^{one.pattern}"]), route, one.callback
            elif not spaces and one.namespace in strange:
                continue
            else:
                yield from walk(one, (*spaces, one.namespace) if one.namespace else spaces, route)

    outside = [room for room in rooms() if not room.package.__name__.startswith("yankao.")]
    strange = {f"{room.label}{end}" for room in outside for end in ("", "_public")}
    found: dict[str, tuple[str, Any]] = {}
    for name, route, view in walk(get_resolver(), (), "/"):
        found.setdefault(name, (route, view))
    return found


def patterns() -> Iterator[str]:
    """The names of the address book."""
    yield from book()


def routes() -> dict[str, str]:
    """The addresses as a reader writes them, what varies in angle brackets."""
    return {name: _readable(route) for name, (route, _view) in book().items()}


def _readable(route: str) -> str:
    route = re.sub(r"\(\?P<(\w+)>[^()]*\)", r"<\1>", route)  # of patterns written as expressions
    route = re.sub(r"\(\?=\.\)|[\^$]", "", route).replace("\\", "")
    return re.sub(r"<\w+:(\w+)>", r"<\1>", route)


@cache
def pages() -> dict[str, Page]:
    """The declaration by pattern. Raises ValueError for a line that says something unknown or twice."""
    found: dict[str, Page] = {}
    for line in PAGES.strip().splitlines():
        name, verbs, audience = line.split()
        told = tuple(verbs.split(","))
        if name in found or audience not in AUDIENCES or not set(told) <= set(VERBS):
            raise ValueError(f"permissions: {line!r}")
        found[name] = Page(name, told, AUDIENCES[audience])
    return found


def undeclared() -> list[str]:
    """Patterns without a line."""
    return [name for name in patterns() if name not in pages()]


def outdated() -> list[str]:
    """Lines without a pattern."""
    known = set(patterns())
    return [name for name in pages() if name not in known]


# ── Written ─────────────────────────────────────────────────────────────────────────────────────────


def permissions_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--output", type=Path, help=_("寫入的檔案；省略時輸出到畫面"))


def permissions(options: argparse.Namespace) -> int:
    """Print the matrix or write it into a file."""
    installation.up()
    text = written(tongue() if options.lang else "en")
    if options.output:
        options.output.write_text(text, "utf-8")
        remark(_("已寫入%(file)s。") % {"file": options.output})
    else:
        say(text)
    return INTACT


def written(language: Tongue) -> str:
    """The whole matrix as Markdown."""
    from django.utils import translation  # noqa: PLC0415  (models are ready only after `up`)

    spoken = tongue()
    try:
        speak(language)
        with translation.override(language):
            return "\n".join([*_pages_written(), *_rooms_written()]) + "\n"
    finally:
        speak(spoken)


def _pages_written() -> Iterator[str]:
    from yankao.kernel.people.models import Role  # noqa: PLC0415  (models are ready only after `up`)

    yield from (f"# {_('權限矩陣')}", "", _("由yankao permissions產出，請勿手改。"), "")
    yield from (f"## {_('位址')}", "", f"| {_('位址')} | {_('動作')} | {_('對象')} |", "|---|---|---|")
    for page in sorted(pages().values(), key=lambda one: one.name):
        yield f"| `{page.name}` | {', '.join(page.verbs)} | {page.audience.words} |"
    yield from ("", f"## {_('對象')}", "", f"| {_('對象')} | {_('角色')} |", "|---|---|")
    for one in AUDIENCES.values():
        roles = _("、").join(str(Role(role).label) for role in Role.values if role in (one.roles or ()))
        yield f"| {one.words} | {roles or '—'} |"
    yield ""


def _rooms_written() -> Iterator[str]:
    yield from (f"## {_('業務')}", "")
    yield _("各業務依與案件的關係、階段與密等列出。")
    yield room_permissions.note()
    for room in room_permissions.rooms_told():
        yield from ("", f"### {room.title} `{room.name}`", "")
        yield "　".join(room_permissions.legend(room.relations))
        for table in room.tables:
            if table.classes:
                yield from ("", f"#### {_('、').join(table.classes)}")
            heads = [room_permissions.person_words(who) for who in room_permissions.people()]
            columns = (_("內容"), _("動作"), _("階段"), _("權責"), *heads)
            yield from ("", f"| {' | '.join(columns)} |", "|---" * len(columns) + "|")
            for row in table.rows:
                cells = " | ".join(
                    room_permissions.sign(found, room.relations) for found in row.cells.values()
                )
                told = (row.words, ", ".join(row.verbs), _("、").join(row.stages), row.duty, cells)
                yield f"| {' | '.join(told)} |"
