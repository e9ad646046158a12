"""What a list can be narrowed by: one grammar for the address, for the chips and for the search box.

The address is the state of a list (`?agency=W01&state=open&due=<3d`). In the search box the same is written
in words (`機關:水利局 狀態:未結 期限:<3天`); words without a name before them are looked for in number and
title.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from functools import cache, cached_property
from typing import Any

from django.core.exceptions import FieldDoesNotExist
from django.db import models
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from yankao.kernel import roc
from yankao.kernel.casework.models import Case
from yankao.kernel.casework.process import Process, visible
from yankao.kernel.casework.searched import Searched
from yankao.kernel.rooms import Room, rooms

from . import reference
from .deadlines import midnight
from .jinja import format_short_date
from .screens import Column, Filter, screens_of

RARE = 2000
"""A value of a room's own column that at most so many records have is looked up first; a commoner one is
tried row by row.
"""
COMMON = 10_000
"""A value that more records have is counted by a walk, which of a million cases looks at a hundred thousand
at most, and at a few thousand where many rows hold the value.
"""
CHOICES_SHOWN = 300

_FULL_WIDTH = str.maketrans("：＜＞＝～，　", ":<>=~, ")
_TERM = re.compile(
    r'(?P<name>[^\s:"]+):(?:"(?P<quoted>[^"]*)"|(?P<plain>\S*))|"(?P<phrase>[^"]*)"|(?P<word>\S+)'
)
_DAYS = re.compile(r"<\s*(\d{1,3})\s*(?:d|天|日|days?)?")


@dataclass(frozen=True)
class Scope:
    """Whose list it is, of which room (None: all rooms), and when."""

    user: Any
    room: Room | None
    now: datetime

    @property
    def process(self) -> Process[Any] | None:
        return self.room.process if self.room else None

    @cached_property
    def today(self) -> date:
        return timezone.localtime(self.now).date()


type Choices = Sequence[tuple[str, str]]


@dataclass(frozen=True)
class Asked:
    """One thing a list can be narrowed by.

    `read` turns what was written, in words or in the address, into the value kept in the address (None: not
    understood); `where` is the condition on the docket, or on the room's record when `of_record`.
    """

    name: str
    label: Any
    read: Callable[[str, Scope], str | None]
    where: Callable[[Sequence[str], Scope], Q]
    words: Callable[[str, Scope], str]
    choices: Callable[[Scope], Choices] | None = None
    also: tuple[Any, ...] = ()
    many: bool = True
    of_record: bool = False
    hint: Any = ""

    def is_called(self, name: str) -> bool:
        return name.casefold() in {str(word).casefold() for word in (self.name, self.label, *self.also)}


# ── The docket's own ──────────────────────────────────────────────────────────────────────────────


def _read_agency(text: str, scope: Scope) -> str | None:
    known = reference.agencies().values()
    exact = (one.code for one in known if text in (one.code, one.zh) or text.casefold() == one.en.casefold())
    return next(exact, None)


def _agency_words(code: str, scope: Scope) -> str:
    return next((one.name for one in reference.agencies().values() if one.code == code), code)


def _of_agencies(codes: Sequence[str], scope: Scope) -> Q:
    ids = [pk for pk, one in reference.agencies().items() if one.code in codes]
    return Q(agency_id=ids[0]) if len(ids) == 1 else Q(agency_id__in=ids)


def _agency_choices(scope: Scope) -> Choices:
    return [(one.code, one.name) for one in reference.agencies().values()]


def _stages(scope: Scope) -> Choices:
    process = scope.process
    return [(value, str(label)) for value, label in process.stages.choices] if process else []


def _read_stage(text: str, scope: Scope) -> str | None:
    if scope.process and text in scope.process.stages:
        return text
    return next((value for value, label in _stages(scope) if text == label), None)


def _stage_words(value: str, scope: Scope) -> str:
    return scope.process.stage_label(value) if scope.process else value


def _in_stages(values: Sequence[str], scope: Scope) -> Q:
    return Q(stage=values[0]) if len(values) == 1 else Q(stage__in=values)


def _read_officer(text: str, scope: Scope) -> str | None:
    if text.casefold() in ("me", "我", "本人"):
        return "me"
    found = reference.people_called([text])
    return found[0].code if len(found) == 1 else text if len(found) > 1 else None


def _officer_words(value: str, scope: Scope) -> str:
    if value == "me":
        return _("我")
    found = reference.people_called([value])
    return found[0].name if found else value


def _of_officers(values: Sequence[str], scope: Scope) -> Q:
    ids = [one.pk for one in reference.people_called(value for value in values if value != "me")]
    if "me" in values:
        ids.append(scope.user.pk)
    return Q(officer_id=ids[0]) if len(ids) == 1 else Q(officer_id__in=ids)


_STATES: Choices = [("open", gettext_lazy("未結")), ("closed", gettext_lazy("已結"))]  # type: ignore[list-item]


def _read_among(choices: Choices) -> Callable[[str, Scope], str | None]:
    return lambda text, scope: next(
        (code for code, label in choices if text.casefold() in (code.casefold(), str(label).casefold())), None
    )


def _words_among(choices: Choices) -> Callable[[str, Scope], str]:
    return lambda code, scope: str(dict(choices).get(code, code))


_DUES: Choices = [
    ("late", gettext_lazy("逾期")),  # type: ignore[list-item]
    ("today", gettext_lazy("今天到期")),  # type: ignore[list-item]
    ("week", gettext_lazy("本週到期")),  # type: ignore[list-item]
    ("none", gettext_lazy("無期限")),  # type: ignore[list-item]
]


def _read_due(text: str, scope: Scope) -> str | None:
    if match := _DAYS.fullmatch(text):
        return f"<{int(match[1])}d"
    short = {_("今天"): "today", _("本週"): "week", _("無"): "none"}
    return short.get(text) or _read_among(_DUES)(text, scope)


def _due_words(value: str, scope: Scope) -> str:
    if match := _DAYS.fullmatch(value):
        n = int(match[1])
        return ngettext("少於%(n)s天", "少於%(n)s天", n) % {"n": n}
    return _words_among(_DUES)(value, scope)


def week_end(today: date) -> date:
    """The Sunday that ends this week; the office's week begins on Monday."""
    return today + timedelta(days=6 - today.weekday())


