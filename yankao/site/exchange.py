"""`yankao import` and `export`: files into a room with every refused row given back, and everything of a
room out."""

from __future__ import annotations

import argparse
import json
from collections.abc import Callable, Iterable, Iterator
from datetime import date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from . import installation
from .readout import person
from .terminal import FAULTS, INTACT, SURROUNDINGS, Progress, Stop, remark, say
from .words import _

if TYPE_CHECKING:
    from django.db.models import Field, Model

    from yankao.kernel.intake import Import, Outcome
    from yankao.kernel.people.models import User
    from yankao.kernel.rooms import Room
    from yankao.kernel.sheets.sheet import Sheet

SHOWN = 20
CHUNK = 2000
MANY = 10_000
"""So many rows taken in change how full a table is; the night would be late."""
DEMO_ACTOR = "demo.rdec"


def import_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "what",
        metavar="ROOM",
        help=_("系統（如control.programme）、calendar（辦公日曆）或closures（停班公告）"),
    )
    parser.add_argument(
        "code", metavar="CODE", nargs="?", default="", help=_("匯入種類；不給時列出該系統的種類")
    )
    parser.add_argument(
        "file", metavar="FILE", nargs="?", type=Path,
        help=_("檔案：CSV（UTF-8或Big5）或ODS；信件為maildir、mbox或eml"),
    )  # fmt: skip
    parser.add_argument("--dry-run", action="store_true", help=_("試匯：只檢查，不留下任何資料"))
    parser.add_argument(
        "--refused", type=Path, metavar="OUT", help=_("退回資料列寫入的檔案，預設為「原檔名-refused.csv」")
    )
    parser.add_argument("--by", metavar="USERNAME", default="", help=_("匯入人帳號；示範站預設為demo.rdec"))
    parser.add_argument("--label", default="", help=_("辦公日曆版本名稱"))
    parser.add_argument("--issued", type=date.fromisoformat, help=_("辦公日曆發布日，如2011-06-01"))


def export_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("room", metavar="ROOM", nargs="?", default="", help=_("系統，如control.programme"))
    parser.add_argument(
        "code", metavar="CODE", nargs="?", default="",
        help=_("匯入種類：以其欄位匯出，可再匯入；不給時匯出各資料表"),
    )  # fmt: skip
    parser.add_argument(
        "--by", metavar="USERNAME", default="", help=_("匯出人帳號，只含其看得到的紀錄；限CODE")
    )
    parser.add_argument("--format", choices=("csv", "ods", "jsonl"), default="csv", help=_("格式，預設csv"))
    parser.add_argument(
        "--output",
        type=Path,
        metavar="PATH",
        help=_("jsonl及給CODE時為檔案；csv、ods為資料夾，每張資料表一個檔案"),
    )
    parser.add_argument("--all", type=Path, metavar="DIR", help=_("匯出全部系統到此資料夾"))


# ── In ──────────────────────────────────────────────────────────────────────────────────────────────


def import_(options: argparse.Namespace) -> int:
    """Take a file in; 1 when rows were refused, which are then in a file with their reasons."""
    installation.ready()
    special: dict[str, Callable[[argparse.Namespace, User, Path], int]] = {
        "calendar": _calendar,
        "closures": _closures,
    }
    if options.what in special:
        if options.file is None and not options.code:
            raise Stop(_("請指明要匯入的檔案。"))
        return special[options.what](options, _actor(options.by), options.file or Path(options.code))
    found = _room(options.what)
    kinds = found.imports
    if options.file is None:
        for one in kinds:
            say(f"{one.code}\t{one.title}")
        raise Stop(_("請指明匯入種類與檔案：yankao import %(room)s CODE FILE") % {"room": found.name})
    wanted, actor = _import_of(found, options.code), _actor(options.by)
    if not wanted.may(actor):
        raise Stop(_("%(who)s無權匯入「%(what)s」。") % {"who": actor.username, "what": wanted.title})
    return _take(options, wanted, actor)


