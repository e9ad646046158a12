"""草案 Entries of a round that a file opens as drafts: found again by year, title and agency."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from django.utils.translation import gettext as _

from ..casework.duties import RDEC
from ..casework.process import Process
from ..people.models import Role
from ..people.standing import standing
from ..sheets.intake import Profile, Refusal, Values


def keeps(process: Process[Any], profile: Profile, same: tuple[str, ...]) -> Callable[[Any, Values], Any]:
    """The function that keeps a row: it opens a draft, or leaves alone what is on record; a difference in one
    of the fields `same` is refused.
    """
    labels = {column.field: column.names[0] for column in profile.columns}

    def keep(actor: Any, values: Values) -> Any:
        known = {"year": values["year"], "case__title": values["title"], "case__agency": values["agency"]}
        found = process.record._default_manager.filter(**known).select_related("case").first()
        if found is None:
            facts = {name: values[name] for name in ("year", *same)}
            return process.open(
                actor, title=values["title"], agency=values["agency"], officer=values["officer"], **facts
            )
        for name in same:
            if getattr(found, name) != values[name]:
                sentence = _("%(number)s已登錄，這一欄不同；請在案件上更正。") % {"number": found.case.number}
                raise Refusal(sentence, labels[name], str(values[name]))
        return found

    return keep


def seen(process: Process[Any]) -> Callable[[Any], Iterator[Any]]:
    """The function that gives out what a person may know of."""

    def rows(user: Any) -> Iterator[Any]:
        found = process.record._default_manager.filter(process.sees.records(user))
        found = found.select_related("case__agency", "case__officer").order_by("pk")
        yield from found.iterator(chunk_size=500)

    return rows


def may_import(user: Any) -> bool:
    """The commission and the contacts of the agencies, who hand in for their colleagues."""
    return standing(user).has(*RDEC, Role.CONTROLLER)
