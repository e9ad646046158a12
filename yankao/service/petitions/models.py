"""What citizens bring, the registers it is sorted by, and what became of it: facts only.

Agency, officer, stage, number and security class stand on the docket. Who petitions stands in the identity
vault; what a citizen wrote stands here and in no other place (the ledger holds its digest).
"""

from __future__ import annotations

from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from yankao.kernel.casework.models import Record
from yankao.kernel.people.models import Role
from yankao.kernel.vault.rows import Sealed


class Kind(models.TextChoices):
    """案件類別 The classes of this room; a case is of one of them."""

    PETITION = "petition", _("人民陳情")
    MAILBOX = "mailbox", _("市長信箱")
    DISPATCH = "dispatch", _("派工通報")


class Channel(models.TextChoices):
    """受理管道 How it came in."""

    WEB = "web", _("網路")
    PHONE = "phone", _("1999電話")
    COUNTER = "counter", _("臨櫃")
    LETTER = "letter", _("書信")
    FAX = "fax", _("傳真")
    EMAIL = "email", _("電子郵件")
    COUNCILLOR = "councillor", _("議員轉介")
    OPEN311 = "open311", _("Open311介接")


ORAL = (Channel.PHONE, Channel.COUNTER)
"""Spoken: written down by staff and read back (行政程序法 §169)."""


class Nature(models.TextChoices):
    """陳情事由 The four subjects of 行政程序法 §168."""

    REFORM = "reform", _("行政興革之建議")
    LAW = "law", _("行政法令之查詢")
    WRONGDOING = "wrongdoing", _("行政違失之舉發")
    RIGHTS = "rights", _("行政上權益之維護")


class Complexity(models.TextChoices):
    """難易別"""

    SIMPLE = "simple", _("一般")
    COMPLEX = "complex", _("複雜")


class ReadBack(models.TextChoices):
    """How the record of an oral petition was confirmed."""

    READ = "read", _("朗讀後確認")
    SHOWN = "shown", _("閱覽後確認")
    CORRECTED = "corrected", _("更正後確認")


class Language(models.TextChoices):
    """語言 In which the petitioner wrote, and is answered."""

    CHINESE = "zh-hant", _("中文")
    ENGLISH = "en", _("英文")

    @classmethod
    def of(cls, code: str) -> str:
        """The language one is answered in: Chinese for every one that no officer is bound to write."""
        return str(cls.ENGLISH if code.lower().startswith("en") else cls.CHINESE)


class Disposition(models.TextChoices):
    """答復類別 What the city says to the matter; every reply has one."""

    ADOPTED = "adopted", _("採納")
    PARTLY = "partly", _("部分採納")
    NOT_ADOPTED = "not_adopted", _("未採納")
    EXPLAINED = "explained", _("說明")
    DONE = "done", _("已處理完成")
    NOT_OURS = "not_ours", _("非本府權責")


class Ground(models.TextChoices):
    """不予處理事由 The three grounds of 行政程序法 §173; the case is registered all the same."""

    NAMELESS = "nameless", _("無具體內容或未具真實姓名、住址")
    REPEATED = "repeated", _("同一事由經適當處理並明確答復後仍一再陳情")
    COPIED = "copied", _("非主管機關接獲分向各機關陳情之同一事由")


class Appeal(models.TextChoices):
    """救濟途徑 Where one may turn who does not agree."""

    NONE = "none", _("無法定救濟途徑")
    ADMINISTRATIVE = "appeal", _("訴願")
    LAWSUIT = "lawsuit", _("行政訴訟")
    COMPENSATION = "compensation", _("國家賠償")
    OTHER = "other", _("其他法定程序")


# ── Registers ───────────────────────────────────────────────────────────────────────────────────────


class Named(models.Model):
    """A row of a register with its name in both languages."""

    name = models.CharField(_("名稱"), max_length=60)
    name_en = models.CharField(_("英文名稱"), max_length=120, blank=True)
    order = models.PositiveSmallIntegerField(_("順序"), default=0)
    withdrawn_on = models.DateField(_("停用日"), null=True, blank=True)

    class Meta:
        abstract = True

    def __str__(self) -> str:
        return (self.name_en or self.name) if get_language() == "en" else self.name


class Category(Named):
    """案件分類 A subject, in a tree. Which agency answers is never read off it: that is said at
    assignment.
    """

    code = models.CharField(_("代碼"), max_length=40, primary_key=True)
    parent = models.ForeignKey(
        "self", models.PROTECT, null=True, blank=True, related_name="children", verbose_name=_("上層分類")
    )
    appeal = models.BooleanField(_("答復應載明救濟途徑"), default=False)
    sealed = models.BooleanField(_("檢舉，應予密封"), default=False)

    class Meta:
        verbose_name = _("案件分類")
        verbose_name_plural = _("案件分類")
        ordering = ["order", "code"]


class Service(Named):
    """服務項目 What a crew is sent for; its code is the service code of Open311."""

    code = models.CharField(_("代碼"), max_length=40, primary_key=True)
    category = models.ForeignKey(
        Category, models.PROTECT, related_name="services", verbose_name=_("案件分類")
    )
    danger = models.BooleanField(_("涉及危險"), default=False)

    class Meta:
        verbose_name = _("服務項目")
        verbose_name_plural = _("服務項目")
        ordering = ["order", "code"]


