"""Faults for other systems by Open311 (B2.5, S2): what may be reported, what became of it, and the way in.

Only dispatch cases that are neither confidential nor sealed come out, without a person and without a word the
citizen wrote: service, district, position, stage. The client that sent a report hears its own words and the
reply, to pass them on.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from datetime import date
from decimal import Decimal
from typing import Any

from django.core.exceptions import ValidationError
from django.db.models import F, Q, QuerySet
from django.utils import timezone
from django.utils.translation import get_language, gettext_lazy, override
from django.utils.translation import gettext as _

from yankao.kernel.address import merged, parse
from yankao.kernel.audit.models import Entry
from yankao.kernel.casework.docket import Clock, Security
from yankao.kernel.casework.process import Refused as NotNow
from yankao.kernel.evidence.models import Evidence
from yankao.kernel.people.models import District
from yankao.kernel.register.english import called
from yankao.kernel.service_requests import (
    Change,
    Offer,
    Question,
    Refused,
    Reported,
    Sent,
    Taken,
    Wanted,
    Written,
)

from . import intake, registers
from . import process as way
from .models import Channel, Kind, Petition, Reply, Service
from .models import Question as Asked
from .places import village_of
from .process import Stage

PUBLIC = Q(
    kind=Kind.DISPATCH,
    service__isnull=False,
    case__security__in=(str(Security.OPEN), str(Security.AGENCY)),
)
"""What anybody may read of: faults for a crew. Petitions and letters to the mayor are nobody's but theirs."""

SAID = {
    Stage.RECEIVED: gettext_lazy("已收件。"),
    Stage.REGISTERED: gettext_lazy("已登錄。"),
    Stage.TRIAGED: gettext_lazy("已分類。"),
    Stage.DISPATCHED: gettext_lazy("已派工。"),
    Stage.EN_ROUTE: gettext_lazy("派工人員前往中。"),
    Stage.ON_SITE: gettext_lazy("派工人員已到場。"),
    Stage.TEMPORARY: gettext_lazy("已做臨時安全措施。"),
    Stage.COMPLETED: gettext_lazy("已完工，待查驗。"),
    Stage.VERIFIED: gettext_lazy("已查驗。"),
    Stage.REPLIED: gettext_lazy("已答復通報人。"),
    Stage.CLOSED: gettext_lazy("已結案。"),
    Stage.REOPENED: gettext_lazy("已重啟。"),
    Stage.NO_ACTION: gettext_lazy("不予處理。"),
    Stage.TRANSFERRED: gettext_lazy("已移轉權責機關。"),
    Stage.MERGED: gettext_lazy("與先前的通報併案處理。"),
}
"""The public steps; what happens between agencies in the house is not among them."""
ENDS = {str(one) for one in way.ENDED}
OURS = "open311:"


def mark(client: int) -> str:
    """How the client keys of a system's submissions begin."""
    return f"{OURS}{client}-"


def said(stage: str) -> str:
    """The stage in words for the public; a stage of the house's own is "in hand"."""
    words = SAID.get(Stage(stage))
    return str(words) if words else _("處理中。")


def public(wanted: Wanted) -> QuerySet[Petition]:
    """The reports that are wanted and may be read, the newest first."""
    found = Petition.objects.filter(PUBLIC).select_related(
        "case__agency", "case__district", "service", "village"
    )
    if wanted.numbers:
        found = found.filter(case__number__in=wanted.numbers)
    else:
        found = found.filter(received_at__gte=wanted.since, received_at__lt=wanted.until)
    if wanted.services:
        found = found.filter(service__in=wanted.services)
    if wanted.districts:
        found = found.filter(case__district__in=wanted.districts)
    if wanted.closed is not None:
        found = found.filter(case__closed_on__isnull=not wanted.closed)
    return found.order_by("-received_at", "-pk")[wanted.first : wanted.first + wanted.most]


def is_own(petition: Petition, client: int | None) -> bool:
    """Whether this client sent it."""
    return client is not None and petition.client_key.startswith(mark(client))


