"""E-mail to citizens, by the mail server that officers' letters go by."""

from __future__ import annotations

from email.utils import parseaddr

from django.conf import settings

from ..jobs import mail
from .gateway import NotTaken, Outgoing, Refused


class Post:
    """The Message-ID is made of the key: a repetition can be recognised, though few servers drop it."""

    honours_key = True
    """An unclear outcome is tried again: a letter twice does less harm than none."""

    def hand_over(self, part: Outgoing) -> str:
        domain = parseaddr(settings.DEFAULT_FROM_EMAIL)[1].rpartition("@")[2] or "localhost"
        number = f"<{part.key}@{domain}>"
        try:
            mail.hand_over(part.to, part.subject, part.text, message_id=number, language=part.language)
        except mail.Refused as refused:
            raise Refused(str(refused)) from None
        except mail.GatewayFailed as failed:
            raise NotTaken(str(failed)) from None
        return number


def driver() -> Post:
    return Post()
