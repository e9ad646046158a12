"""Addresses of the programming interface, mounted at `/api/`."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.urls import URLPattern, URLResolver, path, re_path
from django.utils.translation import gettext as _
from django.views.decorators.csrf import csrf_exempt

from .answers import Problem, problem
from .description import openapi
from .operations import api


@csrf_exempt
def nothing(request: HttpRequest) -> HttpResponse:
    """Whatever else is asked below `/api/`."""
    return problem(Problem(404, "not_found", _("沒有這個位址。")))


urlpatterns: list[URLPattern | URLResolver] = [
    path("openapi.json", openapi, name="openapi"),
    path("", api.urls),
    re_path(".*", nothing),
]
