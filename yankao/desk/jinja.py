"""The Jinja2 environment of every page of ours.

Autoescape and StrictUndefined always; translation through Django; templates from the ``templates/`` folder
of each installed app of the house, rooms before the desk, so that a room replaces a screen by a file of the
same name.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import secrets
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal
from functools import cache, lru_cache
from keyword import iskeyword
from pathlib import Path
from typing import Any, override

from django.apps import apps
from django.conf import settings
from django.contrib.messages import get_messages
from django.contrib.staticfiles.storage import staticfiles_storage
from django.http import HttpRequest
from django.middleware.csp import get_nonce
from django.middleware.csrf import get_token
from django.urls import NoReverseMatch, reverse
from django.utils import timezone
from django.utils.functional import SimpleLazyObject, lazy
from django.utils.translation import gettext, ngettext, pgettext
from jinja2 import (
    ChoiceLoader,
    Environment,
    FileSystemBytecodeCache,
    FileSystemLoader,
    StrictUndefined,
    nodes,
    pass_context,
)
from jinja2 import __version__ as jinja_version
from jinja2.compiler import CodeGenerator
from jinja2.runtime import Context
from markupsafe import Markup, _escape_inner, escape  # type: ignore[attr-defined]

from yankao.kernel import roc
from yankao.kernel.texts import TextEnvironment

from .addresses import place
from .icons import icon
from .parts import Column, Row
from .preferences import look_of

_later: Any = lazy(lambda make: make(), str)
FIELD = '<input type="hidden" name="csrfmiddlewaretoken" value="%s">'
MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
WEEKDAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")


def english() -> bool:
    """Whether the reader's language is English; every other reader gets Traditional Chinese."""
    return (place()[0] or "").startswith("en")


def _local(value: date) -> date:
    return timezone.localtime(value) if isinstance(value, datetime) and timezone.is_aware(value) else value


def format_date(value: date | None, weekday: bool = False) -> str:
    """115年11月23日, or 23 Nov 2026 for English readers; with ``weekday`` also （星期一） or (Mon). None
    gives ""."""
    if value is None:
        return ""
    day = _local(value)
    if english():
        text = f"{day.day} {MONTHS[day.month - 1]} {day.year}"
        return f"{text} ({WEEKDAYS[day.weekday()]})" if weekday else text
    return roc.format_roc(day, "short", weekday=weekday)


def format_short_date(value: date | None) -> str:
    """115/11/23, or 23 Nov 2026 for English readers; for table cells."""
    if value is None:
        return ""
    return format_date(value) if english() else roc.format_roc(_local(value), "slash")


def format_time(value: datetime | None) -> str:
    """115/11/23 14:05 in Taipei time, or 23 Nov 2026 14:05. None gives ""."""
    if value is None:
        return ""
    moment = _local(value)
    return f"{format_short_date(moment)} {moment:%H:%M}"


def format_number(value: int | float | Decimal | None, places: int | None = None) -> str:
    """Thousands separated by commas; ``places`` fixes the decimals (halves away from zero). None gives
    "–"."""
    if value is None:
        return "–"
    return roc.grouped(Decimal(str(value)) if isinstance(value, float) else value, places)


def format_money(value: int | Decimal | None, style: roc.MoneyStyle = "report") -> str:
    """Whole 元: 34億6553萬1000元, other styles as in ``kernel.roc.format_money``. English readers:
    NT$3,465,531,000."""
    if value is None:
        return "–"
    return roc.format_money(value, "nt" if english() else style)


def format_measure(value: int | float | Decimal | None, unit: str, places: int | None = None) -> str:
    """A count with its measure word from the units of the figures: 42,703件, or 42,703 cases for English
    readers."""
    if value is None:
        return "–"
    exact = Decimal(str(value)) if isinstance(value, float) else value
    return roc.measure(exact, unit, "en" if english() else "zh", places=places)


# The filters take the context although they do not read it: Jinja would otherwise work out a filter on a
# constant once, when it compiles the template, in whatever language was active then.
@pass_context
def _roc(context: Context, value: date | None, weekday: bool = False) -> str:
    return format_date(value, weekday)