class ServiceLimit(models.Model):
    """派工時限 What one service must be done in, from a day on, with the legal basis; spans as text ("4
    hours").
    """

    service = models.ForeignKey(Service, models.PROTECT, related_name="limits", verbose_name=_("服務項目"))
    survey = models.CharField(_("會勘時限"), max_length=40)
    safety = models.CharField(_("安全措施時限"), max_length=40, blank=True)
    fix = models.CharField(_("修復時限"), max_length=40)
    valid_from = models.DateField(_("生效日"))
    valid_to = models.DateField(_("失效日"), null=True, blank=True)
    legal_basis = models.CharField(_("法令依據"), max_length=200, blank=True)

    class Meta:
        verbose_name = _("派工時限")
        verbose_name_plural = _("派工時限")
        ordering = ["service", "valid_from"]
        constraints = [
            models.UniqueConstraint(fields=["service", "valid_from"], name="one_service_limit_a_day"),
            models.CheckConstraint(
                condition=Q(valid_to=None) | Q(valid_to__gte=F("valid_from")),
                name="service_limit_dates_in_order",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.service_id} {self.valid_from:%Y-%m-%d}"


# ── The case ────────────────────────────────────────────────────────────────────────────────────────


class Petition(Record):
    """陳情案件 One matter of one citizen. Times are when things happened; the docket says who handles it."""

    kind = models.CharField(_("案件類別"), max_length=8, choices=Kind.choices)
    channel = models.CharField(_("受理管道"), max_length=10, choices=Channel.choices)
    nature = models.CharField(_("陳情事由"), max_length=10, choices=Nature.choices, blank=True)
    language = models.CharField(_("語言"), max_length=10, choices=Language.choices, default=Language.CHINESE)
    subject = models.CharField(_("主旨"), max_length=120, blank=True)
    content = models.TextField(_("陳情內容"), max_length=8000)
    category = models.ForeignKey(
        Category,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("案件分類"),
        db_index=False,
    )
    service = models.ForeignKey(
        Service, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("服務項目")
    )
    complexity = models.CharField(
        _("難易別"), max_length=8, choices=Complexity.choices, default=Complexity.SIMPLE
    )
    danger = models.BooleanField(_("涉及危險"), default=False)
    place = models.CharField(_("地點"), max_length=200, blank=True)
    longitude = models.DecimalField(_("經度"), max_digits=9, decimal_places=6, null=True, blank=True)
    latitude = models.DecimalField(_("緯度"), max_digits=8, decimal_places=6, null=True, blank=True)
    village = models.ForeignKey(
        "people.Village", models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("里")
    )
    petitioner = models.ForeignKey(
        "vault.Identity",
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("陳情人"),
        db_index=False,
    )
    received_at = models.DateTimeField(_("受理時間"))
    client_key = models.CharField(_("送件識別碼"), max_length=80, unique=True)
    access = models.CharField(max_length=64, blank=True)
    reference = models.CharField(_("來源文號"), max_length=80, blank=True)
    read_back_at = models.DateTimeField(_("覆誦時間"), null=True, blank=True)
    read_back = models.CharField(_("覆誦確認"), max_length=10, choices=ReadBack.choices, blank=True)

    registered_at = models.DateTimeField(_("登錄時間"), null=True, blank=True)
    assigned_at = models.DateTimeField(_("分文時間"), null=True, blank=True)
    accepted_at = models.DateTimeField(_("受理承辦時間"), null=True, blank=True)
    site_visit = models.BooleanField(_("須會勘"), default=False)
    bounces = models.PositiveSmallIntegerField(_("退回次數"), default=0)
    disputed_at = models.DateTimeField(_("權責爭議時間"), null=True, blank=True)
    decided_on = models.DateField(_("權責裁決日"), null=True, blank=True)
    extensions = models.PositiveSmallIntegerField(_("展延次數"), default=0)
    extended_on = models.DateField(_("首次展延日"), null=True, blank=True)

    disposition = models.CharField(_("答復類別"), max_length=12, choices=Disposition.choices, blank=True)
    replied_at = models.DateTimeField(_("首次答復時間"), null=True, blank=True)
    days = models.PositiveSmallIntegerField(_("首次答復日數"), null=True, blank=True)
    ground = models.CharField(_("不予處理事由"), max_length=10, choices=Ground.choices, blank=True)
    earlier = models.ForeignKey(
        "self",
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("先前答復之案件"),
        db_index=False,
    )
    no_action_on = models.DateField(_("不予處理日"), null=True, blank=True)
    transferred_to = models.CharField(_("移轉機關"), max_length=120, blank=True)
    transferred_on = models.DateField(_("移轉日"), null=True, blank=True)
    transferred_for = models.TextField(_("移轉理由"), max_length=2000, blank=True)
    merged_into = models.ForeignKey(
        "self",
        models.PROTECT,
        null=True,
        blank=True,
        related_name="merged",
        verbose_name=_("併入"),
        db_index=False,
    )
    merged_on = models.DateField(_("併案日"), null=True, blank=True)
    split_from = models.ForeignKey(
        "self",
        models.PROTECT,
        null=True,
        blank=True,
        related_name="parts",
        verbose_name=_("分自"),
        db_index=False,
    )
    ended_on = models.DateField(_("首次結案日"), null=True, blank=True)
    reopened_on = models.DateField(_("首次重啟日"), null=True, blank=True)
    reopenings = models.PositiveSmallIntegerField(_("重啟次數"), default=0)
    taken_up_on = models.DateField(_("首次恢復辦理日"), null=True, blank=True)

    dispatched_at = models.DateTimeField(_("派工時間"), null=True, blank=True)
    arrived_at = models.DateTimeField(_("到場時間"), null=True, blank=True)
    completed_at = models.DateTimeField(_("完工時間"), null=True, blank=True)

    class Meta:
        verbose_name = _("陳情案件")
        verbose_name_plural = _("陳情案件")
        constraints = [
            models.CheckConstraint(
                condition=Q(longitude=None, latitude=None)
                | Q(longitude__range=(-180, 180), latitude__range=(-90, 90)),
                name="petition_place_on_earth",
                violation_error_message=_("經度與緯度要一起填，且在範圍內。"),
            ),
            models.CheckConstraint(
                condition=Q(replied_at=None) | ~Q(disposition=""),
                name="petition_reply_has_a_kind",
                violation_error_message=_("答復須有答復類別。"),
            ),
            models.CheckConstraint(
                condition=Q(merged_on=None, merged_into=None)
                | Q(merged_on__isnull=False, merged_into__isnull=False),
                name="petition_merged_into_another",
            ),
            models.CheckConstraint(
                condition=Q(transferred_on=None) | ~Q(transferred_to=""),
                name="petition_transferred_to_someone",
            ),
            models.CheckConstraint(
                condition=Q(no_action_on=None) | ~Q(ground=""), name="petition_no_action_has_a_ground"
            ),
            models.CheckConstraint(
                condition=~Q(ground=Ground.REPEATED) | Q(earlier__isnull=False),
                name="petition_repeated_names_the_answer",
                violation_error_message=_("一再陳情須引用先前已明確答復的案件。"),
            ),
            models.CheckConstraint(
                condition=Q(read_back_at=None) | ~Q(read_back=""), name="petition_read_back_confirmed"
            ),
        ]
        indexes = [
            models.Index("kind", "received_at", name="petition_kind_received"),
            models.Index("category", "received_at", name="petition_category_received"),
            models.Index("kind", "completed_at", name="petition_mapped", condition=Q(merged_into=None)),
            models.Index("ended_on", name="petition_ended", condition=Q(ended_on__isnull=False)),
            models.Index("petitioner", name="petition_of_person", condition=Q(petitioner__isnull=False)),
            models.Index("earlier", name="petition_earlier", condition=Q(earlier__isnull=False)),
            models.Index("merged_into", name="petition_merged", condition=Q(merged_into__isnull=False)),
            models.Index("split_from", name="petition_split", condition=Q(split_from__isnull=False)),
            models.Index(
                "service", "latitude", "longitude", name="petition_near", condition=Q(latitude__isnull=False)
            ),
        ]

    @property
    def anonymous(self) -> bool:
        """Nobody is named in the vault for it."""
        return self.petitioner_id is None and self._state.fields_cache.get("petitioner") is None


class Custodian(models.Model):
    """指定人員 Who, besides the officer, may know of a confidential or sealed case."""

    petition = models.ForeignKey(
        Petition, models.PROTECT, related_name="custodians", verbose_name=_("陳情案件")
    )
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", verbose_name=_("人員")
    )
    named_at = models.DateTimeField(_("指定時間"))
    named_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+", verbose_name=_("指定人")
    )

    class Meta:
        verbose_name = _("指定人員")
        verbose_name_plural = _("指定人員")
        constraints = [models.UniqueConstraint(fields=["petition", "user"], name="one_custodian_a_person")]

    def __str__(self) -> str:
        return str(self.user)


