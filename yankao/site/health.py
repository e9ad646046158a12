"""Whether the house is well, for those who watch over it, and the published checkpoints of the ledger."""

from __future__ import annotations

import json
from datetime import date, datetime, timedelta
from typing import Any

from django.db import DatabaseError, connection
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from yankao.kernel.audit.ledger import published
from yankao.kernel.jobs.models import Job, State

HEARTBEAT = "yankao.site.tasks.heartbeat"
SILENT_AFTER = timedelta(minutes=5)


def worker_heard() -> datetime | None:
    """When a worker last finished its heartbeat; None when none ever did."""
    found = Job.objects.filter(task=HEARTBEAT, state=State.SUCCESSFUL).order_by("-finished_at")
    return found.values_list("finished_at", flat=True).first()


def worker_state(now: datetime | None = None) -> str:
    """ok, silent (nothing heard for five minutes) or never."""
    heard = worker_heard()
    if heard is None:
        return "never"
    return "ok" if (now or timezone.now()) - heard <= SILENT_AFTER else "silent"


@never_cache
@require_safe
def healthz(request: HttpRequest) -> HttpResponse:
    """`{"database": "ok", "worker": "ok"}`; 503 when the database does not answer, with `?worker=1` also
    when no worker does.
    """
    told: dict[str, Any] = {"database": "ok"}
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
        told["worker"] = worker_state()
    except DatabaseError:
        told = {"database": "down", "worker": "unknown"}
    well = told["database"] == "ok" and (told["worker"] == "ok" or "worker" not in request.GET)
    return JsonResponse(told, status=200 if well else 503)


@require_safe
def checkpoints(request: HttpRequest) -> HttpResponse:
    """The list of signed checkpoints, newest first: whoever keeps one can prove later that nothing was cut
    off."""
    rows = []
    for path in sorted(published().glob("????-??-??.json"), reverse=True):
        told = json.loads(path.read_text("ascii"))
        rows.append({"day": date.fromisoformat(told["day"]), "seq": told["seq"], "hash": told["hash"],
                     "name": path.name})  # fmt: skip
    return render(request, "site/checkpoints.html", {"rows": rows})


@require_safe
def checkpoint_file(request: HttpRequest, day: str) -> HttpResponse:
    """One statement as it was published, with its signature."""
    try:
        path = published() / f"{date.fromisoformat(day).isoformat()}.json"
    except ValueError:
        raise Http404 from None
    if not path.is_file():
        raise Http404
    return HttpResponse(path.read_bytes(), content_type="application/json")


@require_safe
def checkpoint_key(request: HttpRequest) -> HttpResponse:
    """The public key (Ed25519, PEM) with which the signatures are checked."""
    from yankao.kernel.audit.ledger import public_key  # noqa: PLC0415

    return HttpResponse(public_key(), content_type="application/x-pem-file")