@pass_context
def _roc_short(context: Context, value: date | None) -> str:
    return format_short_date(value)


@pass_context
def _time(context: Context, value: datetime | None) -> str:
    return format_time(value)


@pass_context
def _number(context: Context, value: int | float | Decimal | None, places: int | None = None) -> str:
    return format_number(value, places)


@pass_context
def _money(context: Context, value: int | Decimal | None, style: roc.MoneyStyle = "report") -> str:
    return format_money(value, style)


@pass_context
def _measure(
    context: Context, value: int | float | Decimal | None, unit: str, places: int | None = None
) -> str:
    return format_measure(value, unit, places)


def url(name: str, *args: Any, **kwargs: Any) -> str:
    """The address of a named view. Costs about 10 µs: rows of a list bring their own ``href``."""
    return reverse(name, args=args or None, kwargs=kwargs or None)


@lru_cache(maxsize=256)
def _address(name: str, urlconf: str, prefix: str) -> str:
    try:
        return reverse(name)
    except NoReverseMatch:
        return ""


def link(name: str) -> str:
    """The address of a named view without arguments, or "" while no such view is installed.

    For the frame, which serves any set of rooms; kept after the first look, because it is asked a dozen
    times on every page.
    """
    _language, urlconf, prefix = place()
    return _address(name, urlconf or settings.ROOT_URLCONF, prefix)


def static(path: str) -> str:
    """The (hashed) address of a static file."""
    return _static(path, settings.STATIC_URL)


@lru_cache(maxsize=256)
def _static(path: str, root: str | None) -> str:
    return str(staticfiles_storage.url(path))


# Signs no reader's text can hold: made anew by each process, never sent.
_HOLES = tuple(f"\x02{name}{secrets.token_hex(16)}\x03" for name in ("nonce", "field", "here"))
_HOLE = re.compile("|".join(_HOLES))
PIECES = 4096
_pieces: dict[Any, tuple[str, ...]] = {}


def table_rows(columns: Sequence[Column], rows: Sequence[Row], pick: bool, choose: str) -> Markup:
    """The rows of a worklist (`lists.table`): the macro's own markup, put together piece by piece.

    Four hundred cells take a template as long as everything else on the page; the writer of each column is
    chosen once.
    """
    drawn, choose = [], quick(choose)
    if pick:
        box = '<td class="ck" role="cell"><label><input type="checkbox" name="id" value="'
        drawn.append([
            f'{box}{key}" aria-label="{choose} {key}"{" checked" if row.picked else ""}></label></td>'
            for key, row in zip(_texts([row.key for row in rows]), rows, strict=True)
        ])  # fmt: skip
    for column, cells in zip(columns, zip(*[row.cells for row in rows], strict=True), strict=False):
        drawn.append(_WRITERS.get(column.kind, _words)(escape(column.label), cells, rows))
    lines = ["".join(cells) for cells in zip(*drawn, strict=True)]
    whole = "".join([f'<tr class="r" role="row">{line}</tr>\n' for line in lines])
    # Marked as safe because it is markup of this file around texts that each went through `quick` or `escape`
    # (a test puts `<b>'"` into every kind of cell).
    return Markup(whole)  # noqa: S704  (every value in it went through `quick` or `escape`)


def _texts(values: Iterable[Any]) -> list[str]:
    """Each as `quick` writes it; texts, which most are, without a call in between."""
    return [_escape_inner(value) if type(value) is str else quick(value) for value in values]


type Writer = Callable[[str, Sequence[Any], Sequence[Row]], list[str]]
"""From the label and the cells of a column, and the rows they stand in."""


def _subject(label: str, cells: Sequence[Any], rows: Sequence[Row]) -> list[str]:
    return [
        f'<td role="cell" class="c-subject"><a class="sub" href="{href}">{cell}</a>'
        f"{_meta(row) if row.meta else ''}</td>"
        for href, cell, row in zip(_texts([row.href for row in rows]), _texts(cells), rows, strict=True)
    ]


