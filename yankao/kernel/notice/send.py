"""Telling people: a row in their inbox and, when they have an address, a mail through the outbox, in the
caller's transaction.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.utils import translation
from django.utils.translation import gettext as _

from .. import bulk
from ..jobs.mail import queue_mail
from .models import Notice


def to(
    people: Iterable[Any], *, kind: str, text: Any, case: Any = None, link: str = "", key: str = ""
) -> list[Notice]:
    """Notify each person once, in their own language. `key` plus the person makes a repetition harmless."""
    told: dict[int, Any] = {person.pk: person for person in people if person is not None and person.is_active}
    made = []
    for person in told.values():
        mark = f"{key}:{person.pk}" if key else None
        if mark and Notice.objects.filter(key=mark).exists():
            continue
        with translation.override(person.language):
            words = str(text).format(number=case.number, title=case.title) if case else str(text)
            notice = bulk.made(
                Notice, user=person, kind=kind, case=case, text=words[:400], link=link, key=mark
            )
            bulk.save(notice)
            if person.email:
                queue_mail(
                    person.email, words[:200], _("%(words)s\n\n請登入研考平台查看。") % {"words": words},
                    key=f"notice:{notice.pk}", language=person.language,
                )  # fmt: skip
        made.append(notice)
    return made