def due_between(value: str, scope: Scope) -> Q:
    """The cases whose deadline is late, today, this week, none, or fewer than so many days away (late ones
    among them).
    """
    today, day = scope.today, timedelta(days=1)
    if match := _DAYS.fullmatch(value):
        return Q(due_at__lt=midnight(today + int(match[1]) * day))
    # To the minute, so that a list and its landmarks keep their name for a while.
    minute = scope.now.replace(second=0, microsecond=0)
    match value:
        case "late":
            return Q(due_at__lt=minute)
        case "today":
            return Q(due_at__gte=minute, due_at__lt=midnight(today + day))
        case "week":
            return Q(due_at__gte=minute, due_at__lt=midnight(week_end(today) + day))
        case _:
            return Q(due_at=None)


def _any_due(values: Sequence[str], scope: Scope) -> Q:
    found = Q()
    for value in values:
        found |= due_between(value, scope)
    return found & Q(closed_on=None)


def _read_day(text: str, scope: Scope) -> str | None:
    try:
        return roc.parse_roc(text).isoformat()
    except roc.RocError:
        return None


def _day_words(value: str, scope: Scope) -> str:
    return format_short_date(date.fromisoformat(value))


def _first_word(text: str, scope: Scope) -> str | None:
    return text.strip() or None


def _searched(values: Sequence[str], scope: Scope) -> Searched:
    seen = scope.process.visible(scope.user) if scope.process else visible(scope.user)
    return Searched(" ".join(values), seen)


def _text_where(values: Sequence[str], scope: Scope) -> Q:
    return _searched(values, scope).where


def _read_district(text: str, scope: Scope) -> str | None:
    known = reference.districts().values()
    exact = (one.code for one in known if text in (one.code, one.zh) or text.casefold() == one.en.casefold())
    return next(exact, None)


def _district_words(code: str, scope: Scope) -> str:
    found = reference.districts().get(code)
    return found.name if found else code


def _district_choices(scope: Scope) -> Choices:
    return [(one.code, one.name) for one in reference.districts().values()]


