"""How a person wants pages to look: theme, density, size, contrast and single-key shortcuts, kept in one
cookie.

The server writes the choice as classes on ``<html>``, so the first paint is right without any script. Kept
in a cookie, not on the account, because it belongs to the screen in front of the person.
"""

from __future__ import annotations

from dataclasses import dataclass, fields, replace
from typing import Self

from django import forms
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_http_methods

from yankao.kernel.language import YEAR, keep_language

COOKIE = "yk_look"

CHOICES: dict[str, tuple[str, ...]] = {
    "theme": ("auto", "light", "dark"),
    "density": ("cosy", "compact"),
    "size": ("normal", "large"),
    "contrast": ("normal", "high"),
    "keys": ("on", "off"),
}
"""Every preference with its values; the first is the default."""


@dataclass(frozen=True)
class Look:
    """One person's choices. Values outside ``CHOICES`` never get in."""

    theme: str = "auto"
    density: str = "cosy"
    size: str = "normal"
    contrast: str = "normal"
    keys: str = "on"

    @classmethod
    def read(cls, cookie: str) -> Self:
        """Take a cookie as written by ``cookie``; anything unknown in it falls back to the default."""
        given = dict(pair.split("-", 1) for pair in cookie.split(".") if "-" in pair)
        return cls(**{name: given[name] for name, values in CHOICES.items() if given.get(name) in values})

    @property
    def cookie(self) -> str:
        return ".".join(f"{f.name}-{getattr(self, f.name)}" for f in fields(self))

    @property
    def classes(self) -> str:
        """The classes of ``<html>``: only what differs from the default, such as ``theme-dark
        size-large``."""
        return " ".join(
            f"{name}-{getattr(self, name)}"
            for name, values in CHOICES.items()
            if getattr(self, name) != values[0]
        )

    def changed(self, given: dict[str, str]) -> Look:
        """The look with the valid values of ``given`` in place of the old ones."""
        return replace(self, **{k: v for k, v in given.items() if v in CHOICES.get(k, ())})


def look_of(request: HttpRequest) -> Look:
    """The look this browser asked for."""
    return Look.read(request.COOKIES.get(COOKIE, ""))


class PreferencesForm(forms.Form):
    """The display settings page."""

    theme = forms.ChoiceField(
        label=_("配色"),
        choices=[("auto", _("跟隨系統")), ("light", _("淺色")), ("dark", _("深色"))],
        widget=forms.RadioSelect,
    )
    density = forms.ChoiceField(
        label=_("清單疏密"), choices=[("cosy", _("舒適")), ("compact", _("緊湊"))], widget=forms.RadioSelect
    )
    size = forms.ChoiceField(
        label=_("字級"), choices=[("normal", _("標準")), ("large", _("放大到125%"))], widget=forms.RadioSelect
    )
    contrast = forms.ChoiceField(
        label=_("對比"), choices=[("normal", _("標準")), ("high", _("高對比"))], widget=forms.RadioSelect
    )
    keys = forms.ChoiceField(
        label=_("單鍵快速鍵"),
        help_text=_("使用語音輸入或輔具時，單鍵快速鍵可能誤觸，可在此關閉。Ctrl＋K與Esc不受影響。"),
        choices=[("on", _("啟用")), ("off", _("停用"))],
        widget=forms.RadioSelect,
    )


def _return_address(request: HttpRequest) -> str:
    target = request.POST.get("next", "")
    if url_has_allowed_host_and_scheme(target, {request.get_host()}, require_https=request.is_secure()):
        return target
    return reverse("desk:preferences")


@require_http_methods(["GET", "HEAD", "POST"])
def preferences(request: HttpRequest) -> HttpResponse:
    """Show the display settings; on POST keep any of ``CHOICES`` and ``language`` and go back.

    A POST may name one preference alone (the switches of the top bar do) and says where to return by
    ``next``.
    """
    look = look_of(request)
    if request.method != "POST":
        form = PreferencesForm(initial={f.name: getattr(look, f.name) for f in fields(look)})
        return render(request, "yk/preferences.html", {"form": form})
    response = HttpResponseRedirect(_return_address(request))
    look = look.changed({name: request.POST[name] for name in CHOICES if name in request.POST})
    response.set_cookie(
        COOKIE, look.cookie, max_age=YEAR, samesite="Lax", secure=request.is_secure(), httponly=True
    )
    keep_language(request, response)
    return response
