"""交換機檔案 Files of an exchange that keeps its tables to itself: upload one, say what its columns are, try
it and take it in.

What the columns are is kept as a profile with a name (a source of the journal); a file with the same headings
finds it again. A profile that has taken something in is never changed, so that its blocks can be read again:
a changed one becomes its next version and tells of the same exchange. Rows that cannot be read come back as a
file with the reason; the others are taken in.
"""

from __future__ import annotations

import csv
import hashlib
import io
import re
import uuid
from dataclasses import dataclass
from itertools import islice
from typing import Any

from django import forms
from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase, HttpResponseRedirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_safe

from yankao.desk import parts
from yankao.desk.export import TYPES, given
from yankao.desk.importing import Waiting, tidy
from yankao.desk.jinja import english, format_number, format_time
from yankao.desk.moves import CONFLICT, INVALID
from yankao.desk.own_pages import actor, only
from yankao.kernel.audit import ledger
from yankao.kernel.journal.ingest import Taken, take
from yankao.kernel.journal.models import Block, Source
from yankao.kernel.sheets import Cell
from yankao.kernel.sheets.intake import REASON_NAMES
from yankao.kernel.sheets.reading import read
from yankao.kernel.sheets.sheet import MAX_BYTES, Sheet, SheetError

from .exchange import mapped_csv
from .exchange.mapped_csv import FIELDS, NEEDED, TIMES
from .pages import drawn, leads

ROOM, CODE, FORMAT = "service.calls", "mapped_csv", "mapped_csv"
SHOWN = 200
LOOKED_AT = 5
"""So many rows of a file stand beside the choice of its columns."""
LABELS = {
    "id": gettext_lazy("識別碼"), "queue": gettext_lazy("佇列"), "entered": gettext_lazy("進線時間"),
    "answered": gettext_lazy("接聽時間"), "ended": gettext_lazy("結束時間"),
    "agent": gettext_lazy("話務員"), "caller": gettext_lazy("來電號碼"),
}  # fmt: skip
HINTS = {
    "id": gettext_lazy("每通來電各有一個，同一識別碼再次讀入不會重複計算"),
    "queue": gettext_lazy("不指定時一律記為1999"),
    "answered": gettext_lazy("空白表示未接聽"),
    "caller": gettext_lazy("只留加密代號，不留號碼"),
}
KNOWN = {
    "id": (
        "callid", "uniqueid", "id", "conversationid", "interactionid", "識別碼", "通話序號", "序號",
        "來電編號",
    ),
    "queue": ("queue", "queuename", "skill", "split", "acdgroup", "vdn", "佇列", "服務群組", "群組", "技能"),
    "entered": (
        "entered", "starttime", "start", "calltime", "calldate", "queuetime", "offeredtime", "進線時間",
        "來電時間", "開始時間", "起始時間",
    ),
    "answered": ("answered", "answertime", "answeredtime", "connecttime", "接聽時間", "應答時間", "接通時間"),
    "ended": ("ended", "endtime", "end", "disconnecttime", "releasetime", "結束時間", "掛斷時間"),
    "agent": (
        "agent", "agentid", "agentname", "loginid", "extension", "話務員", "值機員", "分機", "話機代碼",
    ),
    "caller": ("caller", "callerid", "ani", "callingnumber", "from", "來電號碼", "主叫號碼", "發話號碼"),
}  # fmt: skip
"""How exchanges head these columns, without spaces and marks, in small letters."""


def plain(heading: str) -> str:
    return re.sub(r"[\W_]+", "", heading).casefold()


def headings(sheet: Sheet) -> list[str]:
    """The headings of the file; the reason on a file of refused rows that comes back is none of them."""
    found = [name.strip() for name in sheet.header]
    return found[:-1] if found[-1:] and found[-1] in REASON_NAMES else found


def recognised(header: list[str], profile: Source | None) -> dict[str, str]:
    """The heading of each field: by the profile of a file with these headings, else by its words."""
    if profile is not None:
        return {field: profile.settings["columns"].get(field, "") for field in FIELDS}
    by_words = {plain(name): name for name in reversed(header) if name}
    return {
        field: next((by_words[word] for word in KNOWN[field] if word in by_words), "") for field in FIELDS
    }


