"""Action items of one room's meetings become directives of another, by the kernel's event alone."""

from datetime import date

import pytest

from yankao.control.directives import process as p
from yankao.control.directives.models import Directive, Disposition
from yankao.control.directives.tests.conftest import council
from yankao.control.programme import steering
from yankao.control.programme.models import AgendaItem, Programme

pytestmark = pytest.mark.django_db


def test_an_action_item_of_another_room_becomes_one_directive_and_is_told_its_end(council):
    programme = Programme.objects.create(
        code="p", name="年度", year=101, starts_on=date(2012, 1, 1), ends_on=date(2012, 12, 31)
    )
    actor = council.cast.rdec_controller
    meeting = steering.call_meeting(actor, programme, held_on=date(2012, 5, 18), title="第1次督導會報")
    item = AgendaItem.objects.create(
        programme=programme, session=meeting, text="落後", raised_on=date(2012, 5, 1)
    )
    for _twice in range(2):
        steering.resolve(actor, item, resolution="請於六月底前提趕工計畫", owner=council.cast.water,
                         due_on=date(2012, 6, 29))  # fmt: skip
    one = Directive.objects.get()
    assert (one.source, one.case.agency, one.due_on) == (meeting.title, council.cast.water, date(2012, 6, 29))
    for move, given in (
        (p.assign_owner, {}), (p.accept, {"actor": council.cast.controller}),
    ):  # fmt: skip
        one = council.do(one, move, on=date(2012, 5, 21), **given)
    other = council.given()
    council.do(other, p.merge, into=one, reason="同")
    assert AgendaItem.objects.get().done_on is None
    Directive.objects.filter(pk=one.pk).update(category="information")
    row = council.month(one)
    one = council.do(
        one, p.report_month, council.cast.controller, on=date(2012, 6, 4), month=row, text="已提"
    )
    one = council.do(one, p.propose, on=date(2012, 6, 8), suggested=Disposition.RELEASE)
    council.do(one, p.release, on=date(2012, 6, 12), meeting=council.later)
    assert AgendaItem.objects.get().done_on == council.later.held_on


__all__ = ["council"]
