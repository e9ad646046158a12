"""What the room does by itself: fetch its mails, forget those that are done with, close what was
answered."""

from __future__ import annotations

import logging

from django.tasks import task
from django.utils import timezone

from yankao.kernel.jobs.schedule import every

from . import closing
from .mail import boxes, taking

logger = logging.getLogger("yankao.petitions.mail")
MOST_A_MINUTE = 200
"""So many mails are taken from one box at a time; the rest in the next minute."""


@every(minutes=1)
@task(queue_name="intake")
def fetch_mail() -> int:
    """Take in what lies in the boxes; how many mails were new. A box that is closed holds up no other."""
    fresh = 0
    for box in boxes.boxes():
        try:
            new = 0
            for parcel in box.mails():
                new += taking.take(parcel.raw, box=box.name, kind=box.kind).fresh
                parcel.done()
                if new >= MOST_A_MINUTE:
                    break
            fresh += new
        except boxes.BoxClosed as closed:
            logger.warning("Mail box %s: %s", box.name, closed)
    return fresh


@every("03:15")
@task
def forget_mail() -> int:
    """Destroy mails that were decided long ago; how many."""
    return taking.forget(timezone.now())


@every("00:40")
@task
def close_replied() -> int:
    """Close what was answered long enough ago; how many."""
    return closing.close_replied()
