"""Every stage can be reached, every clock stopped, and process.md says what the code does."""

from pathlib import Path

import pytest

from yankao.inspection.quality import process as p
from yankao.kernel.casework import contract


@pytest.mark.django_db
def test_the_process_keeps_its_contract_and_its_page():
    contract.holds(p.process, Path(p.__file__).with_name("process.md"))
