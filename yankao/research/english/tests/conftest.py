from __future__ import annotations

from datetime import date, datetime, time

import pytest
from django.utils import timezone

from yankao.kernel.register import english
from yankao.research.english import process as p


def at(day: date, hour: int = 10) -> datetime:
    return timezone.make_aware(datetime.combine(day, time(hour)))


@pytest.fixture(autouse=True)
def private_store(settings, tmp_path):
    settings.DATA = tmp_path


@pytest.fixture(autouse=True)
def fresh_names():
    english.forget()
    yield
    english.forget()


class Names:
    """Proposes and decides names for the tests."""

    def __init__(self, cast):
        self.cast, self.number = cast, 0

    def propose(self, zh="蓮池潭", text="Lotus Pond", category="landmark", actor=None, **more):
        return p.process.open(
            actor or self.cast.officer, title=zh, agency=self.cast.water, officer=self.cast.officer,
            zh=zh, english=text, category=category, way="meaning", at=at(date(2012, 6, 1)), **more,
        )  # fmt: skip

    def approve(self, name, valid_from=date(2012, 7, 1), on=date(2012, 6, 20), **more):
        rdec = self.cast.rdec_controller
        p.review_name.run(name, rdec, {}, at=at(on))
        p.refer.run(name, rdec, {"meeting_on": on}, at=at(on))
        p.approve.run(
            name, rdec, {"valid_from": valid_from, "letter": "高市府研發字第101號", **more}, at=at(on)
        )
        return name


@pytest.fixture
def names(cast):
    return Names(cast)
