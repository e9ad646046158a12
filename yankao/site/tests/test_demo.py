"""What a demonstration city decides beside its records."""

from __future__ import annotations

from datetime import date
from typing import Any

from yankao.kernel.audit.models import Entry
from yankao.kernel.journal import sealing, tasks
from yankao.kernel.journal.models import MonthKey
from yankao.site import demo


def test_a_demonstration_keeps_its_raw_records_of_2012_by_a_rule_that_says_why(
    cast: Any, settings: Any, tmp_path: Any
) -> None:
    settings.DATA = tmp_path
    sealing.month_key("2012-03")
    demo.keep_raw(cast.rdec_chief)
    assert tasks.forget_before(date(2026, 11, 30)) == 0
    assert MonthKey.objects.get().sealed is not None
    row = sealing.RAW_MONTHS.row(date(2026, 11, 30))
    assert "示範" in row.basis
    assert Entry.objects.filter(act="rule.change").count() == 1
