"""What this room tells when another asks: the incidents before the agents at this moment."""

from __future__ import annotations

from datetime import datetime

from yankao.desk.jinja import english
from yankao.kernel.incidents import Incident as Told
from yankao.kernel.incidents import known

from . import incidents


@known.hear
def before_the_agents(moment: datetime) -> list[Told]:
    """In the reader's language where it was written in it."""
    return [
        Told(
            one.pk, one.code, (one.what_en if english() else "") or one.what,
            (one.where_en if english() else "") or one.where, one.since, one.until,
            (one.say_en if english() else "") or one.say, one.say, one.say_en, one.asked,
        )
        for one in incidents.holding(moment)
    ]  # fmt: skip
