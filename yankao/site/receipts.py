"""Delivery receipts of an HTTP gateway, signed by the secret we share: `POST /receipts/sms/`."""

from __future__ import annotations

import hashlib
import hmac
import json

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST

from yankao.kernel.outbox import receipts

MOST_BYTES = 16_384
WORDS = {"delivered": True, "failed": False, "undelivered": False, "expired": False, "rejected": False}


@csrf_exempt
@require_POST
def sms(request: HttpRequest) -> HttpResponse:
    """Keep what the gateway says of one of its numbers. 204 however often it is said, 202 for a state on the
    way, 400 for what is no receipt, 403 for a wrong signature, 404 where no secret is set."""
    secret = settings.SMS.get("receipts", "")
    if not secret:
        raise Http404
    body = request.body if int(request.headers.get("Content-Length") or 0) <= MOST_BYTES else b""
    told = request.headers.get("X-Signature", "").removeprefix("sha256=")
    right = hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()
    if not hmac.compare_digest(told.encode("latin-1", "replace"), right.encode()):
        return HttpResponse(status=403)
    try:
        given = json.loads(body)
        number, state = str(given["id"]), str(given["state"]).lower()
    except (ValueError, KeyError, TypeError):
        return HttpResponse(status=400)
    if not number or len(number) > 80:
        return HttpResponse(status=400)
    if state not in WORDS:
        return HttpResponse(status=202)
    receipts.take(number, WORDS[state], said=state)
    return HttpResponse(status=204)
