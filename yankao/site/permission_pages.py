"""權限矩陣 The matrix at the desk, as the build checks it: by role, room and verb, and as a file."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any
from urllib.parse import urlencode

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponseBase
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from yankao.desk import export, office
from yankao.desk.parts import Link
from yankao.kernel.audit import ledger
from yankao.kernel.sheets import Cell

from . import permissions, room_permissions
from .page_permissions import AUDIENCES
from .room_permissions import Told

ADDRESSES = "addresses"
"""The part of the matrix that is no room."""
OPENS = {"yes": "●", "record": "＊", "no": "·"}
"""What stands where a door and a person meet."""


def verb_words() -> dict[str, str]:
    return {
        "read": _("檢視內容"), "write": _("異動資料"), "list": _("列出清單"), "search": _("搜尋資料"),
        "count": _("計算件數"), "export": _("匯出檔案"), "api": _("程式介接"), "drill": _("由數字看案件"),
    }  # fmt: skip


def _said(verbs: tuple[str, ...]) -> str:
    words = verb_words()
    return _("、").join(words[verb] for verb in verbs)


class Asked:
    """What the address narrows the matrix to; what it does not know narrows nothing."""

    def __init__(self, request: HttpRequest) -> None:
        self.rooms = list(room_permissions.rooms_told())
        self.roles = dict(
            zip(_people(), map(room_permissions.person_words, room_permissions.people()), strict=True)
        )
        given = request.GET
        self.room = given.get("room", "") if given.get("room") in self.parts else ""
        self.role = given.get("role", "") if given.get("role") in self.roles else ""
        self.verb = given.get("verb", "") if given.get("verb") in permissions.VERBS else ""

    @property
    def parts(self) -> dict[str, str]:
        return {ADDRESSES: _("位址"), **{room.name: room.title for room in self.rooms}}

    @property
    def who(self) -> tuple[str, ...]:
        """The people with a column: the one asked for, else all."""
        known = dict(zip(_people(), room_permissions.people(), strict=True))
        return (known[self.role],) if self.role else room_permissions.people()

    @property
    def heads(self) -> list[str]:
        return [room_permissions.person_words(who) for who in self.who]

    def fits(self, verbs: tuple[str, ...]) -> bool:
        return not self.verb or self.verb in verbs

    def address(self, name: str, *args: Any) -> str:
        given = {"room": self.room, "role": self.role, "verb": self.verb}
        kept = urlencode({key: value for key, value in given.items() if value})
        return reverse(name, args=args) + (f"?{kept}" if kept else "")


def _people() -> tuple[str, ...]:
    """How people are named in an address: nobody has a name there too."""
    return tuple(who or "nobody" for who in room_permissions.people())


# ── Rows ────────────────────────────────────────────────────────────────────────────────────────────


def door_rows(asked: Asked) -> list[tuple[str, str, str, str, list[str]]]:
    """(address, name, verbs, audience, sign for each person) of each pattern of the address book."""
    routes = permissions.routes()
    return [
        (routes[page.name], page.name, _said(page.verbs), page.audience.words,
         [OPENS[page.audience.opens(who)] for who in asked.who])
        for page in sorted(permissions.pages().values(), key=lambda one: (routes[one.name], one.name))
        if asked.fits(page.verbs)
    ]  # fmt: skip


def room_rows(asked: Asked, room: Told) -> list[tuple[str, list[tuple[str, str, str, list[str]]]]]:
    """For the classes of secrecy that are alike: (what is done, stages, whose duty, sign for each person)."""
    found = []
    for table in room.tables:
        rows = [
            (row.words, _("、").join(row.stages) or _("各階段"), row.duty,
             [room_permissions.sign(row.cells[who], room.relations) for who in asked.who])
            for row in table.rows
            if asked.fits(row.verbs)
        ]  # fmt: skip
        found.append((_("、").join(table.classes) or _("各密等"), rows))
    return found


# ── Pages ───────────────────────────────────────────────────────────────────────────────────────────


@login_required
@require_safe
def matrix(request: HttpRequest) -> HttpResponseBase:
    """The doors of the house, or the duties of one room."""
    office.entered(request, office.PERMISSIONS)
    asked = Asked(request)
    room = next((one for one in asked.rooms if one.name == asked.room), None)
    doors = [] if room else door_rows(asked)
    audiences = [
        (one.words, _("、").join(asked.roles[role] for role in asked.roles if role in one.roles) or _("—"))
        for one in AUDIENCES.values()
        if one.by == "role" and one.roles != {"*"}
    ]
    tables = room_rows(asked, room) if room else []
    return office.drawn(
        request, office.PERMISSIONS, "site/permissions.html",
        asked=asked, verbs=verb_words(), room=room, doors=doors, audiences=audiences, tables=tables,
        note=room_permissions.note(), legend=room_permissions.legend(room.relations) if room else [],
        exports=[
            Link(form.upper(), asked.address("office_permissions_export", form)) for form in export.TYPES
        ],
    )  # fmt: skip


def _lines(asked: Asked) -> Iterator[list[Cell]]:
    """Every row of the matrix, or of the part asked for, of one width."""
    if asked.room in ("", ADDRESSES):
        for route, name, verbs, audience, cells in door_rows(asked):
            yield [_("位址"), f"{route} {name}", verbs, "", "", audience, *cells, ""]
    for room in asked.rooms:
        if asked.room in ("", room.name):
            meaning = "　".join(room_permissions.legend(room.relations))
            for table, (classes, _rows) in zip(room.tables, room_rows(asked, room), strict=True):
                for row in table.rows:
                    if asked.fits(row.verbs):
                        cells = [room_permissions.sign(row.cells[who], room.relations) for who in asked.who]
                        stages = _("、").join(row.stages) or _("各階段")
                        yield [
                            room.title,
                            row.words,
                            _said(row.verbs),
                            classes,
                            stages,
                            row.duty,
                            *cells,
                            meaning,
                        ]


@login_required
@require_safe
def matrix_file(request: HttpRequest, form: str) -> HttpResponseBase:
    """The same rows as CSV or ODS; without a part asked for, all parts."""
    office.entered(request, office.PERMISSIONS)
    asked = Asked(request)
    heads = [
        _("部分"), _("內容"), _("動作"), _("密等"), _("階段"), _("權責"), *asked.heads, _("符號"),
    ]  # fmt: skip
    answer = export.given(form, _("權限矩陣"), heads, _lines(asked))
    ledger.note("export", "permissions", request.user, query=request.GET.urlencode(), form=form)  # type: ignore[arg-type]
    return answer
