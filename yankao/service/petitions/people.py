"""What this room asks of the identity vault: keep a petitioner, show one masked, find the same person
again.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from django.db.models import Q, QuerySet

from yankao.kernel.vault import keeping
from yankao.kernel.vault.persons import Person

from .models import Petition


def same_person(petition: Petition) -> QuerySet[Petition]:
    """The other petitions of the same person, without opening any identity; of nobody for an anonymous
    one.
    """
    identity = petition.petitioner
    if identity is None:
        return Petition.objects.none()
    known = keeping.same_as(identity)
    return (
        Petition.objects.filter(Q(petitioner__in=known) | Q(petitioner=identity))
        .exclude(pk=petition.pk)
        .select_related("case")
    )


def masked(petitions: Iterable[Petition], user: Any) -> Mapping[int, Person]:
    """Petitioners as lists show them, by the id of their identity."""
    return keeping.masked_all([one.petitioner for one in petitions], user)
