"""The knowledge base, the nuisance list, and the articles as the public reads them."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django import forms
from django.contrib import messages
from django.core.exceptions import ValidationError
from django.db.models import QuerySet
from django.http import (
    Http404,
    HttpRequest,
    HttpResponse,
    HttpResponseBase,
    HttpResponseRedirect,
    StreamingHttpResponse,
)
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext, pgettext_lazy
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from yankao.desk import nav, parts
from yankao.desk.fields import RocDateField
from yankao.desk.jinja import english, format_date, format_time
from yankao.desk.own_pages import actor, drawing, only
from yankao.desk.pages import render_page
from yankao.kernel.limits import within_files
from yankao.kernel.people.models import Role
from yankao.kernel.people.standing import standing
from yankao.kernel.register.open_data import Field, csv_of, json_of

from . import deeds
from .models import Article, Contact, Nuisance, Outcome

WRITERS = (Role.CALL_AGENT, Role.CALL_SUPERVISOR)
READERS = (
    *WRITERS,
    Role.KNOWLEDGE_EDITOR,
    Role.RDEC_CONTROLLER,
    Role.RDEC_CHIEF,
    Role.RDEC_COMMISSIONER,
    Role.AUDITOR,
)
SHOWN = 30


def opens(user: Any) -> bool:
    """Who finds enquiries in the menu."""
    return standing(user).has(*READERS)


def writes(user: Any) -> bool:
    """Who answers enquiries."""
    return standing(user).has(*WRITERS)


def works(user: Any) -> bool:
    """Who answers enquiries or keeps what they are answered from."""
    return writes(user) or deeds.edits(user)


def leads(user: Any) -> bool:
    return standing(user).has(Role.CALL_SUPERVISOR)


def lists_callers(user: Any) -> bool:
    return standing(user).has(*WRITERS)


drawn = drawing(gettext_lazy("市政業務諮詢"), "enquiries:home")


def mark(article: Article) -> parts.Tag | None:
    """The "verified" mark, until the day of review."""
    return parts.Tag(pgettext("answer", "已查核"), "green") if article.verified() else None


def words_of(article: Article) -> tuple[str, str]:
    """Question and answer in the reader's language, where they are written in it."""
    if english():
        return article.question_en or article.question, article.answer_en or article.answer
    return article.question, article.answer


def script(article: Article | None) -> dict[str, Any] | None:
    """The script of an article in both languages, with who answers for it and until when it holds; None
    without one.
    """
    if article is None or not article.scripted:
        return None
    owner = article.owner.name_en or article.owner.name if english() else article.owner.name
    question, answer = words_of(article)
    return {
        "code": article.code, "question": question, "answer": answer,
        "href": reverse("enquiries:article", args=[article.code]),
        "tongues": [
            (tongue, greeting, asks.splitlines(), says)
            for tongue, greeting, asks, says in (
                ("zh-Hant", article.greeting, article.asks, article.says),
                ("en", article.greeting_en, article.asks_en, article.says_en),
            )
            if greeting or asks or says
        ],
        "owner": owner, "review": format_date(article.review_by), "mark": mark(article),
        "overdue": article.review_by < timezone.localdate(),
    }  # fmt: skip


def listed(articles: QuerySet[Article], words: str, address: str, query: str = "") -> list[dict[str, Any]]:
    """The articles that hold the words for a list of hits, the best first."""
    found = []
    for one in deeds.ranked(articles.select_related("owner"), words, SHOWN):
        question, answer = words_of(one)
        found.append(
            {
                "code": one.code,
                "question": question,
                "answer": answer,
                "mark": mark(one),
                "owner": one.owner.name_en or one.owner.name if english() else one.owner.name,
                "href": reverse(address, args=[one.code]) + query,
                "review": format_date(one.review_by),
                "verified": format_date(one.verified_on) if one.verified() else "",
                "one": one,
            }
        )
    return found


