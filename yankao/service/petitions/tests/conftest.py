"""Petitions of the cast, taken as far as a test needs them."""

from __future__ import annotations

import itertools
from datetime import date, datetime, time
from pathlib import Path

import pytest
from django.utils import timezone

from yankao.kernel.evidence.models import Evidence
from yankao.kernel.people.models import Post, Role, User
from yankao.kernel.vault.persons import Person
from yankao.service.petitions import intake
from yankao.service.petitions import process as p
from yankao.service.petitions.models import (
    Category,
    Channel,
    Complexity,
    Disposition,
    Kind,
    Petition,
    Service,
)

MONDAY = date(2012, 3, 5)
WANG = Person(
    name="王曉明", mobile="0912345678", email="wang@mail.example", address="高雄市鹽埕區五福四路1號"
)
keys = itertools.count(1)


def at(day, hour=10, minute=0):
    return timezone.make_aware(datetime.combine(day, time(hour, minute)))


class Desk:
    def __init__(self, cast):
        self.cast = cast

    def told(self, **more):
        given = {
            "channel": Channel.WEB,
            "content": "住家附近的側溝長期淤積，蚊蟲孳生，請派員清理。",
            "client_key": f"test-key-{next(keys)}",
            "petitioner": WANG,
            "received_at": at(MONDAY),
            "district": self.cast.district,
            **more,
        }
        return intake.Told(**given)

    def received(self, **more):
        return self.fresh(intake.receive(self.told(**more)).petition)

    def fresh(self, one):
        return Petition.objects.select_related("case__agency", "case__officer", "category", "petitioner").get(
            pk=one.pk
        )

    def do(self, one, move, actor=None, on=MONDAY, hour=11, **given):
        move.run(one, actor, given, at=at(on, hour))
        return self.fresh(one)

    def triaged(self, kind=Kind.PETITION, category="drainage.ditch", **more):
        one = self.received(**{"kind": kind, **more})
        return self.do(
            one,
            p.triage,
            self.cast.rdec_controller,
            kind=one.kind,
            category=Category.objects.get(pk=category),
        )

    def assigned(self, agency=None, **more):
        one = self.triaged(**more)
        return self.do(one, p.assign, self.cast.rdec_controller, agency=agency or self.cast.water)

    def accepted(self, **more):
        return self.do(self.assigned(**more), p.accept, self.cast.controller, officer=self.cast.officer)

    def drafted(self, **more):
        one = self.accepted(**more)
        return self.do(one, p.draft_reply, self.cast.officer, **self.reply())

    def reply(self, **more):
        return {
            "disposition": Disposition.DONE,
            "text": "已派員清淤完成。",
            "basis": "下水道法第17條",
            **more,
        }

    def replied(self, on=date(2012, 3, 8), **more):
        one = self.do(self.drafted(**more), p.approve_reply, self.cast.manager, on=on)
        return self.do(one, p.send_reply, self.cast.officer, on=on)

    def closed(self, **more):
        return self.do(self.replied(**more), p.close, self.cast.officer, on=date(2012, 3, 9))

    def fault(self, service="pothole", **more):
        given = {
            "kind": Kind.DISPATCH,
            "service": Service.objects.get(pk=service),
            "place": "五福四路1號前",
            **more,
        }
        return self.received(**given)

    def photo(self, by=None):
        """The row of a picture; its bytes matter to no move."""
        number = next(keys)
        return Evidence.objects.create(
            sha256=f"{number:064x}",
            size=9,
            kind="jpeg",
            name=f"{number}.jpg",
            uploaded_by=by or self.cast.crew,
        )

    def on_site(self, **more):
        one = self.fault(**more)
        one = self.do(one, p.dispatch, self.cast.agent, agency=self.cast.water, crew=self.cast.crew)
        one = self.do(one, p.set_out, self.cast.crew)
        return self.do(one, p.arrive, self.cast.crew, before=self.photo())

    def named(self):
        """A confidential case given to the officer of the bureau by name."""
        one = self.received(confidential=True)
        drainage = Category.objects.get(pk="drainage")
        one = self.do(one, p.triage, self.cast.rdec_controller, kind=Kind.PETITION, category=drainage)
        given = {"agency": self.cast.water, "officers": [self.cast.officer]}
        return self.do(one, p.assign, self.cast.rdec_controller, **given)

    def each_kind(self):
        """A case of each class of secrecy, in each relation that opens one to somebody, by name."""
        cast = self.cast
        joint = self.assigned(agency=cast.works)
        joint = self.do(joint, p.accept, cast.works_controller, officer=cast.works_officer)
        joint = self.do(joint, p.begin, cast.works_officer)
        sealing = {"sealed": True, "officers": [cast.colleague], "reason": "檢舉"}
        found = {
            "new": self.received(),
            "own": self.accepted(),
            "agency": self.assigned(),
            "other": self.assigned(agency=cast.works),
            "joint": self.do(joint, p.join, cast.works_officer, agencies=[cast.water], question="是貴局的？"),
            "fault": self.on_site(),
            "confidential": self.received(confidential=True),
            "named": self.named(),
            "custodian": self.do(
                self.named(), p.name_custodian, cast.ethics, user=cast.colleague, reason="代理"
            ),
            "accused": self.received(category=Category.objects.get(pk="conduct")),
            "sealed": self.do(self.accepted(), p.make_confidential, cast.officer, **sealing),
        }
        return {name: self.fresh(one) for name, one in found.items()}


def everybody(cast):
    """The cast, each role that it lacks, somebody without a post (`stranger`), and nobody."""
    found = {name: one for name, one in vars(cast).items() if isinstance(one, User)}
    for role in set(Role.values) - set(Post.objects.values_list("role", flat=True)):
        found[role] = User.objects.create(username=f"t.{role}", name=role)
        Post.objects.create(user=found[role], agency=cast.rdec, role=role)
    return {**found, "nobody": None}


@pytest.fixture
def desk(cast):
    return Desk(cast)


@pytest.fixture
def complex_case(desk):
    one = desk.accepted()
    Petition.objects.filter(pk=one.pk).update(complexity=Complexity.COMPLEX)
    return desk.fresh(one)


GOLDEN = Path(__file__).resolve().parents[1] / "process.md"
