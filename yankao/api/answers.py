"""What goes back: JSON, and problems in the words of RFC 9457 with a sentence in the reader's language."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from http import HTTPStatus
from typing import Any

from django.core.exceptions import NON_FIELD_ERRORS, ValidationError
from django.http import HttpResponse
from django.utils.functional import Promise

from yankao.kernel.audit.ledger import plain


class Problem(Exception):
    """An answer that is no success. `code` is for programs, `detail` for people, `errors` by field; `wait`
    seconds before the next try.
    """

    def __init__(
        self,
        status: int,
        code: str,
        detail: Any,
        errors: Mapping[str, Sequence[str]] | None = None,
        wait: int = 0,
    ) -> None:
        super().__init__(str(detail))
        self.wait = wait
        self.status, self.code, self.detail, self.errors = status, code, str(detail), dict(errors or {})


def told(value: Any) -> Any:
    """A value as JSON: exact decimals as text, ISO dates, translated words."""
    if isinstance(value, Promise):
        return str(value)
    if isinstance(value, dict):
        return {str(key): told(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [told(item) for item in value]
    return plain(value)


def answer(data: Any, status: int = 200, **headers: str) -> HttpResponse:
    """A JSON answer that no cache keeps: it depends on who asks."""
    body = json.dumps(told(data), ensure_ascii=False, separators=(",", ":"))
    response = HttpResponse(body, status=status, content_type="application/json")
    response.headers["Cache-Control"] = "private, no-store"
    response.headers["X-Content-Type-Options"] = "nosniff"
    for name, value in headers.items():
        response.headers[name.replace("_", "-")] = value
    return response


def problem(found: Problem) -> HttpResponse:
    """The answer of a problem."""
    body: dict[str, Any] = {
        "type": "about:blank",
        "title": HTTPStatus(found.status).phrase,
        "status": found.status,
        "code": found.code,
        "detail": found.detail,
    }
    if found.errors:
        body["errors"] = found.errors
    response = answer(body, found.status)
    response.headers["Content-Type"] = "application/problem+json"
    if found.status == HTTPStatus.UNAUTHORIZED:
        response.headers["WWW-Authenticate"] = 'Bearer realm="yankao"'
    if found.wait:
        response.headers["Retry-After"] = str(found.wait)
    return response


def invalid(error: ValidationError, sentence: Any) -> Problem:
    """What a record or a move found wrong, by field; what concerns no field becomes the sentence."""
    if not hasattr(error, "error_dict"):
        return Problem(422, "invalid", "".join(error.messages) or sentence)
    errors = {name: [str(text) for text in texts] for name, texts in error.message_dict.items()}
    whole = errors.pop(NON_FIELD_ERRORS, [])
    return Problem(422, "invalid", "".join(whole) or sentence, errors)
