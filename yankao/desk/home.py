"""The front door: staff go to their work, everybody else to the counter."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponseBase, HttpResponseRedirect
from django.urls import resolve, reverse
from django.views.decorators.http import require_safe


@require_safe
def home(request: HttpRequest) -> HttpResponseBase:
    """`/`: the work list for the signed-in; for others the first page of the counter, at this address."""
    if request.user.is_authenticated:
        return HttpResponseRedirect(reverse("desk:work"))
    front: HttpResponseBase = resolve(reverse("counter:home")).func(request)
    return front
