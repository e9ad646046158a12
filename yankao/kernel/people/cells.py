"""Cells of a file that name an agency, a district or a person, in both directions."""

from __future__ import annotations

from typing import Any

from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext as _

from ..sheets.intake import Refusal
from .agencies import agencies_on
from .models import Agency, District, User


def agency(given: str) -> Agency:
    """An agency of today by its name or code; one of an earlier time by its code. Raises Refusal."""
    name = given.strip()
    found = list(agencies_on(timezone.localdate()).filter(Q(name=name) | Q(code=name))[:2])
    if not found:
        found = list(Agency.objects.filter(code=name)[:1])
    if len(found) != 1:
        raise Refusal(_("沒有「%(given)s」這個機關，請填機關全名或代碼。") % {"given": name})
    return found[0]


def district(given: str) -> District:
    """A district by its name or code. Raises Refusal."""
    found = District.objects.filter(Q(name=given.strip()) | Q(code=given.strip())).first()
    if found is None:
        raise Refusal(_("沒有「%(given)s」這個行政區。") % {"given": given.strip()})
    return found


def officer(given: str) -> User:
    """An account in use by its name. Raises Refusal."""
    found = User.objects.filter(username=given.strip(), is_active=True).first()
    if found is None:
        raise Refusal(_("沒有「%(given)s」這個帳號。") % {"given": given.strip()})
    return found


def written(thing: Any) -> str:
    """How a file names a thing so that it is found again: an agency that is no more by its code, a person by
    the account.
    """
    if isinstance(thing, Agency) and thing.valid_to is not None:
        return thing.code
    if isinstance(thing, User):
        return thing.username
    return str(thing)