class Bounce(models.Model):
    """改分紀錄 An agency that would not have it, why, and whose it thinks it is."""

    petition = models.ForeignKey(Petition, models.PROTECT, related_name="bounced", verbose_name=_("陳情案件"))
    agency = models.ForeignKey("people.Agency", models.PROTECT, related_name="+", verbose_name=_("退回機關"))
    proposed = models.ForeignKey(
        "people.Agency", models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("建議機關")
    )
    reason = models.TextField(_("理由"))
    at = models.DateTimeField(_("時間"))

    class Meta:
        verbose_name = _("改分紀錄")
        verbose_name_plural = _("改分紀錄")
        ordering = ["at"]


class Supplement(models.Model):
    """補正 What the petitioner was asked for, and what came."""

    petition = models.ForeignKey(
        Petition, models.PROTECT, related_name="supplements", verbose_name=_("陳情案件")
    )
    wanted = models.TextField(_("應補正事項"))
    asked_at = models.DateTimeField(_("通知時間"))
    by_day = models.DateField(_("補正期限"))
    text = models.TextField(_("補正內容"), blank=True)
    given_at = models.DateTimeField(_("補正時間"), null=True, blank=True)
    ended_at = models.DateTimeField(_("結束時間"), null=True, blank=True)

    class Meta:
        verbose_name = _("補正")
        verbose_name_plural = _("補正")
        ordering = ["asked_at"]

    @property
    def unasked(self) -> bool:
        """Whether the petitioner added it of their own accord: asked, given and ended in one moment."""
        return self.asked_at == self.given_at == self.ended_at

    def __str__(self) -> str:
        return self.wanted[:40]