def _meta(row: Row) -> str:
    note, words = row.note, "</span><span>".join(_texts(row.meta))
    tag = f'<span class="tag {note.tone} {note.shape}">{quick(note.text)}</span>' if note else ""
    return f'<div class="meta"><span>{words}</span>{tag}</div>'


def _tag(label: str, cells: Sequence[Any], rows: Sequence[Row]) -> list[str]:
    known = {id(None): EMPTY}  # the rows of a page share their tags
    for cell in cells:
        if id(cell) not in known:
            tag = f'<span class="tag {cell.tone} {cell.shape}">{quick(cell.text)}</span>'
            known[id(cell)] = f'<td role="cell" class="c-tag">{tag}</td>'
    return [known[id(cell)] for cell in cells]


def _due(label: str, cells: Sequence[Any], rows: Sequence[Row]) -> list[str]:
    return [EMPTY if cell is None else _deadline(cell) for cell in cells]


def _deadline(cell: Any) -> str:
    small = f"<small>{quick(cell.date)}</small>" if cell.date else ""
    meter = "" if cell.share is None else METER % (cell.tone, int(cell.share * 100))
    words = f'<span class="due {cell.tone}">{quick(cell.words)}{small}</span>'
    return f'<td role="cell" class="c-due">{words}{meter}</td>'


def _face(label: str, cells: Sequence[Any], rows: Sequence[Row]) -> list[str]:
    begin = '<td role="cell" class="c-person"><span class="who"><span class="ava" aria-hidden="true">'
    known = {id(None): EMPTY}  # the rows of a page share their people
    for cell in cells:
        if id(cell) not in known:
            known[id(cell)] = f"{begin}{quick(cell.name[:1])}</span>{quick(cell.name)}</span></td>"
    return [known[id(cell)] for cell in cells]


def _labelled(classes: str) -> Writer:
    def write(label: str, cells: Sequence[Any], rows: Sequence[Row]) -> list[str]:
        begin = f'<td role="cell" class="{classes}" data-label="{label}">'
        # Days and places repeat down a column.
        known = {cell: f"{begin}{quick(cell)}</td>" for cell in set(cells) if type(cell) is str}
        return [
            known[cell] if type(cell) is str else EMPTY if cell is None else f"{begin}{quick(cell)}</td>"
            for cell in cells
        ]

    return write


EMPTY = '<td role="cell"></td>'
METER = (
    '<svg class="meter %s" viewBox="0 0 100 6" preserveAspectRatio="none" aria-hidden="true">'
    '<rect class="bg" width="100" height="6" rx="3"/><rect class="fg" width="%d" height="6" rx="3"/></svg>'
)
_words = _labelled("lab")
_WRITERS: dict[str, Writer] = {
    "subject": _subject,
    "tag": _tag,
    "due": _due,
    "person": _face,
    "number": _labelled("num lab"),
    "date": _labelled("date lab"),
}


@pass_context
def drawn_once(context: Context, name: str, *depends: Any, caller: Any) -> Markup:
    """A piece of the frame, drawn once for everything it `depends` on (beside language and addresses).

    ``{% call(here, page_nonce, csrf_input) drawn_once("bar", user.pk) %}…{% endcall %}``: what differs from
    request to request is given to the piece as these three and put into each answer freshly; a piece must
    read nothing else that is not among what it depends on.
    """
    key: Any = (name, place(), depends)
    nonce, field, here = _HOLES
    try:
        parts = _pieces.get(key)
    except TypeError:  # something that may change hands inside, such as a list
        return Markup(caller(context["here"], context["page_nonce"], context["csrf_input"]))  # noqa: S704
    if parts is None:
        drawn = str(caller(here, nonce, Markup(field)))  # noqa: S704
        parts = tuple(re.split("(" + _HOLE.pattern + ")", drawn))
        if len(_pieces) >= PIECES:
            _pieces.clear()
        _pieces[key] = parts
    if len(parts) == 1:
        return Markup(parts[0])  # noqa: S704
    fresh = {
        nonce: lambda: str(context["page_nonce"]),
        field: lambda: str(context["csrf_input"]),
        here: lambda: str(escape(context["here"])),
    }
    filled = [fresh[part]() if part in fresh else part for part in parts]
    return Markup("".join(filled))  # noqa: S704


