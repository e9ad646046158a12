"""匯入 Taking a file in: a dry run that shows every refused row with its reason, then the same file for good.

The file waits in `YANKAO_DATA/imports` under a key of its own, bound to the person and the kind of import, so
that what is imported is what was checked, and sending the form twice imports once.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import time
import uuid
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from django import forms
from django.conf import settings
from django.contrib.auth.decorators import login_required
from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponseBase
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_safe

from yankao.kernel.audit import ledger
from yankao.kernel.intake import Import, take
from yankao.kernel.rooms import Room
from yankao.kernel.sheets import Cell
from yankao.kernel.sheets import intake as sheet_intake
from yankao.kernel.sheets.intake import Problem, Refused
from yankao.kernel.sheets.reading import read
from yankao.kernel.sheets.sheet import MAX_BYTES, SheetError

from . import nav, parts
from .derive import RADIOS
from .export import TYPES, given
from .lists import open_room
from .moves import CONFLICT, INVALID
from .pages import render_page

KEY = re.compile(r"[0-9a-f]{32}")
KEPT_DAYS = 7
SHOWN = 200
"""So many refused rows stand on the page; all of them are in the file to download."""


# ── The waiting file ────────────────────────────────────────────────────────────────────────────────


def folder() -> Path:
    return Path(settings.DATA) / "imports"


@dataclass
class Waiting:
    """A file that was checked and waits to be imported; `told` is what is known of it, kept beside it."""

    key: str
    told: dict[str, Any]

    @property
    def _bytes(self) -> Path:
        return folder() / f"{self.key}.data"

    def data(self) -> bytes:
        return self._bytes.read_bytes()

    def save(self, data: bytes | None = None) -> None:
        folder().mkdir(parents=True, exist_ok=True, mode=0o700)
        if data is not None:
            _write(self._bytes, data)
        _write(folder() / f"{self.key}.json", json.dumps(self.told, ensure_ascii=False).encode())

    @classmethod
    def find(cls, key: str, user: Any, room: str, code: str) -> Waiting:
        """The person's own waiting file of this kind; 404 for any other."""
        path = folder() / f"{key}.json"
        if KEY.fullmatch(key) and path.exists():
            told = json.loads(path.read_text())
            if (told["user"], told["room"]) == (user.pk, room) and code in ("", told["code"]):
                return cls(key, told)
        raise Http404(_("沒有這個待匯入的檔案，請重新上傳。"))

    def claim(self) -> bool:
        """Whether this request is the one that imports it."""
        try:
            os.close(os.open(folder() / f"{self.key}.taking", os.O_CREAT | os.O_EXCL, 0o600))
        except FileExistsError:
            return False
        return True

    def drop(self) -> None:
        """Forget the file itself; what became of it stays for its week."""
        self._bytes.unlink(missing_ok=True)

    def release(self) -> None:
        (folder() / f"{self.key}.taking").unlink(missing_ok=True)


def _write(path: Path, data: bytes) -> None:
    draft = path.with_suffix(f".{uuid.uuid4().hex}")
    draft.touch(mode=0o600)
    draft.write_bytes(data)
    draft.replace(path)


def tidy(now: float | None = None) -> None:
    """Forget files that waited longer than a week."""
    oldest = (now or time.time()) - KEPT_DAYS * 24 * 3600
    for path in folder().glob("*") if folder().exists() else ():
        if path.stat().st_mtime < oldest:
            path.unlink(missing_ok=True)


# ── Pages ───────────────────────────────────────────────────────────────────────────────────────────


def imports_of(found: Room, user: Any) -> dict[str, Import]:
    """The imports of the room this person may use, by code."""
    return {one.code: one for one in found.imports if one.at_desk and one.may(user)}


