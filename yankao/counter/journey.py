"""Forms that ask one thing at a time: pages, check your answers, done (after GOV.UK's pattern).

    REPORT = Journey("report", title, lead, pages=(Page("photo", …), Page("place", …)), submit=send)

The answers lie in a sealed draft on our side (`drafts.py`); addresses and logs never hold one. Going back
loses nothing, and what is sent twice is one, because the draft's key is the key of the submission.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from django import forms
from django.db.models import Model
from django.utils.translation import gettext as _

from .drafts import Draft


@dataclass(frozen=True)
class Answer:
    """A line of check your answers."""

    label: str
    value: str


@dataclass(frozen=True)
class Sent:
    """What became of a submission: what is shown and kept until the draft goes.

    `number` and `code` open the case afterwards; `lines` say what happens next.
    """

    number: str
    code: str = ""
    title: str = ""
    lines: tuple[str, ...] = ()


TYPED = 10_000
"""So many letters of a field are kept while they are no answer yet."""
Shown = Callable[[Draft], bool]


def always(draft: Draft) -> bool:
    return True


@dataclass(frozen=True)
class Page:
    """One question. `form(draft)` gives the class of its form; `said(draft)` the lines on check your answers
    (the form's fields when not given); `act` takes a press that is no answer (a step on a map) and says
    whether it did; `after` is told of each answer.
    """

    name: str
    title: Any
    form: Callable[[Draft], type[forms.Form]]
    shown: Shown = always
    lead: Any = ""
    template: str = "counter/page.html"
    context: Callable[[Draft], dict[str, Any]] = lambda draft: {}
    said: Callable[[Draft], list[Answer]] | None = None
    act: Callable[[Draft, Any], bool] | None = None
    after: Callable[[Draft, forms.Form], None] | None = None
    watched: tuple[str, ...] = ()
    """Fields in which words of danger are looked for."""


@dataclass(frozen=True)
class Journey:
    """A form of several pages, from its first page to what the citizen takes away."""

    name: str
    title: Any
    lead: Any
    pages: tuple[Page, ...]
    submit: Callable[[Draft, str, Callable[[Sent], None]], None]
    """Sends the answers; the language is given, and what keeps the outcome: to be called in the transaction
    that opens the case, so that both are there or neither. Raises ValidationError with sentences for the
    citizen.
    """
    icon: str = "message"
    words: str = ""
    """By which words a search finds it, in both languages."""
    needs: tuple[Any, ...] = ()
    """What one should have at hand."""
    notice: Callable[[], list[Answer]] = list
    """What the law wants said before data is asked for (個資法 §8)."""
    readers: Callable[[Draft], list[str]] = lambda draft: []
    """Who will see what was told, said before it is sent."""
    button: Any = ""
    words_taken: tuple[str, ...] = ()
    """Names that a link to the form may carry along (a service somebody searched for)."""

    def page(self, name: str) -> Page | None:
        return next((one for one in self.pages if one.name == name), None)

    def shown(self, draft: Draft) -> list[Page]:
        """The pages this draft has to answer."""
        return [one for one in self.pages if one.shown(draft)]

    def next_of(self, draft: Draft, page: Page) -> Page | None:
        """The page after this one; None when the answers are to be checked."""
        shown = self.shown(draft)
        later = shown[shown.index(page) + 1 :] if page in shown else []
        return later[0] if later else None

    def before(self, draft: Draft, page: Page) -> Page | None:
        shown = self.shown(draft)
        place = shown.index(page) if page in shown else 0
        return shown[place - 1] if place else None

    def missing(self, draft: Draft) -> Page | None:
        """The first page that was not answered yet."""
        return next((one for one in self.shown(draft) if one.name not in draft.answers), None)


def kept(values: dict[str, Any]) -> dict[str, Any]:
    """Answers as a draft keeps them: rows by their key, numbers and dates as text."""
    return {name: _kept(value) for name, value in values.items()}


def _kept(value: Any) -> Any:
    if isinstance(value, Model):
        return value.pk
    if isinstance(value, Decimal):
        return str(value)
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, list | tuple):
        return [_kept(one) for one in value]
    return value


def typed(form: forms.Form) -> dict[str, Any]:
    """What stands in the fields a citizen sees, right or not; of files those that were taken."""
    found: dict[str, Any] = {}
    for one in form.visible_fields():
        if one.field.widget.needs_multipart_form:
            form.is_valid()  # takes the files
            found[one.name] = form.cleaned_data.get(one.name, [])
        else:
            found[one.name] = _cut(one.data)
    return kept(found)


def _cut(value: Any) -> Any:
    """No more of it than a form would take."""
    if isinstance(value, list):
        return [_cut(one) for one in value[:100]]
    return value[:TYPED] if isinstance(value, str) else value


def said(page: Page, draft: Draft) -> list[Answer]:
    """The lines of a page on check your answers."""
    if page.said is not None:
        return page.said(draft)
    form = page.form(draft)(initial=draft.answers.get(page.name, {}))
    return [
        Answer(str(one.label), words_of(one.field, draft.get(page.name, one.name)) or _("未填"))
        for one in form.visible_fields()
    ]


def words_of(field: forms.Field, value: Any) -> str:
    """An answer in the words of its choices."""
    choices: Iterable[Any] = getattr(field, "choices", ())
    named = {str(key): str(label) for key, label in choices if not isinstance(label, list | tuple)}
    if isinstance(value, list):
        return _("、").join(named.get(str(one), str(one)) for one in value)
    if isinstance(value, bool):
        return _("是") if value else _("否")
    return named.get(str(value), str(value or "")) if value not in (None, "") else ""
