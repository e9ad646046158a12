"""`yankao index` tells and mends an index that fell behind; `yankao check` says it."""

from datetime import date
from typing import Any

import pytest

from examples.lost_property.process import process
from yankao.kernel.casework.models import Case
from yankao.kernel.casework.searched import best_cases
from yankao.site import checkup, command, installation

pytestmark = pytest.mark.django_db


def told(capsys: Any, *words: str) -> tuple[int, str]:
    code = command.main(["--lang", "zh", *words])
    out = capsys.readouterr()
    return code, out.out + out.err


def test_an_index_behind_is_told_then_mended(cast: Any, capsys: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(installation, "ready", lambda: None)
    one = process.open(cast.officer, title="雨傘", agency=cast.water, place="x", found_on=date(2026, 3, 1))
    assert told(capsys, "index", "--check") == (0, "搜尋索引與紀錄相符。\n")
    Case.objects.filter(pk=one.pk).update(title="皮夾")
    assert [found.level for found in checkup.index_end()] == ["fault"]
    code, said = told(capsys, "index", "--check")
    assert code == 1 and "有1筆與紀錄不符" in said
    code, said = told(capsys, "index")
    assert code == 0 and "已更正" in said
    assert best_cases("皮夾", process.visible(cast.officer), 3) == [one.pk]
    assert [found.level for found in checkup.index_end()] == ["ok"]
    assert told(capsys, "index", "--anew")[0] == 0
