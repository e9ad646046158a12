"""Making, finding and revoking personal tokens. A token is 256 random bits: a plain SHA-256 hides it well."""

from __future__ import annotations

import secrets
from datetime import date, timedelta
from hashlib import sha256
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from yankao.kernel.audit import ledger

from .models import ApiToken, Scope

PREFIX = "yk_"
LONGEST = timedelta(days=366)
USUAL = timedelta(days=90)
MOST = 20
"""So many living tokens may one person have."""


def digest_of(token: str) -> str:
    return sha256(token.encode()).hexdigest()


def make(
    user: Any, name: str, *, scope: str = Scope.READ, expires_on: date | None = None
) -> tuple[str, ApiToken]:
    """A new token of the person: its text, to be shown once, and its row. Raises ValidationError by field."""
    today = timezone.localdate()
    expires_on = expires_on or today + USUAL
    if not today <= expires_on <= today + LONGEST:
        raise ValidationError({"expires_on": _("有效期限須在今天起一年之內。")})
    token = PREFIX + secrets.token_urlsafe(32)
    row = ApiToken(
        user=user, name=name.strip(), hint=token[:8], digest=digest_of(token), scope=scope,
        expires_on=expires_on,
    )  # fmt: skip
    row.full_clean(exclude=["digest"])
    with transaction.atomic():
        if living(user).count() >= MOST:
            raise ValidationError(_("每人最多%(most)s個有效的權杖，請先撤銷不用的。") % {"most": MOST})
        row.save(force_insert=True)
        ledger.note(
            "token.make", f"token:{row.pk}", user, name=row.name, scope=row.scope, expires_on=expires_on
        )
    return token, row


def revoke(actor: Any, row: ApiToken) -> bool:
    """End a token for good; whether it was still living. The actor is its owner or an administrator."""
    with transaction.atomic():
        ended = ApiToken.objects.filter(pk=row.pk, revoked_at=None).update(revoked_at=timezone.now())
        if ended:
            ledger.note("token.revoke", f"token:{row.pk}", actor, name=row.name, owner=row.user)
    return bool(ended)


def living(user: Any) -> Any:
    """The person's tokens that still open the door."""
    return ApiToken.objects.filter(user=user, revoked_at=None, expires_on__gte=timezone.localdate())


def holder(token: str, *, demo: bool) -> ApiToken | None:
    """The living token with this text, with its person; None when there is none. The day of use is noted.

    Demonstration people count only on a demonstration site.
    """
    if not token.startswith(PREFIX) or len(token) > 100:
        return None
    today = timezone.localdate()
    row = (
        ApiToken.objects.filter(digest=digest_of(token), revoked_at=None, expires_on__gte=today)
        .select_related("user")
        .first()
    )
    if row is None or not row.user.is_active or (row.user.demo and not demo):
        return None
    if row.used_on != today:
        ApiToken.objects.filter(pk=row.pk).update(used_on=today)
    return row
