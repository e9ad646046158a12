"""The report of a period by queue comes from the sums the figures come from."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from yankao.kernel.casework.process import Refused
from yankao.kernel.letters import issuing
from yankao.kernel.people.models import User
from yankao.kernel.people.testing import Cast
from yankao.service.calls import letters
from yankao.service.calls.models import Queue

CALLS = (
    "0|a|1999|NONE|ENTERQUEUE||0912|1", "7|a|1999|PJSIP/1|CONNECT|7|b|3",
    "107|a|1999|PJSIP/1|COMPLETECALLER|7|100|1",
    "1|b|1999|NONE|ENTERQUEUE||0911|1", "31|b|1999|NONE|ABANDON|1|1|30",
    "2|c|1950|NONE|ENTERQUEUE||0913|1", "42|c|1950|PJSIP/2|CONNECT|40|b|3",
)  # fmt: skip


def test_a_month_is_told_by_queue_and_in_all_with_the_definition(
    tell: Callable[..., Any], staff: dict[str, User], cast: Cast
) -> None:
    tell(*CALLS)
    queues = list(Queue.objects.order_by("-code"))
    made = issuing.compose(letters.monthly, queues, staff["lead"], {"period": "101-03"})
    [table] = made.content.tables()
    assert [row[1:5] for row in table.rows] == [
        ("2", "1", "1", "50.00%"), ("1", "1", "0", "0.00%"), ("3", "2", "1", "33.33%"),
    ]  # fmt: skip
    assert table.rows[0][5:] == ("7", "100")
    said = "".join(str(block) for block in made.blocks)
    assert "101年3月" in said and "T＝20秒" in said
    with pytest.raises(Refused, match="期間請寫成"):
        issuing.compose(letters.monthly, queues, staff["lead"], {"period": "spring"})
    assert letters.monthly.may(cast.rdec_controller) and not letters.monthly.may(cast.officer)