class Extension(models.Model):
    """展延 Asked before the deadline, decided by the level its number needs."""

    petition = models.ForeignKey(
        Petition, models.PROTECT, related_name="extension_rows", verbose_name=_("陳情案件")
    )
    number = models.PositiveSmallIntegerField(_("第幾次"))
    days = models.PositiveSmallIntegerField(_("展延日數"))
    reason = models.TextField(_("理由"))
    asked_at = models.DateTimeField(_("申請時間"))
    asked_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", verbose_name=_("申請人")
    )
    approved = models.BooleanField(_("核准"), null=True, blank=True)
    decided_at = models.DateTimeField(_("核定時間"), null=True, blank=True)
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("核定人"),
    )
    note = models.TextField(_("核定說明"), blank=True)

    class Meta:
        verbose_name = _("展延")
        verbose_name_plural = _("展延")
        ordering = ["number", "pk"]
        constraints = [
            models.CheckConstraint(
                condition=Q(approved=None, decided_at=None)
                | Q(approved__isnull=False, decided_at__isnull=False),
                name="petition_extension_decided_at",
            )
        ]

    def __str__(self) -> str:
        return f"{self.number}"


class Joint(models.Model):
    """會辦 An agency asked for its opinion, with its own deadline; the lead replies."""

    petition = models.ForeignKey(Petition, models.PROTECT, related_name="joints", verbose_name=_("陳情案件"))
    agency = models.ForeignKey("people.Agency", models.PROTECT, related_name="+", verbose_name=_("會辦機關"))
    question = models.TextField(_("會辦事項"))
    asked_at = models.DateTimeField(_("會辦時間"))
    due_at = models.DateTimeField(_("會辦期限"))
    answer = models.TextField(_("會辦意見"), blank=True)
    answered_at = models.DateTimeField(_("會復時間"), null=True, blank=True)
    answered_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("會復人"),
    )
    withdrawn_at = models.DateTimeField(_("撤回時間"), null=True, blank=True)

    class Meta:
        verbose_name = _("會辦")
        verbose_name_plural = _("會辦")
        ordering = ["asked_at", "pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["petition", "agency"],
                condition=Q(answered_at=None, withdrawn_at=None),
                name="one_open_joint_an_agency",
            ),
            models.CheckConstraint(
                condition=Q(answered_at=None) | ~Q(answer=""), name="joint_answer_says_something"
            ),
        ]

    def __str__(self) -> str:
        return str(self.agency)


