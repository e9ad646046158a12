"""Templates of pages, letters and messages: jinja2 with its globals in one dict."""

from __future__ import annotations

from collections.abc import MutableMapping
from typing import Any

from jinja2 import Environment


class TextEnvironment(Environment):
    """jinja2 lays a template's globals over the environment's and walks through both layers each time the
    template, or one it includes, is rendered: a fifteenth of a citizen's form sent. Ours are complete before
    the first template is loaded, so a template takes a copy.
    """

    def make_globals(self, d: MutableMapping[str, Any] | None) -> MutableMapping[str, Any]:
        return {**self.globals, **(d or {})}
