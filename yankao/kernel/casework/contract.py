"""What holds for every process, to be asked in each room's tests: `contract.holds(process, golden=…)`."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

from .page import process_page
from .process import Extend, Process


def reachable(process: Process[Any]) -> set[str]:
    """Stages some chain of moves leads to."""
    found, fresh = {str(process.opens_at)}, [str(process.opens_at)]
    while fresh:
        stage = fresh.pop()
        for move in process.moves.values():
            if stage in move.sources and not isinstance(move, Extend):
                for target in set(move.targets) - found:
                    found.add(target)
                    fresh.append(target)
    return found


def holds(process: Process[Any], golden: Path) -> None:
    """Every stage can be reached, every clock started can be stopped, every file agrees with the code.

    Raises AssertionError naming what does not hold. Run with YANKAO_WRITE_GOLDEN=1 to write `golden` anew.
    """
    stages = set(process.stages.values)
    missing = stages - reachable(process)
    assert not missing, f"no move leads to {sorted(missing)}"
    for move in process.moves.values():
        assert move.sources <= stages, f"{move.name} starts from unknown stages"
        assert set(move.targets) <= stages, f"{move.name} leads to unknown stages"
        assert str(move.label), f"{move.name} has no label"
    started = set(process.opens_with) | {d for move in process.moves.values() for d in move.starts}
    stopped = {d for move in process.moves.values() for d in move.stops}
    closing = any(move.closes for move in process.moves.values())
    assert closing, "no move closes a case"
    assert started <= stopped, f"never stopped: {[d.code for d in started - stopped]}"
    _golden(golden, process_page(process))


def _golden(path: Path, text: str) -> None:
    if os.environ.get("YANKAO_WRITE_GOLDEN"):
        path.write_text(text)
    assert path.exists(), f"{path.name} is missing: run the test once with YANKAO_WRITE_GOLDEN=1"
    assert path.read_text() == text, (
        f"{path.name} differs from the process: see the difference, then write it anew"
    )
