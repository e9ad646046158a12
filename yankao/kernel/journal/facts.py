"""紀錄的檔案 Facts of a journal as rows of a sheet: what was taken out goes in again and changes nothing.

Facts are never changed by a sheet: a row of a fact on record must say the same, one that is not there yet is
added. Pseudonyms of persons stay in the house and a row says nothing about them, unless its journal names
them among its columns: then whoever looks after its sources takes them out with the rest, as the keyed words
they are, which only this installation understands.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from itertools import batched
from typing import Any
from zoneinfo import ZoneInfo

from django.utils import timezone
from django.utils.translation import gettext as _

from ..intake import Import
from ..sheets import parsing
from ..sheets.intake import Accepted, Column, Problem, Profile, Refusal, Refused
from .declare import Journal, Row
from .ingest import known_rows, merge_rows
from .models import Source
from .rollup import refresh

TAIPEI = ZoneInfo("Asia/Taipei")
TOGETHER = 5000


@dataclass(frozen=True)
class Named:
    """Rows of another table, by a word of theirs that stands in the sheet."""

    rows: Callable[[], Any]
    word: str = "code"

    def keys(self, words: Iterable[str]) -> dict[str, int]:
        found = self.rows().filter(**{f"{self.word}__in": set(words)})
        return dict(found.values_list(self.word, "pk"))


def moment(given: str) -> int:
    """A time to the second in Taipei, as a journal keeps it."""
    try:
        found = datetime.fromisoformat(given.strip().replace("/", "-"))
    except ValueError:
        raise Refusal(_("時間請寫成：2012-03-07 10:00:00")) from None
    return int((found if found.tzinfo else found.replace(tzinfo=TAIPEI)).timestamp())


def written(field: str) -> Callable[[Any], str]:
    """How the moment of that name is written in a sheet."""

    def told(fact: Any) -> str:
        value = getattr(fact, field)
        return "" if value is None else f"{timezone.localtime(value, TAIPEI):%Y-%m-%d %H:%M:%S}"

    return told


def when(field: str, *names: str, required: bool = False) -> Column:
    """The column of a moment."""
    return Column(field, names, moment, required, told=written(field))


def coded(related: str, word: str = "code") -> Callable[[Any], str]:
    """How a row of another table is written in a sheet: by a word of its own."""

    def told(fact: Any) -> str:
        row = getattr(fact, related)
        return "" if row is None else str(getattr(row, word))

    return told


def facts(
    journal: Journal,
    code: str,
    title: Any,
    columns: tuple[Column, ...],
    *,
    named: Mapping[str, Named] | None = None,
    sound: Callable[[dict[str, Any]], str] = lambda values: "",
    against: Callable[[dict[str, Row]], Mapping[str, str]] = lambda rows: {},
    related: tuple[str, ...] = (),
) -> Import:
    """The import of a journal, in the columns it is taken out with.

    `columns` are the journal's own (what is not named stays as in its blank row); `named` are those that name
    rows of other tables. `sound` works out what follows from a row's values and gives the sentence against
    it, `against` those against new rows.
    """
    whole = (
        Column(
            "source", ("資料來源", "source"), parsing.text, required=True, told=lambda one: one.source.code
        ),
        Column("external_id", ("來源識別碼", "external id"), parsing.text, required=True),
        *columns,
    )
    model: Any = journal.model
    by_name = {field.attname: field for field in model._meta.concrete_fields}
    said = {column.field for column in columns}
    unsaid = [
        place
        for place, name in enumerate(journal.columns)
        if name not in said and getattr(by_name[name], "personal", False)
    ]

    def keep(actor: Any, rows: list[Accepted]) -> list[Refused]:
        back: list[Refused] = []
        for some in batched(rows, TOGETHER, strict=False):
            back += _keep(journal, some, dict(named or {}), unsaid, sound, against)
        return back

    def on_record(user: Any) -> Iterator[Any]:
        found = model._default_manager.filter(source__journal=journal.name)
        yield from found.select_related("source", *related).order_by("pk").iterator(chunk_size=2000)

    return Import(
        code, title, Profile(title, whole, key=("source", "external_id")), keep_all=keep, may=journal.may,
        records=on_record,
    )  # fmt: skip


def _keep(
    journal: Journal,
    rows: Iterable[Accepted],
    named: dict[str, Named],
    unsaid: list[int],
    sound: Callable[[dict[str, Any]], str],
    against: Callable[[dict[str, Row]], Mapping[str, str]],
) -> list[Refused]:
    rows = list(rows)
    sources = {one.code: one for one in Source.objects.filter(journal=journal.name)}
    keys = {
        name: one.keys(row.values[name] for row in rows if row.values[name]) for name, one in named.items()
    }
    back: list[Refused] = []
    told: dict[str, dict[str, tuple[Accepted, Row]]] = {}
    for row in rows:
        values, wrong = row.values, ""
        if values["source"] not in sources:
            wrong = _("沒有「%(name)s」這個資料來源。") % {"name": values["source"]}
        for name, found in keys.items():
            if values[name] and values[name] not in found:
                wrong = wrong or _("沒有「%(name)s」這個代碼。") % {"name": values[name]}
        if not wrong:
            values |= {name: found.get(values[name]) for name, found in keys.items()}
            wrong = sound(values)
        if wrong:
            back.append(_refused(row, wrong))
            continue
        pairs = zip(journal.columns, journal.blank, strict=True)
        made = tuple(values.get(name, blank) for name, blank in pairs)
        told.setdefault(values["source"], {})[values["external_id"]] = (row, made)
    for code, given in told.items():
        back += _put(journal, sources[code], given, unsaid, against)
    return back


def _put(
    journal: Journal,
    source: Source,
    given: dict[str, tuple[Accepted, Row]],
    unsaid: list[int],
    against: Callable[[dict[str, Row]], Mapping[str, str]],
) -> list[Refused]:
    back = []
    known = known_rows(journal, source.keeper.pk, given)
    fresh: dict[str, Row] = {}
    for name, (row, made) in given.items():
        if name not in known:
            fresh[name] = made
            continue
        before = known[name][1]
        said = [before[place] if place in unsaid else value for place, value in enumerate(made)]
        if tuple(said) != before:
            back.append(_refused(row, _("這筆紀錄已登錄，內容與此列不同；紀錄不得以匯入更改。")))
    for name, sentence in against(fresh).items():
        back.append(_refused(given[name][0], sentence))
        del fresh[name]
    _new, _changed, slots = merge_rows(journal, source, fresh, None)
    if journal.settle and fresh:
        slots.update(journal.settle(source.keeper))
    if journal.rollup and slots:
        refresh(journal, slots)
    return back


def _refused(row: Accepted, sentence: str) -> Refused:
    return Refused(row.number, row.cells, (Problem(row.number, "", "", sentence),))
