"""What is written in the background once a reply went out: the official letter the petitioner may fetch."""

from __future__ import annotations

import logging

from django.tasks import task

from yankao.kernel.casework.steps import Refused
from yankao.kernel.documents.pdf import NoChineseFont, PdfRefused
from yankao.kernel.letters import issuing
from yankao.kernel.people.models import User

from . import letters
from .models import Petition

logger = logging.getLogger("yankao.petitions")


@task
def write_reply(pk: int, number: int, actor_id: int) -> int:
    """The reply letter of a case, once for each reply sent; its id, 0 where none can be written.

    An agency without a letter number, or a text no font can draw, leaves the case as it is: the page of the
    case offers the letter, and says there why it is refused. Who sent the reply is who issues the letter.
    """
    petition = Petition.objects.select_related("case__agency", "petitioner").get(pk=pk)
    actor = User.objects.get(pk=actor_id)
    key = f"petition-reply:{pk}:{number}"
    try:
        return issuing.issue(letters.reply, petition, actor, key=key).pk
    except (Refused, PdfRefused, NoChineseFont) as refused:
        logger.info("No reply letter for case %s: %s", pk, refused)
        return 0