# ── Knowledge ───────────────────────────────────────────────────────────────────────────────────────


class ArticleForm(forms.ModelForm):  # type: ignore[type-arg]
    """An article and why it is changed."""

    reason = forms.CharField(
        label=gettext_lazy("修改理由"),
        max_length=200,
        required=False,
        help_text=gettext_lazy("修改內容時必填"),
    )

    class Meta:
        model = Article
        fields = (
            "code",
            "question",
            "answer",
            "question_en",
            "answer_en",
            "keywords",
            "queue",
            *deeds.SCRIPT,
            "owner",
            "law",
            "forms",
            "review_by",
        )
        field_classes = {"review_by": RocDateField}
        widgets = {
            "answer": forms.Textarea(attrs={"rows": 6}),
            "answer_en": forms.Textarea(attrs={"rows": 6}),
            **{name: forms.Textarea(attrs={"rows": 3}) for name in deeds.SCRIPT if "greeting" not in name},
        }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        kept = self.instance.queue
        lines = {kept: kept} | dict(deeds.lines())
        lines[""] = _("只在查到這則條目時")
        self.fields["queue"] = forms.ChoiceField(
            label=_("接起哪個佇列時顯示話術"), required=False, choices=[*lines.items()]
        )


class VerifyForm(forms.Form):
    """Until when the answer holds."""

    review_by = RocDateField(label=gettext_lazy("下次複核日"))


@only(opens)
@require_safe
def articles(request: HttpRequest) -> HttpResponse:
    """The knowledge base: every article, or those a word finds, or those whose review is overdue."""
    words, which = request.GET.get("q", "").strip(), request.GET.get("which", "")
    today = timezone.localdate()
    found = Article.objects.all()
    if which == "overdue":
        found = found.filter(review_by__lt=today, withdrawn_on=None)
    elif which == "script":
        found = found.filter(withdrawn_on=None).exclude(greeting="", asks="", says="")
    elif which == "soon":
        found = found.filter(review_by__range=(today, today + timedelta(days=30)), withdrawn_on=None)
    context = {
        "q": words,
        "which": which,
        "hits": listed(found, words, "enquiries:article"),
        "edits": deeds.edits(request.user),
        "total": deeds.matching(found, words).count(),
        "shown": SHOWN,
        "bare": deeds.without_script() if deeds.edits(request.user) else [],
        "tabs_": [
            parts.Link(label, f"?which={code}", None, code == which)
            for code, label in (
                ("", _("全部")),
                ("overdue", _("逾複核日")),
                ("soon", _("三十日內應複核")),
                ("script", _("有話術")),
            )
        ],
    }
    return drawn(request, "enquiries/articles.html", _("知識庫"), context)


def _article(code: str) -> Article:
    found = Article.objects.select_related("owner").filter(code=code).first()
    if found is None:
        raise Http404(_("沒有這個條目。"))
    return found


@only(opens)
@require_safe
def article(request: HttpRequest, code: str) -> HttpResponse:
    """One article with its versions."""
    return _show_article(request, _article(code))


def _show_article(request: HttpRequest, one: Article, verifying: VerifyForm | None = None) -> HttpResponse:
    question, answer = words_of(one)
    edits = deeds.edits(request.user)
    usual = {"review_by": timezone.localdate() + timedelta(days=180)}
    context = {
        "one": one,
        "question": question,
        "answer": answer,
        "mark": mark(one),
        "edits": edits,
        "script": script(one),
        "queue": dict(deeds.lines()).get(one.queue, one.queue),
        "overdue": one.review_by < timezone.localdate(),
        "verifying": (verifying or VerifyForm(initial=usual)) if edits else None,
        "versions": [
            (
                str(row.number),
                format_time(row.changed_at),
                str(row.changed_by or ""),
                row.reason,
                row.question,
            )
            for row in one.versions.select_related("changed_by").order_by("-number")
        ],
    }
    status = 422 if verifying is not None else 200
    return drawn(request, "enquiries/article.html", question, context, status=status)


