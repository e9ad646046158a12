"""Contacts, the articles that answer them with their scripts, incidents everybody asks about, and callers who
are listed as a nuisance.
"""

from __future__ import annotations

from datetime import date

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from yankao.kernel.journal.models import Fact, Instant, Pseudonym, once


class Script(models.Model):
    """話術 What an agent says: the greeting, what to ask (a question a line), what to say."""

    greeting = models.CharField(_("開場白"), max_length=200, blank=True)
    asks = models.TextField(_("要問的事（一行一題）"), max_length=1000, blank=True)
    says = models.TextField(_("要說的話"), max_length=2000, blank=True)
    greeting_en = models.CharField(_("英文開場白"), max_length=300, blank=True)
    asks_en = models.TextField(_("英文要問的事（一行一題）"), max_length=1500, blank=True)
    says_en = models.TextField(_("英文要說的話"), max_length=3000, blank=True)

    class Meta:
        abstract = True

    @property
    def scripted(self) -> bool:
        return bool(self.greeting or self.asks or self.says)


class Article(Script):
    """知識庫條目 A question and its answer, with who answers for it and until when it holds."""

    code = models.SlugField(_("編號"), max_length=20, unique=True)
    question = models.CharField(_("問題"), max_length=200)
    answer = models.TextField(_("答案"), max_length=8000)
    question_en = models.CharField(_("英文問題"), max_length=300, blank=True)
    answer_en = models.TextField(_("英文答案"), max_length=12000, blank=True)
    keywords = models.CharField(_("關鍵字"), max_length=200, blank=True)
    queue = models.CharField(_("接起哪個佇列時顯示話術"), max_length=60, blank=True)
    owner = models.ForeignKey("people.Agency", models.PROTECT, related_name="+", verbose_name=_("權責機關"))
    law = models.CharField(_("法令依據"), max_length=200, blank=True)
    forms = models.CharField(_("應備文件與表單"), max_length=300, blank=True)
    version = models.PositiveIntegerField(_("版次"), default=1)
    verified_on = models.DateField(_("查核日"), null=True, blank=True)
    review_by = models.DateField(_("應複核日"))
    published_on = models.DateField(_("公開日"), null=True, blank=True)
    withdrawn_on = models.DateField(_("停用日"), null=True, blank=True)

    class Meta:
        verbose_name = _("知識庫條目")
        verbose_name_plural = _("知識庫條目")
        constraints = [
            models.CheckConstraint(
                condition=Q(withdrawn_on=None)
                | Q(published_on=None)
                | Q(withdrawn_on__gte=F("published_on")),
                name="article_withdrawn_after_published",
            )
        ]

    def __str__(self) -> str:
        return self.question

    def verified(self, day: date | None = None) -> bool:
        """Whether the mark is shown: checked by its owner, and its day of review is not past."""
        return self.verified_on is not None and self.review_by >= (day or timezone.localdate())


class ArticleVersion(Script):
    """條目版本 An article as it stood, with who changed it and why; written once."""

    article = models.ForeignKey(Article, models.PROTECT, related_name="versions", verbose_name=_("條目"))
    number = models.PositiveIntegerField(_("版次"))
    question = models.CharField(_("問題"), max_length=200)
    answer = models.TextField(_("答案"))
    question_en = models.CharField(_("英文問題"), max_length=300, blank=True)
    answer_en = models.TextField(_("英文答案"), blank=True)
    law = models.CharField(_("法令依據"), max_length=200, blank=True)
    changed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+", verbose_name=_("修改人")
    )
    changed_at = models.DateTimeField(_("修改時間"), default=timezone.now)
    reason = models.CharField(_("修改理由"), max_length=200, blank=True)

    class Meta:
        verbose_name = _("條目版本")
        verbose_name_plural = _("條目版本")
        constraints = [
            models.UniqueConstraint(fields=["article", "number"], name="one_article_version_a_number")
        ]


class Channel(models.TextChoices):
    """How somebody asked."""

    COUNTER = "counter", _("臨櫃")
    PHONE = "phone", _("1999電話")
    WEB_PHONE = "web_phone", _("網頁電話")
    VIDEO = "video", _("視訊手語")
    CHAT = "chat", _("文字客服")


