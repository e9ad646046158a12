"""Suggesters: what is proposed, from which texts it is learned, and the model in use."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from hashlib import sha256
from pathlib import Path
from typing import Any

from django.conf import settings
from django.utils import timezone

from ..search.grams import joined
from . import linear
from .linear import TOP, Measured, Model, Suggestion
from .models import Choice

FEWEST = 40
"""Texts below which nothing is learned."""
MOST = 3000
"""The newest texts that are read: training takes some minutes of one processor with so many."""


@dataclass(frozen=True)
class Trained:
    """A model in use: which, of when, from how many texts, and how often it was right."""

    model: Model
    version: str
    trained_at: datetime
    texts: int
    measured: Measured


@dataclass(frozen=True, eq=False)
class Suggester:
    """One thing that is proposed: `learned_from()` gives texts with their labels, the newest first."""

    name: str
    label: Any
    learned_from: Callable[[], Iterable[tuple[str, str]]]

    def __post_init__(self) -> None:
        suggesters[self.name] = self

    @property
    def place(self) -> Path:
        return Path(settings.DATA) / "models" / f"{self.name}.model.gz"

    def trained(self) -> Trained | None:
        """The model in use; None where none was trained yet. Another process's new one is taken up."""
        try:
            mark = self.place.stat().st_mtime_ns
        except OSError:
            return None
        kept = _kept.get(self.place)
        if kept is None or kept[0] != mark:
            try:
                model, head = Model.read(self.place)
            except (ValueError, OSError, KeyError):
                return None  # written by another version of the program; the next training replaces it
            if model.measured is None:
                return None
            at = datetime.fromisoformat(str(head["trained_at"]))
            told = Trained(model, str(head["version"]), at, model.measured.texts, model.measured)
            kept = _kept[self.place] = (mark, told)
        return kept[1]

    def retrain(self) -> Trained | None:
        """Learn anew from what is on record. None, and the model left as it is, where there is too little
        to learn from.
        """
        known: dict[str, str] = {}
        for text, label in self.learned_from():
            # The same text twice would be found again in cross-validation and praise the model.
            known.setdefault(joined([text])[: linear.LONGEST], label)
            if len(known) == MOST:
                break
        if len(known) < FEWEST or len(set(known.values())) < 2:
            return None
        model = linear.train(list(known), list(known.values()))
        now = timezone.now()
        told = sha256(repr(sorted(known.items())).encode()).hexdigest()[:8]
        self.place.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        model.keep(self.place, trained_at=now.isoformat(), version=f"{timezone.localtime(now):%Y%m%d}-{told}")
        return self.trained()

    def suggest(self, text: str, most: int = TOP) -> list[Suggestion]:
        """The likeliest labels of a text, the likeliest first; none while nothing was learned."""
        found = self.trained()
        return found.model.suggest(text, most) if found else []

    def choice(self, case: Any, text: str, chosen: str, at: datetime) -> Choice | None:
        """What was proposed for a case and what was chosen, to be saved with the move; None where nothing
        was proposed.
        """
        found = self.trained()
        proposed = found.model.suggest(text) if found else []
        if not found or not proposed:
            return None
        names = [one.label[:60] for one in proposed] + ["", ""]
        return Choice(
            case=case, suggester=self.name, version=found.version, at=at, chosen=chosen,
            first=names[0], second=names[1], third=names[2],
            sure=Decimal(min(proposed[0].sure, 1.0)).quantize(Decimal("0.001")),
        )  # fmt: skip


suggesters: dict[str, Suggester] = {}
_kept: dict[Path, tuple[int, Trained]] = {}
