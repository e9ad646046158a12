"""Five wrong passwords lock an account's sign-in for fifteen minutes, in every worker alike (附表十)."""

from __future__ import annotations

import hashlib
from datetime import datetime, timedelta

from django.db.models import Q
from django.utils import timezone

from yankao.kernel.people.models import SignInFailure, User

FAILURES = 5
LOCK = timedelta(minutes=15)


def account_key(login: str) -> str:
    """The account a login names, by username or e-mail alike; an unknown login is an account of its own.

    Hashed: what people type into the name field by mistake (their password) is kept nowhere.
    """
    login = login.strip()
    known = User.objects.filter(Q(username__iexact=login) | Q(email__iexact=login))
    found = known.values_list("pk", flat=True).first() if login else None
    name = f"user:{found}" if found is not None else f"text:{login.casefold()}"
    return hashlib.sha256(name.encode()).hexdigest()


def locked_until(key: str, now: datetime | None = None) -> datetime | None:
    """When the account may try again; None when it may now."""
    now = now or timezone.now()
    recent = SignInFailure.objects.filter(account=key, at__gt=now - LOCK).order_by("-at")
    last = list(recent.values_list("at", flat=True)[:FAILURES])
    return last[0] + LOCK if len(last) >= FAILURES else None


def record_failure(key: str, now: datetime | None = None) -> None:
    """Remember a wrong password; what is older than a day goes on the way."""
    now = now or timezone.now()
    SignInFailure.objects.create(account=key, at=now)
    SignInFailure.objects.filter(at__lt=now - timedelta(days=1)).delete()


def forget(key: str) -> None:
    """The right password was given: the count begins anew."""
    SignInFailure.objects.filter(account=key).delete()
