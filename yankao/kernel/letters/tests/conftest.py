"""A numbered commission, some lost things, and a store of their own for what is issued."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

import pytest

from examples.lost_property.process import process
from yankao.kernel.letters import series
from yankao.kernel.rules import values

DAY = date(2012, 7, 17)


@pytest.fixture
def store(settings: Any, tmp_path: Path) -> Path:
    settings.DATA = tmp_path
    return tmp_path


@pytest.fixture
def house(cast: Any, store: Path) -> Any:
    """The cast, whose commission numbers its letters from 2011 on."""
    series.setting(
        cast.rdec_chief, cast.rdec, word="示市研管", since=date(2011, 1, 1),
        form="{word}字第{roc}3{seq:05d}00號",
        address="80203示範市四維路2號", phone="07-3368333",
    )  # fmt: skip
    values.forget()
    return cast


@pytest.fixture
def finds(house: Any) -> list[Any]:
    """Three lost things at the water bureau."""
    return [
        process.open(
            house.officer, title=title, agency=house.water, opened_on=DAY, place="鹽埕埔站", found_on=DAY
        )
        for title in ("黑色雨傘", "皮夾", "腳踏車")
    ]