class Faults:
    """`kernel.service_requests.Desk`."""

    def offers(self) -> Sequence[Offer]:
        """The services of today; one query for their questions."""
        asked: dict[str, list[Question]] = defaultdict(list)
        for row in Asked.objects.all():
            asked[row.service_id].append(_question(row))
        return [_offer(one, tuple(asked[one.pk])) for one in registers.offered(timezone.localdate())]

    def reports(self, wanted: Wanted, client: int | None) -> Sequence[Reported]:
        """Two queries, however many."""
        rows = list(public(wanted))
        due = {
            clock.case_id: clock.due_at
            for clock in Clock.objects.filter(case__in=[row.pk for row in rows], code=way.FIX.code)
            .order_by("pk")
        }  # fmt: skip
        return [_reported(row, due.get(row.pk), is_own(row, client)) for row in rows]

    def changes(self, wanted: Wanted, client: int | None) -> Sequence[Change]:
        """Steps by when they were written down, so that who asks range after range misses none."""
        cases = Petition.objects.filter(PUBLIC)
        steps = Entry.objects.filter(target__in=[str(one) for one in SAID]).exclude(source=F("target"))
        if wanted.numbers:
            cases = cases.filter(case__number__in=wanted.numbers)
        else:
            steps = steps.filter(recorded_at__gte=wanted.since, recorded_at__lt=wanted.until)
        rows = list(
            steps.filter(case__in=cases.values("pk"))
            .select_related("case")
            .order_by("seq")[wanted.first : wanted.first + wanted.most]
        )
        replies = _replies([row for row in rows if row.target == Stage.REPLIED], client)
        return [
            Change(
                str(row.seq), row.case.number, row.target in ENDS, row.target,
                replies.get((row.case_id, row.at), said(row.target)), row.recorded_at,
            )
            for row in rows if row.case is not None
        ]  # fmt: skip

    def take(self, sent: Sent, client: int) -> Taken:
        """Into the house by the one door of every channel."""
        service = registers.services().get(sent.service)
        if service is None:
            raise Refused(_("沒有這個服務項目。"), "service_code")
        files = [one for one in sent.files if isinstance(one, Evidence)]
        told = intake.Told(
            channel=Channel.OPEN311, kind=Kind.DISPATCH, content=_content(sent, service), service=service,
            client_key=OURS + sent.key, petitioner=sent.person, place=sent.address,
            latitude=sent.latitude, longitude=sent.longitude,
            district=district_of(sent.address, timezone.localdate())
            or district_at(sent.longitude, sent.latitude),
            language=sent.language, files=files,
        )  # fmt: skip
        try:
            found = intake.receive(told)
        except ValidationError as error:
            raise _refused(error) from None
        return Taken(found.petition.case.number, found.code, found.fresh)

    def number_of(self, key: str) -> str | None:
        """By the key itself, which nobody else can guess."""
        row = Petition.objects.filter(client_key=OURS + key).select_related("case").first()
        return row.case.number if row else None

    def write(self, written: Written, client: int) -> Change | None:
        """A supplement that was asked for, a wish to reopen, or words added unasked: whatever the stage
        allows.
        """
        petition = (
            Petition.objects.filter(PUBLIC, case__number=written.number)
            .filter(client_key__startswith=mark(client))
            .select_related("case")
            .first()
        )
        if petition is None:
            return None
        stage = petition.case.stage
        move: Any = way.add_words
        given = {"text": written.text}
        if stage == Stage.AWAITING:
            move = way.supplement
        elif stage in way.ANSWERED and written.reopen:
            move, given = way.ask_reopening, {"reason": written.text}
        try:
            move.run(petition, None, given, key=written.key)
        except NotNow as error:
            raise Refused(str(error)) from None
        except ValidationError as error:
            raise _refused(error) from None
        entry = Entry.objects.filter(case=petition.pk, act=move.name).order_by("-seq").first()
        assert entry is not None
        closed = petition.case.closed_on is not None
        return Change(str(entry.seq), petition.case.number, closed, stage, said(stage), entry.recorded_at)


desk = Faults()


