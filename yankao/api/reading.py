"""What a program gave, as the values a move takes: one row of a table for each type that may be asked for.

Every fault is found and told by the name of what was given; nothing is guessed, rounded or cut.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from datetime import date, datetime
from decimal import Decimal
from typing import Any, NoReturn

from django.core.exceptions import RequestDataTooBig, ValidationError
from django.db import models
from django.http import HttpRequest, UnreadablePostError
from django.utils import timezone
from django.utils.translation import gettext as _

from yankao.kernel.casework.asks import Accept, Ask
from yankao.kernel.casework.models import Case
from yankao.kernel.casework.schema import column_of, fits, rows_for
from yankao.kernel.evidence.models import Evidence
from yankao.kernel.people.models import Agency, User

from .answers import Problem

LARGEST = 2**63 - 1
MOST_WORDS = 20_000
MOST_ROWS = 500
EARLIEST, LATEST = date(1912, 1, 1), date(2400, 12, 31)
BY_NAME: dict[type[models.Model], str] = {Agency: "code", User: "username", Case: "number"}
"""Rows that may be named by what people call them, instead of by id."""

_DECIMAL = re.compile(r"-?[0-9]{1,40}(\.[0-9]{1,20})?")
_NUL = "\x00"


class Fault(Exception):
    """A value that cannot be taken. `str()` is the sentence."""


def body_of(request: HttpRequest) -> dict[str, Any]:
    """The JSON object of a request. Raises Problem 400, 413 or 415."""
    if request.content_type != "application/json":
        raise Problem(415, "media_type", _("請以application/json傳送。"))
    try:
        found = json.loads(request.body, parse_float=Decimal, parse_constant=_no_number)
    except RequestDataTooBig:
        raise Problem(413, "too_large", _("傳送的內容太大。")) from None
    except (ValueError, ArithmeticError, RecursionError, UnreadablePostError):
        raise Problem(400, "not_json", _("內容不是合法的JSON。")) from None
    if not isinstance(found, dict):
        raise Problem(400, "not_json", _("內容應為一個JSON物件。"))
    return found


def _no_number(name: str) -> NoReturn:
    raise ValueError(name)


class Given:
    """The values read so far, and what was wrong with others."""

    def __init__(self) -> None:
        self.values: dict[str, Any] = {}
        self.errors: dict[str, list[str]] = {}

    def blame(self, name: str, sentence: Any) -> None:
        self.errors.setdefault(name, []).append(str(sentence))

    def done(self) -> dict[str, Any]:
        """The values; raises Problem 422 with every fault."""
        if self.errors:
            raise Problem(422, "invalid", _("有欄位需要修正。"), self.errors)
        return self.values


def read(
    asks: Mapping[str, Ask], data: Mapping[str, Any], model: type[models.Model], user: Any,
    record: Any = None, given: Given | None = None, *, also: tuple[str, ...] = (),
) -> Given:  # fmt: skip
    """Read what is asked from `data`; names in `also` are somebody else's. Nothing is raised yet."""
    given = given or Given()
    for name in data:
        if name not in asks and name not in also:
            given.blame(name, _("沒有這個欄位。"))
    asked = tuple(asks.values())
    for name, ask in asks.items():
        value = data.get(name)
        if value is None:
            if not ask.optional:
                given.blame(name, _("這個欄位必填。"))
            continue
        try:
            given.values[name] = _one_or_many(ask, value, model, user, record, asked)
        except Fault as fault:
            given.blame(name, fault)
        except ValidationError as error:
            for sentence in error.messages:
                given.blame(name, sentence)
    return given


def _one_or_many(
    ask: Ask, value: Any, model: type[models.Model], user: Any, record: Any, asked: tuple[Ask, ...]
) -> Any:
    if not ask.many:
        return _one(ask, value, model, user, record, asked)
    if not isinstance(value, list):
        raise Fault(_("應為一個清單。"))
    if len(value) > MOST_ROWS:
        raise Fault(_("最多%(most)s列。") % {"most": MOST_ROWS})
    if not value and not ask.optional:
        raise Fault(_("請至少填一列。"))
    found = []
    for number, item in enumerate(value, 1):
        try:
            found.append(_one(ask, item, model, user, record, asked))
        except (Fault, ValidationError) as fault:
            words = "".join(fault.messages) if isinstance(fault, ValidationError) else str(fault)
            raise Fault(_("第%(row)s列：%(fault)s") % {"row": number, "fault": words}) from None
    return found


def _one(
    ask: Ask, value: Any, model: type[models.Model], user: Any, record: Any, asked: tuple[Ask, ...]
) -> Any:
    kind: Any = ask.type
    if ask.row is not None:
        return _row(ask, value, model, user, record)
    if kind is Evidence:
        return _evidence(ask, value, user)
    if isinstance(kind, type) and issubclass(kind, models.Model):
        return _chosen(ask, value, record, user)
    if isinstance(kind, type) and issubclass(kind, models.Choices):
        if not isinstance(value, str) or value not in kind.values:
            raise Fault(_("請給清單中的代碼：%(codes)s。") % {"codes": "、".join(map(str, kind.values))})
        return kind(value)
    read_plain = PLAIN.get(kind)
    if read_plain is None:
        raise TypeError(f"{ask.name}: a move cannot ask for {kind!r}")
    found = read_plain(value)
    if kind is str and not found and not ask.optional:
        raise Fault(_("這個欄位必填。"))
    named = column_of(ask.name, model, asked)
    if named is not None and fits(ask, named) and found not in ("", None):
        _within_column(named, found)
    return found