def _import_of(found: Room, code: str) -> Import:
    kinds = found.imports
    wanted = next((one for one in kinds if one.code == code), None)
    if wanted is None:
        known = "、".join(one.code for one in kinds) or _("（無）")
        raise Stop(_("「%(room)s」沒有「%(code)s」這種匯入，可用：%(known)s。")
                   % {"room": found.title, "code": code, "known": known})  # fmt: skip
    return wanted


def _actor(username: str) -> User:
    from django.conf import settings  # noqa: PLC0415  (settings are read once Django is set up)

    if not username and not settings.DEMO:
        raise Stop(_("請以--by指明匯入或匯出人的帳號。"))
    return person(username or DEMO_ACTOR)


def _room(name: str) -> Room:
    from yankao.kernel.rooms import room, rooms  # noqa: PLC0415  (models are ready only after `up`)

    try:
        return room(name)
    except LookupError:
        known = "、".join(one.name for one in rooms())
        raise Stop(
            _("沒有「%(room)s」這個系統，可用：%(known)s。") % {"room": name, "known": known}
        ) from None


def sheet_of(path: Path) -> Sheet:
    """The table in the file; Stop with the reader's sentence when it is none."""
    from yankao.kernel.sheets.reading import read  # noqa: PLC0415  (models are ready only after `up`)
    from yankao.kernel.sheets.sheet import SheetError  # noqa: PLC0415  (models are ready only after `up`)

    try:
        data = path.read_bytes()
    except OSError as error:
        raise Stop(
            _("無法讀取%(file)s：%(why)s") % {"file": path, "why": error.strerror}, SURROUNDINGS
        ) from error
    try:
        return read(data, path.name)
    except SheetError as error:
        raise Stop(error.sentence, FAULTS) from error


def _take(options: argparse.Namespace, wanted: Import, actor: User) -> int:
    from yankao.kernel import planner  # noqa: PLC0415  (models are ready only after `up`)
    from yankao.kernel.audit import ledger  # noqa: PLC0415  (models are ready only after `up`)
    from yankao.kernel.intake import take  # noqa: PLC0415  (models are ready only after `up`)
    from yankao.kernel.sheets.sheet import SheetError  # noqa: PLC0415  (models are ready only after `up`)

    sheet = None if wanted.take_place else sheet_of(options.file)
    with Progress(_("匯入")) as bar:
        bar.enter(str(wanted.title))

        def progress(done: int) -> None:
            bar.step(done=done)

        try:
            if wanted.take_place:
                outcome = wanted.take_place(actor, options.file, options.dry_run, progress)
            elif sheet is not None:
                outcome = take(sheet, wanted, actor, dry=options.dry_run, progress=progress)
        except SheetError as error:
            raise Stop(error.sentence, FAULTS) from error
    if not options.dry_run:
        ledger.note(
            "import", f"room:{options.what}", actor, code=wanted.code, file=options.file.name,
            read=outcome.read, kept=outcome.kept, refused=len(outcome.refused),
        )  # fmt: skip
        if outcome.kept >= MANY and not planner.keeps_count():
            planner.learn()
    return tell(outcome, str(wanted.title), options)


def tell(outcome: Outcome, title: str, options: argparse.Namespace) -> int:
    """Say what became of the rows and write those refused into a file; the exit code."""
    for note in outcome.notes[:SHOWN]:
        remark(note)
    if len(outcome.notes) > SHOWN:
        remark(_("……另有%(count)s則附註。") % {"count": len(outcome.notes) - SHOWN})
    counts = {"read": outcome.read, "kept": outcome.kept, "refused": len(outcome.refused)}
    words = _("試匯：讀取%(read)s列，可匯入%(kept)s列，退回%(refused)s列。") if options.dry_run else _(
        "讀取%(read)s列，匯入%(kept)s列，退回%(refused)s列。"
    )  # fmt: skip
    say(words % counts)
    if not outcome.refused:
        return INTACT
    for row in outcome.refused[:SHOWN]:
        sentences = " ".join(str(problem) for problem in row.problems)
        remark(_("第%(row)s列：%(why)s") % {"row": row.number, "why": sentences})
    if len(outcome.refused) > SHOWN:
        remark(_("……另有%(count)s列，見退回檔。") % {"count": len(outcome.refused) - SHOWN})
    place = options.refused or options.file.with_name(f"{options.file.stem}-refused.csv")
    _write_refused(outcome, title, place)
    say(_("退回的資料列與原因已寫入%(file)s，更正後可直接再匯入。") % {"file": place})
    return FAULTS


