"""What the tests do again and again: tenders and commissioners of the cast, and inspections taken so far."""

from datetime import date, datetime, time
from decimal import Decimal

import pytest
from django.utils import timezone

from yankao.inspection.quality import process as p
from yankao.inspection.quality.demo import picture
from yankao.inspection.quality.models import (
    Commissioner,
    Deficiency,
    FaultCode,
    Inspection,
    Kind,
    Sample,
    Seat,
    SeatRole,
    Tender,
)
from yankao.kernel.evidence.files import keep

DAY = date(2012, 5, 21)
"""A Monday; the working day before is Friday the 18th."""
BEFORE = date(2012, 5, 18)


def at(day, hour=10):
    return timezone.make_aware(datetime.combine(day, time(hour)))


@pytest.fixture(autouse=True)
def private_store(settings, tmp_path):
    settings.DATA = tmp_path


@pytest.fixture
def site(cast):
    return Site(cast)


class Site:
    def __init__(self, cast):
        self.cast = cast
        self.files = 0
        self.tender = self.make_tender()
        inside = {
            "external": False,
            "agency": cast.rdec,
            "employer": "研考會",
            "valid_from": date(2011, 1, 1),
        }
        self.lead = Commissioner.objects.create(name="郭正義", user=cast.inspector, **inside)
        self.outsiders = [
            Commissioner.objects.create(
                name=name,
                external=True,
                expert_no=f"E{n}",
                employer="大學土木系",
                valid_from=date(2011, 1, 1),
            )
            for n, name in enumerate(("林一", "王二", "張三", "李四"), 1)
        ]

    def make_tender(self, case_no="101-001", **facts):
        facts = {
            "agency": self.cast.water,
            "name": "雨水下水道新建工程",
            "budget": Decimal(60_000_000),
            "award": Decimal(50_000_000),
            "contractor": "鼎盛營造股份有限公司",
            "supervisor": "港都工程顧問有限公司",
            "awarded_on": date(2011, 6, 1),
            "district": self.cast.district,
        } | facts
        return Tender.objects.create(case_no=case_no, **facts)

    def photo(self, name="p.png"):
        self.files += 1
        return keep(picture(self.files * 7, self.files), name, self.cast.officer)

    def do(self, one, move, actor=None, on=None, hour=10, **given):
        move.run(one, actor or self.cast.secretary, given, at=at(on, hour) if on else None)
        return one

    def candidate(self, kind=Kind.CITIZEN, on=date(2012, 5, 2), **facts):
        return p.process.open(
            self.cast.secretary,
            title="雨水下水道新建工程",
            agency=self.cast.water,
            at=at(on),
            **({"tender": self.tender, "kind": kind} | facts),
        )

    def scheduled(self, day=DAY, **facts):
        one = self.candidate(**facts)
        return self.do(one, p.schedule, on=date(2012, 5, 3), planned_on=day)

    def seated(self, outsiders=2, **facts):
        one = self.scheduled(**facts)
        rows = [p.SeatRow(self.lead, SeatRole.LEAD)]
        rows += [p.SeatRow(person) for person in self.outsiders[:outsiders]]
        return self.do(one, p.name_members, on=date(2012, 5, 8), seats=rows)

    def formed(self, **facts):
        return self.do(self.seated(**facts), p.form_team, on=date(2012, 5, 9))

    def notified(self, **facts):
        one = self.formed(**facts)
        return self.do(one, p.notify, on=BEFORE, hour=15, phoned_at=at(BEFORE, 14), spoke_with="林小姐")

    def on_site(self, **facts):
        given = {"inspected_on": DAY, "letter_served_on": DAY, "planned": Decimal(50), "actual": Decimal(48)}
        return self.do(self.notified(**facts), p.arrive, on=DAY, **given)

    def fault(self, one, code="5.02.01", points=3, **more):
        given = {
            "code": FaultCode.objects.get(pk=code),
            "description": "保護層不足",
            "severity": "S",
            "points": points,
            "party": "contractor",
            "before": self.photo(),
        } | more
        self.do(one, p.note_fault, on=DAY, **given)
        return Deficiency.objects.filter(inspection=one).last()

    def sample(self, one, test="concrete"):
        self.do(one, p.take_sample, on=DAY, test=test, place="0K+100")
        return Sample.objects.filter(inspection=one).last()

    def score(self, one, *scores):
        seats = list(Seat.objects.filter(inspection=one, left_on=None).order_by("pk"))
        rows = [p.ScoreRow(seat, Decimal(score)) for seat, score in zip(seats, scores, strict=True)]
        return self.do(one, p.enter_forms, on=DAY, scores=rows, form=self.photo())

    def concluded(self, *scores, faults=1, **given):
        one = self.on_site()
        for _number in range(faults):
            self.fault(one)
        return self.do(self.score(one, *(scores or (80, 82, 81))), p.conclude, on=DAY, **given)

    def issued(self, *scores, on=date(2012, 5, 25), **more):
        return self.do(self.concluded(*scores, **more), p.issue_result, on=on, result_letter="研工1010001")

    def correcting(self, *scores, **more):
        one = self.issued(*scores, **more)
        on = date(2012, 5, 28)
        return self.do(one, p.acknowledge, self.cast.controller, on=on, received_on=on)

    def fix(self, one, fault, on=date(2012, 6, 8)):
        photos = {"during": self.photo(), "after": self.photo()}
        return self.do(
            one, p.report_fix, self.cast.officer, on=on, fault=fault, remedy="已重作", fixed_on=on, **photos
        )

    def submitted(self, *scores, on=date(2012, 6, 11), **more):
        one = self.correcting(*scores, **more)
        faults = list(Deficiency.objects.filter(inspection=one))
        for fault in faults:
            self.fix(one, fault)
        self.do(one, p.review_fixes, self.cast.controller, on=on, faults=faults)
        return self.do(one, p.submit_corrections, self.cast.controller, on=on, corrected_letter="水工1")

    def filed(self, *scores, **more):
        return self.do(self.submitted(*scores, **more), p.file_corrections, on=date(2012, 6, 15))

    def fresh(self, one):
        return Inspection.objects.select_related("case", "tender").get(pk=one.pk)