AGENCY = Asked(
    "agency",
    gettext_lazy("機關"),
    _read_agency,
    _of_agencies,
    _agency_words,
    _agency_choices,
    also=("機關", "主辦機關", "agency"),
)
DISTRICT = Asked(
    "district",
    gettext_lazy("行政區"),
    _read_district,
    lambda codes, scope: Q(district_id=codes[0]) if len(codes) == 1 else Q(district_id__in=codes),
    _district_words,
    _district_choices,
    also=("行政區",),
)
STAGE = Asked("stage", gettext_lazy("階段"), _read_stage, _in_stages, _stage_words, _stages, also=("階段",))
STATE = Asked(
    "state",
    gettext_lazy("狀態"),
    _read_among(_STATES),
    lambda values, scope: Q(closed_on__isnull=values[-1] == "open"),
    _words_among(_STATES),
    lambda scope: _STATES,
    also=("狀態", "status"),
    many=False,
)
OFFICER = Asked(
    "officer",
    gettext_lazy("承辦"),
    _read_officer,
    _of_officers,
    _officer_words,
    also=("承辦", "承辦人"),
    hint=gettext_lazy("姓名、帳號，或「我」"),
)
DUE = Asked(
    "due",
    gettext_lazy("期限"),
    _read_due,
    _any_due,
    _due_words,
    lambda scope: _DUES,
    also=("期限",),
    many=False,
)
SINCE = Asked(
    "from",
    gettext_lazy("立案起日"),
    _read_day,
    lambda values, scope: Q(opened_on__gte=date.fromisoformat(values[-1])),
    _day_words,
    also=("立案起日",),
    many=False,
    hint=gettext_lazy("例如115/11/23"),
)
UNTIL = Asked(
    "to",
    gettext_lazy("立案迄日"),
    _read_day,
    lambda values, scope: Q(opened_on__lte=date.fromisoformat(values[-1])),
    _day_words,
    also=("立案迄日",),
    many=False,
    hint=gettext_lazy("例如115/11/23"),
)
TEXT = Asked("q", gettext_lazy("關鍵字"), _first_word, _text_where, lambda value, scope: value, many=False)


def _rooms_of(scope: Scope) -> Choices:
    return [(room.name, room.title) for room in rooms() if room.process]


ROOM = Asked(
    "room",
    gettext_lazy("業務"),
    lambda text, scope: _read_among(_rooms_of(scope))(text, scope),
    lambda values, scope: Q(kind__in=values),
    lambda value, scope: dict(_rooms_of(scope)).get(value, value),
    _rooms_of,
    also=("業務", "來源"),
)


# ── A room's own ──────────────────────────────────────────────────────────────────────────────────


def _column(model: type[models.Model], lookup: str) -> models.Field[Any, Any] | None:
    """The column a lookup begins with, when it is one."""
    found: Any = None
    for part in lookup.split("__"):
        try:
            found = model._meta.get_field(part)
        except FieldDoesNotExist:
            return None
        if not found.is_relation:
            return found if isinstance(found, models.Field) else None
        model = found.related_model
    return found if isinstance(found, models.Field) else None


def _choices_of(column: models.Field[Any, Any] | None) -> Callable[[Scope], Choices] | None:
    if column is None:
        return None
    if column.choices:
        flat = [(str(code), label) for code, label in column.flatchoices if code not in ("", None)]
        return lambda scope: [(code, str(label)) for code, label in flat]
    if isinstance(column, models.BooleanField):
        return lambda scope: [("1", _("是")), ("0", _("否"))]
    if column.is_relation:
        rows: Any = column.related_model
        return lambda scope: [(str(row.pk), str(row)) for row in rows._default_manager.all()[:CHOICES_SHOWN]]
    return None


def _own(model: type[models.Model], wish: str | Filter) -> list[Asked]:
    """The filters a room's wish makes: one, or two (from and to) for a date."""
    lookup = wish if isinstance(wish, str) else wish.lookup
    name = wish if isinstance(wish, str) else wish.name
    column = _column(model, lookup)
    label = wish.label if isinstance(wish, Filter) else column.verbose_name if column is not None else name
    if isinstance(wish, Filter) and wish.find is not None:
        return [_own_found(wish, wish.find)]
    own = wish.choices if isinstance(wish, Filter) else None
    special = wish.where if isinstance(wish, Filter) else None
    choices = (lambda scope: [(str(c), str(w)) for c, w in own(scope.user)]) if own else _choices_of(column)
    if choices is None and isinstance(column, models.DateField):
        return _own_days(name, lookup, label, isinstance(column, models.DateTimeField))
    if choices is None:
        return [
            Asked(
                name,
                label,
                _first_word,
                lambda values, scope: Q(**{f"{lookup}__icontains": values[-1]}),
                lambda value, scope: value,
                many=False,
                of_record=True,
            )
        ]

    def among(values: Sequence[str], scope: Scope) -> Q:
        if special is not None:
            return special(values)
        return Q(**{lookup: values[0]}) if len(values) == 1 else Q(**{f"{lookup}__in": list(values)})

    return [
        Asked(
            name,
            label,
            lambda text, scope: _read_among(choices(scope))(text, scope),
            among,
            lambda value, scope: dict(choices(scope)).get(value, value),
            choices,
            of_record=True,
        )
    ]