def time_of(sheet: Sheet, heading: str) -> str:
    """The way of writing times that most of the first values of the column are written in."""
    if heading not in headings(sheet):
        return TIMES[0][0]
    place = headings(sheet).index(heading)
    told = [row.cells[place].strip() for row in islice(sheet.rows, 50)]
    return max((form for form, _words in TIMES), key=lambda form: sum(_fits(one, form) for one in told))


def _fits(value: str, form: str) -> bool:
    try:
        mapped_csv.moment(value, form)
    except (ValueError, OverflowError):
        return False
    return True


# ── Profiles ────────────────────────────────────────────────────────────────────────────────────────


def profiles() -> Any:
    """The profiles, the newest first."""
    return Source.objects.filter(journal=ROOM, format=FORMAT).order_by("-pk")


def profile_for(header: list[str]) -> Source | None:
    """The newest profile of files with just these headings."""
    return next((one for one in profiles() if one.settings.get("header") == header), None)


def kept_profile(name: str, settings: dict[str, Any], chosen: Source | None) -> Source:
    """The profile with these settings: the chosen one, its next version where it has taken something in
    otherwise, or a new one.
    """
    if chosen is not None:
        if chosen.settings == settings:
            if name != chosen.name:
                chosen.name = name
                chosen.save(update_fields=["name"])
            return chosen
        if not Block.objects.filter(source=chosen).exists():
            chosen.name, chosen.settings = name, settings
            chosen.save(update_fields=["name", "settings"])
            return chosen
    stem = f"file-{hashlib.sha256(name.encode()).hexdigest()[:12]}"
    number = Source.objects.filter(journal=ROOM, code__startswith=stem).count() + 1
    return Source.objects.create(
        journal=ROOM, code=f"{stem}-{number}", name=name, format=FORMAT, settings=settings,
        same_as=chosen.keeper if chosen else None,
    )  # fmt: skip


