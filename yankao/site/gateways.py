"""Gateways for messages to citizens, from the environment; `dangers` says what is not safe about them."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import urlsplit

DRIVERS = {"smpp": "yankao.kernel.outbox.sms_smpp.driver", "http": "yankao.kernel.outbox.sms_http.driver"}
PUSH_HOSTS = "fcm.googleapis.com,updates.push.services.mozilla.com,push.apple.com,notify.windows.com"
BODY = '{"to": "{to}", "text": "{text}", "from": "{from}", "key": "{key}"}'
SHORTEST_SECRET = 32


def told(environment: Mapping[str, str] = os.environ) -> tuple[dict[str, Any], dict[str, Any]]:
    """(settings of text messages, settings of web push)."""
    get = environment.get
    kind = get("YANKAO_SMS", "")
    sms = {
        "kind": kind, "host": get("YANKAO_SMPP_HOST", ""), "port": get("YANKAO_SMPP_PORT", "2775"),
        "user": get("YANKAO_SMPP_USER", ""), "password": get("YANKAO_SMPP_PASSWORD", ""),
        "tls": get("YANKAO_SMPP_TLS", "1") == "1", "private": get("YANKAO_SMPP_TLS", "1") == "private",
        "url": get("YANKAO_SMS_URL", ""), "token": get("YANKAO_SMS_TOKEN", ""),
        "body": get("YANKAO_SMS_BODY", "") or BODY, "id": get("YANKAO_SMS_ID", "id"),
        "sender": get("YANKAO_SMS_FROM", ""), "seconds": 15.0,
        "honours_key": get("YANKAO_SMS_KEY", "honoured") == "honoured",
        "receipts": get("YANKAO_SMS_RECEIPTS", ""),
    }  # fmt: skip
    push = {
        "contact": get("YANKAO_PUSH_CONTACT", ""), "seconds": 15.0,
        "hosts": [one.strip() for one in get("YANKAO_PUSH_HOSTS", PUSH_HOSTS).split(",") if one.strip()],
    }  # fmt: skip
    return sms, push


def drivers(demo: bool, sms: Mapping[str, Any], push: Mapping[str, Any]) -> dict[str, str]:
    """The driver of each way; in demonstrations every one shows its messages on a page and sends none."""
    if demo:
        return dict.fromkeys(("email", "sms", "push"), "yankao.kernel.outbox.page.driver")
    found = {"email": "yankao.kernel.outbox.post.driver"}
    if sms["kind"]:
        found["sms"] = DRIVERS.get(sms["kind"], "")
    if push["contact"]:
        found["push"] = "yankao.kernel.outbox.push.driver"
    return found


def faults(sms: Mapping[str, Any], push: Mapping[str, Any]) -> Iterator[tuple[str, str, str]]:
    """(id, what is wrong and what to set, the same in English) of every unsafe or missing setting."""
    kind = sms["kind"]
    if kind and kind not in DRIVERS:
        yield ("yankao.E030", f"YANKAO_SMS={kind}不是可用的簡訊閘道：請設為smpp或http，或不設。",
               f"YANKAO_SMS={kind} is no gateway: set smpp or http, or nothing.")  # fmt: skip
    if kind == "smpp":
        yield from _smpp(sms)
    if kind == "http":
        yield from _http(sms)
    if sms["receipts"] and len(sms["receipts"]) < SHORTEST_SECRET:
        yield (
            "yankao.E034", f"YANKAO_SMS_RECEIPTS太短：請設為{SHORTEST_SECRET}字以上的隨機值。",
            f"YANKAO_SMS_RECEIPTS is too short: set {SHORTEST_SECRET} random characters or more.",
        )  # fmt: skip
    contact = push["contact"]
    if contact and not contact.startswith(("mailto:", "https://")):
        yield ("yankao.E035", "YANKAO_PUSH_CONTACT須為mailto:或https:開頭的聯絡方式。",
               "YANKAO_PUSH_CONTACT must be a mailto: or https: contact.")  # fmt: skip
    if contact and any("*" in host or "/" in host or "." not in host for host in push["hosts"]):
        yield ("yankao.E036", "YANKAO_PUSH_HOSTS只列推播服務的主機名稱，以逗號分隔。",
               "YANKAO_PUSH_HOSTS lists host names of push services, parted by commas.")  # fmt: skip


def _smpp(sms: Mapping[str, Any]) -> Iterator[tuple[str, str, str]]:
    if not (sms["host"] and sms["user"] and sms["password"] and str(sms["port"]).isdecimal()):
        yield ("yankao.E031", "簡訊閘道設定不全：請設定YANKAO_SMPP_HOST、_PORT、_USER與_PASSWORD。",
               "The SMPP gateway wants YANKAO_SMPP_HOST, _PORT, _USER and _PASSWORD.")  # fmt: skip
    if not (sms["tls"] or sms["private"] or _loopback(sms["host"])):
        yield ("yankao.E032", "簡訊閘道未加密，門號與內容會在線路上外洩：請設YANKAO_SMPP_TLS=1；"
               "若為專線或VPN，設為private。",
               "SMPP without TLS shows numbers and words on the line: set YANKAO_SMPP_TLS=1, or private "
               "where the line is a leased one or a VPN.")  # fmt: skip


def _http(sms: Mapping[str, Any]) -> Iterator[tuple[str, str, str]]:
    try:
        place = urlsplit(sms["url"])
        safe = place.scheme == "https" or (place.scheme == "http" and _loopback(place.hostname or ""))
        safe = safe and bool(place.hostname) and place.username is None
    except ValueError:
        safe = False
    if not safe:
        yield ("yankao.E033", "YANKAO_SMS_URL須為https網址，且不含帳號密碼（密碼請放在YANKAO_SMS_TOKEN）。",
               "YANKAO_SMS_URL must be an https address; passwords belong in YANKAO_SMS_TOKEN.")  # fmt: skip
    try:
        shape = json.dumps(json.loads(sms["body"]))
    except ValueError:
        shape = ""
    if '"{to}"' not in shape or '"{text}"' not in shape:
        yield ("yankao.E037", "YANKAO_SMS_BODY須為含有\"{to}\"與\"{text}\"的JSON。",
               "YANKAO_SMS_BODY must be JSON with \"{to}\" and \"{text}\" in it.")  # fmt: skip


def _loopback(host: str) -> bool:
    return host in ("localhost", "127.0.0.1", "::1")
