"""Finding people by what one remembers of their name."""

from __future__ import annotations

from django.db.models import Q, QuerySet

from .models import User
from .names import search_form


def find_people(text: str) -> QuerySet[User]:
    """People whose name contains the text or sounds so: ㄌㄧㄐ, lyj, linyi or Lin Yi-chun for 林怡君.

    In the order of strokes; nobody for a blank text. Inactive accounts are found, too: old cases name them.
    """
    text = text.strip()
    if not text:
        return User.objects.none()
    form = search_form(text)
    match = Q(name__contains=text) | Q(username=text)
    if form:
        match |= Q(search_keys__contains=f"|{form.replace(' ', '')}") | Q(search_keys__contains=f"|{form}")
        match |= Q(search_keys__contains=f" {form}")
    return User.objects.filter(match).order_by("sort_key", "pk")
