"""發文字號 How each agency numbers what it sends; a change is a new setting from a day on."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib.auth.decorators import login_required
from django.core.exceptions import ValidationError
from django.db.models import Count, Max
from django.http import HttpRequest, HttpResponseBase
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods

from yankao.kernel.letters import series
from yankao.kernel.letters.kinds import Kind
from yankao.kernel.letters.models import Series
from yankao.kernel.people.agencies import agencies_on
from yankao.kernel.people.models import Unit
from yankao.kernel.people.standing import standing

from . import office
from .derive import choose_among
from .fields import RocDateField
from .inputs import words_of
from .jinja import format_short_date
from .moves import INVALID
from .parts import Tag


class SeriesForm(forms.Form):
    """A new setting of an agency's numbers."""

    use_required_attribute = False
    unit = forms.CharField(
        label=gettext_lazy("單位"), max_length=80, required=False,
        help_text=gettext_lazy("該單位另有代字時填寫單位名稱；空白為全機關"),
    )  # fmt: skip
    kind = forms.ChoiceField(
        label=gettext_lazy("文書別"), required=False,
        choices=[("", gettext_lazy("各類文書共用")), *Kind.choices],
    )  # fmt: skip
    word = forms.CharField(
        label=gettext_lazy("發文代字"), max_length=20, help_text=gettext_lazy("字號「字第」之前的文字")
    )
    form = forms.CharField(
        label=gettext_lazy("字號格式"), max_length=60, initial=series.FORM,
        help_text=gettext_lazy("{word}為代字，{roc}為年度，{seq}為流水號；{seq:07d}表示補足七位"),
    )  # fmt: skip
    pattern = forms.CharField(
        label=gettext_lazy("檢核規則"), max_length=120, initial=series.PATTERN,
        help_text=gettext_lazy("規則運算式；編出的字號須符合"),
    )  # fmt: skip
    address = forms.CharField(label=gettext_lazy("機關地址"), max_length=120, required=False)
    phone = forms.CharField(label=gettext_lazy("電話"), max_length=60, required=False)
    since = RocDateField(label=gettext_lazy("生效日"))

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        agencies = agencies_on(timezone.localdate()).order_by("pk")
        self.fields = {"agency": choose_among(agencies, label=_("發文機關"), required=True), **self.fields}

    def clean(self) -> dict[str, Any]:
        given = super().clean() or {}
        if (name := given.get("unit")) and (agency := given.get("agency")):
            given["unit"] = Unit.objects.filter(agency=agency, name=name.strip()).first()
            if given["unit"] is None:
                self.add_error("unit", _("%(agency)s沒有這個單位。") % {"agency": agency.name})
        return given


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def letter_series(request: HttpRequest) -> HttpResponseBase:
    """Every setting with how far its numbers have come; a chief adds one."""
    office.entered(request, office.LETTERS)
    may = standing(request.user).has(*office.CHIEFS)
    posted = request.method == "POST"
    form = SeriesForm(request.POST if posted else None) if may else None
    if posted:
        office.must(request, office.CHIEFS, _("訂定發文字號"))
        assert form
        if form.is_valid():
            given = dict(form.cleaned_data)
            try:
                office.make_once(request, lambda: _set(request.user, given))
            except ValidationError as error:
                for name, faults in error.message_dict.items():
                    form.add_error(name if name in form.fields else None, faults)
            else:
                return office.done(
                    request, _("已訂定%(agency)s的發文字號。") % {"agency": given["agency"].name},
                    "desk:office_letters",
                )  # fmt: skip
    return office.drawn(
        request, office.LETTERS, "desk/office_letters.html", rows=rows(), form=form,
        status=INVALID if form is not None and form.errors else 200,
    )  # fmt: skip


def _set(user: Any, given: dict[str, Any]) -> None:
    series.setting(
        user, given["agency"], word=given["word"], since=given["since"], form=given["form"],
        pattern=given["pattern"], unit=given["unit"] or None, kind=given["kind"], address=given["address"],
        phone=given["phone"],
    )  # fmt: skip


def rows() -> list[tuple[Any, ...]]:
    """Settings in force first, each with the last number it gave this year."""
    today = timezone.localdate()
    found = (
        Series.objects.select_related("agency", "unit")
        .annotate(sent=Count("dispatches"), last=Max("dispatches__seq"))
        .order_by("agency_id", "unit_id", "kind", "-valid_from")
    )
    drawn = []
    for one in found:
        ended = one.valid_to is not None and one.valid_to < today
        state = Tag(_("已失效")) if ended else Tag(_("現行"), "green")
        if one.valid_from > today:
            state = Tag(_("尚未生效"), "amber")
        whose = words_of(one.agency) + (f" {one.unit.name}" if one.unit else "")
        until = format_short_date(one.valid_to) if one.valid_to else ""
        drawn.append(
            (whose, str(Kind(one.kind).label) if one.kind else _("各類文書共用"),
             series.number_of(one, today.year - 1911, 1), state, format_short_date(one.valid_from), until,
             f"{one.sent:,}")
        )  # fmt: skip
    return drawn