def _within_column(column: models.Field[Any, Any], value: Any) -> None:
    """What the column says of a value: its length, digits and range, and its choices."""
    column.run_validators(value)
    if column.choices and value not in [code for code, _label in column.flatchoices]:
        codes = "、".join(str(code) for code, _label in column.flatchoices)
        raise Fault(_("請給清單中的代碼：%(codes)s。") % {"codes": codes})


def _row(ask: Ask, value: Any, model: type[models.Model], user: Any, record: Any) -> Any:
    if not isinstance(value, dict):
        raise Fault(_("每一列應為一個物件。"))
    asks = ask.row or {}
    given = read(asks, value, model, user, record)
    if given.errors:
        raise Fault("；".join(f"{name}：{''.join(texts)}" for name, texts in given.errors.items()))
    kind: Any = ask.type
    return kind(**given.values)


def _evidence(ask: Ask, value: Any, user: Any) -> Evidence:
    """A file the person uploaded beforehand, of a kind that is taken."""
    number = whole(value)
    found = Evidence.objects.filter(pk=number, uploaded_by=user).first()
    if found is None:
        raise Fault(_("沒有這個檔案，請先上傳並給回傳的id。"))
    accept = ask.find(Accept)
    if accept and found.kind not in accept.kinds:
        kinds = "、".join(kind.upper() for kind in accept.kinds)
        raise Fault(
            _("「%(name)s」的格式不在接受範圍內，請改以%(kinds)s檔上傳。")
            % {"name": found.name, "kinds": kinds}
        )
    return found


def _chosen(ask: Ask, value: Any, record: Any, user: Any) -> Any:
    """A row among those to choose from, named by id or, for some, by what people call it."""
    kind: Any = ask.type
    key = "pk"
    if isinstance(value, str) and kind in BY_NAME:
        key, value = BY_NAME[kind], text(value)
    elif isinstance(kind._meta.pk, models.CharField):
        value = text(value)
    else:
        value = whole(value)
    rows = rows_for(ask, record, user)
    if isinstance(rows, models.QuerySet) and not rows.query.is_sliced:
        found = rows.filter(**{key: value}).first()
    else:
        found = next((row for row in rows if getattr(row, key) == value), None)
    if found is None:
        raise Fault(_("「%(row)s」不在可選的範圍。") % {"row": value})
    return found


# ── Plain values ────────────────────────────────────────────────────────────────────────────────────


def text(value: Any) -> str:
    """Text without blanks around it."""
    if not isinstance(value, str):
        raise Fault(_("應為文字。"))
    if len(value) > MOST_WORDS:
        raise Fault(_("最多%(most)s個字。") % {"most": f"{MOST_WORDS:,}"})
    if _NUL in value or any("\ud800" <= sign <= "\udfff" for sign in value):
        raise Fault(_("含有無法保存的字元。"))
    return value.strip()


def whole(value: Any) -> int:
    """A whole number."""
    if isinstance(value, bool) or not isinstance(value, int):
        raise Fault(_("應為整數。"))
    if abs(value) > LARGEST:
        raise Fault(_("數值超出可處理的範圍。"))
    return value


def exact(value: Any) -> Decimal:
    """An exact number: text such as "12.50", or a JSON number."""
    if isinstance(value, int) and not isinstance(value, bool):
        value = str(value) if abs(value) < 10**40 else ""
    if isinstance(value, Decimal):
        value = f"{value:f}" if -40 < value.adjusted() < 40 else ""
    if not isinstance(value, str) or not _DECIMAL.fullmatch(value):
        raise Fault(_('應為數字，例如"12.50"。'))
    return Decimal(value)


def yes_or_no(value: Any) -> bool:
    if not isinstance(value, bool):
        raise Fault(_("應為true或false。"))
    return value


def day(value: Any) -> date:
    """A day, `2012-01-31`."""
    try:
        found = date.fromisoformat(value) if isinstance(value, str) and len(value) == 10 else None
    except ValueError:
        found = None
    if found is None:
        raise Fault(_("應為日期，例如2012-01-31。"))
    if not EARLIEST <= found <= LATEST:
        raise Fault(_("日期超出可處理的範圍。"))
    return found


def moment(value: Any) -> datetime:
    """A moment, `2012-01-31T09:00:00+08:00`; without an offset it is Taipei's."""
    try:
        found = datetime.fromisoformat(value) if isinstance(value, str) and len(value) <= 40 else None
    except ValueError:
        found = None
    if found is None:
        raise Fault(_("應為時間，例如2012-01-31T09:00:00+08:00。"))
    if not EARLIEST < found.date() < LATEST:
        raise Fault(_("日期超出可處理的範圍。"))
    return timezone.make_aware(found) if timezone.is_naive(found) else found


PLAIN: dict[Any, Callable[[Any], Any]] = {
    str: text, int: whole, Decimal: exact, bool: yes_or_no, date: day, datetime: moment,
}  # fmt: skip
"""How each plain type is read."""
