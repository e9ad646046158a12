"""標示通報表單 The counter's form for a wrong sign, and where its report stands.

Works without JavaScript. A form sent twice is one report; the same caller may send a few an hour. Nobody is
asked who they are: the page of the report opens by a code that only its sender was given.
"""

from __future__ import annotations

import re
import uuid
from typing import Any

from django import forms
from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import path, reverse
from django.utils import timezone
from django.utils.crypto import salted_hmac
from django.utils.translation import get_language, gettext_lazy
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from yankao.desk import nav
from yankao.desk.inputs import EvidenceField
from yankao.desk.jinja import format_date
from yankao.desk.pages import render_page
from yankao.kernel.casework.concerns import Concern, hand_over
from yankao.kernel.casework.docket import Link
from yankao.kernel.limits import allowed, caller_of
from yankao.kernel.people.agencies import commission
from yankao.kernel.people.models import District
from yankao.kernel.register.english import called

from . import rules
from .models import Fault, SignReport
from .process import Stage, process

KEY = re.compile(r"[0-9a-f]{32}")


class ReportForm(forms.Form):
    """What is wrong, where. `website` is left empty by people and filled in by machines."""

    use_required_attribute = False
    place = forms.CharField(
        label=gettext_lazy("在哪裡"),
        max_length=200,
        help_text=gettext_lazy("路名、站名、出口或旁邊的店家，讓人找得到"),
    )
    district = forms.ModelChoiceField(
        District.objects.none(),
        label=gettext_lazy("行政區"),
        required=False,
        empty_label=gettext_lazy("不確定"),
    )
    fault = forms.ChoiceField(label=gettext_lazy("哪裡不對"), choices=Fault.choices, widget=forms.RadioSelect)
    wording = forms.CharField(
        label=gettext_lazy("標示上的文字"), max_length=200, help_text=gettext_lazy("照標示上的寫法抄下來")
    )
    suggestion = forms.CharField(label=gettext_lazy("您認為應該是"), max_length=200, required=False)
    details = forms.CharField(
        label=gettext_lazy("補充說明"),
        max_length=1000,
        required=False,
        widget=forms.Textarea,
        help_text=gettext_lazy("請不要寫姓名、電話等個人資料"),
    )
    website = forms.CharField(required=False, widget=forms.HiddenInput)
    key = forms.CharField(widget=forms.HiddenInput)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        district: Any = self.fields["district"]
        district.queryset = District.objects.all()
        district.label_from_instance = called
        self.fields["photo"] = EvidenceField(
            None,
            kinds=("jpeg", "png"),
            required=False,
            label=_("照片"),
            help_text=_("JPEG或PNG；請避免拍到人臉與車牌"),
        )

    def clean_key(self) -> str:
        key: str = self.cleaned_data["key"]
        if not KEY.fullmatch(key):
            raise forms.ValidationError(_("表單已過期，請重新整理後再送出。"))
        return key


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def report_sign(request: HttpRequest) -> HttpResponse:
    """The form; what was typed stays when it is refused."""
    if request.method != "POST":
        return _form(request, ReportForm(initial={"key": uuid.uuid4().hex}))
    key = request.POST.get("key", "")
    if sent := _sent(key):
        return HttpResponseRedirect(sent)
    if not _within(request):
        form = ReportForm(request.POST, request.FILES)
        form.is_valid()
        form.add_error(None, _("短時間內通報太多次，請一小時後再試；您填的內容還在。"))
        return _form(request, form, 429)
    form = ReportForm(request.POST, request.FILES)
    if not form.is_valid() or form.cleaned_data["website"]:
        if not form.errors:
            form.add_error(None, _("表單未能受理，請重新填寫。"))
        return _form(request, form, 422)
    return HttpResponseRedirect(_place(keep(form.cleaned_data)))


def _within(request: HttpRequest) -> bool:
    most = rules.PER_HOUR.at(timezone.localdate())
    return allowed("research.english.signs", caller_of(request), most)


def keep(given: dict[str, Any]) -> SignReport:
    """The report of a sound form and the petition it is; the key makes a second sending the same."""
    today = timezone.localdate()
    with transaction.atomic():
        report = process.open(
            None,
            title=given["place"],
            agency=commission(today),
            district=given["district"],
            key=f"sign:{given['key']}",
            place=given["place"],
            fault=given["fault"],
            wording=given["wording"],
            suggestion=given["suggestion"],
            details=given["details"],
            photo=given["photo"],
            code=code_of(given["key"]),
        )
        said = [f"{report.get_fault_display()}：{report.wording}", report.suggestion, report.details]
        hand_over(
            Concern(
                report.case, f"sign:{given['key']}", _("雙語標示錯誤"), "\n".join(filter(None, said)),
                category="traffic.signal", place=report.place, district=report.case.district,
                language="en" if get_language() == "en" else "zh-hant",
                files=[report.photo] if report.photo else (),
            )
        )  # fmt: skip
        return report


def code_of(key: str) -> str:
    """The report's code from the form's key: the same for a form sent twice, and nobody can guess it."""
    return salted_hmac("yankao.signs", key, algorithm="sha256").hexdigest()[:16]


def _sent(key: str) -> str:
    """Where the report of this form stands already, or nothing."""
    found = SignReport.objects.filter(code=code_of(key)).first() if KEY.fullmatch(key) else None
    return _place(found) if found else ""


def _place(report: SignReport) -> str:
    return reverse("signs_public:standing", args=[report.code])


def _form(request: HttpRequest, form: ReportForm, status: int = 200) -> HttpResponse:
    context = {
        **nav.frame(request),
        "heading": _("通報雙語標示錯誤"),
        "lead": _("看到英文拼錯、譯錯或與核定譯名不同的標示，請告訴我們。不必留姓名。"),
        "form": form,
    }
    return render_page(request, "signs/report.html", context, status=status)


def petition_of(report: SignReport) -> str:
    """The number of the petition the report became."""
    found = Link.objects.filter(
        target=report.case, kind=Link.Kind.FOLLOWS, source__kind="service.petitions"
    ).select_related("source")
    return next((link.source.number for link in found), "")


@never_cache
@require_safe
def standing(request: HttpRequest, code: str) -> HttpResponse:
    """Where a report stands, for whoever has its code."""
    found = SignReport.objects.filter(code=code).select_related("case", "keeper").first()
    if found is None:
        raise Http404
    done = {Stage.FIXED, Stage.CLOSED, Stage.DISMISSED}
    context = {
        **nav.frame(request),
        "heading": _("標示通報%(number)s") % {"number": found.case.number},
        "stage": process.stage_label(found.case.stage),
        "finished": found.case.stage in done,
        "facts": [
            (_("地點"), found.place),
            (_("標示上的文字"), found.wording),
            (_("通報日"), format_date(found.case.opened_on)),
            (_("陳情案號"), petition_of(found)),
            (_("應有的英文"), found.approved_name),
            (_("標示管理機關"), called(found.keeper) if found.keeper else ""),
            (_("改善日"), format_date(found.fixed_on)),
            (_("處理情形"), found.answer),
        ],
    }
    return render_page(request, "signs/standing.html", context)


public_urlpatterns = [
    path("", report_sign, name="report"),
    path("<str:code>/", standing, name="standing"),
]
