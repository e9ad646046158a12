"""Bulk moves: the same move on many picked cases, shown row by row before and after.

Each case is moved in its own transaction with its own idempotency key, so that one refusal stops nobody else
and sending the page twice does nothing twice. Only moves whose questions have one answer for all rows (text,
day, number, choice) are offered.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from django import forms
from django.contrib.auth.decorators import login_required
from django.core.exceptions import BadRequest, ValidationError
from django.db.models import TextChoices
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.text import format_lazy
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.decorators.http import require_POST

from yankao.kernel.casework.asks import LONG, Ask
from yankao.kernel.casework.duties import NONE
from yankao.kernel.casework.models import Case, Follow
from yankao.kernel.casework.process import Extend, Move, Process, Refused, processes, visible
from yankao.kernel.labels import said
from yankao.kernel.notice import send
from yankao.kernel.people.models import User

from . import nav
from .addresses import case_address, place
from .fields import RocDateField
from .pages import render_page
from .parts import Action, Link, Tag

MOST = 200
"""Rows of one bulk move."""
OFFERED = 6
"""Buttons of the bar: the moves most rows of the page can use come first."""


# ── Which moves can be made in bulk ───────────────────────────────────────────────────────────────


def _simple(ask: Ask) -> bool:
    if ask.many:
        return False
    if isinstance(ask.type, type):
        return issubclass(ask.type, str | bool | int | Decimal | date)
    return False


def in_bulk(move: Move[Any, ...]) -> bool:
    """Whether one set of answers can serve many cases; what only some answers could not serve may be left
    empty.
    """
    return all(_simple(ask) or ask.optional for ask in move.asks.values())


ASSIGN, REMIND, FOLLOW = gettext_lazy("改分派"), gettext_lazy("催辦"), gettext_lazy("關注")


def offered(standing: Iterable[tuple[str, str]], user: Any) -> list[Action]:
    """The buttons for the (kind, stage) pairs on a page: the moves open from there to this person, then the
    plain acts.
    """
    found: dict[str, Action] = {}
    language = place()[0]
    for kind, stage in sorted(standing):
        process = processes.get(kind)
        for move in process.moves.values() if process else ():
            if stage not in move.sources or isinstance(move, Extend) or not move.main or not in_bulk(move):
                continue
            duty = move.by.cases(user)
            if not duty or duty.children != NONE.children:
                code = f"{kind}:{move.name}"
                found.setdefault(
                    code, Action(said(move.label, language), "move", code, "" if found else "primary")
                )
    if not standing:
        return []
    plain = [
        Action(said(ASSIGN, language), "move", "assign"),
        Action(said(REMIND, language), "move", "remind"),
        Action(said(FOLLOW, language), "move", "follow"),
    ]
    return [*list(found.values())[:OFFERED], *plain]


# ── What is to be done ────────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True)
class Deed:
    """One act for many cases: its words, its form, whether it can be done to a record, and doing it."""

    code: str
    label: str
    form: Callable[..., forms.Form]
    refusal: Callable[[Any, Process[Any], User], str]
    do: Callable[[Any, Process[Any], User, dict[str, Any], str], bool]


def _field(ask: Ask, record: type[Any]) -> forms.Field:
    columns = {column.name: column for column in record._meta.concrete_fields}
    column = columns.get(ask.name)
    label = ask.label or (column.verbose_name if column is not None else ask.name)
    common: dict[str, Any] = {"label": label, "required": not ask.optional, "help_text": ask.help}
    if issubclass(ask.type, TextChoices):
        empty = [] if not ask.optional else [("", "—")]
        return forms.TypedChoiceField(
            choices=[*empty, *ask.type.choices], coerce=ask.type, empty_value=ask.default, **common
        )
    if issubclass(ask.type, bool):
        return forms.BooleanField(**{**common, "required": False})
    if issubclass(ask.type, date):
        return RocDateField(**common)
    if issubclass(ask.type, Decimal):
        return forms.DecimalField(**common)
    if issubclass(ask.type, int):
        return forms.IntegerField(**common)
    widget: forms.Widget = forms.Textarea(attrs={"rows": 3}) if ask.has(LONG) else forms.TextInput()
    return forms.CharField(widget=widget, **common)


def _move_deed(code: str, process: Process[Any], move: Move[Any, ...]) -> Deed:
    fields = {name: _field(ask, process.record) for name, ask in move.asks.items() if _simple(ask)}
    form: Any = type("BulkMoveForm", (forms.Form,), fields)

    def refusal(record: Any, own: Process[Any], user: User) -> str:
        if own is not process:
            return _("這個動作屬於「%(room)s」，不適用於本案。") % {"room": process.title}
        return move.refusal(record, user)

    def do(record: Any, own: Process[Any], user: User, given: dict[str, Any], key: str) -> bool:
        if own is not process:
            raise Refused(refusal(record, own, user))
        # An optional answer left empty means the move's own default.
        said = {k: v for k, v in given.items() if not (move.asks[k].optional and v in (None, ""))}
        return move.run(record, user, said, key=key)

    return Deed(code, str(move.label), form, refusal, do)


class AssignForm(forms.Form):
    """Whom to give the cases to, by log-in name or name."""

    officer = forms.CharField(
        label=gettext_lazy("新承辦人"), help_text=gettext_lazy("姓名或帳號"), max_length=150
    )

    def clean_officer(self) -> User:
        text = self.cleaned_data["officer"].strip()
        found = list(
            User.objects.filter(is_active=True, username=text)
            or User.objects.filter(is_active=True, name=text)[:3]
        )
        if not found:
            raise ValidationError(_("找不到「%(text)s」這個人，請輸入完整姓名或帳號。") % {"text": text})
        if len(found) > 1:
            raise ValidationError(_("「%(text)s」不只一人，請改用帳號。") % {"text": text})
        return found[0]


def _assign_refusal(record: Any, process: Process[Any], user: User) -> str:
    if process.assigned_by.held_by(user, record.case):
        return ""
    return _("分派由%(duty)s辦理。") % {"duty": process.assigned_by.name}


def _assign(record: Any, process: Process[Any], user: User, given: dict[str, Any], key: str) -> bool:
    return process.assign(record, user, given["officer"], key=key)


class RemindForm(forms.Form):
    """What to say with the reminder."""

    words = forms.CharField(
        label=gettext_lazy("提醒文字"),
        required=False,
        max_length=200,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text=gettext_lazy("可不填；案號、案名與期限會自動附上"),
    )


def _remind_refusal(record: Any, process: Process[Any], user: User) -> str:
    if record.case.closed_on is not None:
        return _("案件已結，不必催辦。")
    if record.case.officer_id is None:
        return _("案件還沒有承辦人，請先分派。")
    return _("您就是承辦人。") if record.case.officer_id == user.pk else ""


def _remind(record: Any, process: Process[Any], user: User, given: dict[str, Any], key: str) -> bool:
    if sentence := _remind_refusal(record, process, user):
        raise Refused(sentence)
    words = str(given.get("words") or "").replace("{", "｛").replace("}", "｝")
    text = format_lazy("{}{}", gettext_lazy("催辦：{number}「{title}」"), words)
    return bool(send.to([record.case.officer], kind="reminder", text=text, case=record.case, key=key))


def _follow(record: Any, process: Process[Any], user: User, given: dict[str, Any], key: str) -> bool:
    return Follow.objects.get_or_create(case=record.case, user=user)[1]


def _deed(code: str) -> Deed:
    match code:
        case "assign":
            return Deed(code, _("改分派"), AssignForm, _assign_refusal, _assign)
        case "remind":
            return Deed(code, _("催辦"), RemindForm, _remind_refusal, _remind)
        case "follow":
            return Deed(code, _("關注"), forms.Form, lambda record, process, user: "", _follow)
    kind, _colon, name = code.partition(":")
    process = processes.get(kind)
    move = process.moves.get(name) if process else None
    if process is None or move is None or not in_bulk(move):
        raise BadRequest(_("沒有這個批次動作，請回到清單重新選擇。"))
    return _move_deed(code, process, move)


# ── The rows ──────────────────────────────────────────────────────────────────────────────────────


@dataclass
class Line:
    """One picked case: its record when the person may know of it, and what is or was to be said of it."""

    number: str
    title: str = ""
    href: str = ""
    record: Any = None
    process: Any = None
    state: Tag | None = None
    sentence: str = ""


def picked(numbers: Sequence[str], user: Any) -> list[Line]:
    """The picked cases in the order given; one the person may not know of is as unknown as one that does not
    exist.
    """
    found = Case.objects.filter(visible(user), number__in=numbers).values_list("number", "pk", "kind")
    known = {number: (pk, kind) for number, pk, kind in found}
    by_kind: dict[str, list[int]] = {}
    for pk, kind in known.values():
        by_kind.setdefault(kind, []).append(pk)
    records: dict[int, Any] = {}
    for kind, ids in by_kind.items():
        model = processes[kind].record
        rows = model._default_manager.select_related("case", "case__officer", "case__agency").filter(
            pk__in=ids
        )
        records |= {record.pk: record for record in rows}
    lines, address = [], case_address()
    for number in numbers:
        pk, kind = known.get(number, (0, ""))
        record = records.get(pk)
        if record is None:
            lines.append(Line(number, sentence=_("查無此案。")))
        else:
            lines.append(Line(number, record.case.title, address % pk, record, processes[kind]))
    return lines


def _preview(lines: list[Line], deed: Deed, user: User) -> int:
    ready = 0
    for line in lines:
        if line.record is not None:
            line.sentence = deed.refusal(line.record, line.process, user)
        if line.sentence:
            line.state = Tag(_("不會辦理"), "amber")
        else:
            line.state = Tag(_("會辦理"), "blue")
            ready += 1
    return ready


def _carry_out(lines: list[Line], deed: Deed, user: User, given: dict[str, Any], batch: str) -> int:
    done = 0
    for line in lines:
        if line.record is None:
            line.state = Tag(_("未辦理"), "red")
            continue
        try:
            fresh = deed.do(line.record, line.process, user, given, f"{batch}:{line.record.pk}")
        except Refused as refused:
            line.state, line.sentence = Tag(_("未辦理"), "red"), str(refused)
        except ValidationError as wrong:
            line.state, line.sentence = Tag(_("未辦理"), "red"), " ".join(wrong.messages)
        else:
            line.state = Tag(_("已辦理"), "green")
            line.sentence = "" if fresh else _("先前已經辦過，這次沒有再辦。")
            done += 1
    return done


def _way_back(request: HttpRequest) -> str:
    target = request.POST.get("next", "")
    if url_has_allowed_host_and_scheme(target, {request.get_host()}, require_https=request.is_secure()):
        return target
    return reverse("desk:work")


def _batch(text: str) -> str:
    try:
        return uuid.UUID(text).hex
    except ValueError:
        return uuid.uuid4().hex


@login_required
@require_POST
def bulk(request: HttpRequest) -> HttpResponse:
    """First the picked cases with what will happen to each and the move's questions; confirmed, what did
    happen.
    """
    user = request.user
    assert isinstance(user, User)
    numbers = list(dict.fromkeys(request.POST.getlist("id")))
    back = _way_back(request)
    if not numbers or len(numbers) > MOST:
        text = (
            _("還沒有勾選案件。請回到清單勾選後再試。")
            if not numbers
            else _("一次最多%(n)s件。") % {"n": MOST}
        )
        context = {**nav.frame(request), "heading": _("批次作業"), "words": text, "back": back}
        return render_page(request, "desk/bulk_nothing.html", context, status=422)
    deed = _deed(request.POST.get("move", ""))
    confirmed = "confirm" in request.POST
    form = deed.form(request.POST) if confirmed else deed.form()
    lines, finished = picked(numbers, user), False
    if confirmed and form.is_valid():
        done = _carry_out(lines, deed, user, form.cleaned_data, _batch(request.POST.get("batch", "")))
        nav.forget(user.pk)
        finished, lead = True, _outcome(done, len(lines) - done)
    else:
        ready = _preview(lines, deed, user)
        lead = ngettext("將辦理%(n)s件", "將辦理%(n)s件", ready) % {"n": ready}
    context = {
        **nav.frame(request),
        "heading": _("批次：%(move)s") % {"move": deed.label},
        "lead": lead,
        "crumbs": [Link(_("清單"), back), Link(_("批次作業"), "")],
        "lines": lines,
        "form": form,
        "deed": deed,
        "finished": finished,
        "ready": not finished and any(not line.sentence for line in lines),
        "batch": _batch(request.POST.get("batch", "")),
        "back": back,
    }
    return render_page(request, "desk/bulk.html", context, status=422 if form.errors else 200)


def _outcome(done: int, refused: int) -> str:
    if not refused:
        return ngettext("已辦理%(n)s件", "已辦理%(n)s件", done) % {"n": done}
    return _("已辦理%(done)s件，未辦理%(refused)s件") % {"done": done, "refused": refused}