class Outcome(models.TextChoices):
    """What became of it."""

    IMMEDIATE = "immediate", _("立即答復")
    TRANSFERRED = "transferred", _("轉接機關")
    CASE_CREATED = "case_created", _("已立案")
    CASE_WANTED = "case_wanted", _("待立案")
    CASE_JOINED = "case_joined", _("加入未結案件")
    ABANDONED = "abandoned", _("對方中斷")
    NUISANCE = "nuisance", _("騷擾來電")


class Incident(models.Model):
    """重大事件 What many callers ask about at once: a supervisor puts it before every agent until it expires.

    What is said and until when may change; each wording is kept (`IncidentWord`). Taken down early, it has
    its end; otherwise it ends by itself.
    """

    code = models.CharField(_("編號"), max_length=20, unique=True)
    what = models.CharField(_("什麼事"), max_length=60)
    what_en = models.CharField(_("英文：什麼事"), max_length=100, blank=True)
    where = models.CharField(_("在哪裡"), max_length=100)
    where_en = models.CharField(_("英文：在哪裡"), max_length=160, blank=True)
    since = models.DateTimeField(_("開始"))
    until = models.DateTimeField(_("預計結束"))
    say = models.TextField(_("對來電者說"), max_length=300)
    say_en = models.TextField(_("英文：對來電者說"), max_length=500)
    placed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", verbose_name=_("張貼人")
    )
    placed_at = models.DateTimeField(_("張貼時間"), default=timezone.now)
    ended_at = models.DateTimeField(_("撤下時間"), null=True, blank=True)
    ended_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+",
        verbose_name=_("撤下人"),
    )  # fmt: skip

    class Meta:
        verbose_name = _("重大事件")
        verbose_name_plural = _("重大事件")
        ordering = ["-since", "-pk"]
        constraints = [
            models.CheckConstraint(condition=Q(until__gt=F("since")), name="incident_ends_after_it_begins"),
            models.CheckConstraint(
                condition=Q(ended_at=None, ended_by=None) | Q(ended_at__isnull=False, ended_by__isnull=False),
                name="incident_end_has_its_person",
            ),
        ]
        indexes = [models.Index(fields=["until"], name="incidents_by_end")]

    def __str__(self) -> str:
        return f"{self.what}（{self.where}）"


class IncidentWord(models.Model):
    """事件說明的版本 What was to be said of an incident and until when, with who said so; written once."""

    incident = models.ForeignKey(Incident, models.PROTECT, related_name="words", verbose_name=_("重大事件"))
    number = models.PositiveIntegerField(_("版次"))
    until = models.DateTimeField(_("預計結束"))
    say = models.TextField(_("對來電者說"))
    say_en = models.TextField(_("英文：對來電者說"))
    changed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", verbose_name=_("修改人")
    )
    changed_at = models.DateTimeField(_("修改時間"), default=timezone.now)

    class Meta:
        verbose_name = _("事件說明的版本")
        verbose_name_plural = _("事件說明的版本")
        constraints = [
            models.UniqueConstraint(fields=["incident", "number"], name="one_incident_word_a_number")
        ]


