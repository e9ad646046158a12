"""Events the kernel names, so that rooms meet without knowing each other.

A room tells what happened, other rooms hear it, in the teller's transaction: when a listener refuses, nothing
of either is kept. Which rooms listen is a matter of the rooms in use; a teller reads off the answers whether
anybody did.
"""

from __future__ import annotations

from collections.abc import Callable


class Event[Fact, Answer]:
    """One kind of event, by its name; listeners are functions of a fact."""

    def __init__(self, name: str) -> None:
        self.name = name
        self._listeners: dict[str, Callable[[Fact], Answer]] = {}

    def hear(self, listener: Callable[[Fact], Answer]) -> Callable[[Fact], Answer]:
        """Decorator. A module loaded twice is heard once."""
        self._listeners[f"{listener.__module__}.{listener.__qualname__}"] = listener
        return listener

    @property
    def heard(self) -> bool:
        """Whether any room in use listens."""
        return bool(self._listeners)

    def tell(self, fact: Fact) -> list[Answer]:
        """What each listener answers, in the order of the rooms."""
        return [listener(fact) for listener in self._listeners.values()]