def _own_found(wish: Filter, find: Callable[[str], Mapping[str, str]]) -> Asked:
    """A filter of too many values to choose from: it is written, and one name may stand for several."""

    def among(values: Sequence[str], scope: Scope) -> Q:
        return Q(**{f"{wish.lookup}__in": [key for value in values for key in find(value)]})

    return Asked(
        wish.name,
        wish.label,
        lambda text, scope: text if find(text) else None,
        among,
        lambda value, scope: find(value).get(value, value),
        of_record=True,
        hint=wish.hint,
    )


def _own_days(name: str, lookup: str, label: Any, moment: bool) -> list[Asked]:
    column = f"{lookup}__date" if moment else lookup
    ends = ((gettext_lazy("%(label)s起"), "from", "gte"), (gettext_lazy("%(label)s迄"), "to", "lte"))

    def asked(words: Any, end: str, test: str) -> Asked:
        return Asked(
            f"{name}_{end}",
            str(words) % {"label": label},
            _read_day,
            lambda values, scope: Q(**{f"{column}__{test}": values[-1]}),
            _day_words,
            many=False,
            of_record=True,
            hint=gettext_lazy("例如115/11/23"),
        )

    return [asked(*end) for end in ends]


def filters_of(room: Room | None) -> list[Asked]:
    """Every filter of a list: the docket's, then the room's own."""
    if room is None:
        return [TEXT, ROOM, AGENCY, OFFICER, STATE, DUE, SINCE, UNTIL, DISTRICT]
    screens = screens_of(room)
    return _filters_of(room.process, screens.filters, screens.columns)


@cache
def _filters_of(
    process: Process[Any] | None, wishes: tuple[str | Filter, ...], columns: tuple[str | Column, ...]
) -> list[Asked]:
    found = [TEXT, AGENCY, STAGE, OFFICER, STATE, DUE, SINCE, UNTIL, DISTRICT]
    if process is not None:
        taken = {asked.name for asked in found}
        heads = {one.lookup.removesuffix("_id"): one.label for one in columns if isinstance(one, Column)}
        for wish in wishes:
            head = heads.get(wish if isinstance(wish, str) else wish.lookup)
            own = [one for one in _own(process.record, wish) if one.name not in taken]
            # What stands over the column is a name for its filter, too.
            found += [replace(one, also=(*one.also, head)) for one in own] if head and len(own) == 1 else own
    return found


# ── What was asked ────────────────────────────────────────────────────────────────────────────────


