"""滿意度調查 The questionnaire after a session: anonymous, once a person, response rate beside the score.

As with a ballot in two envelopes: the seat is marked as having answered, the answer is kept without seat,
time or order. Scores of fewer than `LEAST` answers are not shown.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.db import transaction
from django.db.models import Avg, Count
from django.utils.translation import gettext as _

from ..casework.steps import Refused
from ..roc import half_up
from .models import QUESTIONS
from .roll import Roll

LEAST = 5


@dataclass(frozen=True)
class Summary:
    """How many came, how many of them answered, and the means by question when enough did."""

    came: int
    answers: int
    means: tuple[tuple[Any, Decimal], ...]
    words: tuple[str, ...]

    @property
    def rate(self) -> Decimal:
        """The response rate in percent, one decimal."""
        return half_up(Decimal(100 * self.answers) / self.came, 1) if self.came else Decimal(0)

    @property
    def withheld(self) -> bool:
        return 0 < self.answers < LEAST


def answer(roll: Roll, seat_id: int, scores: dict[str, int], words: str) -> None:
    """Keep an answer and mark the seat, each without the other. Raises Refused when it was answered."""
    assert roll.opinions
    with transaction.atomic():
        seat = roll.seats._default_manager.select_for_update().filter(pk=seat_id).first()
        if seat is None:
            raise Refused(_("這份問卷已失效。"))
        if seat.answered:
            raise Refused(_("您已填過這份問卷，謝謝。"))
        opinion = roll.opinions(**{roll.session: getattr(seat, roll.session)}, **scores, words=words.strip())
        opinion.full_clean()
        opinion.save()
        roll.seats._default_manager.filter(pk=seat.pk).update(answered=True)


def summary(roll: Roll, session: Any) -> Summary:
    """What the answers say, so far as they may be shown."""
    assert roll.opinions
    found = roll.of(roll.opinions, session)
    told = found.aggregate(n=Count("pk"), **{name: Avg(name) for name, _label in QUESTIONS})
    enough = told["n"] >= LEAST
    means = [(label, half_up(Decimal(str(told[name])), 2)) for name, label in QUESTIONS] if enough else []
    # In the order of the words, not of their coming.
    said = sorted(found.exclude(words="").values_list("words", flat=True)) if enough else []
    return Summary(roll.present(session).count(), told["n"], tuple(means), tuple(said))