@only(deeds.edits)
@require_http_methods(["GET", "HEAD", "POST"])
def edit_article(request: HttpRequest, code: str = "") -> HttpResponse:
    """A new article, or a new version of one."""
    one = _article(code) if code else Article()
    form = ArticleForm(request.POST or None, instance=one)
    if request.method == "POST" and form.is_valid():
        try:
            kept = deeds.save_article(actor(request), form.instance, reason=form.cleaned_data["reason"])
        except ValidationError as error:
            for name, sentences in getattr(error, "message_dict", {"": error.messages}).items():
                form.add_error(name if name in form.fields else None, sentences)
        else:
            messages.success(request, _("條目已儲存，為第%(n)s版。") % {"n": kept.version})
            return HttpResponseRedirect(reverse("enquiries:article", args=[kept.code]))
    context = {"form": form, "back": reverse("enquiries:articles")}
    title = _("修改條目") if code else _("新增條目")
    return drawn(request, "enquiries/edit.html", title, context, status=422 if form.errors else 200)


@only(deeds.edits)
@require_POST
def act_on_article(request: HttpRequest, code: str, act: str) -> HttpResponse:
    """Verify, publish or withdraw."""
    one = _article(code)
    if act == "verify":
        form = VerifyForm(request.POST)
        if form.is_valid():
            try:
                deeds.verify(actor(request), one, review_by=form.cleaned_data["review_by"])
            except ValidationError as error:
                form.add_error("review_by", error.messages)
        if form.errors:
            return _show_article(request, one, form)
        messages.success(request, _("已查核。"))
    elif act in ("publish", "withdraw"):
        deeds.show(actor(request), one, public=act == "publish")
        messages.success(request, _("已公開。") if act == "publish" else _("已停用。"))
    else:
        raise Http404
    return HttpResponseRedirect(reverse("enquiries:article", args=[code]))


# ── Nuisance callers ────────────────────────────────────────────────────────────────────────────────


class ProposalForm(forms.Form):
    """Which contact, why, when the caller was warned, until when."""

    use_required_attribute = False
    contact = forms.ModelChoiceField(label=gettext_lazy("來電"), queryset=Contact.objects.none())
    reason = forms.CharField(label=gettext_lazy("事由"), max_length=200)
    warned_on = RocDateField(label=gettext_lazy("警告日"))
    expires_on = RocDateField(label=gettext_lazy("到期日"), help_text=gettext_lazy("最長六個月"))

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field: Any = self.fields["contact"]
        recent = Contact.objects.filter(
            outcome=Outcome.NUISANCE, day__gte=timezone.localdate() - timedelta(days=14)
        )
        field.queryset = recent.exclude(caller="").order_by("-at")
        field.label_from_instance = lambda one: f"{format_time(one.at)} {one.note}"


@only(lists_callers)
@require_http_methods(["GET", "HEAD", "POST"])
def nuisance(request: HttpRequest) -> HttpResponse:
    """Who is listed and proposed, by reason and days: no number stands here."""
    form = ProposalForm(
        request.POST or None, initial={"expires_on": timezone.localdate() + timedelta(days=90)}
    )
    if request.method == "POST" and form.is_valid():
        given = form.cleaned_data
        try:
            deeds.propose(
                actor(request),
                given["contact"],
                reason=given["reason"],
                warned_on=given["warned_on"],
                expires_on=given["expires_on"],
            )
        except ValidationError as error:
            for name, sentences in getattr(error, "message_dict", {"": error.messages}).items():
                form.add_error(name if name in form.fields else None, sentences)
        else:
            messages.success(request, _("已提報，待另一人核准。"))
            return HttpResponseRedirect(reverse("enquiries:nuisance"))
    today = timezone.localdate()
    rows = Nuisance.objects.filter(ended_on=None, expires_on__gte=today).select_related(
        "proposed_by", "approved_by"
    )
    context = {
        "form": form,
        "leads": leads(request.user),
        "rows": [
            {
                "pk": one.pk,
                "reason": one.reason,
                "warned": format_date(one.warned_on),
                "by": str(one.proposed_by),
                "until": format_date(one.expires_on),
                "own": one.proposed_by_id == request.user.pk,
                "state": parts.Tag(_("已核准"), "green")
                if one.approved_on
                else parts.Tag(_("待核准"), "amber"),
                "waits": one.approved_on is None,
            }
            for one in rows.order_by("approved_on", "-pk")
        ],
    }
    return drawn(
        request, "enquiries/nuisance.html", _("騷擾來電名單"), context, status=422 if form.errors else 200
    )