class Reply(models.Model):
    """答復 One round of a reply: drafted, approved by another, sent; the last one sent is what the citizen
    has.
    """

    petition = models.ForeignKey(
        Petition, models.PROTECT, related_name="replies", db_index=False, verbose_name=_("陳情案件")
    )
    number = models.PositiveSmallIntegerField(_("版次"))
    disposition = models.CharField(_("答復類別"), max_length=12, choices=Disposition.choices)
    text = models.TextField(_("答復內容"), max_length=8000)
    basis = models.CharField(_("法令依據"), max_length=200, blank=True)
    appeal = models.CharField(_("救濟途徑"), max_length=12, choices=Appeal.choices, default=Appeal.NONE)
    appeal_to = models.CharField(_("救濟機關與期間"), max_length=200, blank=True)
    drafted_at = models.DateTimeField(_("擬稿時間"))
    drafted_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        null=True,
        related_name="+",
        db_index=False,
        verbose_name=_("擬稿人"),
    )
    returned_at = models.DateTimeField(_("退稿時間"), null=True, blank=True)
    returned_for = models.TextField(_("退稿理由"), blank=True)
    approved_at = models.DateTimeField(_("核定時間"), null=True, blank=True)
    approved_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        db_index=False,
        verbose_name=_("核定人"),
    )
    sent_at = models.DateTimeField(_("答復時間"), null=True, blank=True)
    sent_by = models.CharField(_("答復方式"), max_length=10, choices=Channel.choices, blank=True)

    class Meta:
        verbose_name = _("答復")
        verbose_name_plural = _("答復")
        ordering = ["number"]
        constraints = [
            models.UniqueConstraint(fields=["petition", "number"], name="one_reply_a_number"),
            models.CheckConstraint(condition=~Q(text=""), name="reply_says_something"),
            models.CheckConstraint(
                condition=Q(approved_by=None) | ~Q(approved_by=F("drafted_by")),
                name="reply_approved_by_another",
                violation_error_message=_("核定人不能是擬稿人。"),
            ),
            models.CheckConstraint(
                condition=Q(appeal=Appeal.NONE) | ~Q(appeal_to=""),
                name="reply_appeal_says_where",
                violation_error_message=_("救濟途徑須載明機關與期間。"),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.number}"


class Work(models.Model):
    """派工單 One going-out of a crew: when it left, came, made safe and finished, with its photographs."""

    petition = models.ForeignKey(
        Petition, models.PROTECT, related_name="works", db_index=False, verbose_name=_("陳情案件")
    )
    number = models.PositiveSmallIntegerField(_("派工次別"))
    crew = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("派工人員"),
    )
    contractor = models.CharField(_("承商"), max_length=80, blank=True)
    dispatched_at = models.DateTimeField(_("派工時間"))
    set_out_at = models.DateTimeField(_("出發時間"), null=True, blank=True)
    arrived_at = models.DateTimeField(_("到場時間"), null=True, blank=True)
    made_safe_at = models.DateTimeField(_("安全措施時間"), null=True, blank=True)
    measure = models.TextField(_("臨時安全措施"), blank=True)
    completed_at = models.DateTimeField(_("完工時間"), null=True, blank=True)
    done = models.TextField(_("處理情形"), blank=True)
    found = models.BooleanField(_("現場有此情形"), default=True)
    before = models.ForeignKey(
        "evidence.Evidence",
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        db_index=False,
        verbose_name=_("施工前照片"),
    )
    after = models.ForeignKey(
        "evidence.Evidence",
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        db_index=False,
        verbose_name=_("施工後照片"),
    )
    verified_at = models.DateTimeField(_("查驗時間"), null=True, blank=True)
    verified_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        db_index=False,
        verbose_name=_("查驗人"),
    )
    redo_for = models.TextField(_("重做理由"), blank=True)

    class Meta:
        verbose_name = _("派工單")
        verbose_name_plural = _("派工單")
        ordering = ["number"]
        indexes = [
            models.Index("before", name="work_before", condition=Q(before__isnull=False)),
            models.Index("after", name="work_after", condition=Q(after__isnull=False)),
            models.Index("petition", name="work_under_way", condition=Q(completed_at=None)),
        ]
        constraints = [
            models.UniqueConstraint(fields=["petition", "number"], name="one_work_a_number"),
            models.CheckConstraint(
                condition=Q(arrived_at=None) | Q(arrived_at__gte=F("dispatched_at")),
                name="work_arrives_after_dispatch",
            ),
            models.CheckConstraint(
                condition=Q(completed_at=None)
                | Q(arrived_at__isnull=False, completed_at__gte=F("arrived_at")),
                name="work_completed_after_arrival",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.number}"


class Reopening(models.Model):
    """申請重啟 The petitioner says that it is not done; the agency decides by a deadline of its own."""

    petition = models.ForeignKey(
        Petition, models.PROTECT, related_name="reopening_rows", verbose_name=_("陳情案件")
    )
    reason = models.TextField(_("理由"), max_length=2000)
    asked_at = models.DateTimeField(_("申請時間"))
    granted = models.BooleanField(_("同意"), null=True, blank=True)
    decided_at = models.DateTimeField(_("決定時間"), null=True, blank=True)
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("決定人"),
    )
    answer = models.TextField(_("說明"), blank=True)

    class Meta:
        verbose_name = _("申請重啟")
        verbose_name_plural = _("申請重啟")
        ordering = ["asked_at"]
        constraints = [
            models.UniqueConstraint(
                fields=["petition"], condition=Q(granted=None), name="one_open_reopening_a_petition"
            )
        ]


LEVELS = (Role.RDEC_COMMISSIONER, Role.HEAD, Role.RDEC_CHIEF, Role.MANAGER, Role.ETHICS)
"""Who may decide that nothing is done, the highest first."""


class Proposal(models.Model):
    """擬不予處理 On which ground nothing is to be done, by whom it is proposed, and who decided at which
    level.
    """

    petition = models.ForeignKey(
        Petition, models.PROTECT, related_name="proposals", verbose_name=_("陳情案件")
    )
    ground = models.CharField(_("不予處理事由"), max_length=10, choices=Ground.choices)
    proposed_at = models.DateTimeField(_("擬議時間"))
    proposed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+", verbose_name=_("擬議人")
    )
    approved = models.BooleanField(_("核准"), null=True, blank=True)
    decided_at = models.DateTimeField(_("核定時間"), null=True, blank=True)
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("核定人"),
    )
    level = models.CharField(
        _("核定層級"), max_length=24, choices=[(str(one), one.label) for one in LEVELS], blank=True
    )

    class Meta:
        verbose_name = _("擬不予處理")
        verbose_name_plural = _("擬不予處理")
        ordering = ["proposed_at", "pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["petition"], condition=Q(approved=None), name="one_open_proposal_a_petition"
            ),
            models.CheckConstraint(
                condition=~Q(approved=True) | Q(proposed_by=None) | ~Q(decided_by=F("proposed_by")),
                name="no_action_approved_by_another",
                violation_error_message=_("擬議人不能核定自己的擬議。"),
            ),
        ]


class Draw(models.Model):
    """抽樣 A random sample of closed cases: from which, how many, by which seed and why, so that anybody may
    draw it again and find the same.
    """

    class Purpose(models.TextChoices):
        AUDIT = "audit", _("案件抽查")
        SATISFACTION = "satisfaction", _("滿意度調查")

    purpose = models.CharField(_("用途"), max_length=12, choices=Purpose.choices)
    seed = models.CharField(_("抽樣種子"), max_length=80)
    reason = models.CharField(_("抽樣理由"), max_length=200)
    since = models.DateField(_("結案日自"))
    until = models.DateField(_("結案日至"))
    kind = models.CharField(_("案件類別"), max_length=8, choices=Kind.choices, blank=True)
    agency = models.ForeignKey(
        "people.Agency", models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("主辦機關")
    )
    wanted = models.PositiveIntegerField(_("擬抽件數"))
    population = models.PositiveIntegerField(_("母體件數"))
    drawn = models.PositiveIntegerField(_("抽出件數"))
    among = models.JSONField(_("母體案號"), default=list, blank=True)
    numbers = models.JSONField(_("抽出案號"), default=list, blank=True)
    drawn_at = models.DateTimeField(_("抽樣時間"))
    drawn_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+", verbose_name=_("抽樣人")
    )

    class Meta:
        verbose_name = _("抽樣")
        verbose_name_plural = _("抽樣")
        ordering = ["-drawn_at", "-pk"]
        constraints = [
            models.CheckConstraint(condition=Q(until__gte=F("since")), name="draw_dates_in_order"),
            models.UniqueConstraint(fields=["purpose", "seed"], name="one_draw_a_seed"),
        ]

    def __str__(self) -> str:
        return f"{self.get_purpose_display()} {self.seed}"


