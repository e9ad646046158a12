"""What the letters of a room are tested by: the whole text against a golden file."""

from __future__ import annotations

import os
from datetime import date
from pathlib import Path
from typing import Any

from . import issuing
from .declare import Letter
from .paper import said


def reads_as(
    golden: Path,
    letter: Letter[...],
    about: Any,
    actor: Any,
    *,
    dated: date,
    language: str = "",
    **given: Any,
) -> str:  # fmt: skip
    """The letter's text equals `golden`, and is returned. YANKAO_WRITE_GOLDEN=1 writes the file anew."""
    made = issuing.compose(letter, about, actor, given, language=language, dated=dated)
    text = said(made.paper("示市研字第1010000001號" if letter.numbered else "")) + "\n"
    if os.environ.get("YANKAO_WRITE_GOLDEN"):
        golden.parent.mkdir(exist_ok=True)
        golden.write_text(text, "utf-8")
    assert golden.exists(), f"{golden.name} is missing: run the test once with YANKAO_WRITE_GOLDEN=1"
    assert text == golden.read_text("utf-8")
    return text
