"""Sessions in the database, as Django keeps them; what every request reads is a statement put together
once."""

from __future__ import annotations

from typing import Any

from django.contrib.sessions.backends.db import SessionStore as Kept
from django.utils import timezone

from yankao.desk import prepared


class SessionStore(Kept):
    """Django's store of sessions with a shorter way to read one."""

    def load(self) -> dict[str, Any]:
        sessions = self.model.objects

        def build(values: Any) -> Any:
            return sessions.filter(session_key=values[0], expire_date__gt=values[1]).values_list(
                "session_data"
            )

        found = prepared.rows("session", [str(self.session_key), timezone.now()], build)
        if not found:
            self._session_key = None
            return {}
        told: dict[str, Any] = self.decode(found[0][0])
        return told
