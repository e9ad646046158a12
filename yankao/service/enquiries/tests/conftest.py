"""Who works with enquiries, an article, and an exchange that rings."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

import pytest
from django.utils import timezone

from yankao.kernel.journal.ingest import take
from yankao.kernel.journal.models import Source
from yankao.kernel.people.models import User
from yankao.kernel.people.testing import Cast, call_centre
from yankao.service.enquiries import deeds
from yankao.service.enquiries.models import Article


@pytest.fixture
def staff(cast: Cast) -> dict[str, User]:
    return call_centre(cast)


@pytest.fixture
def article(cast: Cast, staff: dict[str, User]) -> Article:
    made = Article(
        code="A-1",
        question="路燈不亮要向誰通報？",
        answer="撥打1999。",
        question_en="A street light is out",
        answer_en="Call 1999.",
        owner=cast.works,
        review_by=timezone.localdate() + timedelta(days=30),
        published_on=date(2012, 1, 1),
    )
    return deeds.save_article(staff["editor"], made, reason="")


@pytest.fixture
def ring(cast: Cast, staff: dict[str, User], settings: Any, tmp_path: Any) -> Callable[[str], None]:
    """`ring("a")`: a call that the agent is talking on, as the exchange tells it."""
    from django.apps import apps

    settings.DATA = tmp_path
    apps.get_model("calls", "Agent").objects.create(code="PJSIP/1", user=staff["agent"])
    source = Source.objects.create(journal="service.calls", code="pbx", name="交換機", format="queue_log")

    def ringing(call: str, number: str = "0912345678") -> None:
        now = int(timezone.now().timestamp())
        came = f"{now - 20}|{call}|1999|NONE|ENTERQUEUE||{number}|1\n"
        text = f"{came}{now - 12}|{call}|1999|PJSIP/1|CONNECT|8|b|2\n"
        take(source, text.encode())

    return ringing