class UploadForm(forms.Form):
    """Which kind of file, and the file."""

    use_required_attribute = False
    code = forms.ChoiceField(label=gettext_lazy("資料種類"), widget=forms.RadioSelect)
    file = forms.FileField(label=gettext_lazy("檔案"), help_text=gettext_lazy("CSV或ODS，第一列是欄位名稱"))

    def __init__(self, *args: Any, known: dict[str, Import], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        choices = [(one.code, str(one.title)) for one in known.values()]
        field: Any = self.fields["code"]
        if len(choices) > RADIOS:
            field.widget = forms.Select()
            choices.insert(0, ("", _("請選擇")))
        field.choices = choices
        if len(choices) == 1:
            field.widget = forms.HiddenInput()
            field.initial = choices[0][0]
        self.fields["file"].widget.attrs["accept"] = ".csv,.ods,.gz"


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def import_rows(request: HttpRequest, room: str) -> HttpResponseBase:
    """Choose and upload; see the dry run; import."""
    found = open_room(room, request.user)
    known = imports_of(found, request.user)
    if not known:
        raise Http404(_("這項業務沒有您可以使用的匯入。"))
    if request.method == "POST" and "key" in request.POST:
        waiting = Waiting.find(request.POST["key"], request.user, found.name, "")
        wanted = known.get(waiting.told["code"])
        if wanted is None:
            raise Http404(_("這項業務沒有您可以使用的匯入。"))
        return _take(request, found, wanted, waiting)
    posted = request.method == "POST"
    form = UploadForm(request.POST if posted else None, request.FILES if posted else None, known=known)
    if not posted:
        return _page(request, found, known, form)
    if not form.is_valid():
        return _page(request, found, known, form, status=INVALID)
    upload = form.cleaned_data["file"]
    if upload.size > MAX_BYTES:
        form.add_error("file", _("檔案超過%(n)s MB，請分成幾個檔案再匯入。") % {"n": MAX_BYTES // 2**20})
        return _page(request, found, known, form, status=INVALID)
    tidy()
    return _check(
        request, found, known, form, known[form.cleaned_data["code"]], upload.read(), upload.name or ""
    )


def _check(
    request: HttpRequest, found: Room, known: dict[str, Import], form: UploadForm, wanted: Import,
    data: bytes, name: str,
) -> HttpResponseBase:  # fmt: skip
    """The dry run: everything is done and undone again."""
    try:
        told = _run(wanted, request.user, data, name, dry=True)
    except SheetError as error:
        form.add_error("file", error.sentence)
        return _page(request, found, known, form, status=INVALID)
    waiting = Waiting(
        uuid.uuid4().hex,
        {
            "user": request.user.pk,
            "room": found.name,
            "code": wanted.code,
            "name": name,
            "done": False,
            **told,
        },
    )
    waiting.save(data)
    return _result(request, found, wanted, waiting)


def _run(wanted: Import, user: Any, data: bytes, name: str, *, dry: bool) -> dict[str, Any]:
    """What became of the file, ready to be kept as JSON."""
    sheet = read(data, name)
    outcome = take(sheet, wanted, user, dry=dry)
    return {
        "read": outcome.read,
        "kept": outcome.kept,
        "header": outcome.header,
        "refused": [
            [row.number, row.cells, [[one.column, one.value, one.sentence] for one in row.problems]]
            for row in outcome.refused
        ],
        "notes": [*sheet.notes, *outcome.notes],
        "ignored": sheet_intake.ignored(list(sheet.header), wanted.profile),
        "encoding": sheet.encoding,
        "kind": sheet.kind,
        "sha256": hashlib.sha256(data).hexdigest(),
    }


def _take(request: HttpRequest, found: Room, wanted: Import, waiting: Waiting) -> HttpResponseBase:
    if waiting.told["done"]:
        return _result(request, found, wanted, waiting)
    if not waiting.claim():
        sentence = _("這個檔案正在匯入，請稍候再看結果。")
        return _result(request, found, wanted, waiting, sentence, status=CONFLICT)
    try:
        with transaction.atomic():
            told = _run(wanted, request.user, waiting.data(), waiting.told["name"], dry=False)
            actor: Any = request.user
            ledger.note(
                "import", f"room:{found.name}", actor, profile=wanted.code, file=waiting.told["name"],
                sha256=told["sha256"], read=told["read"], kept=told["kept"], refused=len(told["refused"]),
            )  # fmt: skip
        waiting.told.update(told, done=True)
        waiting.save()
    except SheetError as error:
        return _result(request, found, wanted, waiting, error.sentence, status=INVALID)
    finally:
        waiting.release()
    return _result(request, found, wanted, waiting)


def _refused(waiting: Waiting) -> list[Refused]:
    return [
        Refused(number, cells, tuple(Problem(number, *problem) for problem in problems))
        for number, cells, problems in waiting.told["refused"]
    ]


def _crumbs(found: Room) -> list[parts.Link]:
    listed = reverse("desk:list", args=[found.name])
    return [
        parts.Link(_("首頁"), reverse("desk:home")),
        parts.Link(found.title, listed),
        parts.Link(_("匯入"), ""),
    ]


def _page(
    request: HttpRequest, found: Room, known: dict[str, Import], form: UploadForm, *, status: int = 200
) -> HttpResponseBase:
    context = {
        **nav.frame(request),
        "heading": _("匯入%(room)s") % {"room": found.title},
        "crumbs": _crumbs(found),
        "form": form,
        "action": request.path,
        "back": reverse("desk:list", args=[found.name]),
        "kinds": [
            {
                "title": str(one.title),
                "rows": [
                    (column.names[0], _("必填") if column.required else "", _("、").join(column.names[1:]))
                    for column in one.profile.columns
                ],
                "samples": _files("desk:import_sample", found, one),
                "records": _files("desk:import_records", found, one) if one.records else [],
            }
            for one in known.values()
        ],
    }
    return render_page(request, "desk/import.html", context, status=status)


def _files(name: str, found: Room, wanted: Import) -> list[tuple[str, str]]:
    return [(form, reverse(name, args=[found.name, wanted.code, form])) for form in TYPES]


def _result(
    request: HttpRequest,
    found: Room,
    wanted: Import,
    waiting: Waiting,
    sentence: str = "",
    *,
    status: int = 200,
) -> HttpResponseBase:
    told = waiting.told
    refused = _refused(waiting)
    context = {
        **nav.frame(request),
        "heading": _("匯入結果") if told["done"] else _("試匯入結果"),
        "lead": f"{wanted.title}：{told['name']}",
        "crumbs": _crumbs(found),
        "sentence": sentence,
        "done": told["done"],
        "numbers": (told["read"], told["kept"], len(refused)),
        "facts": [
            parts.Fact(
                _("格式"), told["kind"].upper() + (f"，{told['encoding']}" if told["encoding"] else "")
            ),
            parts.Fact(_("未使用的欄位"), _("、").join(told["ignored"]) or _("沒有")),
            parts.Fact("SHA-256", told["sha256"][:16]),
        ],
        "notes": told["notes"][:SHOWN],
        "rows": [
            (str(row.number), [str(one) for one in row.problems], " | ".join(row.cells))
            for row in refused[:SHOWN]
        ],
        "hidden": max(0, len(refused) - SHOWN),
        "downloads": [
            (form_, reverse("desk:import_refused", args=[found.name, wanted.code, waiting.key, form_]))
            for form_ in TYPES
        ]
        if refused
        else [],
        "key": waiting.key,
        "action": reverse("desk:import", args=[found.name]),
        "listed": reverse("desk:list", args=[found.name]),
    }
    return render_page(request, "desk/import_result.html", context, status=status)


# ── Files ───────────────────────────────────────────────────────────────────────────────────────────


@login_required
@require_safe
def sample_file(request: HttpRequest, room: str, code: str, form: str) -> HttpResponseBase:
    """An empty file with the right headers and, when the room gives one, a row as an example."""
    found = open_room(room, request.user)
    wanted = imports_of(found, request.user).get(code)
    if wanted is None:
        raise Http404(_("沒有這種資料。"))
    header = [column.names[0] for column in wanted.profile.columns]
    blank = [""] * (len(header) - len(wanted.example))
    rows: list[list[Cell]] = [[*wanted.example, *blank]] if wanted.example else []
    return given(form, _("%(what)s範例") % {"what": wanted.title}, header, iter(rows))


@login_required
@require_safe
def records_file(request: HttpRequest, room: str, code: str, form: str) -> HttpResponseBase:
    """What is on record and this person may see, in the columns the import takes; noted in the ledger."""
    found = open_room(room, request.user)
    wanted = imports_of(found, request.user).get(code)
    if wanted is None or wanted.records is None:
        raise Http404(_("沒有這種資料。"))
    actor: Any = request.user
    header, rows = wanted.out(actor)
    response = given(form, str(wanted.title), header, rows)
    ledger.note("export", f"room:{found.name}", actor, profile=wanted.code, form=form)
    return response


@login_required
@require_safe
def refused_file(request: HttpRequest, room: str, code: str, key: str, form: str) -> HttpResponseBase:
    """The refused rows as they came, with a column that says why; corrected, it can be imported as it is."""
    found = open_room(room, request.user)
    wanted = imports_of(found, request.user).get(code)
    if wanted is None:
        raise Http404(_("沒有這種資料。"))
    waiting = Waiting.find(key, request.user, found.name, code)
    outcome = sheet_intake.Outcome(waiting.told["header"], wanted.title, refused=_refused(waiting))
    header, refused = sheet_intake.refused_table(outcome)
    rows: list[list[Cell]] = [list(row) for row in refused]
    return given(form, _("%(what)s退回列") % {"what": wanted.title}, header, iter(rows))
