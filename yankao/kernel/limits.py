"""How often the same caller may do a thing: counted for all workers together, and nobody's address is kept.

The caller's address is hashed with the installation's secret; the count is forgotten with its window.
"""

from __future__ import annotations

import time

from django.core.cache import cache
from django.http import HttpRequest
from django.utils.crypto import salted_hmac


def caller_of(request: HttpRequest) -> str:
    """Who asks, as a keyed hash: the address the server saw."""
    address = str(request.META.get("REMOTE_ADDR", ""))
    return salted_hmac("yankao.limits", address, algorithm="sha256").hexdigest()[:24]


def allowed(what: str, caller: str, times: int, seconds: int = 3600) -> bool:
    """Count one more of `what` for the caller; whether it is still within `times` in the running window."""
    window = int(time.time()) // seconds
    key = f"limit:{what}:{window}:{caller}"
    if cache.add(key, 1, timeout=seconds + 60):
        return times >= 1
    try:
        return cache.incr(key) <= times
    except ValueError:  # forgotten between the two questions
        cache.set(key, 1, timeout=seconds + 60)
        return times >= 1
