"""What journals do by themselves: follow their files, compare with a second source, forget old raw data."""

from __future__ import annotations

from datetime import date, timedelta

from django.db import transaction
from django.tasks import task
from django.urls import NoReverseMatch, reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from ..audit import ledger
from ..jobs.schedule import every
from ..notice import send
from . import sealing
from .declare import journals
from .models import Reconciliation, Source
from .reconciling import reconcile
from .rollup import refresh
from .tailing import read_file

LISTENED = timedelta(seconds=30)
"""A file read so recently is followed by `yankao listen`."""
LOOKED_BACK = 7
"""So many days before yesterday are compared, when their second source came late."""


@every(minutes=1)
@task
def follow_files() -> int:
    """Read on in every file of an active source nobody listens to, and end what will not end by itself; how
    many records were read.
    """
    read = 0
    now = timezone.now()
    for source in Source.objects.filter(active=True).exclude(address="").select_related("same_as"):
        journal = journals.get(source.journal)
        form = journal.formats.get(source.format) if journal else None
        if journal is None or form is None or form.live:
            continue
        if source.read_at is not None and now - source.read_at < LISTENED:
            continue
        read += read_file(source).records
        if journal.settle:
            with transaction.atomic():
                slots = set(journal.settle(source.keeper))
                if journal.rollup and slots:
                    refresh(journal, slots)
    return read


@every("03:20")
@task
def reconcile_nightly() -> int:
    """Compare yesterday, and days before whose second source came late, and tell who looks after a journal
    where they differ; how many days were compared.
    """
    yesterday = timezone.localdate() - timedelta(days=1)
    days = [yesterday - timedelta(days=number) for number in range(LOOKED_BACK + 1)]
    return sum(_compare(source, second, day) for source, second in _pairs() for day in days)


def _pairs() -> list[tuple[Source, Source]]:
    """Each active second source with the one it is compared with; none where that is not plain."""
    found = []
    for journal in journals.values():
        if not journal.second:
            continue
        seconds = list(Source.objects.filter(journal=journal.second, active=True))
        ways = [name for name, form in journal.formats.items() if form.compared]
        mains = list(Source.objects.filter(journal=journal.name, same_as=None, format__in=ways))
        if len(mains) == 1:
            found += [(mains[0], second) for second in seconds]
    return found


def _compare(source: Source, second: Source, day: date) -> bool:
    theirs = journals[second.journal].model._default_manager.filter(source=second, day=day)
    before = Reconciliation.objects.filter(source=source, second=second, day=day).first()
    count = theirs.count()
    if before is not None and before.second_count == count:
        return False
    if before is None and not count and day < timezone.localdate() - timedelta(days=1):
        return False  # of a day long gone nothing came: it was not compared then either
    found = reconcile(source, second, day)
    if found.missing or found.surplus:
        _tell(source, found)
    return True


def _tell(source: Source, found: Reconciliation) -> None:
    journal = journals[source.journal]
    try:
        link = reverse("desk:office_journal", args=[journal.name])
    except NoReverseMatch:
        link = ""
    words = _("%(journal)s %(day)s對帳不符：只見於第二來源%(missing)s筆，只見於資料來源%(surplus)s筆。")
    told = {
        "journal": journal.label, "day": found.day.isoformat(), "missing": found.missing,
        "surplus": found.surplus,
    }  # fmt: skip
    key = f"reconciled:{found.pk}:{found.second_count}"
    with transaction.atomic():
        send.to(journal.keepers(), kind="journal", text=words % told, link=link, key=key)


@every("03:30")
@task
def forget_raw() -> int:
    """Destroy the keys of months whose raw data are past their term (`sealing.RAW_MONTHS`); how many."""
    return forget_before(timezone.localdate())


def forget_before(today: date) -> int:
    """As on that day: a month is forgotten when so many whole months lie between it and this one."""
    month = today.year * 12 + today.month - 1 - sealing.RAW_MONTHS.at(today)
    oldest = f"{month // 12:04d}-{month % 12 + 1:02d}"
    with transaction.atomic():
        gone = sealing.forget(oldest)
        if gone:
            ledger.note("journal.forget", "journal", None, before=oldest, months=gone)
    return gone
