"""Every night: void signatures are made void, frozen editions are proved, drift is told to the commission."""

from __future__ import annotations

from hashlib import sha256
from typing import Any

from django.db.models import Q
from django.tasks import task
from django.urls import reverse
from django.utils import timezone
from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy as _

from yankao.kernel.jobs.schedule import every
from yankao.kernel.notice import send
from yankao.kernel.people.models import User

from .access import COMMISSION
from .drift import drift_of
from .editions import refresh
from .freezing import verify
from .models import Edition


@every("02:40")
@task
def watch_reports() -> dict[str, int]:
    """How many signatures became void, figures drifted and faults were found; each is told once."""
    told = {"void": 0, "drifted": 0, "faults": 0}
    for edition in Edition.objects.filter(frozen_at=None):
        gone = refresh(edition, None)
        told["void"] += len(gone)
        if gone:
            _tell(
                edition,
                "void",
                _("施政報告{0}有簽核因內容變更而失效。"),
                [one.now for one in gone],
                "report:desk",
            )
    for edition in Edition.objects.exclude(frozen_at=None):
        lines = drift_of(edition)
        told["drifted"] += len(lines)
        if lines:
            found = [f"{one.frozen.figure}={one.now}:{one.added}:{one.removed}" for one in lines]
            _tell(edition, "drift", _("施政報告{0}定稿後有紀錄異動。"), found, "report:drift")
        faults = verify(edition, outputs=False)
        told["faults"] += len(faults)
        if faults:
            _tell(edition, "faults", _("施政報告{0}之定稿內容驗證不符。"), faults, "report:edition")
    return told


def _tell(edition: Edition, what: str, words: Any, found: list[str], view: str) -> None:
    """The same finding is told once, however many nights it stands."""
    mark = sha256("\n".join(found).encode()).hexdigest()[:24]
    where = {"period": edition.period, "number": edition.number}
    send.to(
        _commission(),
        kind="report",
        text=format_lazy(words, str(edition)),
        link=reverse(view, kwargs=where),
        key=f"report:{edition.pk}:{what}:{mark}",
    )


def _commission() -> list[User]:
    today = timezone.localdate()
    held = Q(posts__role__in=COMMISSION, posts__valid_from__lte=today)
    still = Q(posts__valid_to=None) | Q(posts__valid_to__gte=today)
    return list(User.objects.filter(held, still).distinct())