def _write_refused(outcome: Outcome, title: str, place: Path) -> None:
    from yankao.kernel.sheets import intake  # noqa: PLC0415  (models are ready only after `up`)

    table = intake.Outcome(outcome.header, title, refused=outcome.refused)
    place.write_bytes(intake.refused_ods(table) if place.suffix == ".ods" else intake.refused_csv(table))


def _calendar(options: argparse.Namespace, actor: User, path: Path) -> int:
    from yankao.kernel.calendar import CalendarFileError  # noqa: PLC0415  (models are ready only after `up`)
    from yankao.kernel.rules.office import import_edition  # noqa: PLC0415  (models are ready only after `up`)

    if not options.label or options.issued is None:
        raise Stop(_("辦公日曆須以--label指明版本，以--issued指明發布日。"))
    try:
        with _kept_unless(options.dry_run):
            edition = import_edition(
                actor, path.read_bytes(), label=options.label, issued_on=options.issued, source=path.name
            )
            moved = _recount(actor, options.label)
    except CalendarFileError as error:
        raise Stop(str(error), FAULTS) from error
    say(_("%(year)s年辦公日曆「%(label)s」：重新計算後變動%(moved)s個期限。")
        % {"year": edition.year, "label": options.label, "moved": moved})  # fmt: skip
    return INTACT


class _Undo(Exception):
    """Leaves a dry run without a trace."""


class _kept_unless:  # noqa: N801  (reads as a word: with _kept_unless(dry))
    """A transaction that is rolled back at its end when `dry`."""

    def __init__(self, dry: bool) -> None:
        from django.db import transaction  # noqa: PLC0415  (models are ready only after `up`)

        self.dry, self.atomic = dry, transaction.atomic()

    def __enter__(self) -> None:
        self.atomic.__enter__()

    def __exit__(self, kind: Any, error: Any, trace: Any) -> None:
        if self.dry and error is None:
            undo = _Undo()
            self.atomic.__exit__(_Undo, undo, None)
            from yankao.kernel.rules import office  # noqa: PLC0415  (models are ready only after `up`)

            office.forget()
        else:
            self.atomic.__exit__(kind, error, trace)


def _recount(actor: User, reason: str) -> int:
    from yankao.kernel.casework.recount import recount  # noqa: PLC0415  (models are ready only after `up`)

    with Progress(_("重新計算期限")) as bar:
        bar.enter(reason)
        return recount(actor, reason)


def _closures(options: argparse.Namespace, actor: User, path: Path) -> int:
    from yankao.kernel.intake import Import, take  # noqa: PLC0415  (models are ready only after `up`)

    wanted = Import("closures", _("停班公告"), closure_profile(), keep=keep_closure)
    sheet = sheet_of(path)
    options.file = path
    with _kept_unless(options.dry_run):
        outcome = take(sheet, wanted, actor)
        moved = _recount(actor, path.name) if outcome.kept else 0
    say(_("重新計算後變動%(moved)s個期限。") % {"moved": moved})
    return tell(outcome, str(wanted.title), options)