class Rating(models.Model):
    """滿意度 A closed case asked by random sample, or rated of the petitioner's own accord; each counted
    apart.
    """

    petition = models.OneToOneField(
        Petition, models.PROTECT, related_name="rating", verbose_name=_("陳情案件"), primary_key=True
    )
    sampled_on = models.DateField(_("抽樣日"), null=True, blank=True)
    draw = models.ForeignKey(
        Draw, models.PROTECT, null=True, blank=True, related_name="ratings", verbose_name=_("抽樣")
    )
    score = models.PositiveSmallIntegerField(_("滿意度"), null=True, blank=True)
    on_time = models.BooleanField(_("覺得準時"), null=True, blank=True)
    understood = models.BooleanField(_("看得懂答復"), null=True, blank=True)
    comment = models.TextField(_("意見"), max_length=1000, blank=True)
    rated_at = models.DateTimeField(_("填答時間"), null=True, blank=True)

    SCORES: ClassVar[range] = range(1, 6)

    class Meta:
        verbose_name = _("滿意度")
        verbose_name_plural = _("滿意度")
        constraints = [
            models.CheckConstraint(
                condition=Q(score=None, rated_at=None) | Q(score__range=(1, 5), rated_at__isnull=False),
                name="rating_from_one_to_five",
            )
        ]


class Subscriber(models.Model):
    """我也遇到 Somebody else with the same trouble: hears of every public step, and makes no second case."""

    petition = models.ForeignKey(
        Petition, models.PROTECT, related_name="subscribers", verbose_name=_("陳情案件")
    )
    identity = models.ForeignKey(
        "vault.Identity", models.PROTECT, null=True, related_name="+", verbose_name=_("關注人")
    )
    at = models.DateTimeField(_("時間"))
    client_key = models.CharField(max_length=80, unique=True)

    class Meta:
        verbose_name = _("關注人")
        verbose_name_plural = _("關注人")


class Audit(models.Model):
    """抽查 A closed case drawn for the auditor, and what was found."""

    petition = models.ForeignKey(Petition, models.PROTECT, related_name="audits", verbose_name=_("陳情案件"))
    draw = models.ForeignKey(Draw, models.PROTECT, related_name="audits", verbose_name=_("抽樣"))
    answered = models.BooleanField(_("逐點答復"), null=True, blank=True)
    founded = models.BooleanField(_("引用依據正確"), null=True, blank=True)
    clear = models.BooleanField(_("用語清楚親切"), null=True, blank=True)
    finding = models.TextField(_("抽查意見"), blank=True)
    checked_on = models.DateField(_("抽查日"), null=True, blank=True)
    checked_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("抽查人"),
    )

    class Meta:
        verbose_name = _("抽查")
        verbose_name_plural = _("抽查")
        ordering = ["draw", "pk"]
        constraints = [
            models.UniqueConstraint(fields=["petition", "draw"], name="one_audit_a_draw"),
            models.CheckConstraint(
                condition=Q(checked_on=None)
                | Q(answered__isnull=False, founded__isnull=False, clear__isnull=False),
                name="audit_checked_whole",
                violation_error_message=_("逐點答復、依據與用語三項都要判定。"),
            ),
        ]

    def __str__(self) -> str:
        return str(self.petition_id)


class Question(models.Model):
    """服務項目問題 What is asked besides with a service; kinds are the datatypes of Open311's GeoReport v2.

    The answers stand in the case's content, line by line.
    """

    class Kind(models.TextChoices):
        TEXT = "text", _("長文字")
        STRING = "string", _("文字")
        NUMBER = "number", _("數字")
        MOMENT = "datetime", _("日期時間")
        ONE = "singlevaluelist", _("單選")
        MANY = "multivaluelist", _("複選")

    service = models.ForeignKey(Service, models.CASCADE, related_name="questions", verbose_name=_("服務項目"))
    code = models.CharField(_("代碼"), max_length=40)
    kind = models.CharField(_("型別"), max_length=16, choices=Kind.choices)
    required = models.BooleanField(_("必填"), default=False)
    order = models.PositiveSmallIntegerField(_("順序"), default=1)
    words = models.CharField(_("問題"), max_length=120)
    words_en = models.CharField(_("英文問題"), max_length=200, blank=True)
    choices = models.JSONField(
        _("選項"), default=list, blank=True, help_text=_("每項為[代碼, 中文, 英文]；只有單選與複選有。")
    )

    class Meta:
        verbose_name = _("服務項目問題")
        verbose_name_plural = _("服務項目問題")
        ordering = ["service", "order", "code"]
        constraints = [
            models.UniqueConstraint(fields=["service", "code"], name="one_question_a_code"),
        ]

    def __str__(self) -> str:
        return (self.words_en or self.words) if get_language() == "en" else self.words


