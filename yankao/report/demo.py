"""The demonstration city's report: one edition given to the council, a second one begun."""

from __future__ import annotations

from datetime import date

from django.utils import timezone

from yankao.kernel.people.city import City
from yankao.kernel.people.models import Role, User
from yankao.kernel.period import Period

from . import editions, freezing
from .models import CouncilSession
from .readings import still

PERIOD = "101H1"


def load(city: City) -> None:
    """Session, delivered edition, and the next one being written.

    A scaled city keeps its first edition in the making: what it counts is not the city's.
    """
    controller, chief, commissioner = (
        _person(city, role) for role in (Role.RDEC_CONTROLLER, Role.RDEC_CHIEF, Role.RDEC_COMMISSIONER)
    )
    session = CouncilSession.objects.create(
        name="高雄市議會第1屆第4次定期大會",
        name_en="Kaohsiung City Council, 1st term, 4th regular session",
        starts_on=date(2012, 9, 10),
        ends_on=date(2012, 11, 18),
        submit_due=date(2012, 8, 31),
    )
    period = Period.parse(PERIOD)
    edition = editions.open_edition(controller, period, session=session)
    editions.begin(edition, controller)
    if city.scale < 1:
        return
    with still():
        editions.submit(edition, controller, editions.kept_sections())
        editions.review(edition, chief, editions.kept_sections())
        editions.check(edition, controller)
        editions.approve(edition, commissioner)
        freezing.freeze(edition, chief)
    year = timezone.localdate().year - 1911
    editions.deliver(edition, controller, f"高市研發字第{year}30674800號", timezone.localdate())
    second = editions.open_edition(controller, period, session=session)
    editions.begin(second, controller)


def _person(city: City, role: Role) -> User:
    return city.posts[city.rdec.pk, role][0]
