"""A person nobody else is named like, and a case of the worked example for them."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from examples.lost_property.process import process
from yankao.kernel.vault import custody, keeping
from yankao.kernel.vault.persons import Person

PLANTED = Person(
    "諸葛孔明曉", "(07)336-8765#12", "0912-345-678", "kongming.zhuge@example.net",
    "高雄市前金區中正四路211號7樓", "A123456789",
)  # fmt: skip
ALSO_WRITTEN = (
    "諸葛孔明曉",
    "336-8765",
    "3368765",
    "0912-345-678",
    "0912345678",
    "kongming",
    "中正四路",
    "A123456789",
)
"""Strings of the planted person that may be found nowhere."""


@pytest.fixture(autouse=True)
def data(settings: Any, tmp_path: Any) -> None:
    """Keys of each test's own."""
    settings.DATA = tmp_path


@pytest.fixture
def umbrella(cast: Any) -> Any:
    """A case of 水利局 with an officer."""
    return process.open(
        cast.officer, title="雨傘", agency=cast.water, officer=cast.officer, place="捷運站",
        found_on=date(2012, 3, 1), opened_on=date(2012, 3, 1),
    )  # fmt: skip


@pytest.fixture
def kept(umbrella: Any) -> Any:
    return keeping.keep(PLANTED, case=umbrella.case)


@pytest.fixture
def accuser(umbrella: Any, monkeypatch: pytest.MonkeyPatch) -> Any:
    """A room with accusations lets their custodians know of its cases."""
    monkeypatch.setattr(process, "sees", process.sees | custody.CUSTODIANS)
    return keeping.keep(PLANTED, case=umbrella.case, sealed=True)
