"""業務的權限 Who may do what with the cases of each room, read off its process: nobody declares it twice.

A duty is a condition on the docket. It is asked here of cases that stand for all: the person handles it,
somebody else of the agency does, it is another agency's; in each stage, each class of secrecy, for each role.
Where a duty looks into another table (who is asked to join, who has custody) the answer is written down with
such a row and without.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any

from django.db.models import Model
from django.utils.translation import gettext as _

if TYPE_CHECKING:
    from yankao.kernel.casework.duties import Duty
    from yankao.kernel.casework.process import Process
    from yankao.kernel.rooms import Room

BASE = ("own", "agency", "other")
"""The person handles the case; somebody else of the agency does; it is another agency's."""
SELF, ELSE, HERE, THERE = 1, 2, 1, 2
NOBODY, NO_POST = "", "none"
"""Not signed in; a person without a post."""
SEEING = ("read", "list", "search", "count", "export", "api", "drill")
"""What `Process.sees` answers for: all by one condition."""


@dataclass(frozen=True)
class Relation:
    """How the person stands to the case: one of `BASE`, and the table in which a row names the person or the
    person's agency for it, if that is what opens it.
    """

    base: str
    table: type[Model] | None = None

    @property
    def words(self) -> str:
        assert self.table
        about = {"agency": _("本機關案件"), "other": _("他機關案件")}[self.base]
        return _("列於「%(table)s」：%(about)s") % {"table": self.table._meta.verbose_name, "about": about}


Cells = dict[str, frozenset[Relation]]
"""By role, `NO_POST` and `NOBODY`: in which relations the duty is theirs."""


@dataclass(frozen=True)
class Row:
    """Some verbs of a room in some of its stages: its words, whose it is, and for whom."""

    verbs: tuple[str, ...]
    words: str
    stages: tuple[str, ...]
    """Labels; () for every stage in which there is such a thing."""
    duty: str
    cells: Cells


@dataclass(frozen=True)
class Table:
    """The rows of a room for the classes of secrecy in which they are the same."""

    classes: tuple[str, ...]
    """Labels; () for every class."""
    rows: tuple[Row, ...]


@dataclass(frozen=True)
class Told:
    """A room with its tables and the relations, besides `BASE`, that some row of it knows."""

    name: str
    title: str
    tables: tuple[Table, ...]
    relations: tuple[Relation, ...]


def people() -> tuple[str, ...]:
    """Every role, somebody without a post, nobody."""
    from yankao.kernel.people.models import Role  # noqa: PLC0415  (models are ready only after `up`)

    return (*Role.values, NO_POST, NOBODY)


def person_words(who: str) -> str:
    from yankao.kernel.people.models import Role  # noqa: PLC0415  (models are ready only after `up`)

    return {NO_POST: _("無職務者"), NOBODY: _("未登入者")}.get(who) or str(Role(who).label)


# ── What a duty answers ─────────────────────────────────────────────────────────────────────────────


@cache
def _case(base: str, stage: str, security: str) -> Any:
    """A case that stands for all those in which somebody stands like that."""
    from yankao.kernel.casework.models import Case  # noqa: PLC0415  (models are ready only after `up`)

    return Case(
        pk=1, agency_id=THERE if base == "other" else HERE, officer_id=SELF if base == "own" else ELSE,
        stage=stage, security=security,
    )  # fmt: skip


@dataclass(frozen=True)
class Asked:
    """A duty's condition for somebody, the columns of the docket it looks at, the tables it looks into."""

    condition: Any
    columns: frozenset[str]
    tables: tuple[type[Model], ...]


@cache
def _condition(duty: Duty, who: str) -> Asked:
    from yankao.kernel.casework.duties import lookups, table_of  # noqa: PLC0415  (models are ready only after `up`)
    from yankao.kernel.people import standing  # noqa: PLC0415  (models are ready only after `up`)

    posts = (standing.Held(HERE, None, who, False),) if who not in (NOBODY, NO_POST) else ()
    condition = duty.where(standing.Standing(SELF, posts) if who else standing.NOBODY)
    asked = list(lookups(condition))
    tables = dict.fromkeys(table for one in asked if (table := table_of(one)))
    return Asked(condition, frozenset(name.partition("__")[0] for name, _value in asked), tuple(tables))


def cell(duty: Duty, who: str, stage: str, security: str) -> frozenset[Relation]:
    """The relations in which somebody who has that role alone holds the duty."""
    columns = _condition(duty, who).columns
    return _cell(duty, who, stage if "stage" in columns else "", security if "security" in columns else "")


@cache
def _cell(duty: Duty, who: str, stage: str, security: str) -> frozenset[Relation]:
    from yankao.kernel.casework.duties import satisfies  # noqa: PLC0415  (models are ready only after `up`)

    asked = _condition(duty, who)

    def holds(base: str, table: type[Model] | None) -> bool:
        told = satisfies(asked.condition, _case(base, stage, security), named=lambda one: one is table)
        if told is None:
            raise ValueError(f"{duty.name}: asks what no case in memory knows")
        return told

    found = {Relation(base) for base in BASE if holds(base, None)}
    for table in asked.tables:
        found |= {
            Relation(base, table)
            for base in ("agency", "other")
            if Relation(base) not in found and holds(base, table)
        }
    return frozenset(found)