def closure_profile() -> Any:
    """How a table of suspensions of work is read: day, part of the day, district, when announced, by what
    notice."""
    from yankao.kernel.rules.models import Closure  # noqa: PLC0415  (models are ready only after `up`)
    from yankao.kernel.sheets import parsing  # noqa: PLC0415  (models are ready only after `up`)
    from yankao.kernel.sheets.intake import Column, Profile  # noqa: PLC0415  (models are ready only after `up`)

    parts = {str(code): str(label) for code, label in Closure.Part.choices}
    return Profile(
        _("停班公告"),
        (
            Column("day", ("日期", "day"), parsing.day, required=True),
            Column("part", ("時段", "part"), parsing.one_of(parts), default=Closure.Part.FULL),
            Column("district", ("行政區", "district"), parsing.text, default=""),
            Column("announced_at", ("發布時間", "announced_at"), moment, required=True),
            Column("source", ("公告", "source"), parsing.text, required=True),
        ),
        key=("day", "part", "district"),
    )


def moment(given: str) -> datetime:
    """2012-08-01 20:30, in the city's time. Raises ValueError."""
    from django.utils import timezone  # noqa: PLC0415  (models are ready only after `up`)

    found = datetime.fromisoformat(given.strip())
    return found if found.tzinfo else timezone.make_aware(found)


def keep_closure(actor: Any, values: dict[str, Any]) -> None:
    """Keep one suspension; the same once more does nothing."""
    from yankao.kernel.people.models import District  # noqa: PLC0415  (models are ready only after `up`)
    from yankao.kernel.rules.models import Closure  # noqa: PLC0415  (models are ready only after `up`)
    from yankao.kernel.rules.office import announce_closure  # noqa: PLC0415  (models are ready only after `up`)
    from yankao.kernel.sheets.intake import Refusal  # noqa: PLC0415  (models are ready only after `up`)

    name = values["district"]
    district = District.objects.filter(name=name).first() or District.objects.filter(code=name).first()
    if name and district is None:
        raise Refusal(_("沒有「%(name)s」這個行政區。") % {"name": name}, "行政區", name)
    if Closure.objects.filter(day=values["day"], part=values["part"], district=district).exists():
        values.setdefault("notes", []).append(_("這一天這個時段的停班公告已經登錄，未重複匯入。"))
        return
    announce_closure(
        actor, values["day"], part=values["part"], district=district, announced_at=values["announced_at"],
        source=values["source"],
    )  # fmt: skip


# ── Out ─────────────────────────────────────────────────────────────────────────────────────────────


def export(options: argparse.Namespace) -> int:
    """Write every record of a room, or of all rooms."""
    installation.ready()
    from yankao.kernel.rooms import rooms  # noqa: PLC0415  (models are ready only after `up`)

    if bool(options.room) == bool(options.all):
        raise Stop(_("請指明一個系統，或以--all DIR匯出全部。"))
    if options.all:
        for found in rooms():
            _export(found, options.format, options.all / found.name.replace(".", "-"))
        return INTACT
    if options.output is None:
        raise Stop(_("請以--output指明輸出位置。"))
    found = _room(options.room)
    if options.code:
        return _export_as_taken(options, found)
    _export(found, options.format, options.output)
    return INTACT


def _export_as_taken(options: argparse.Namespace, found: Room) -> int:
    """The records of one kind of import in its own columns."""
    from yankao.kernel.audit import ledger  # noqa: PLC0415  (models are ready only after `up`)
    from yankao.kernel.sheets import write_csv, write_ods  # noqa: PLC0415  (models are ready only after `up`)

    wanted, actor = _import_of(found, options.code), _actor(options.by)
    if wanted.records is None:
        raise Stop(_("「%(what)s」沒有可匯出的紀錄。") % {"what": wanted.title})
    if options.format == "jsonl":
        raise Stop(_("以匯入的欄位匯出時，格式為csv或ods。"))
    if not wanted.may(actor):
        raise Stop(_("%(who)s無權匯出「%(what)s」。") % {"who": actor.username, "what": wanted.title})
    header, rows = wanted.out(actor)
    with Progress(str(wanted.title)) as bar:
        bar.enter(str(wanted.title))
        counted = _counting(rows, bar)
        if options.format == "ods":
            options.output.write_bytes(write_ods(header, counted, str(wanted.title)))
        else:
            with options.output.open("wb") as out:
                out.writelines(write_csv(header, counted))
    ledger.note("export", f"room:{found.name}", actor, profile=wanted.code, form=options.format)
    say(_("%(what)s：%(count)s列 → %(file)s")
        % {"what": wanted.title, "count": f"{bar.done:,}", "file": options.output})  # fmt: skip
    return INTACT


