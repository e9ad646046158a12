"""City meetings of the cast, and a directive taken as far as a test needs it."""

from datetime import date, datetime, time

import pytest
from django.utils import timezone

from yankao.control.directives import capture
from yankao.control.directives import process as p
from yankao.control.directives.models import Directive, Disposition, Progress

TUESDAY = date(2012, 5, 1)


def at(day, hour=10):
    return timezone.make_aware(datetime.combine(day, time(hour)))


class Council:
    def __init__(self, cast):
        self.cast = cast
        self.meeting = capture.call_meeting(cast.rdec_controller, number=71, held_on=TUESDAY)
        self.later = capture.call_meeting(cast.rdec_controller, number=76, held_on=date(2012, 6, 12))

    def do(self, one, move, actor=None, on=date(2012, 5, 2), **given):
        move.run(one, actor or self.cast.rdec_controller, given, at=at(on))
        return self.fresh(one)

    def fresh(self, one):
        return Directive.objects.select_related("case__agency", "meeting").get(pk=one.pk)

    def given(self, text="請於汛期前完成雨水下水道清淤。", owners="水利局、工務局", due="6月底"):
        said = capture.understood(text, owners, due, TUESDAY, capture.Agencies())
        return self.fresh(capture.record(self.cast.rdec_controller, self.meeting, said))

    def assigned(self, **more):
        return self.do(self.given(**more), p.assign_owner)

    def under_way(self, **more):
        one = self.do(self.assigned(**more), p.accept, self.cast.controller, on=date(2012, 5, 3))
        return self.do(one, p.begin, self.cast.controller, on=date(2012, 5, 4), plan="分工")

    def month(self, one, month=date(2012, 5, 1)):
        return Progress.objects.create(
            directive=one, month=month, opened_at=at(date(2012, 6, 1)), due_at=at(date(2012, 6, 5), 23)
        )

    def reported(self, suggested=Disposition.CONTINUE, **more):
        one = self.under_way(**more)
        Directive.objects.filter(pk=one.pk).update(category="information")
        row = self.month(one)
        given = {"month": row, "text": "已清淤八成。", "suggested": suggested}
        return self.do(one, p.report_month, self.cast.controller, on=date(2012, 6, 4), **given)

    def proposed(self, **more):
        one = self.reported(Disposition.RELEASE, **more)
        return self.do(one, p.propose, on=date(2012, 6, 8), suggested=Disposition.RELEASE, opinion="同意")


@pytest.fixture
def council(cast):
    return Council(cast)
