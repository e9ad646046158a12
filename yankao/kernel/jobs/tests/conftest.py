import pytest

from . import deeds


@pytest.fixture(autouse=True)
def calls() -> list[object]:
    deeds.calls.clear()
    return deeds.calls
