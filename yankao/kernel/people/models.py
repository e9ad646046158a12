"""Who works here: agencies as a dated tree, units, officers and the posts that give them their duties."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Any

from django.contrib.auth.models import AbstractUser
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from .names import search_keys, sort_key


class KeptText(models.CharField):  # type: ignore[type-arg]
    """A column worked out from the row's other fields whenever the row is written, single or in bulk.

    `update()` and `save(update_fields=…)` write only what they name: name this column along with its sources.
    """

    def __init__(self, *args: Any, worked_out: Callable[[Any], str] | None = None, **kwargs: Any) -> None:
        self.worked_out = worked_out
        kwargs["editable"] = False
        super().__init__(*args, **kwargs)

    def deconstruct(self) -> Any:
        name, path, args, kwargs = super().deconstruct()
        kwargs.pop("editable", None)
        return name, path, args, kwargs

    def pre_save(self, model_instance: models.Model, add: bool) -> str:
        if self.worked_out is not None:
            setattr(model_instance, self.attname, self.worked_out(model_instance))
        return str(super().pre_save(model_instance, add))


def _user_sort_key(user: User) -> str:
    return sort_key(user.name or user.username)


def _user_search_keys(user: User) -> str:
    return search_keys(user.name, user.name_en)


class Agency(models.Model):
    """機關 An agency of the city, valid between two dates; a successor names those it took over."""

    code = models.CharField(_("機關代碼"), max_length=20, unique=True)
    name = models.CharField(_("機關名稱"), max_length=80)
    name_en = models.CharField(_("英文名稱"), max_length=120, blank=True)
    parent = models.ForeignKey(
        "self", models.PROTECT, null=True, blank=True, related_name="children", verbose_name=_("上級機關")
    )
    first_level = models.BooleanField(_("一級機關"), default=False)
    is_commission = models.BooleanField(_("研考會"), default=False)
    valid_from = models.DateField(_("生效日"), default=date(1945, 1, 1))
    valid_to = models.DateField(_("失效日"), null=True, blank=True)
    predecessors = models.ManyToManyField(
        "self", symmetrical=False, blank=True, related_name="successors", verbose_name=_("前身機關")
    )

    class Meta:
        verbose_name = _("機關")
        verbose_name_plural = _("機關")
        constraints = [
            models.CheckConstraint(
                condition=Q(valid_to=None) | Q(valid_to__gte=F("valid_from")), name="agency_dates_in_order"
            ),
        ]

    def __str__(self) -> str:
        return self.name


class Unit(models.Model):
    """單位 A unit inside an agency."""

    agency = models.ForeignKey(Agency, models.PROTECT, related_name="units", verbose_name=_("機關"))
    name = models.CharField(_("單位名稱"), max_length=80)
    name_en = models.CharField(_("英文名稱"), max_length=120, blank=True)

    class Meta:
        verbose_name = _("單位")
        verbose_name_plural = _("單位")
        constraints = [models.UniqueConstraint(fields=["agency", "name"], name="one_unit_name_an_agency")]

    def __str__(self) -> str:
        return self.name


class User(AbstractUser):
    """A person who can sign in. One name field: Chinese names are not split."""

    first_name = None  # type: ignore[assignment]
    last_name = None  # type: ignore[assignment]
    name = models.CharField(_("姓名"), max_length=100)
    name_en = models.CharField(_("英文姓名"), max_length=100, blank=True)
    language = models.CharField(
        _("介面語言"), max_length=10, choices=[("zh-hant", "中文"), ("en", "English")], default="zh-hant"
    )
    demo = models.BooleanField(_("示範人員"), default=False)
    sort_key = KeptText(_("筆畫排序"), max_length=160, blank=True, db_index=True, worked_out=_user_sort_key)
    search_keys = KeptText(_("讀音"), max_length=300, blank=True, worked_out=_user_search_keys)

    class Meta:
        verbose_name = _("人員")
        verbose_name_plural = _("人員")

    def __str__(self) -> str:
        return self.name or self.username

    def get_full_name(self) -> str:
        return self.name

    def get_short_name(self) -> str:
        return self.name


class Role(models.TextChoices):
    """What a post is for. A duty asks for roles; a role alone opens nothing outside its agency."""

    OFFICER = "officer", _("承辦人")
    CONTROLLER = "controller", _("機關研考")
    MANAGER = "manager", _("主管")
    HEAD = "head", _("機關首長")
    REGISTRAR = "registrar", _("出國報告登錄人員")
    PERSONNEL = "personnel", _("人事人員")
    RDEC_CONTROLLER = "rdec_controller", _("研考會管考人員")
    RDEC_CHIEF = "rdec_chief", _("研考會主任秘書")
    RDEC_COMMISSIONER = "rdec_commissioner", _("研考會主任委員")
    INSPECTION_SECRETARY = "inspection_secretary", _("查核小組執行秘書")
    INSPECTOR = "inspector", _("查核委員")
    CREW = "crew", _("派工人員")
    CALL_AGENT = "call_agent", _("話務員")
    CALL_SUPERVISOR = "call_supervisor", _("話務督導")
    KNOWLEDGE_EDITOR = "knowledge_editor", _("知識庫編輯")
    SECURITY = "security", _("資安人員")
    MAYOR = "mayor", _("市長")
    COUNCILLOR = "councillor", _("議員")
    AUDITOR = "auditor", _("政風審計人員")
    ETHICS = "ethics", _("檢舉案件保管人")
    ADMIN = "admin", _("系統管理員")


class Post(models.Model):
    """職務 A person holds a role in an agency between two dates; several at once are concurrent 兼任."""

    user = models.ForeignKey(User, models.PROTECT, related_name="posts", verbose_name=_("人員"))
    agency = models.ForeignKey(Agency, models.PROTECT, related_name="posts", verbose_name=_("機關"))
    unit = models.ForeignKey(
        Unit, models.PROTECT, null=True, blank=True, related_name="posts", verbose_name=_("單位")
    )
    role = models.CharField(_("角色"), max_length=24, choices=Role.choices)
    title = models.CharField(_("職稱"), max_length=60, blank=True)
    valid_from = models.DateField(_("到職日"), default=date(2000, 1, 1))
    valid_to = models.DateField(_("離職日"), null=True, blank=True)

    class Meta:
        verbose_name = _("職務")
        verbose_name_plural = _("職務")
        constraints = [
            models.CheckConstraint(
                condition=Q(valid_to=None) | Q(valid_to__gte=F("valid_from")), name="post_dates_in_order"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.user} {self.get_role_display()}"


class Deputy(models.Model):
    """職務代理 Between two dates another person may do what the post may do."""

    post = models.ForeignKey(Post, models.PROTECT, related_name="deputies", verbose_name=_("職務"))
    user = models.ForeignKey(User, models.PROTECT, related_name="deputising", verbose_name=_("代理人"))
    valid_from = models.DateField(_("代理起日"))
    valid_to = models.DateField(_("代理迄日"))

    class Meta:
        verbose_name = _("職務代理")
        verbose_name_plural = _("職務代理")
        constraints = [
            models.CheckConstraint(condition=Q(valid_to__gte=F("valid_from")), name="deputy_dates_in_order"),
        ]


class District(models.Model):
    """行政區 A district, in the official order of its code."""

    code = models.CharField(_("代碼"), max_length=12, primary_key=True)
    name = models.CharField(_("名稱"), max_length=20)
    name_en = models.CharField(_("英文名稱"), max_length=60, blank=True)

    class Meta:
        verbose_name = _("行政區")
        verbose_name_plural = _("行政區")
        ordering = ["code"]

    def __str__(self) -> str:
        return self.name


class Village(models.Model):
    """里 A village, valid between two dates: codes change over the years."""

    code = models.CharField(_("代碼"), max_length=16, primary_key=True)
    district = models.ForeignKey(District, models.PROTECT, related_name="villages", verbose_name=_("行政區"))
    name = models.CharField(_("名稱"), max_length=20)
    name_en = models.CharField(_("英文名稱"), max_length=80, blank=True)
    longitude = models.DecimalField(_("經度"), max_digits=9, decimal_places=6, null=True, blank=True)
    latitude = models.DecimalField(_("緯度"), max_digits=9, decimal_places=6, null=True, blank=True)
    valid_from = models.DateField(_("生效日"), null=True, blank=True)
    valid_to = models.DateField(_("失效日"), null=True, blank=True)

    class Meta:
        verbose_name = _("里")
        verbose_name_plural = _("里")
        ordering = ["code"]

    def __str__(self) -> str:
        return self.name


class SignInFailure(models.Model):
    """A wrong password for an account (hashed), kept for a day so that every worker counts alike."""

    account = models.CharField(_("帳號雜湊"), max_length=64)
    at = models.DateTimeField(_("時間"))

    class Meta:
        verbose_name = _("登入失敗")
        verbose_name_plural = _("登入失敗")
        indexes = [models.Index(fields=["account", "-at"], name="sign_in_failures_of_account")]

    def __str__(self) -> str:
        return f"{self.at:%Y-%m-%d %H:%M}"
