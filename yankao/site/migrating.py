"""Making the tables of an empty database in a third of the time.

For each model that a migration adds, Django draws anew every model connected to it, so that the state
before the step stays as it was; where everything is connected to its people, that is every model, for every
model. On the way forward from nothing nobody looks at the state before: the added model alone is drawn.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.db import connection
from django.db.migrations.state import ProjectState


@contextmanager
def from_nothing() -> Iterator[None]:
    """While migrations run on a database without tables; any other database is migrated as ever."""
    if connection.introspection.table_names():
        yield
        return
    # A method of Django's is exchanged while the tables are made, hence the marks for the type checker.
    as_ever = ProjectState.add_model
    ProjectState.add_model = _add_model  # type: ignore[method-assign,assignment]
    try:
        yield
    finally:
        ProjectState.add_model = as_ever  # type: ignore[method-assign]


def _add_model(state: Any, model: Any) -> None:
    key = model.app_label, model.name_lower
    state.models[key] = model
    if state._relations is not None:
        state.resolve_model_relations(key)
    if "apps" in state.__dict__:  # hasattr would make the property
        state.apps.render_multiple([model])