@only(leads)
@require_POST
def act_on_nuisance(request: HttpRequest, pk: int, act: str) -> HttpResponse:
    """Approve a proposal, or take a caller off."""
    one = Nuisance.objects.filter(pk=pk).first()
    if one is None or act not in ("approve", "end"):
        raise Http404
    try:
        (deeds.approve if act == "approve" else deeds.end)(actor(request), one)
    except ValidationError as error:
        messages.error(request, " ".join(error.messages))
    return HttpResponseRedirect(reverse("enquiries:nuisance"))


# ── The public ──────────────────────────────────────────────────────────────────────────────────────


@require_safe
def public_list(request: HttpRequest) -> HttpResponseBase:
    """Questions and answers for everybody, with a search."""
    words = request.GET.get("q", "").strip()
    context = {
        **nav.frame(request),
        "heading": _("常見問答"),
        "lead": _("有什麼需要？輸入關鍵字，查市府各機關的答復。"),
        "q": words,
        "hits": listed(deeds.published(), words, "enquiries_public:article"),
    }
    return render_page(request, "enquiries/public_list.html", context)


@require_safe
def public_article(request: HttpRequest, code: str) -> HttpResponseBase:
    """One answer at its permanent address."""
    one = deeds.published().select_related("owner").filter(code=code).first()
    if one is None:
        raise Http404(_("沒有這個條目。"))
    question, answer = words_of(one)
    context = {
        **nav.frame(request),
        "heading": question,
        "one": one,
        "answer": answer,
        "mark": mark(one),
        "owner": one.owner.name_en or one.owner.name if english() else one.owner.name,
    }
    return render_page(request, "enquiries/public_article.html", context)


FIELDS = (
    Field("code", gettext_lazy("編號"), lambda one: one.code),
    Field("question", gettext_lazy("問題"), lambda one: one.question),
    Field("answer", gettext_lazy("答案"), lambda one: one.answer),
    Field("question_en", gettext_lazy("英文問題"), lambda one: one.question_en),
    Field("answer_en", gettext_lazy("英文答案"), lambda one: one.answer_en),
    Field("owner", gettext_lazy("權責機關"), lambda one: one.owner.name),
    Field("law", gettext_lazy("法令依據"), lambda one: one.law),
    Field("version", gettext_lazy("版次"), lambda one: one.version),
    Field("verified", pgettext_lazy("answer", "已查核"), lambda one: one.verified()),
)


@require_safe
@within_files
def open_data(request: HttpRequest, form: str) -> HttpResponseBase:
    """The FAQ as CSV or JSON."""
    rows = (
        deeds.matching(deeds.published(), request.GET.get("q", "")).select_related("owner").order_by("code")
    )
    stream = (
        csv_of(FIELDS, rows.iterator(500))
        if form == "csv"
        else json_of(_("常見問答"), FIELDS, rows.iterator(500))
    )
    kind = "text/csv; charset=utf-8" if form == "csv" else "application/json"
    response = StreamingHttpResponse(stream, content_type=kind)
    response["Content-Disposition"] = f'attachment; filename="faq.{form}"'
    response["Access-Control-Allow-Origin"] = "*"
    return response
