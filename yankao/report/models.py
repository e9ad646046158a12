"""議會施政報告 Council sessions, the editions of a report, what its authors wrote and signed, and what
was frozen.
"""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from yankao.kernel.period import Period

LANGUAGES = [("zh-hant", "中文"), ("en", "English")]


class CouncilSession(models.Model):
    """議會會期 A session of the council, to which a report is given."""

    class Kind(models.TextChoices):
        REGULAR = "regular", _("定期大會")
        EXTRAORDINARY = "extraordinary", _("臨時會")

    name = models.CharField(_("會期名稱"), max_length=120)
    name_en = models.CharField(_("英文名稱"), max_length=160, blank=True)
    kind = models.CharField(_("會別"), max_length=14, choices=Kind.choices, default=Kind.REGULAR)
    starts_on = models.DateField(_("開會日"))
    ends_on = models.DateField(_("閉會日"))
    submit_due = models.DateField(_("送達期限"), null=True, blank=True)

    class Meta:
        verbose_name = _("議會會期")
        verbose_name_plural = _("議會會期")
        constraints = [
            models.CheckConstraint(
                condition=Q(ends_on__gte=models.F("starts_on")), name="council_session_in_order"
            )
        ]

    def __str__(self) -> str:
        return self.name


class Edition(models.Model):
    """報告版本 One edition of a period's report: its state, and after freezing where the ledger stood."""

    class State(models.TextChoices):
        OUTLINE = "outline", _("大綱")
        DRAFTING = "drafting", _("撰寫中")
        SUBMITTED = "submitted", _("各節已送審")
        REVIEWED = "reviewed", _("章已審閱")
        CHECKED = "checked", _("已檢核")
        APPROVED = "approved", _("已核定")
        FROZEN = "frozen", _("定稿")
        DELIVERED = "delivered", _("已送議會")
        ERRATA = "errata", _("已送議會，有勘誤")

    session = models.ForeignKey(
        CouncilSession, models.PROTECT, null=True, blank=True, related_name="editions", verbose_name=_("會期")
    )
    agency = models.ForeignKey("people.Agency", models.PROTECT, related_name="+", verbose_name=_("機關"))
    period = models.CharField(_("期間"), max_length=30)
    as_of = models.DateField(_("資料截止日"))
    number = models.PositiveSmallIntegerField(_("版次"))
    chapter = models.PositiveSmallIntegerField(_("章次"), default=25)
    state = models.CharField(_("狀態"), max_length=10, choices=State.choices, default=State.OUTLINE)
    opened_at = models.DateTimeField(_("建立時間"))
    opened_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", verbose_name=_("建立人")
    )
    frozen_at = models.DateTimeField(_("定稿時間"), null=True, blank=True)
    frozen_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("定稿人"),
    )
    ledger_seq = models.BigIntegerField(_("定稿時之歷程序號"), null=True, blank=True)
    letter_no = models.CharField(_("發文字號"), max_length=60, blank=True)
    delivered_on = models.DateField(_("送達日"), null=True, blank=True)

    class Meta:
        verbose_name = _("報告版本")
        verbose_name_plural = _("報告版本")
        constraints = [
            models.UniqueConstraint(fields=["agency", "period", "number"], name="one_number_an_edition"),
            models.CheckConstraint(
                condition=Q(frozen_at=None) | Q(ledger_seq__isnull=False),
                name="frozen_edition_knows_the_ledger",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.period} v{self.number}"

    @property
    def days(self) -> Period:
        """The period itself, judged at the edition's day."""
        return Period.parse(self.period).with_as_of(self.as_of)

    @property
    def frozen(self) -> bool:
        return self.frozen_at is not None

    @property
    def public(self) -> bool:
        """Whether everybody may read it: once it was given to the council."""
        return self.state in (self.State.DELIVERED, self.State.ERRATA)


class SectionText(models.Model):
    """節文字 An author's text of a section in one language; the last one counts, an empty one brings back
    the room's.
    """

    edition = models.ForeignKey(Edition, models.PROTECT, related_name="texts", verbose_name=_("版本"))
    section = models.CharField(_("節次"), max_length=20)
    language = models.CharField(_("語言"), max_length=8, choices=LANGUAGES)
    text = models.TextField(_("文字"), blank=True)
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", verbose_name=_("撰寫人")
    )
    at = models.DateTimeField(_("時間"))

    class Meta:
        verbose_name = _("節文字")
        verbose_name_plural = _("節文字")
        indexes = [models.Index(fields=["edition", "section", "language", "-at"], name="text_of_section")]


class SignOff(models.Model):
    """簽核 A signature on a section (or, with an empty one, on the whole) binding text and figures by
    their hash.
    """

    class Step(models.TextChoices):
        SUBMIT = "submit", _("送審")
        REVIEW = "review", _("審閱")
        CHECK = "check", _("檢核")
        APPROVE = "approve", _("核定")

    edition = models.ForeignKey(Edition, models.PROTECT, related_name="signatures", verbose_name=_("版本"))
    section = models.CharField(_("節次"), max_length=20, blank=True)
    step = models.CharField(_("步驟"), max_length=8, choices=Step.choices)
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", verbose_name=_("簽核人")
    )
    role = models.CharField(_("身分"), max_length=24)
    at = models.DateTimeField(_("時間"))
    seal = models.CharField(_("雜湊值"), max_length=64)
    bound = models.TextField(_("簽核內容"))
    void_at = models.DateTimeField(_("失效時間"), null=True, blank=True)
    void_reason = models.CharField(_("失效原因"), max_length=200, blank=True)

    class Meta:
        verbose_name = _("簽核")
        verbose_name_plural = _("簽核")
        constraints = [
            models.UniqueConstraint(
                fields=["edition", "section", "step"], condition=Q(void_at=None), name="one_signature_a_step"
            )
        ]