@dataclass
class Filters:
    """What one request asks of a list, value by value; `faults` are the sentences about the rest."""

    scope: Scope
    known: list[Asked]
    given: dict[str, list[str]] = field(default_factory=dict)
    faults: list[str] = field(default_factory=list)

    def refuse_unknown(self, names: Iterable[str]) -> None:
        """Say of each parameter that is none of a list's that it narrows nothing."""
        known = {asked.name for asked in self.known}
        for name in names:
            if name not in known:
                self.faults.append(_("沒有「%(name)s」這個條件，沒有套用。") % {"name": name[:40]})

    @classmethod
    def read(cls, query: Mapping[str, Any], scope: Scope) -> Filters:
        """From the parameters of an address (a QueryDict)."""
        filters = cls(scope, filters_of(scope.room))
        for asked in filters.known:
            written = query.getlist(asked.name) if hasattr(query, "getlist") else [query.get(asked.name, "")]
            for text in written:
                if text.strip():
                    filters._take(asked, text.strip())
        return filters

    def _take(self, asked: Asked, text: str) -> None:
        value = asked.read(text, self.scope)
        if value is None:
            self.faults.append(
                _("看不懂「%(name)s：%(text)s」，這個條件沒有套用。")
                % {"name": asked.label, "text": text[:40]}
            )
            return
        kept = self.given.setdefault(asked.name, [])
        if not asked.many:
            kept.clear()
        if value not in kept:
            kept.append(value)

    def __bool__(self) -> bool:
        return bool(self.given)

    @property
    def asked(self) -> Iterable[tuple[Asked, list[str]]]:
        return [(one, self.given[one.name]) for one in self.known if one.name in self.given]

    @property
    def pairs(self) -> list[tuple[str, str]]:
        """The parameters of the address."""
        return [(asked.name, value) for asked, values in self.asked for value in values]

    def agencies(self) -> list[reference.Named]:
        """The agencies asked for."""
        codes = self.given.get(AGENCY.name, [])
        return [one for one in reference.agencies().values() if one.code in codes]

    def words(self, asked: Asked) -> str:
        """The words of a chip: one or two values named, more counted."""
        values = self.given[asked.name]
        told = [asked.words(value, self.scope) for value in values[:2]]
        if len(values) > 2:
            return _("%(first)s等%(n)s項") % {"first": "、".join(told), "n": len(values)}
        return "、".join(told)

    def written(self) -> str:
        """The same in the words of the search box."""
        terms = []
        for asked, values in self.asked:
            for value in values:
                words = asked.words(value, self.scope)
                quoted = f'"{words}"' if re.search(r"\s", words) else words
                terms.append(words if asked is TEXT else f"{asked.label}:{quoted}")
        return " ".join(terms)

    def of_docket(self) -> list[Q] | None:
        """The conditions asked for when all are of the docket; None when one is of the room's record."""
        if any(asked.of_record for asked, _values in self.asked):
            return None
        return self.conditions

    @cached_property
    def _told(self) -> list[tuple[Asked, Q, Q]]:
        """What is asked for with its conditions, to walk by and to count by; the index is asked once."""
        found = []
        for asked, values in self.asked:
            if asked is TEXT:
                text = _searched(values, self.scope)
                found.append((asked, text.where, text.counted))
            else:
                where = asked.where(values, self.scope)
                found.append((asked, where, where))
        return found

    @property
    def conditions(self) -> list[Q]:
        """Everything asked for."""
        return [where for _asked, where, _counted in self._told]

    def narrow(self, cases: QuerySet[Case]) -> tuple[QuerySet[Case], QuerySet[Case]]:
        """The cases that fit, in the form that walks in order and in the form that counts."""
        own, counted = Q(), cases
        for asked, where, count in self._told:
            if asked.of_record:
                own &= where
            else:
                cases, counted = cases.filter(where), counted.filter(count)
        if not own or self.scope.process is None:
            return cases, counted
        return _by_record(cases, counted, self.scope.process.record, own)


def _by_record(
    cases: QuerySet[Case], counted: QuerySet[Case], record: type[models.Model], own: Q
) -> tuple[QuerySet[Case], QuerySet[Case]]:
    """Narrowed by the room's own columns, so that the planner has no wrong way to choose.

    A rare value is read first and its cases are picked by id. A common one is tried row by row while the
    docket is walked in the order of the list: the page is full soon. Counting, which stops at a thousand,
    goes the same way where many rows hold the value, and from the record where a walk would look at too many
    that do not.
    """
    rows = record._default_manager.filter(own)
    ids = list(rows.values_list("pk", flat=True)[: RARE + 1])
    if len(ids) <= RARE:
        few = cases.filter(pk__in=ids)
        return few, few
    holds = Exists(record._default_manager.filter(own, pk=OuterRef("pk")))
    many = rows[: COMMON + 1].count() > COMMON
    return cases.filter(holds), counted.filter(holds if many else Q(pk__in=rows.values("pk")))


def from_words(text: str, scope: Scope) -> tuple[list[tuple[str, str]], bool]:
    """What the search box says, as parameters of the address; and whether any filter was named in it."""
    pairs: list[tuple[str, str]] = []
    loose: list[str] = []
    known = filters_of(scope.room)
    for match in _TERM.finditer(text.translate(_FULL_WIDTH)):
        name, value = match["name"], match["quoted"] or match["plain"] or ""
        asked = (
            next((one for one in known if one is not TEXT and one.is_called(name)), None) if name else None
        )
        if asked is None:
            loose.append(match["phrase"] or match[0])
        elif asked is STATE and STAGE in known and STATE.read(value, scope) is None:
            pairs += [(STAGE.name, one) for one in _split(value)]
        else:
            pairs += [(asked.name, one) for one in _split(value)]
    named_any = bool(pairs)
    if loose:
        pairs.append((TEXT.name, " ".join(loose)))
    return pairs, named_any


def _split(value: str) -> list[str]:
    return [part for part in re.split(r"[,、]", value) if part]
