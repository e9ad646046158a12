"""Text messages by an HTTP gateway of any make: a JSON request whose fields the settings name.

The key goes in the header `Idempotency-Key` (as the IETF draft of that name has it) and, where `body` asks
for it, in the body. 2xx is taken; 408, 409, 425, 429 and 5xx are tried again; other refusals are for good.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from django.conf import settings

from . import calling
from .gateway import NotTaken, Outgoing, Refused, Unclear

AGAIN = frozenset({408, 409, 425, 429})


class HttpGateway:
    """`settings.SMS`: url, token, sender, body (JSON with {to}, {text}, {key}, {from}), id (field of the
    answer with the gateway's number), seconds, honours_key."""

    def __init__(self, told: Mapping[str, Any]) -> None:
        self.told = told
        self.honours_key = bool(told.get("honours_key", True))

    def hand_over(self, part: Outgoing) -> str:
        given = {"to": f"+{part.to}", "text": part.text, "key": part.key, "from": self.told.get("sender", "")}
        body = filled(json.loads(self.told["body"]), given)
        headers = {
            "Content-Type": "application/json; charset=utf-8", "Accept": "application/json",
            "Idempotency-Key": f'"{part.key}"',
        }  # fmt: skip
        if token := self.told.get("token"):
            headers["Authorization"] = f"Bearer {token}"
        answer = calling.post(
            self.told["url"], json.dumps(body, ensure_ascii=False).encode(), headers,
            seconds=float(self.told.get("seconds", 15)),
        )  # fmt: skip
        if 200 <= answer.status < 300:
            return self._number(answer.body)
        said = f"HTTP {answer.status}"
        if answer.status >= 500:
            raise Unclear(said)  # a server in trouble may have taken it all the same
        if answer.status in AGAIN:
            wait = calling.wait_of(answer)
            raise NotTaken(said, timedelta(seconds=wait) if wait is not None else None)
        if answer.status in (401, 403) or 300 <= answer.status < 400:
            raise NotTaken(said)  # a matter of our configuration, not of the message
        raise Refused(said)

    def _number(self, body: bytes) -> str:
        try:
            told: Any = json.loads(body)
            for name in str(self.told.get("id", "id")).split("."):
                told = told[int(name)] if isinstance(told, list) else told[name]
        except (ValueError, KeyError, TypeError, IndexError):
            return ""  # taken, but no receipt will be known for it
        return str(told) if isinstance(told, str | int) else ""


def filled(shape: Any, given: Mapping[str, str]) -> Any:
    """The shape with every {to}, {text}, {key} and {from} in its strings replaced, once each."""
    if isinstance(shape, dict):
        return {name: filled(value, given) for name, value in shape.items()}
    if isinstance(shape, list):
        return [filled(value, given) for value in shape]
    if isinstance(shape, str):
        return (
            given[shape[1:-1]] if shape[:1] == "{" and shape[1:-1] in given and shape[-1:] == "}" else shape
        )
    return shape


def driver() -> HttpGateway:
    return HttpGateway(settings.SMS)