class Incoming(Sealed):
    """來信 A mail to the city and what became of it. The mail itself is sealed, and kept only while somebody
    may still have to look at it; of one that was taken, the words and files are at its case.
    """

    class State(models.TextChoices):
        OPENED = "opened", _("已立案")
        ADDED = "added", _("已併入原案")
        WAITING = "waiting", _("待人工處理")
        AUTOMATIC = "automatic", _("自動信，未收")
        BOUNCED = "bounced", _("退信")
        DISMISSED = "dismissed", _("已排除")

    class Why(models.TextChoices):
        TOO_LARGE = "too_large", _("信件過大，未讀取。")
        EMPTY = "empty", _("信件是空的。")
        NO_HEADER = "no_header", _("這不是電子郵件，或表頭已損壞。")
        NO_SENDER = "no_sender", _("信件沒有可辨識的寄件人。")
        NO_TEXT = "no_text", _("信件沒有內文，也沒有附件。")
        CODING = "coding", _("信件的文字編碼無法辨識。")
        LOCKED = "locked", _("信件經加密或封裝，無法閱讀。")
        BROKEN = "broken", _("信件已損壞，無法解讀。")
        STRANGER = "stranger", _("主旨有案號，但寄件人不是該案的陳情人，請確認。")
        ENDED = "ended", _("原案已答復或結案，請判斷是否為申請重啟。")
        MANY = "many", _("同一寄件人短時間內來信太多，請確認。")
        CHANGED = "changed", _("信件識別碼與先前的信相同，內容卻不同。")
        REFUSED = "refused", _("收件時被退回。")
        MACHINE = "machine", _("自動回覆、通知或郵寄清單，不立案。")
        OWN = "own", _("由本系統的信箱寄出，不收自己的信。")
        UNDELIVERED = "undelivered", _("寄給民眾或同仁的信未送達。")
        DELAYED = "delayed", _("寄出的信延遲，郵件主機仍在嘗試。")
        UNKNOWN = "unknown", _("退信所指的信不是本系統寄出的。")

    message_id = models.CharField(_("信件識別碼"), max_length=255, unique=True)
    fingerprint = models.CharField(max_length=64, blank=True)
    sender = models.CharField(max_length=32, blank=True)
    box = models.CharField(_("信箱"), max_length=120)
    size = models.PositiveIntegerField(_("大小"))
    taken_at = models.DateTimeField(_("收信時間"))
    state = models.CharField(_("狀態"), max_length=10, choices=State.choices)
    why = models.CharField(_("原因"), max_length=12, choices=Why.choices, blank=True)
    detail = models.CharField(_("說明"), max_length=200, blank=True)
    kind = models.CharField(_("案件類別"), max_length=8, choices=Kind.choices)
    petition = models.ForeignKey(
        Petition, models.PROTECT, null=True, blank=True, related_name="mails", verbose_name=_("陳情案件")
    )
    lost = models.ForeignKey(
        "outbox.Message",
        models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("退回的訊息"),
    )
    decided_at = models.DateTimeField(_("處理時間"), null=True, blank=True)
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("處理人"),
    )

    class Meta:
        verbose_name = _("來信")
        verbose_name_plural = _("來信")
        indexes = [
            models.Index("state", F("taken_at").desc(), name="incoming_state_recent"),
            models.Index("sender", "taken_at", name="incoming_sender", condition=~Q(sender="")),
        ]
        constraints = [
            models.CheckConstraint(
                condition=~Q(state__in=("opened", "added")) | Q(petition__isnull=False),
                name="incoming_taken_has_a_case",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_state_display()} {self.taken_at:%Y-%m-%d %H:%M}"

    def __repr__(self) -> str:
        return f"<Incoming {self.pk}>"


# ── Crews outside ───────────────────────────────────────────────────────────────────────────────────


class ContractorLink(models.Model):
    """承商連結 Opens the dispatch orders of one contractor of one agency and nothing else, without signing
    in, until its last day or until it is taken back. Only the digest of its secret is kept.
    """

    agency = models.ForeignKey("people.Agency", models.PROTECT, related_name="+", verbose_name=_("派工機關"))
    contractor = models.CharField(_("承商"), max_length=80)
    digest = models.CharField(max_length=64, unique=True)
    made_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", verbose_name=_("建立人")
    )
    made_at = models.DateTimeField(_("建立時間"), auto_now_add=True)
    expires_on = models.DateField(_("有效期限"))
    revoked_at = models.DateTimeField(_("撤銷時間"), null=True, blank=True)
    opened_at = models.DateTimeField(_("最近開啟時間"), null=True, blank=True)

    class Meta:
        verbose_name = _("承商連結")
        verbose_name_plural = _("承商連結")
        ordering = ["-pk"]
        constraints = [
            models.CheckConstraint(condition=~Q(contractor=""), name="contractor_link_names_somebody")
        ]

    def __str__(self) -> str:
        return self.contractor