def _offer(service: Service, questions: tuple[Question, ...]) -> Offer:
    category = registers.categories()[service.category_id]
    root = registers.categories()[category.parent_id] if category.parent_id else category
    words = [str(category), service.name, *([service.name_en] if service.name_en else [])]
    return Offer(
        service.pk, str(service), _("%s的通報") % service, str(root), ",".join(dict.fromkeys(words)),
        questions,
    )  # fmt: skip


def _question(row: Asked) -> Question:
    english = get_language() == "en"
    choices = tuple(
        (key, (in_english if english else "") or name)
        for key, name, in_english in ((*one, "", "")[:3] for one in row.choices)
    )
    return Question(row.code, row.kind, row.required, row.order, str(row), _hint(row.kind), choices)


def _hint(kind: str) -> str:
    return {
        Asked.Kind.ONE: _("選一項"), Asked.Kind.MANY: _("可選多項"), Asked.Kind.NUMBER: _("數字"),
        Asked.Kind.MOMENT: _("日期或時間，例如2012-01-31T09:00:00+08:00"),
    }.get(Asked.Kind(kind), _("文字"))  # fmt: skip


def _reported(row: Petition, due: Any, own: bool) -> Reported:
    case, service = row.case, row.service
    assert service is not None
    places = [called(one) for one in (case.district, row.village) if one is not None]
    where = "".join(places) if all(not one.isascii() for one in places) else ", ".join(reversed(places))
    brief = _("%(service)s（%(district)s）") % {"service": service, "district": called(case.district)} if (
        case.district
    ) else str(service)  # fmt: skip
    notes = said(case.stage)
    if row.disposition:
        notes = f"{notes}{row.get_disposition_display()}"
    moments = [
        row.received_at, row.registered_at, row.assigned_at, row.dispatched_at, row.arrived_at,
        row.completed_at, row.replied_at,
    ]  # fmt: skip
    return Reported(
        number=case.number, closed=case.closed_on is not None, stage=case.stage, notes=notes,
        service_code=service.pk, service_name=str(service),
        description=row.content[:4000] if own else brief, agency=called(case.agency),
        requested_at=row.received_at, updated_at=max(one for one in moments if one), expected_at=due,
        address=(row.place if own else "") or where, latitude=row.latitude, longitude=row.longitude,
    )  # fmt: skip


def _replies(rows: Sequence[Entry], client: int | None) -> dict[tuple[int | None, Any], str]:
    """What was answered at those steps, for the client that sent the reports."""
    if client is None or not rows:
        return {}
    found = Reply.objects.filter(
        petition__in=[row.case_id for row in rows], petition__client_key__startswith=mark(client),
        sent_at__isnull=False,
    )  # fmt: skip
    return {(one.petition_id, one.sent_at): one.text for one in found}


def _content(sent: Sent, service: Service) -> str:
    """The citizen's words, the answers, and where pictures are to be seen: what the officer reads."""
    with override("zh-hant"):
        lines = [sent.description or _("通報：%s") % service.name]
        lines += [_("%(question)s：%(answer)s") % {"question": q, "answer": a} for q, a in sent.answers]
        lines += [_("附件網址：%s") % one for one in sent.media]
    return "\n".join(lines)


def district_of(place: str, on: date) -> District | None:
    """The district an address names; None when it names none of ours."""
    name = merged(parse(place), on).district if place else ""
    return District.objects.filter(name=name).first() if name else None


def district_at(longitude: Decimal | None, latitude: Decimal | None) -> District | None:
    """The district a point lies in; None without a point, and outside the city."""
    return District.objects.filter(villages=village_of(longitude, latitude) or "").first()


NAMES = {"content": "description", "place": "address_string", "latitude": "lat", "service": "service_code",
         "text": "description", "reason": "description", "client_key": "client_key"}  # fmt: skip


def _refused(error: ValidationError) -> Refused:
    if not hasattr(error, "error_dict"):
        return Refused("".join(error.messages))
    name, texts = next(iter(error.message_dict.items()))
    return Refused("".join(texts), NAMES.get(name, name))