class Contact(Fact):
    """諮詢紀錄 Somebody asked.

    `call_source` and `call_id` name the call it came by, where there is one; `case` is what was opened of it
    or what the caller joined; `incident` is what was asked about when many asked.
    """

    code = ""
    """By which whoever asked follows the case: told once, when it is opened, and kept nowhere."""

    at = Instant(_("時間"))
    channel = models.CharField(_("管道"), max_length=10, choices=Channel.choices)
    outcome = models.CharField(_("處理結果"), max_length=12, choices=Outcome.choices)
    language = models.CharField(_("語言"), max_length=10, default="zh")
    article = models.ForeignKey(
        Article,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        db_index=False,
        verbose_name=_("條目"),
    )
    agency = models.ForeignKey(
        "people.Agency",
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        db_index=False,
        verbose_name=_("轉接機關"),
    )
    agent = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        null=True,
        related_name="+",
        db_index=False,
        verbose_name=_("話務員"),
    )
    call_source = models.ForeignKey(
        "journal.Source", models.PROTECT, null=True, blank=True, related_name="+", db_index=False
    )
    call_id = models.CharField(_("來電識別碼"), max_length=80, blank=True)
    caller = Pseudonym(_("來電者代號"), blank=True)
    note = models.CharField(_("摘要"), max_length=500, blank=True)
    case = models.ForeignKey(
        "casework.Case", models.PROTECT, null=True, blank=True, related_name="+", db_index=False,
        verbose_name=_("案件"),
    )  # fmt: skip
    incident = models.ForeignKey(
        Incident, models.PROTECT, null=True, blank=True, related_name="contacts", db_index=False,
        verbose_name=_("重大事件"),
    )  # fmt: skip

    class Meta:
        verbose_name = _("諮詢紀錄")
        verbose_name_plural = _("諮詢紀錄")
        constraints = [
            once("contact"),
            models.UniqueConstraint(
                fields=["call_source", "call_id"],
                condition=Q(outcome="immediate") & ~Q(call_id=""),
                name="one_immediate_answer_a_call",
            ),
            models.CheckConstraint(
                condition=~Q(outcome="transferred") | Q(agency__isnull=False),
                name="transfer_names_its_agency",
            ),
            models.CheckConstraint(
                condition=~Q(outcome__in=["case_created", "case_joined"]) | Q(case__isnull=False),
                name="created_case_is_named",
            ),
        ]
        indexes = [
            models.Index(fields=["day", "outcome"], name="contacts_of_a_day"),
            models.Index(fields=["caller", "-at"], name="contacts_of_a_caller", condition=~Q(caller="")),
            models.Index(
                fields=["incident"], name="contacts_of_an_incident", condition=Q(incident__isnull=False)
            ),
            models.Index(
                fields=["at"], name="contacts_wanting_a_case", condition=Q(outcome="case_wanted", case=None)
            ),
        ]


class NotOpened(models.Model):
    """不立案 Why no case was opened of a contact that waited for one; written once."""

    contact = models.OneToOneField(
        Contact, models.PROTECT, related_name="not_opened", verbose_name=_("諮詢紀錄")
    )
    reason = models.CharField(_("不立案理由"), max_length=200)
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", verbose_name=_("辦理人")
    )
    decided_on = models.DateField(_("辦理日"))

    class Meta:
        verbose_name = _("不立案")
        verbose_name_plural = _("不立案")

    def __str__(self) -> str:
        return self.reason


class Nuisance(models.Model):
    """騷擾來電名單 A caller, by pseudonym, who hears a recording until a day; proposed by one, approved by
    another.
    """

    caller = Pseudonym(_("來電者代號"))
    reason = models.CharField(_("事由"), max_length=200)
    warned_on = models.DateField(_("警告日"))
    proposed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", verbose_name=_("提報人")
    )
    proposed_at = models.DateTimeField(_("提報時間"), auto_now_add=True)
    approved_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("核准人"),
    )
    approved_on = models.DateField(_("核准日"), null=True, blank=True)
    expires_on = models.DateField(_("到期日"))
    ended_on = models.DateField(_("解除日"), null=True, blank=True)

    class Meta:
        verbose_name = _("騷擾來電")
        verbose_name_plural = _("騷擾來電名單")
        constraints = [
            models.CheckConstraint(
                condition=Q(approved_by=None) | ~Q(approved_by=F("proposed_by")),
                name="nuisance_approved_by_another",
            ),
            models.CheckConstraint(
                condition=Q(approved_by=None, approved_on=None)
                | Q(approved_by__isnull=False, approved_on__isnull=False),
                name="nuisance_approval_has_its_day",
            ),
            models.CheckConstraint(
                condition=Q(expires_on__gte=F("warned_on")), name="nuisance_dates_in_order"
            ),
        ]

    def __str__(self) -> str:
        return self.reason

    @classmethod
    def holding(cls, caller: str, day: date) -> Nuisance | None:
        """The approved listing of a caller on a day."""
        rows = cls.objects.filter(
            caller=caller, approved_by__isnull=False, ended_on=None, expires_on__gte=day
        )
        return rows.first() if caller else None