def _counting(rows: Iterable[list[Any]], bar: Progress) -> Iterator[list[Any]]:
    for row in rows:
        bar.done += 1
        yield row


def _export(found: Room, form: str, place: Path) -> None:
    made = tables(found)
    with Progress(found.title, sum(table.count() for table in made)) as bar:
        if form == "jsonl":
            place = place.with_suffix(".jsonl") if not place.suffix else place
            place.parent.mkdir(parents=True, exist_ok=True)
            with place.open("w", encoding="utf-8") as out:
                for table in made:
                    for line in table.lines(bar):
                        out.write(line + "\n")
        else:
            place.mkdir(parents=True, exist_ok=True)
            for table in made:
                table.write(form, place / f"{table.name}.{form}", bar)
    say(f"{found.title} → {place}")


class Table:
    """All rows of one model of a room; of a case's record with its docket before it."""

    def __init__(self, model: type[Model]) -> None:
        from django.db.models import BinaryField  # noqa: PLC0415  (models are ready only after `up`)

        from yankao.kernel.casework.models import Case, Record  # noqa: PLC0415  (models are ready only after `up`)

        self.model, self.name = model, model._meta.model_name or ""
        # Words that stand for a person, and sealed values, leave the house in no export.
        own: list[Field[Any, Any]] = [
            one
            for one in model._meta.concrete_fields
            if not getattr(one, "personal", False) and not isinstance(one, BinaryField)
        ]
        self.lookups = [one.attname for one in own]
        self.heads = [one.attname for one in own]
        if issubclass(model, Record):
            docket = [one.attname for one in Case._meta.concrete_fields if one.attname != "id"]
            self.lookups = [self.lookups[0], *(f"case__{name}" for name in docket), *self.lookups[1:]]
            self.heads = [self.heads[0], *docket, *self.heads[1:]]

    def count(self) -> int:
        return self.model._default_manager.count()

    def rows(self, bar: Progress) -> Iterator[tuple[Any, ...]]:
        bar.enter(str(self.model._meta.verbose_name))
        found = self.model._default_manager.order_by("pk").values_list(*self.lookups)
        for row in found.iterator(chunk_size=CHUNK):
            bar.done += 1
            yield row

    def lines(self, bar: Progress) -> Iterator[str]:
        """One JSON object a row, with exact decimals and ISO dates."""
        from yankao.kernel.audit.ledger import plain  # noqa: PLC0415  (models are ready only after `up`)

        for row in self.rows(bar):
            told = {"table": self.name, **dict(zip(self.heads, map(plain, row), strict=True))}
            yield json.dumps(told, ensure_ascii=False)

    def write(self, form: str, place: Path, bar: Progress) -> None:
        from yankao.kernel.sheets import write_csv, write_ods  # noqa: PLC0415  (models are ready only after `up`)

        rows = (tuple(map(cell, row)) for row in self.rows(bar))
        if form == "ods":
            place.write_bytes(write_ods(self.heads, rows, self.name))
            return
        with place.open("wb") as out:
            out.writelines(write_csv(self.heads, rows))


def cell(value: Any) -> Any:
    """What a spreadsheet holds; lists and the like as JSON."""
    return json.dumps(value, ensure_ascii=False) if isinstance(value, list | dict) else value


def tables(found: Room) -> list[Table]:
    """Every table of the room, the case's record first; then its own records in the form its import takes."""
    from django.apps import apps  # noqa: PLC0415  (models are ready only after `up`)

    own: Iterable[type[Model]] = apps.get_app_config(found.label).get_models(include_auto_created=True)
    return [Table(model) for model in own]