@pass_context
def hx(context: Context, page_nonce: str = "", **attributes: Any) -> Markup:
    """htmx attributes with the nonce that lets htmx obey them.

    ``hx(get=url, target="#rows", push_url=True)`` writes ``hx-get hx-target hx-push-url hx-nonce``. An
    underscore becomes a hyphen, a double underscore the colon of htmx 4 (``headers__inherited``). A mapping
    is written as JSON; None and False leave the attribute out. What htmx would evaluate as a program
    (``on``, ``js:``, a ``[filter]``) raises ValueError: the content security policy would stop it anyway.
    Inside a `drawn_once` piece ``page_nonce`` is handed on.
    """
    request: HttpRequest = context["request"]
    written = []
    for name, value in attributes.items():
        if value is None or value is False:
            continue
        text = "true" if value is True else json.dumps(value) if isinstance(value, Mapping) else str(value)
        if (
            name.startswith("on")
            or text.startswith(("js:", "javascript:"))
            or (name == "trigger" and "[" in text)
        ):
            raise ValueError(
                f"htmx attribute {name!r} would need evaluation, which the policy forbids: {text!r}"
            )
        written.append(f'hx-{name.replace("__", ":").replace("_", "-")}="{escape(text)}"')
    return Markup(" ".join([*written, f'hx-nonce="{page_nonce or get_nonce(request)}"']))  # noqa: S704


def translate(message: str, **values: Any) -> Markup:
    """``_()`` of templates: the reader's sentence, ready for the page; values go in by name, each escaped.

    Jinja's own wraps every call twice and formats even without values; a frame holds some sixty sentences.
    """
    text = said(message)
    return text % values if values else text


def said(message: str) -> Markup:
    """The reader's sentence without values."""
    return _said(message, place()[0])


@lru_cache(maxsize=8192)
def _said(message: str, language: str | None) -> Markup:
    return Markup(_told(gettext(message)))  # noqa: S704  (translations are source code)


def _told(text: str) -> str:
    """A translation as it may stand in an attribute too: a quotation mark in it would end the attribute."""
    return text.replace('"', "&#34;")


def _ntold(one: str, many: str, count: int) -> str:
    return _told(ngettext(one, many, count))


def _ptold(context: str, message: str) -> str:
    return _told(pgettext(context, message))


def quick(value: Any) -> str:
    """`escape` for what a template writes: the text itself, without wrapping each piece only to join it.

    A page of fifty rows writes some two thousand pieces; the wrapping was an eighth of its time.
    """
    if type(value) is str:
        return _escape_inner(value)
    return value if type(value) is Markup else escape(value)


PLAIN = frozenset({"_", "attributes", "icon", "link", "static", "url"})
"""Globals that take no context: templates call them without Jinja's inquiry into what they want."""


class QuickGenerator(CodeGenerator):
    """Jinja's compiler with `quick` in place of `escape` where a template writes a value, and with plain
    calls of `PLAIN`.
    """

    @override
    def visit_Call(self, node: Any, frame: Any, forward_caller: bool = False) -> None:
        named = {keyword.key for keyword in node.kwargs}
        plain = isinstance(node.node, nodes.Name) and node.node.name in PLAIN
        if not plain or forward_caller or node.dyn_args or node.dyn_kwargs or any(map(iskeyword, named)):
            super().visit_Call(node, frame, forward_caller=forward_caller)
            return
        if node.node.name == "_" and not named and len(node.args) == 1:
            self.write("said(")
        else:
            self.visit(node.node, frame)
            self.write("(")
        for argument in (*node.args, *node.kwargs):
            self.visit(argument, frame)
            self.write(", ")
        self.write(")")

    def _output_child_pre(self, node: Any, frame: Any, finalize: Any) -> None:
        if frame.eval_ctx.volatile or not frame.eval_ctx.autoescape or finalize.src is not None:
            super()._output_child_pre(node, frame, finalize)
        else:
            self.write("quick(")

    def write_commons(self) -> None:
        super().write_commons()
        self.writeline("quick = environment.quick")
        self.writeline("said = environment.said")


