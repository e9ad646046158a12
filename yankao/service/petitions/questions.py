"""The questions of each service as form fields at the counter, and their answers in the city's words."""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import Any

from django import forms
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from yankao.desk.inputs import NumberField

from .models import Question, Service

_FRESH = 10.0
_kept: tuple[float, dict[str, list[Question]]] = (0.0, {})


def questions_of(service: str) -> Sequence[Question]:
    """The questions of a service by its code, in order; read again after some seconds."""
    global _kept
    if _kept[0] < time.monotonic():
        found: dict[str, list[Question]] = {}
        for row in Question.objects.order_by("service_id", "order", "code"):
            found.setdefault(row.service_id, []).append(row)
        _kept = (time.monotonic() + _FRESH, found)
    return _kept[1].get(service, ())


def field_of(one: Question) -> forms.Field:
    """The field in which a question is answered."""
    told: dict[str, Any] = {"label": str(one), "required": one.required}
    place = 2 if get_language() == "en" else 1
    choices = [(choice[0], choice[place] or choice[1]) for choice in one.choices]
    match one.kind:
        case Question.Kind.ONE:
            return forms.ChoiceField(choices=choices, widget=forms.RadioSelect, **told)
        case Question.Kind.MANY:
            return forms.MultipleChoiceField(choices=choices, widget=forms.CheckboxSelectMultiple, **told)
        case Question.Kind.NUMBER:
            return NumberField(**told)
        case Question.Kind.TEXT:
            return forms.CharField(max_length=1000, widget=forms.Textarea(attrs={"rows": 3}), **told)
        case Question.Kind.MOMENT:
            return forms.CharField(
                max_length=40, help_text=_("大約的日期與時間，例如11月23日早上8點"), **told
            )
        case _:
            return forms.CharField(max_length=120, **told)


def chosen_in(text: str, service: str) -> list[tuple[str, str]]:
    """Question and answer in the reader's language, of the questions with choices that a report's words hold.
    Nothing else of the words: only what the city itself put to choose.
    """
    lines = dict(line.split("：", 1) for line in text.splitlines() if "：" in line)
    place = 2 if get_language() == "en" else 1
    found = []
    for one in questions_of(service):
        named = {choice[1]: choice[place] or choice[1] for choice in one.choices}
        parts = lines.get(one.words, "").split("、")
        if named and all(part in named for part in parts):
            found.append((str(one), _("、").join(named[part] for part in parts)))
    return found


def answer_of(one: Question, given: Any) -> str:
    """An answer in Chinese words, "" for none."""
    named = {choice[0]: choice[1] for choice in one.choices}
    if isinstance(given, list):
        return "、".join(named.get(str(value), str(value)) for value in given)
    return named.get(str(given), str(given)) if given not in (None, "") else ""


def retold(content: str, service: Service | None) -> str:
    """What a citizen wrote at the counter, with the lines that the form added in the reader's language: the
    service's name, its questions and the answers chosen. Words of their own stay as they are.
    """
    if service is None or get_language() != "en":
        return content
    return "\n".join(_retold(line, service) for line in content.split("\n"))


def _retold(line: str, service: Service) -> str:
    if line == service.name:
        return str(service)
    for one in questions_of(service.pk):
        if line.startswith(f"{one.words}："):
            given = line.removeprefix(f"{one.words}：")
            named = {choice[1]: choice[2] or choice[1] for choice in one.choices}
            parts = given.split("、")
            if all(part in named for part in parts):
                given = ", ".join(named[part] for part in parts)
            return f"{one}: {given}"
    return line
