"""法規參數 Every rule with its values by date and legal basis; a change is a new value from a day on."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any

from django import forms
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponseBase
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import get_language, gettext_lazy
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from yankao.kernel.people.standing import standing
from yankao.kernel.rooms import rooms
from yankao.kernel.rules import values
from yankao.kernel.rules.models import Rule
from yankao.kernel.rules.values import Declared, declared
from yankao.kernel.span import parse_span, span_text

from . import office
from .fields import RocDateField
from .jinja import format_short_date
from .moves import INVALID
from .parts import Link


@dataclass(frozen=True)
class Value:
    """One value of a rule and the days it is in force."""

    text: str
    since: str
    until: str
    basis: str
    state: str
    current: bool


def rule_words(rule: Declared[Any], text: str) -> str:
    """A value in words: spans as people write them, numbers as they are."""
    if rule.read is parse_span:
        return span_text(parse_span(text), get_language() or "zh")
    return text


def values_of(
    rule: Declared[Any], rows: list[tuple[str, date, date | None, str]], today: date
) -> list[Value]:
    """The values, newest first; those of delivery when the table has none."""
    if not rows:
        ends = [*(seed.since for seed in rule.seeds[1:]), None]
        rows = [(one.value, one.since, end, one.basis) for one, end in zip(rule.seeds, ends, strict=True)]
    found = []
    for text, since, until, basis in sorted(rows, key=lambda row: row[1], reverse=True):
        ended = until is not None and until < today
        state = _("尚未生效") if since > today else _("已失效") if ended else _("現行")
        begun = "" if since.year < 1912 else format_short_date(since)
        end = format_short_date(until) if until else ""
        found.append(Value(rule_words(rule, text), begun, end, basis, state, not ended and since <= today))
    return found


def home_of(code: str) -> str:
    """The room that declares a rule, by its title; the platform itself for the rest."""
    owner = max(
        (r for r in rooms() if code.startswith(f"{r.name}.")), key=lambda r: len(r.name), default=None
    )
    return owner.title if owner else _("平台共用")


def _table() -> dict[str, list[tuple[str, date, date | None, str]]]:
    found: dict[str, list[tuple[str, date, date | None, str]]] = {}
    rows = Rule.objects.values_list("code", "value", "valid_from", "valid_to", "legal_basis")
    for code, value, since, until, basis in rows:
        found.setdefault(code, []).append((value, since, until, basis))
    return found


@login_required
@require_safe
def rules(request: HttpRequest) -> HttpResponseBase:
    """Every declared rule, by room."""
    office.entered(request, office.RULES)
    rooms()
    table, today = _table(), timezone.localdate()
    groups: dict[str, list[tuple[Link, str, list[Value]]]] = {}
    for code, rule in sorted(declared.items()):
        link = Link(str(rule.label), reverse("desk:office_rule", args=[code]))
        groups.setdefault(home_of(code), []).append((link, code, values_of(rule, table.get(code, []), today)))
    return office.drawn(request, office.RULES, "desk/office_rules.html", groups=sorted(groups.items()))


class RuleForm(forms.Form):
    """A new value from a day."""

    value = forms.CharField(label=gettext_lazy("新的值"), max_length=200)
    since = RocDateField(label=gettext_lazy("生效日"))
    basis = forms.CharField(
        label=gettext_lazy("法令依據"), max_length=200, help_text=gettext_lazy("法規名稱與條次，或核定文號")
    )

    def __init__(self, *args: Any, rule: Declared[Any], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.rule = rule
        if rule.read is parse_span:
            self.fields["value"].help_text = _("例如3 months、30 days、7 working days")

    def clean_value(self) -> str:
        text = str(self.cleaned_data["value"]).strip()
        try:
            self.rule.read(text)
        except (ValueError, ArithmeticError):
            told = {"value": text, "rule": self.rule.label}
            raise forms.ValidationError(_("「%(value)s」不是%(rule)s可用的值。") % told) from None
        return text


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def rule(request: HttpRequest, code: str) -> HttpResponseBase:
    """One rule with all its values; a chief gives it a new one."""
    office.entered(request, office.RULES)
    rooms()
    found = declared.get(code)
    if found is None:
        raise Http404(_("沒有這項法規參數。"))
    may_change = standing(request.user).has(*office.CHIEFS)
    form = RuleForm(request.POST if request.method == "POST" else None, rule=found) if may_change else None
    if request.method == "POST":
        office.must(request, office.CHIEFS, _("變更法規參數"))
        assert form
        if form.is_valid():
            given = form.cleaned_data
            office.make_once(
                request, lambda: _changed(request.user, code, given["value"], given["since"], given["basis"])
            )
            return office.done(request, _("已變更「%s」。") % found.label, "desk:office_rule", code)
    rows = list(Rule.objects.filter(code=code).values_list("value", "valid_from", "valid_to", "legal_basis"))
    return office.drawn(
        request, office.RULES, "desk/office_rule.html", heading=found.label,
        beyond=(Link(str(found.label), ""),), code=code, room=home_of(code),
        values=values_of(found, rows, timezone.localdate()), form=form,
        status=INVALID if form is not None and form.errors else 200,
    )  # fmt: skip


def _changed(user: Any, code: str, value: str, since: date, basis: str) -> None:
    values.change(user, code, value, since, basis)