@cache
def persons(process: Process[Any], *, sealed: bool) -> Duty | None:
    """Who opens the data of the persons of a case, where a room's cases have such."""
    from yankao.kernel.vault import custody  # noqa: PLC0415  (models are ready only after `up`)
    from yankao.kernel.vault.models import Identity  # noqa: PLC0415  (models are ready only after `up`)

    if not any(field.related_model is Identity for field in process.record._meta.get_fields()):
        return None
    return process.sees & custody.duty_of(process.kind, sealed=sealed)


def _asked(
    process: Process[Any], security: str
) -> Iterator[tuple[tuple[str, ...], Any, Duty, tuple[str, ...]]]:
    """What may be done with a case of that class: (verbs, words, whose, in which stages)."""
    from yankao.kernel.casework.models import Security  # noqa: PLC0415  (models are ready only after `up`)

    stages = tuple(process.stages.values)
    yield SEEING, _("檢視、清單、搜尋、計數、匯出、介接、由數字看案件"), process.sees, stages
    if opening := persons(process, sealed=security == Security.SECRET):
        yield ("read",), _("調閱當事人個資"), opening, stages
    yield ("write",), _("意見與關注"), process.sees, stages
    yield ("write", "api"), _("立案"), process.opened_by, ("",)
    yield ("write", "api"), _("更正"), process.amended_by, stages
    yield ("write",), _("改派"), process.assigned_by, stages
    yield ("write",), _("連結案件"), process.assigned_by | process.amended_by, stages
    for move in process.moves.values():
        yield ("write", "api"), move.label, move.by, tuple(sorted(move.sources, key=stages.index))


@cache
def _answers(process: Process[Any], security: str) -> tuple[tuple[int, tuple[str, ...], Any], ...]:
    """For each thing asked: its place, stages with one answer, and the cells of that answer."""
    found = []
    for place, (_verbs, _words, duty, stages) in enumerate(_asked(process, security)):
        alike: dict[tuple[frozenset[Relation], ...], list[str]] = {}
        for stage in stages:
            alike.setdefault(tuple(cell(duty, who, stage, security) for who in people()), []).append(stage)
        found += [(place, tuple(some), cells) for cells, some in alike.items()]
    return tuple(found)


# ── A room ──────────────────────────────────────────────────────────────────────────────────────────


def rooms_told() -> Iterator[Told]:
    """Each room of the house that has a process."""
    from yankao.kernel.rooms import rooms  # noqa: PLC0415  (models are ready only after `up`)

    for room in rooms():
        if room.process is not None and room.package.__name__.startswith("yankao."):
            yield room_told(room)


def room_told(room: Room) -> Told:
    """The tables of one room, classes of secrecy with the same answers together."""
    from yankao.kernel.casework.models import Security  # noqa: PLC0415  (models are ready only after `up`)

    process = room.process
    assert process is not None
    alike: dict[Any, list[Security]] = {}
    for security in Security:
        alike.setdefault(_answers(process, security), []).append(security)
    labels = dict(process.stages.choices)
    tables = []
    known: dict[Relation, None] = {}
    for answers, classes in alike.items():
        asked = list(_asked(process, classes[0]))
        rows = []
        for place, stages, cells in answers:
            verbs, words, duty, every = asked[place]
            some = () if len(stages) == len(every) else tuple(str(labels[stage]) for stage in stages)
            rows.append(
                Row(verbs, str(words), some, _once(str(duty.name)), dict(zip(people(), cells, strict=True)))
            )
            for found in cells:
                known |= dict.fromkeys(sorted((r for r in found if r.table), key=lambda r: r.base))
        every_class = len(classes) == len(Security)
        tables.append(Table(() if every_class else tuple(str(one.label) for one in classes), tuple(rows)))
    return Told(room.name, room.title, tuple(tables), tuple(known))


def _once(names: str) -> str:
    """Who is named by two duties that were joined is told once."""
    return _("、").join(dict.fromkeys(names.split(_("、"))))


# ── Signs ───────────────────────────────────────────────────────────────────────────────────────────

SIGNS = {BASE: "●", ("own", "agency"): "◐", ("own",): "○", (): ""}


def sign(found: frozenset[Relation], known: tuple[Relation, ...]) -> str:
    """● every agency's, ◐ the own agency's, ○ what one handles, · none; a letter for each further relation in
    the order of `known`.
    """
    plain = SIGNS.get(tuple(base for base in BASE if Relation(base) in found), "◔")
    return plain + "".join(letter(known.index(one)) for one in known if one in found) or "·"


def letter(place: int) -> str:
    """a, b, c …"""
    return chr(ord("a") + place)


def legend(known: tuple[Relation, ...]) -> list[str]:
    """What the signs of a room mean."""
    return [
        _("●各機關的案件"), _("◐本機關的案件"), _("○自己承辦的案件"), _("·不可"),
        *(f"{letter(place)} {one.words}" for place, one in enumerate(known)),
    ]  # fmt: skip


def note() -> str:
    """What no sign says."""
    return _(
        "代理人與被代理者相同，上級機關與其他機關相同；未登入者為憑案號與查詢碼的陳情人、憑連結的承商，或系統自己。"
    )