class FieldReport(models.Model):
    """現場回報 What a crew told from its telephone, once for each content: the digest is the acknowledgement.

    `said_at` is when it happened by the telephone, `received_at` when it came; the place is the telephone's.
    A report that came too late for its step is kept here with the sentence that refused it, and a step
    without a picture that could not serve with the sentence about the picture.
    """

    class Act(models.TextChoices):
        SET_OUT = "set_out", _("出發")
        ARRIVE = "arrive", _("到場")
        MAKE_SAFE = "make_safe", _("臨時安全措施")
        COMPLETE = "complete", _("完工")

    digest = models.CharField(_("內容雜湊"), max_length=64, unique=True)
    petition = models.ForeignKey(
        Petition, models.PROTECT, related_name="field_reports", verbose_name=_("陳情案件")
    )
    act = models.CharField(_("步驟"), max_length=10, choices=Act.choices)
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+", verbose_name=_("派工人員")
    )
    link = models.ForeignKey(
        ContractorLink, models.PROTECT, null=True, related_name="+", verbose_name=_("承商連結")
    )
    said_at = models.DateTimeField(_("手機時間"))
    received_at = models.DateTimeField(_("收到時間"))
    longitude = models.DecimalField(_("經度"), max_digits=9, decimal_places=6, null=True, blank=True)
    latitude = models.DecimalField(_("緯度"), max_digits=8, decimal_places=6, null=True, blank=True)
    within = models.PositiveIntegerField(_("誤差公尺"), null=True, blank=True)
    text = models.TextField(_("說明"), max_length=4000, blank=True)
    before = models.ForeignKey(
        "evidence.Evidence", models.PROTECT, null=True, related_name="+", verbose_name=_("施工前照片")
    )
    after = models.ForeignKey(
        "evidence.Evidence", models.PROTECT, null=True, related_name="+", verbose_name=_("施工後照片")
    )
    refused = models.TextField(_("未採用理由"), blank=True)
    left_out = models.TextField(_("未採用照片"), blank=True)

    class Meta:
        verbose_name = _("現場回報")
        verbose_name_plural = _("現場回報")
        ordering = ["said_at", "pk"]
        constraints = [
            models.CheckConstraint(
                condition=Q(longitude=None, latitude=None)
                | Q(longitude__range=(-180, 180), latitude__range=(-90, 90)),
                name="field_report_place_on_earth",
            ),
            models.CheckConstraint(
                condition=Q(user=None, link__isnull=False) | Q(user__isnull=False, link=None),
                name="field_report_from_one",
            ),
        ]


class Batch(models.Model):
    """匯入批次 A file of another system's requests: who took it in, how many rows, and when taken back."""

    source = models.CharField(_("來源"), max_length=30)
    name = models.CharField(_("檔名"), max_length=120)
    rows = models.PositiveIntegerField(_("匯入列數"), default=0)
    refused = models.PositiveIntegerField(_("退回列數"), default=0)
    taken_at = models.DateTimeField(_("匯入時間"))
    taken_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+", verbose_name=_("匯入人")
    )
    taken_back_at = models.DateTimeField(_("收回時間"), null=True, blank=True)
    taken_back_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("收回人"),
    )

    class Meta:
        verbose_name = _("匯入批次")
        verbose_name_plural = _("匯入批次")
        ordering = ["-taken_at"]

    def __str__(self) -> str:
        return self.name


class Elsewhere(models.Model):
    """他系統案件 A request kept in another system. `category` is what `category_given` is called by the rule
    of its profile; `more` holds every column without a field, as it came.
    """

    batch = models.ForeignKey(Batch, models.CASCADE, related_name="+", verbose_name=_("匯入批次"))
    source = models.CharField(_("來源"), max_length=30)
    number = models.CharField(_("來源編號"), max_length=40)
    digest = models.CharField(max_length=24)
    opened_at = models.DateTimeField(_("受理時間"))
    due_at = models.DateTimeField(_("期限"), null=True, blank=True)
    closed_at = models.DateTimeField(_("結案時間"), null=True, blank=True)
    days = models.PositiveIntegerField(_("處理日數"), null=True, blank=True)
    status = models.CharField(_("狀態"), max_length=40, blank=True)
    category = models.CharField(_("分類"), max_length=80, blank=True)
    category_given = models.CharField(_("分類（原文）"), max_length=80, blank=True)
    detail = models.CharField(_("細項"), max_length=80, blank=True)
    agency = models.CharField(_("機關"), max_length=60, blank=True)
    channel = models.CharField(_("管道"), max_length=20, blank=True)
    district = models.CharField(_("行政區"), max_length=60, blank=True)
    place = models.CharField(_("地點"), max_length=200, blank=True)
    words = models.CharField(_("說明"), max_length=300, blank=True)
    longitude = models.FloatField(_("經度"), null=True, blank=True)
    latitude = models.FloatField(_("緯度"), null=True, blank=True)
    more = models.JSONField(_("其他欄位"), default=dict, blank=True)

    class Meta:
        verbose_name = _("他系統案件")
        verbose_name_plural = _("他系統案件")
        constraints = [
            models.UniqueConstraint(fields=["source", "number"], name="one_elsewhere_a_number"),
            models.CheckConstraint(
                condition=Q(closed_at=None) | Q(closed_at__gte=F("opened_at")), name="elsewhere_in_order"
            ),
        ]

    def __str__(self) -> str:
        return self.number
