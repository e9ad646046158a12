"""權限矩陣 Who may do what: each address of the house has a line here, each room's duties are its own.

`PAGES` names every pattern of the address book with its verb and its audience. A pattern without a line, or a
line without a pattern, fails the build. What an audience is stands in `AUDIENCES`: a word and the roles that
open the door. Behind the door rows are narrowed by duty; that part is not declared a second time:
`rooms_told` reads it off the processes, role by role and by how the person stands to the case.

`docs/permissions.md` is written from here (`yankao permissions --output docs/permissions.md`), the auditor's
page shows the same, and a test knocks at every door as every role.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from . import installation
from .page_permissions import AUDIENCES, PAGES, Audience
from .terminal import INTACT, remark, say
from .words import Tongue, _, speak, tongue

if TYPE_CHECKING:
    from yankao.kernel.casework.duties import Duty

VERBS = ("read", "write", "list", "search", "count", "export", "api", "drill")
"""Reading one thing, changing something, a list, a search, counts, files out, programs, figure to records."""
RELATIONS = ("own", "agency", "other")
"""The person handles the case; somebody else of the agency does; it is another agency's."""
SELF, ELSE, HERE, THERE = 1, 2, 1, 2


# ── Addresses ───────────────────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True)
class Page:
    """One pattern of the address book."""

    name: str
    verbs: tuple[str, ...]
    audience: Audience


def patterns() -> Iterator[str]:
    """The names of the address book, with their namespaces; "^…" for a pattern without a name. Rooms from
    outside the house bring their own declaration.
    """
    from django.urls import URLPattern, get_resolver  # noqa: PLC0415  (the address book needs settings)

    from yankao.kernel.rooms import rooms  # noqa: PLC0415  (models are ready only after `up`)

    def walk(resolver: Any, spaces: tuple[str, ...]) -> Iterator[str]:
        for one in resolver.url_patterns:
            if isinstance(one, URLPattern):
                yield ":".join([*spaces, one.name or f"^{one.pattern}"])
            elif not spaces and one.namespace in strange:
                continue
            else:
                yield from walk(one, (*spaces, one.namespace) if one.namespace else spaces)

    outside = [room for room in rooms() if not room.package.__name__.startswith("yankao.")]
    strange = {f"{room.label}{end}" for room in outside for end in ("", "_public")}
    yield from dict.fromkeys(walk(get_resolver(), ()))


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


# ── Rooms ───────────────────────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True)
class Row:
    """One verb of a room: its words, whose it is, and for each role the relations in which it is theirs;
    None where the record itself decides (a named person, a panel, a co-owner).
    """

    verb: str
    words: str
    duty: str
    cells: dict[str, frozenset[str] | None]


@cache
def cell(duty: Duty, stages: tuple[str, ...], role: str) -> frozenset[str] | None:
    """The relations in which somebody with that role alone holds the duty in one of the stages at least;
    None when a record decides.
    """
    from yankao.kernel.casework.duties import _matches  # noqa: PLC0415  (models are ready only after `up`)
    from yankao.kernel.casework.models import Case  # noqa: PLC0415  (models are ready only after `up`)
    from yankao.kernel.people.standing import Held, Standing  # noqa: PLC0415  (models are ready only after `up`)

    condition = duty.where(Standing(SELF, (Held(HERE, None, role, False),)))
    found: set[str] = set()
    unknown = False
    for relation, agency, officer in (("own", HERE, SELF), ("agency", HERE, ELSE), ("other", THERE, ELSE)):
        told = {
            _matches(
                condition,
                Case(pk=1, agency_id=agency, officer_id=officer, stage=stage, security="agency"),
            )
            for stage in stages
        }
        if True in told:
            found.add(relation)
        unknown = unknown or (None in told and True not in told)
    return None if unknown and not found else frozenset(found)


def rooms_told() -> Iterator[tuple[str, str, list[Row]]]:
    """(name, title, rows) of each room of the house with a process."""
    from yankao.kernel.people.models import Role  # noqa: PLC0415  (models are ready only after `up`)
    from yankao.kernel.rooms import rooms  # noqa: PLC0415  (models are ready only after `up`)

    for room in rooms():
        process = room.process
        if process is None or not room.package.__name__.startswith("yankao."):
            continue
        stages = tuple(process.stages.values)
        seeing = _("檢視、清單、搜尋、計數、匯出、介接、由數字看案件")
        asked = [("read,list,search,count,export,api,drill", seeing, process.sees, stages),
                 ("write", _("立案"), process.opened_by, ("",)),
                 ("write", _("更正"), process.amended_by, stages),
                 ("write", _("改派"), process.assigned_by, stages)]  # fmt: skip
        asked += [
            ("write", str(move.label), move.by, tuple(sorted(move.sources)))
            for move in process.moves.values()
        ]
        yield (
            room.name,
            room.title,
            [
                Row(verb, words, str(duty.name), {role: cell(duty, at, role) for role in Role.values})
                for verb, words, duty, at in asked
            ],
        )


# ── Written ─────────────────────────────────────────────────────────────────────────────────────────

SIGNS = {
    frozenset(RELATIONS): "●", frozenset(("own", "agency")): "◐", frozenset(("own",)): "○", frozenset(): "·",
}  # fmt: skip


def sign(found: frozenset[str] | None) -> str:
    """● every agency's, ◐ the own agency's, ○ what one handles, · none, ＊ the record says."""
    return "＊" if found is None else SIGNS.get(found, "◔")


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
    from yankao.kernel.people.models import Role  # noqa: PLC0415  (models are ready only after `up`)

    yield f"## {_('業務')}"
    yield ""
    yield _("●各機關的案件　◐本機關的案件　○自己承辦的案件　·不可　＊由紀錄決定（指定的人、小組、協辦）")
    for name, title, rows in rooms_told():
        yield from ("", f"### {title} `{name}`", "")
        heads = [str(Role(role).label) for role in Role.values]
        yield f"| {_('動作')} | {_('權責')} | {' | '.join(heads)} |"
        yield "|---" * (len(heads) + 2) + "|"
        for row in rows:
            cells = " | ".join(sign(row.cells[role]) for role in Role.values)
            yield f"| {row.words} | {row.duty} | {cells} |"