class Remark(models.Model):
    """意見 A remark on a section or a figure, between those who make the report."""

    edition = models.ForeignKey(Edition, models.PROTECT, related_name="remarks", verbose_name=_("版本"))
    section = models.CharField(_("節次"), max_length=20)
    figure = models.CharField(_("數據"), max_length=160, blank=True)
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", verbose_name=_("發言人")
    )
    at = models.DateTimeField(_("時間"))
    text = models.TextField(_("內容"))

    class Meta:
        verbose_name = _("意見")
        verbose_name_plural = _("意見")
        ordering = ["at", "pk"]


class Explanation(models.Model):
    """說明 Why a check may fail in this edition: signed, and bound to what the check found."""

    edition = models.ForeignKey(Edition, models.PROTECT, related_name="explanations", verbose_name=_("版本"))
    check_code = models.CharField(_("檢核項目"), max_length=200)
    found = models.CharField(_("檢核結果雜湊"), max_length=64)
    text = models.TextField(_("說明"))
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", verbose_name=_("說明人")
    )
    at = models.DateTimeField(_("時間"))

    class Meta:
        verbose_name = _("檢核說明")
        verbose_name_plural = _("檢核說明")


class Erratum(models.Model):
    """勘誤 What is corrected after delivery; the frozen text stays as it was given."""

    edition = models.ForeignKey(Edition, models.PROTECT, related_name="errata", verbose_name=_("版本"))
    section = models.CharField(_("節次"), max_length=20)
    figure = models.CharField(_("數據"), max_length=160, blank=True)
    text = models.TextField(_("勘誤內容"))
    text_en = models.TextField(_("英文"), blank=True)
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", verbose_name=_("簽核人")
    )
    at = models.DateTimeField(_("時間"))

    class Meta:
        verbose_name = _("勘誤")
        verbose_name_plural = _("勘誤")
        ordering = ["at", "pk"]


class FrozenFigure(models.Model):
    """定稿數據 A figure as frozen. The database refuses to change or delete it; its keys stand in the
    edition's file.
    """

    edition = models.ForeignKey(Edition, models.PROTECT, related_name="figures", verbose_name=_("版本"))
    position = models.PositiveIntegerField(_("次序"))
    figure = models.CharField(_("數據"), max_length=160)
    section = models.CharField(_("節次"), max_length=20)
    label = models.CharField(_("名稱"), max_length=200)
    label_en = models.CharField(_("英文名稱"), max_length=200)
    value = models.CharField(_("數值"), max_length=40)
    unit = models.CharField(_("單位"), max_length=20)
    decimals = models.PositiveSmallIntegerField(_("小數位"))
    kind = models.CharField(_("性質"), max_length=10)
    first = models.DateField(_("起日"))
    last = models.DateField(_("迄日"))
    as_of = models.DateField(_("資料截止日"))
    records = models.PositiveBigIntegerField(_("紀錄筆數"))
    digest = models.CharField(_("紀錄鍵值雜湊"), max_length=64)
    definition = models.TextField(_("定義"))
    definition_en = models.TextField(_("英文定義"), blank=True)
    version = models.PositiveSmallIntegerField(_("定義版次"))

    class Meta:
        verbose_name = _("定稿數據")
        verbose_name_plural = _("定稿數據")
        ordering = ["position"]
        constraints = [
            models.UniqueConstraint(fields=["edition", "figure"], name="one_frozen_value_a_figure"),
        ]

    @property
    def period(self) -> Period:
        """The dates it was read with."""
        return Period(self.first, self.last, self.as_of, self.edition.period)


class FrozenPart(models.Model):
    """定稿檔 A stored part of a frozen edition: the document model of a language, the rule values, the code
    revision.

    `name` is `model.zh-hant.json`, `model.en.json`, `rules.json` or `revision`. The database refuses to
    change it.
    """

    edition = models.ForeignKey(Edition, models.PROTECT, related_name="parts", verbose_name=_("版本"))
    name = models.CharField(_("名稱"), max_length=40)
    content = models.TextField(_("內容"))
    sha256 = models.CharField(_("雜湊值"), max_length=64)

    class Meta:
        verbose_name = _("定稿檔")
        verbose_name_plural = _("定稿檔")
        constraints = [models.UniqueConstraint(fields=["edition", "name"], name="one_frozen_part_a_name")]


class FrozenOutput(models.Model):
    """定稿輸出 The hash of what a frozen edition was given out as: by name, such as `report.zh-hant.pdf`,
    `keys.parquet`.
    """

    edition = models.ForeignKey(Edition, models.PROTECT, related_name="outputs", verbose_name=_("版本"))
    name = models.CharField(_("名稱"), max_length=40)
    size = models.PositiveBigIntegerField(_("位元組"))
    sha256 = models.CharField(_("雜湊值"), max_length=64)

    class Meta:
        verbose_name = _("定稿輸出")
        verbose_name_plural = _("定稿輸出")
        constraints = [models.UniqueConstraint(fields=["edition", "name"], name="one_frozen_output_a_name")]