class PageEnvironment(TextEnvironment):
    """The environment of our pages."""

    code_generator_class = QuickGenerator
    quick = staticmethod(quick)
    said = staticmethod(said)


def attributes(values: Mapping[str, Any] | None = None, **more: Any) -> Markup:
    """HTML attributes from a mapping, each escaped and with a leading space; True writes the name alone,
    None and False nothing."""
    written = []
    for name, value in {**(values or {}), **more}.items():
        if value is None or value is False:
            continue
        name = name.replace("_", "-")
        written.append(f" {escape(name)}" if value is True else f' {escape(name)}="{escape(value)}"')
    return Markup("".join(written))  # noqa: S704


def page(request: HttpRequest) -> dict[str, Any]:
    """What every page knows (context processor): user, page_nonce, lang, look, theme, here, demo."""
    look = look_of(request)
    token = cache(lambda: get_token(request))
    return {
        "user": getattr(request, "user", None),
        "page_nonce": SimpleLazyObject(lambda: str(get_nonce(request))),
        "lang": "en" if english() else "zh-Hant-TW",
        "messages": SimpleLazyObject(lambda: get_messages(request)),
        # One mask for all forms of a page: making one takes as long as a query.
        "csrf_token": _later(token),
        "csrf_input": SimpleLazyObject(lambda: Markup(FIELD) % token()),  # noqa: S704
        "look": look,
        "theme": look.theme,
        "here": request.get_full_path(),
        "demo": settings.DEMO,
    }


def template_folders() -> Iterator[Path]:
    """The template folders of the house in the order of search: rooms, the floors above the desk, the desk,
    the kernel."""
    rank = {"desk": 2, "kernel": 3}
    rooms = set(getattr(settings, "ROOMS", ()))

    def place(name: str) -> int:
        return 0 if name in rooms else rank.get(name.split(".")[1], 1)

    ours = [config for config in apps.get_app_configs() if config.name.startswith("yankao.")]
    for config in sorted(ours, key=lambda config: place(config.name)):
        folder = Path(config.path) / "templates"
        if folder.is_dir():
            yield folder


def kept_templates() -> FileSystemBytecodeCache | None:
    """Where compiled templates are kept for the next process, which would take seconds to compile them.

    Jinja asks whether the text of a template is still the same; what compiles it is in the folder's name:
    another version of Jinja or of this module begins another folder. None where nothing can be written.
    """
    compiler = hashlib.sha256(jinja_version.encode() + Path(__file__).read_bytes()).hexdigest()[:16]
    folder = Path(settings.TEMPLATE_CACHE) / compiler
    try:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        return FileSystemBytecodeCache(str(folder)) if os.access(folder, os.W_OK) else None
    except OSError:
        return None


def environment(**options: Any) -> Environment:
    """The environment that ``settings.TEMPLATES`` names; Django's own options are narrowed to ours."""
    options["bytecode_cache"] = kept_templates()
    options["loader"] = ChoiceLoader([FileSystemLoader(folder) for folder in template_folders()])
    options["undefined"] = StrictUndefined
    options["autoescape"] = True
    options["auto_reload"] = settings.DEBUG
    options["extensions"] = [
        *options.get("extensions", ()),
        "jinja2.ext.i18n",
        "jinja2.ext.loopcontrols",
        "jinja2.ext.do",
    ]
    env = PageEnvironment(trim_blocks=True, lstrip_blocks=True, cache_size=-1, **options)
    told: Any = lambda message: _told(gettext(message))  # noqa: E731
    env.install_gettext_callables(told, _ntold, newstyle=True, pgettext=_ptold)  # type: ignore[attr-defined]
    env.globals.update(
        _=translate,
        attributes=attributes,
        hx=hx,
        icon=icon,
        drawn_once=drawn_once,
        table_rows=table_rows,
        link=link,
        now=timezone.now,
        static=static,
        url=url,
        zip=zip,
        languages=settings.LANGUAGES,
    )
    env.filters.update(
        roc=_roc, roc_short=_roc_short, time=_time, number=_number, money=_money, measure=_measure
    )
    return env
