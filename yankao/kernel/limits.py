"""How often the same caller may do a thing: counted for all workers together, and nobody's address is kept.

The caller's address is hashed with the installation's secret; the count is forgotten with its window.
Thousands of telephones may share one address, so what a person does in a browser is counted by the browser as
well, closely, and by the address only against floods.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from functools import wraps
from typing import Any

from django.conf import settings
from django.core.cache import cache
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.utils import timezone
from django.utils.crypto import salted_hmac
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from .rules.values import Declared, Seed, declare

READS = declare("public.read", int, gettext_lazy("同一來源每分鐘讀取公開介面上限"), Seed("300"))
READS_BY_KEY = declare(
    "public.read_by_key", int, gettext_lazy("同一金鑰或權杖每分鐘讀取介面上限"), Seed("3000")
)
FILES = declare("public.files", int, gettext_lazy("同一來源每分鐘下載開放資料檔案上限"), Seed("60"))
MINUTE = 60
STEP = 10
"""So many reads a process counts at once, ahead of their being asked for."""
MOST_KEPT = 5000
"""So many callers a process remembers; beyond, it asks again."""
type Count = tuple[str, str, int]
"""What, by whom, and how often it may be done in a window."""
_ahead: dict[str, int] = {}
"""What a process may still answer of what it has counted ahead; below nought, the window is used up."""


def caller_of(request: HttpRequest) -> str:
    """Who asks, as a keyed hash: the address the server saw, or, behind trusted proxies, the one that the
    outermost of them saw. What stands left of it in the header was written by the caller.
    """
    address = str(request.META.get("REMOTE_ADDR", ""))
    seen = str(request.META.get("HTTP_X_FORWARDED_FOR", "")).split(",")
    if 0 < settings.PROXIES <= len(seen):
        address = seen[-settings.PROXIES].strip()
    return salted_hmac("yankao.limits", address, algorithm="sha256").hexdigest()[:24]


def browser_of(request: HttpRequest) -> str:
    """Which browser asks, as a keyed hash of the token it must bring along with every form; the address where
    it brings none. A caller may invent tokens, and is counted by the address as well.
    """
    token = request.COOKIES.get(settings.CSRF_COOKIE_NAME, "")
    if not token:
        return caller_of(request)
    return salted_hmac("yankao.limits.browser", token, algorithm="sha256").hexdigest()[:24]


def left(*counts: Count, seconds: int = 3600) -> bool:
    """Whether each of these may be done once more in the running window; nothing is counted."""
    keys = [(_key(what, who, seconds), times) for what, who, times in counts]
    told = cache.get_many([key for key, _times in keys])
    return all(told.get(key, 0) < times for key, times in keys)


def count(*counts: Count, seconds: int = 3600) -> None:
    """Each of these was done."""
    for what, who, _times in counts:
        _counted(_key(what, who, seconds), 1, seconds)


def allowed(what: str, caller: str, times: int, seconds: int = 3600) -> bool:
    """Count one more of `what` for the caller; whether it is still within `times` in the running window."""
    return _counted(_key(what, caller, seconds), 1, seconds) <= times


def wait_for_reading(request: HttpRequest, key: str = "", rule: Declared[int] | None = None) -> int:
    """Seconds until this caller may read again, 0 for at once. Who gives a valid `key` has a count of its
    own, everybody else that of their address; `rule` counts apart from other reads.

    Reads are many and cheap, so a process counts `STEP` of them at once and needs no query for the others,
    nor for those it refuses: the count may be used up that much sooner for each process, never later.
    """
    rule = rule or (READS_BY_KEY if key else READS)
    times = rule.at(timezone.localdate())
    name = _key(rule.code, key or caller_of(request), MINUTE)
    left = _ahead.get(name, 0)
    if left == 0:
        over = _counted(name, STEP, MINUTE) - times
        left = STEP if over <= 0 else STEP - over
        if len(_ahead) >= MOST_KEPT:
            _ahead.clear()
    if left <= 0:
        _ahead[name] = -1
        return MINUTE - int(time.time()) % MINUTE
    _ahead[name] = left - 1
    return 0


def forget() -> None:
    """Nothing is counted ahead (between tests)."""
    _ahead.clear()


def said_too_often(wait: int) -> str:
    return _("讀取太頻繁，請%(seconds)s秒後再試。") % {"seconds": wait}


def within_files[**P](view: Callable[P, HttpResponseBase]) -> Callable[P, HttpResponseBase]:
    """A public file for programs: 429 for who fetches more of them than the rule says."""

    @wraps(view)
    def answer(*args: Any, **named: Any) -> HttpResponseBase:
        request = next(one for one in args if isinstance(one, HttpRequest))
        if wait := wait_for_reading(request, rule=FILES):
            words = "text/plain; charset=utf-8"
            return HttpResponse(
                said_too_often(wait), status=429, content_type=words, headers={"Retry-After": str(wait)}
            )
        return view(*args, **named)

    return answer


def _key(what: str, caller: str, seconds: int) -> str:
    return f"limit:{what}:{int(time.time()) // seconds}:{caller}"


def _counted(key: str, more: int, seconds: int) -> int:
    """Count so many more; how many there are now."""
    if cache.add(key, more, timeout=seconds + 60):
        return more
    try:
        return int(cache.incr(key, more))
    except ValueError:  # forgotten between the two questions
        cache.set(key, more, timeout=seconds + 60)
        return more
