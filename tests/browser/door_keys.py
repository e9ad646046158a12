"""Addresses of doors that no page of the city leads to: found in its records, or made for the occasion.

`made` gives real ones, with what belongs in them: a token, a link, an order. `strange` gives those behind
which, for each visitor, is nothing: a token that was never given out, a form of somebody else. There the door
must stay shut whoever knocks. A pattern that stands in neither and that the walk did not meet fails the test.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import timedelta
from uuid import UUID

from django.urls import reverse
from django.utils import timezone

type Key = tuple[str, str | Callable[[], str]]
"""A pattern with an address, or with what gives one when it is wanted: a code changes every half minute."""
POST = "POST "
"""Before an address that is only posted to, where another pattern answers GET."""
UNKNOWN = "0" * 43
HELD = frozenset({
    "deadlines_feed", "calls_public:kiosk", "calls_public:kiosk_board", "petitions_public:crew_open",
    "training_public:here", "training_public:opinion", "open311:token",
})  # fmt: skip
"""Of the links that `made` gives: they open to whoever knocks."""


def made(examples: dict[str, str]) -> Iterator[Key]:
    """(pattern, address) of doors with something behind them."""
    yield from _programs(examples)
    yield from _links()
    yield from _petitions()
    yield from _office(examples)
    yield from _forms()
    period = examples["report:figure"].rstrip("/")
    yield "report:card", f"{period}/card/"
    yield "proposals:budget", reverse("proposals:budget", args=["ods"])
    yield "office_permissions_export", reverse("office_permissions_export", args=["csv"])
    yield "report:drift", f"{examples['report:edition']}drift/"


def _programs(examples: dict[str, str]) -> Iterator[tuple[str, str]]:
    from yankao.kernel.casework.models import Case
    from yankao.service.petitions import open311
    from yankao.service.petitions.models import Petition

    room = "service.petitions"
    number = Case.objects.filter(kind="research.trips").order_by("pk").values_list("number", flat=True)[0]
    yield "api:list_cases", reverse("api:list_cases", args=[room])
    yield "api:open_case", POST + reverse("api:open_case", args=[room])
    yield "api:show_case", reverse("api:show_case", args=[number])
    yield "api:make_move", reverse("api:make_move", args=[number, "register"])
    yield "api:amend_case", reverse("api:amend_case", args=[number])
    yield "api:show_figure", "/api" + examples["report:figure"]
    yield "^.*", "/api/nothing/"
    told = Petition.objects.filter(case__security="agency", service__isnull=False).order_by("-pk")[0]
    Petition.objects.filter(pk=told.pk).update(client_key=f"{open311.OURS}door")
    service = told.service_id
    for name, address in {
        "discovery": "discovery.json", "^v2/discovery.<str:form>": "v2/discovery.json",
        "definition": f"v2/services/{service}.json", "requests": "v2/requests.json",
        "request": f"v2/requests/{told.case.number}.json", "token": "v2/tokens/door.json",
        "updates": "v2/servicerequestupdates.json", "^.*": "v2/nothing.json",
    }.items():  # fmt: skip
        yield f"open311:{name}", f"/open311/{address}"


def _links() -> Iterator[Key]:
    """Whoever holds these comes in, signed in or not."""
    from yankao.api import tokens
    from yankao.inspection.training.models import Sitting
    from yankao.kernel.people.models import User
    from yankao.kernel.session import code
    from yankao.service.calls import wall
    from yankao.service.petitions import outside

    day = timezone.localdate() + timedelta(days=7)
    officer, chief = (User.objects.get(username=f"demo.{who}") for who in ("officer", "callchief"))
    feed, row = tokens.make(officer, "門", scope="feed")
    yield "deadlines_feed", reverse("deadlines_feed", args=[feed])
    yield "account_revoke_token", reverse("account_revoke_token", args=[row.pk])
    secret, kiosk = wall.make(chief, "門", day)
    for name in ("kiosk", "kiosk_board"):
        yield f"calls_public:{name}", reverse(f"calls_public:{name}", args=[secret])
    yield "calls:kiosk_revoke", reverse("calls:kiosk_revoke", args=[kiosk.pk])
    post = officer.posts.select_related("agency").first()
    opening, link = outside.make_link(officer, post.agency, "門前工程行", day)
    yield "petitions_public:crew_open", reverse("petitions_public:crew_open", args=[opening])
    yield "petitions:contractor_revoke", reverse("petitions:contractor_revoke", args=[link.pk])
    sitting = Sitting.objects.latest("pk")
    yield (
        "training_public:here",
        lambda: reverse(
            "training_public:here",
            args=[sitting.pk, code.code_at("inspection.training", sitting.pk, timezone.now())],
        ),
    )
    seat = sitting.training.seats.first()
    ticket = code.opinion_ticket("inspection.training", seat.pk if seat else 0)
    yield "training_public:opinion", reverse("training_public:opinion", args=[ticket])
    yield "training:screen", reverse("training:screen", args=[sitting.pk])


def _petitions() -> Iterator[tuple[str, str]]:
    from yankao.kernel.people.models import User
    from yankao.service.petitions import auditing
    from yankao.service.petitions.models import Draw, Petition

    now = timezone.localdate()
    draw = auditing.draw(
        User.objects.get(username="demo.auditor"), Draw.Purpose.AUDIT, seed="door", reason="門",
        since=now - timedelta(days=3650), until=now, wanted=1,
    )  # fmt: skip
    yield "petitions:draw", reverse("petitions:draw", args=[draw.pk])
    yield "petitions:sample", reverse("petitions:sample", args=[draw.pk])
    yield "petitions:audit", reverse("petitions:audit", args=[draw.audits.get().pk])
    yield "petitions:hotspot", reverse("petitions:hotspot", args=[0, 0, "-"])
    known = Petition.objects.filter(case__security="agency", petitioner__isnull=False).latest("pk")
    yield "petitions:reveal", reverse("petitions:reveal", args=[known.pk])


def _office(examples: dict[str, str]) -> Iterator[tuple[str, str]]:
    from yankao.api.models import Hook
    from yankao.api.open311 import clients
    from yankao.kernel.outbox.models import Message
    from yankao.kernel.people.models import Deputy, Post, User
    from yankao.kernel.vault.models import Identity, Retention, Shredding

    today = timezone.localdate()
    admin = User.objects.get(username="demo.admin")
    _key, client = clients.make(admin, "門")
    yield "office_end_client", reverse("office_end_client", args=[client.pk])
    hook = Hook.objects.create(
        name="門", url="https://door.example/", rooms=[], acts=[], salt="", after=0, made_by=admin
    )
    yield "office_end_hook", reverse("office_end_hook", args=[hook.pk])
    post = Post.objects.filter(user__username="demo.officer").first()
    yield "desk:office_end_post", reverse("desk:office_end_post", args=[post.pk])
    deputy = Deputy.objects.create(post=post, user=admin, valid_from=today, valid_to=today)
    yield "desk:office_end_deputy", reverse("desk:office_end_deputy", args=[deputy.pk])
    identity = Identity.objects.filter(sealed=False).latest("pk")
    message = Message.objects.create(
        key="door", channel="email", identity=identity, case_id=identity.case_id, wording="", state="dead"
    )
    yield "desk:office_message_again", reverse("desk:office_message_again", args=[message.pk])
    yield "desk:office_messages_again", reverse("desk:office_messages_again", args=["dead"])
    shredding = Shredding.objects.create(
        retention=Retention.USUAL, until=today, years=1, count=0, proposed_by=admin
    )
    yield "desk:office_retention_act", reverse("desk:office_retention_act", args=[shredding.pk, "drop"])
    for name in ("round_urge", "round_announce"):
        yield f"desk:{name}", f"{examples['desk:round']}{name.removeprefix('round_')}"
    yield "enquiries:article_act", f"{examples['enquiries:article']}withdraw"
    yield "enquiries:incident_end", f"{examples['enquiries:incident']}end"


def _forms() -> Iterator[tuple[str, str]]:
    """Of a form that nobody began: they lead to its beginning."""
    for name in ("check", "done", "danger", "discard"):
        yield f"counter:{name}", reverse(f"counter:{name}", args=["report"])
    yield "counter:page", reverse("counter:page", args=["report", "place"])


def strange() -> Iterator[tuple[str, str]]:
    """(pattern, address) of doors behind which is nothing for anybody who knocks."""
    nobodys = UUID(int=0)
    for name, *args in (
        ("deadlines_feed", UNKNOWN), ("open311:token", UNKNOWN, "json"), ("calls_public:kiosk", UNKNOWN),
        ("calls_public:kiosk_board", UNKNOWN),
        ("petitions_public:crew_open", UNKNOWN), ("training_public:here", 0, UNKNOWN),
        ("training_public:done", UNKNOWN), ("training_public:opinion", UNKNOWN), ("counter:map", "report"),
        ("petitions_public:crew_order", 0), ("petitions_public:crew_do", 0, "arrive"),
        ("petitions_public:crew_photo", 0, 0), ("petitions:crew_photo", 0, 0), ("trips_public:file", 0),
        ("calls:file", UNKNOWN), ("calls:file_refused", UNKNOWN, "csv"), ("desk:letters_zip", nobodys),
        ("desk:received_file", 0), ("desk:inbox_open", 0), ("desk:view", 0), ("mfa_edit_webauthn", 0),
        ("mfa_remove_webauthn", 0), ("quality:reinspect", 0), ("quality:returns_act", "115Q3", "nothing"),
        ("petitions_counter:letter", 0, "pdf"), ("petitions_counter:case",), ("petitions_counter:push",),
        ("petitions_counter:joined",), ("petitions_counter:stop", UNKNOWN),
        ("desk:import_refused", "research.trips", "trips", UNKNOWN, "csv"),
    ):  # fmt: skip
        yield name, reverse(name, args=args)
