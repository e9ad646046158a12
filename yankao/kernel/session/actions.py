"""待辦事項 What a meeting resolved that somebody is to do: any room tells it, that of directives takes it.

    resolved.tell(ActionItem(key="control.programme:agenda:12", …))

The key names the item for ever: told twice, it makes one directive. When it is settled (released, under the
owner's own control, merged into another) the room that told it hears `settled`, and may close its own line.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any

from ..casework.models import Case
from ..events import Event


@dataclass(frozen=True)
class ActionItem:
    """What is to be done, by whom and until when; `meeting` names the meeting, `origin` the case it is about.

    `actor` recorded it and must be one who may record directives.
    """

    key: str
    actor: Any
    text: str
    owner: Any
    resolved_on: date
    meeting: str
    co_owners: tuple[Any, ...] = ()
    due_on: date | None = None
    origin: Case | None = None


@dataclass(frozen=True)
class Settled:
    """That the directive of an item came to its end; `outcome` is the directive's last stage in words."""

    key: str
    case: Case
    on: date
    outcome: str


resolved: Event[ActionItem, Case | None] = Event("session.resolved")
settled: Event[Settled, None] = Event("session.settled")


def hand_over(item: ActionItem) -> Case | None:
    """Tell the item; the directive's case, or None when no room in use takes directives."""
    return next((case for case in resolved.tell(item) if case is not None), None)
