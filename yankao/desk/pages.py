"""One address, two answers: the whole page to a browser, one block of it to htmx."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.template import loader
from django.utils.cache import patch_vary_headers

from .addresses import one_answer


def wants_block(request: HttpRequest) -> bool:
    """Whether htmx asked for a part (HX-Request with HX-Request-Type partial); going back in history asks
    for the whole page."""
    return request.headers.get("HX-Request") == "true" and request.headers.get("HX-Request-Type") == "partial"


def render_block(
    request: HttpRequest, template: str, block: str, context: Mapping[str, Any] | None = None
) -> str:
    """The text of one block of a page template, with the page's own imports and context."""
    found: Any = loader.get_template(template)
    values: dict[str, Any] = {**(context or {}), "request": request}
    for processor in found.backend.template_context_processors:
        values.update(processor(request))
    page = found.template
    scope = page.new_context(values)
    # The imports and sets at the top of a template run before its first piece of text: one step is enough
    # to have them.
    next(page.root_render_func(scope), None)
    return "".join(scope.blocks[block][0](scope))


def render_page(
    request: HttpRequest,
    template: str,
    context: Mapping[str, Any] | None = None,
    *,
    block: str = "",
    status: int = 200,
) -> HttpResponse:
    """The whole page, or only ``block`` of it when htmx asked for a part of this very address.

    Without ``block`` every request gets the whole page. A form that is refused comes back with
    ``status=422``; htmx 4 swaps it.
    """
    with one_answer():
        if block and wants_block(request):
            text = render_block(request, template, block, context)
        else:
            text = loader.render_to_string(template, dict(context or {}), request)
    response = HttpResponse(text, status=status)
    patch_vary_headers(response, ["HX-Request", "HX-Request-Type"])
    return response


def say(response: HttpResponse, words: str) -> HttpResponse:
    """Let an htmx answer also show a short notice in the corner, read out by screen readers.

    A whole page says the same through ``django.contrib.messages``. JSON escapes keep the header ASCII.
    """
    response["HX-Trigger"] = json.dumps({"yk:say": words})
    return response
