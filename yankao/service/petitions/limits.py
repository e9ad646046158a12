"""派工時限 The hours and days of each service: what holds now, what held before, and the form of a change."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_safe

from yankao.desk import nav, parts
from yankao.desk.fields import RocDateField
from yankao.desk.jinja import format_date
from yankao.kernel.casework import duties
from yankao.kernel.people.models import Role
from yankao.kernel.people.standing import standing
from yankao.kernel.rooms import room
from yankao.kernel.span import Days, Hours, WorkingDays, parse_span

from . import ladder, office, registers, rules
from .models import ServiceLimit
from .process import process


def changes(user: Any) -> bool:
    """Rules are changed by the heads of the commission (functional spec, part K)."""
    return standing(user).has(Role.RDEC_CHIEF, Role.RDEC_COMMISSIONER)


def in_words(text: str) -> str:
    """A span of a limit as people say it: 4小時, 3日; a dash where there is none."""
    if not text:
        return "—"
    span = parse_span(text)
    match span:
        case Hours(n):
            return _("%(n)s小時") % {"n": n}
        case WorkingDays(n):
            return _("%(n)s個工作天") % {"n": n}
        case Days(n):
            return _("%(n)s日") % {"n": n}
    return text


class LimitForm(forms.Form):
    """New limits from a day on, with the legal basis."""

    use_required_attribute = False
    survey = forms.CharField(
        label=gettext_lazy("會勘時限"), max_length=40, help_text=gettext_lazy("例如4 hours")
    )
    safety = forms.CharField(
        label=gettext_lazy("安全措施時限"), max_length=40, required=False,
        help_text=gettext_lazy("不須做臨時安全措施者留空"),
    )  # fmt: skip
    fix = forms.CharField(
        label=gettext_lazy("修復時限"), max_length=40,
        help_text=gettext_lazy("例如24 hours、3 days、5 working days"),
    )  # fmt: skip
    since = RocDateField(label=gettext_lazy("生效日"))
    basis = forms.CharField(label=gettext_lazy("法令依據"), max_length=200)

    def _span(self, name: str) -> str:
        text: str = self.cleaned_data[name].strip()
        if text:
            try:
                span = parse_span(text)
            except ValueError:
                span = None
            if not isinstance(span, Hours | Days | WorkingDays):
                raise forms.ValidationError(
                    _("看不懂「%(text)s」，請寫成4 hours、3 days或5 working days。") % {"text": text}
                )
        return text

    def clean_survey(self) -> str:
        return self._span("survey")

    def clean_safety(self) -> str:
        return self._span("safety")

    def clean_fix(self) -> str:
        return self._span("fix")


@login_required
@require_safe
def limits(request: HttpRequest) -> HttpResponse:
    """What every service must be done in today, and who hears of it when it is not."""
    if not nav.sees(room(process.kind), request.user):
        raise PermissionDenied
    today = timezone.localdate()
    rows = []
    for service in registers.offered(today):
        one = registers.limit_at(service.pk, today)
        rows.append(
            {
                "service": str(service),
                "danger": service.danger,
                "href": reverse("petitions:limit", args=[service.pk]),
                "survey": in_words(one.survey if one else "24 hours"),
                "safety": in_words(one.safety if one else "24 hours"),
                "fix": in_words(one.fix if one else "14 days"),
                "since": format_date(one.valid_from) if one else _("未訂定，採預設值"),
            }
        )
    context = {
        "lead": _("自通報時間起算；各案依通報當日有效的時限計時，期限如何計算可在案件的期限查看。"),
        "rows": rows,
        "ladder": ladder.rungs_in_words(today),
        "ladder_rule": reverse("desk:office_rule", args=[ladder.LADDER.code]),
    }
    return office.page(request, "petitions/limits.html", _("派工時限"), context)


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def limit(request: HttpRequest, service: str) -> HttpResponse:
    """The limits of one service by date; the heads of the commission change them from a day on."""
    if not nav.sees(room(process.kind), request.user):
        raise PermissionDenied
    found = registers.services().get(service)
    if found is None:
        raise Http404(_("沒有這個服務項目。"))
    form = None
    status = 200
    if changes(request.user):
        now = registers.limit_at(service, timezone.localdate())
        usual = {"survey": now.survey, "safety": now.safety, "fix": now.fix} if now else {}
        usual["basis"] = now.legal_basis if now else rules.DISPATCHING
        form = LimitForm(request.POST or None, initial=usual)
    if request.method == "POST":
        if form is None:
            raise PermissionDenied(_("派工時限由%(duty)s變更。") % {"duty": duties.chief.name})
        if form.is_valid():
            registers.change_limit(request.user, found, **form.cleaned_data)
            messages.success(request, _("已變更「%(service)s」的時限。") % {"service": found})
            return HttpResponseRedirect(request.path)
        status = 422
    today = timezone.localdate()
    rows = ServiceLimit.objects.filter(service=found).order_by("-valid_from")
    context = {
        "values": [
            (format_date(one.valid_from), format_date(one.valid_to) if one.valid_to else "",
             in_words(one.survey), in_words(one.safety), in_words(one.fix), one.legal_basis,
             _("適用中") if one.valid_from <= today and (one.valid_to is None or one.valid_to >= today)
             else _("尚未生效") if one.valid_from > today else _("已失效"))
            for one in rows
        ],
        "form": form,
    }  # fmt: skip
    crumbs = (parts.Link(_("派工時限"), reverse("petitions:limits")),)
    return office.page(request, "petitions/limit.html", str(found), context, status=status, crumbs=crumbs)
