"""Making the tables of an empty database in a fraction of the time.

For each model that a migration adds or changes, Django draws anew every model connected to it, so that the
state before the step stays as it was; where everything is connected to its people, that is every model, for
every model. On the way forward from nothing nobody looks at the state before: the model of the step alone is
drawn. What runs Python over the models (`RunPython`) is given all of them drawn afresh.
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
    # Methods of Django's, one of them not public, are exchanged while the tables are made.
    state: Any = ProjectState
    as_ever = state.add_model, state._find_reload_model
    state.add_model, state._find_reload_model = _add_model, _itself
    try:
        yield
    finally:
        state.add_model, state._find_reload_model = as_ever


def _add_model(state: Any, model: Any) -> None:
    key = model.app_label, model.name_lower
    state.models[key] = model
    if state._relations is not None:
        state.resolve_model_relations(key)
    if "apps" in state.__dict__:  # hasattr would make the property
        state.apps.render_multiple([model])


def _itself(state: Any, app_label: str, model_name: str, delay: bool = False) -> set[tuple[str, str]]:
    """What is drawn anew when a model changes: that model, and before the next `RunPython` all of them."""
    state.is_delayed = True
    return {(app_label, model_name.lower())}