class UploadForm(forms.Form):
    """The file."""

    use_required_attribute = False
    file = forms.FileField(
        label=gettext_lazy("檔案"), help_text=gettext_lazy("交換機匯出的CSV或ODS，第一列是欄位名稱")
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["file"].widget.attrs["accept"] = ".csv,.ods,.txt,.gz"


class MappingForm(forms.Form):
    """What each column is, how times are written, and the name under which that is kept."""

    use_required_attribute = False
    name = forms.CharField(
        label=gettext_lazy("對應名稱"), max_length=80,
        help_text=gettext_lazy("下次上傳欄位相同的檔案時自動帶出"),
    )  # fmt: skip

    def __init__(self, *args: Any, header: list[str], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        choices = [("", _("（檔案沒有這一欄）")), *((name, name) for name in header if name)]
        for field in FIELDS:
            self.fields[field] = forms.ChoiceField(
                label=LABELS[field], choices=choices, required=field in NEEDED,
                help_text=HINTS.get(field, ""),
                error_messages={"required": _("請指定對應的欄位。")},
            )  # fmt: skip
        self.fields["time"] = forms.ChoiceField(label=_("時間寫法"), choices=TIMES)

    def clean(self) -> dict[str, Any]:
        given = super().clean() or {}
        chosen = [given[field] for field in FIELDS if given.get(field)]
        for field in FIELDS:
            if given.get(field) and chosen.count(given[field]) > 1:
                self.add_error(field, _("同一個欄位不能對應兩次。"))
        return given


# ── Reading ─────────────────────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True)
class Tried:
    """A file read by a mapping: the rows that can be taken in, and the others with the reason."""

    taken: bytes
    read: int
    refused: list[tuple[int, list[str], str]]


def block_of(header: list[str], rows: list[list[str]]) -> bytes:
    """Rows as the journal keeps them: one a line, UTF-8, under their headings."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(header)
    writer.writerows([" ".join(cell.split()) for cell in row] for row in rows)
    return out.getvalue().encode()


def tried(sheet: Sheet, source: Source) -> Tried:
    """Every row judged by the reader of the journal itself. Raises SheetError, mapped_csv.Unmapped."""
    header = headings(sheet)
    rows: list[tuple[int, list[str]]] = []
    refused: list[tuple[int, list[str], str]] = []
    for row in sheet.rows:
        if row.damaged:
            refused.append((row.number, row.cells, _("有無法辨識的字元，或儲存格多於欄位。")))
        else:
            rows.append((row.number, row.cells[: len(header)]))
    batch = mapped_csv.read(block_of(header, [cells for _number, cells in rows]), source)
    wrong = {dead.number - 2: dead.reason for dead in batch.dead}  # below the line of headings, from 0
    refused += [(*rows[place], reason) for place, reason in wrong.items()]
    good = [cells for place, (_number, cells) in enumerate(rows) if place not in wrong]
    count = len(good) + len(refused)
    return Tried(block_of(header, good) if good else b"", count, sorted(refused))


class _Undo(Exception):
    """Leaves a trial without a trace."""


def run(sheet: Sheet, told: dict[str, Any], *, dry: bool) -> tuple[Source, Tried, Taken]:
    """Read the file by the mapping and take it in; `dry` undoes it all again."""
    kept: list[tuple[Source, Tried, Taken]] = []
    try:
        with transaction.atomic():
            chosen = profiles().filter(pk=told["profile"]).first() if told["profile"] else None
            source = kept_profile(told["name"], told["settings"], chosen)
            found = tried(sheet, source)
            kept.append((source, found, take(source, found.taken)))
            if dry:
                raise _Undo
    except _Undo:
        pass
    return kept[0]


# ── Pages ───────────────────────────────────────────────────────────────────────────────────────────


@only(leads)
@require_http_methods(["GET", "HEAD", "POST"])
def files(request: HttpRequest) -> HttpResponse:
    """The profiles there are, and a file to upload."""
    posted = request.method == "POST"
    form = UploadForm(request.POST if posted else None, request.FILES if posted else None)
    if posted and form.is_valid():
        upload = form.cleaned_data["file"]
        try:
            if upload.size > MAX_BYTES:
                raise SheetError(_("檔案超過%(n)s MB，請分成幾個檔案再匯入。") % {"n": MAX_BYTES // 2**20})
            data = upload.read()
            header = headings(read(data, upload.name or ""))
        except SheetError as error:
            form.add_error("file", error.sentence)
        else:
            tidy()
            told = {"user": actor(request).pk, "room": ROOM, "code": CODE, "name": upload.name}
            waiting = Waiting(uuid.uuid4().hex, {**told, "header": header, "done": False})
            waiting.save(data)
            return HttpResponseRedirect(reverse("calls:file", args=[waiting.key]))
    rows = [
        (one.name, _columns(one.settings), format_number(one.blocks.count()), format_time(one.read_at))
        for one in profiles().prefetch_related("blocks")[:SHOWN]
    ]
    context = {"form": form, "rows": rows}
    status = INVALID if form.errors else 200
    return drawn(request, "calls/files.html", _("交換機檔案"), context, status=status)


def _columns(settings: dict[str, Any]) -> str:
    return _("、").join(
        f"{LABELS[field]}＝{name}" for field, name in settings.get("columns", {}).items() if name
    )


@only(leads)
@require_http_methods(["GET", "HEAD", "POST"])
def mapping(request: HttpRequest, key: str) -> HttpResponse:
    """What the columns of an uploaded file are; then what would become of it; then it is taken in."""
    waiting = Waiting.find(key, request.user, ROOM, CODE)
    if waiting.told["done"]:
        return _drawn(request, waiting)
    sheet, header = read(waiting.data(), waiting.told["name"]), waiting.told["header"]
    known = profile_for(header)
    columns = recognised(header, known)
    initial = waiting.told.get("given") or {
        **columns, "name": known.name if known else "",
        "time": known.settings.get("time", "") if known else time_of(sheet, columns["entered"]),
    }  # fmt: skip
    if request.method != "POST":
        return _drawn(request, waiting, sheet, MappingForm(header=header, initial=initial), known)
    if request.POST.get("do") == "take":
        return _take(request, waiting, sheet, known)
    form = MappingForm(request.POST, header=header, initial=initial)
    if not form.is_valid():
        return _drawn(request, waiting, sheet, form, known, status=INVALID)
    said = dict(form.cleaned_data)
    settings = {
        "columns": {field: said[field] for field in FIELDS}, "header": header, "time": said["time"],
        "delimiter": ",", "encoding": "utf-8",
    }  # fmt: skip
    told = {"profile": known.pk if known else None, "name": said["name"], "settings": settings}
    try:
        _source, found, taken = run(sheet, told, dry=True)
    except SheetError as error:
        form.add_error(None, error.sentence)
        return _drawn(request, waiting, sheet, form, known, status=INVALID)
    waiting.told |= {"mapping": told, "given": said, **_outcome(found, taken)}
    waiting.save()
    return _drawn(request, waiting, sheet, form, known)


def _outcome(found: Tried, taken: Taken) -> dict[str, Any]:
    return {
        "read": found.read, "refused": found.refused, "new": taken.new, "changed": taken.changed,
        "repeated": taken.repeated, "good": found.read - len(found.refused),
    }  # fmt: skip


def _take(request: HttpRequest, waiting: Waiting, sheet: Sheet, known: Source | None) -> HttpResponse:
    """Take in what was tried, once; then the file goes: it holds numbers of callers."""
    told = waiting.told.get("mapping")
    if told is None:
        raise Http404(_("請先試讀。"))
    if not waiting.claim():
        form = MappingForm(header=waiting.told["header"], initial=waiting.told["given"])
        sentence = _("這個檔案正在匯入，請稍候再看結果。")
        return _drawn(request, waiting, sheet, form, known, sentence=sentence, status=CONFLICT)
    try:
        with transaction.atomic():
            source, found, taken = run(sheet, told, dry=False)
            ledger.note(
                "calls.file.take", f"source:{source.pk}", actor(request), file=waiting.told["name"],
                sha256=hashlib.sha256(waiting.data()).hexdigest(), read=found.read, new=taken.new,
                refused=len(found.refused),
            )  # fmt: skip
        waiting.told |= {"done": True, **_outcome(found, taken)}
        waiting.save()
        waiting.drop()
    finally:
        waiting.release()
    return HttpResponseRedirect(request.path)


def _drawn(
    request: HttpRequest, waiting: Waiting, sheet: Sheet | None = None, form: MappingForm | None = None,
    known: Source | None = None, *, sentence: str = "", status: int = 200,
) -> HttpResponse:  # fmt: skip
    told = waiting.told
    refused = told.get("refused", [])
    width = len(told["header"])
    context = {
        "form": form, "told": told, "sentence": sentence, "known": known, "width": width,
        "looked": [row.cells[:width] for row in islice(sheet.rows, LOOKED_AT)] if sheet else [],
        "outcome": "mapping" in told and not (form and form.errors),
        "refused": [(str(number), reason, " | ".join(cells)) for number, cells, reason in refused[:SHOWN]],
        "hidden": max(0, len(refused) - SHOWN),
        "downloads": [
            (form_, reverse("calls:file_refused", args=[waiting.key, form_])) for form_ in TYPES if refused
        ],
        "lead": told["name"], "again": reverse("calls:files"),
        "crumbs": [
            parts.Link(_("首頁"), reverse("desk:home")), parts.Link(_("話務中心"), reverse("calls:home")),
            parts.Link(_("交換機檔案"), reverse("calls:files")), parts.Link(_("對應欄位"), ""),
        ],
    }  # fmt: skip
    return drawn(request, "calls/file.html", _("對應欄位"), context, status=status)


@only(leads)
@require_safe
def refused_file(request: HttpRequest, key: str, form: str) -> HttpResponseBase:
    """The rows that could not be read as they came, with the reason behind them; corrected, they go in."""
    told = Waiting.find(key, request.user, ROOM, CODE).told
    if not told.get("refused"):
        raise Http404(_("沒有退回的列。"))
    width = len(told["header"])
    rows: list[list[Cell]] = [
        [*(cells + [""] * width)[:width], reason] for _number, cells, reason in told["refused"]
    ]
    return given(form, _("退回的來電"), [*told["header"], REASON_NAMES[english()]], iter(rows))
