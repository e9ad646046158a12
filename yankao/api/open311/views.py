"""The addresses of GeoReport v2, each in XML and JSON. Personal data goes to the vault and stays there."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from functools import wraps
from typing import Any

from django.conf import settings
from django.core.exceptions import RequestDataTooBig
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import get_language, gettext_lazy
from django.utils.translation import gettext as _
from django.views.decorators.csrf import csrf_exempt

from yankao.api.models import Client
from yankao.kernel.evidence.checks import Refused as BadFile
from yankao.kernel.evidence.files import keep
from yankao.kernel.limits import allowed, said_too_often, wait_for_reading
from yankao.kernel.rooms import rooms
from yankao.kernel.rules.values import Seed, declare
from yankao.kernel.service_requests import (
    Change,
    Desk,
    Offer,
    Question,
    Refused,
    Reported,
    Sent,
    Taken,
    Wanted,
    Written,
)

from . import reading
from .writing import MEDIA, Fault, Listed, Named, moment, refused, written

MOST_FILES = 5
SENT = declare("open311.sent", int, gettext_lazy("Open311同一介接單位每小時送件上限"), Seed("1200"))
RETRIED = timedelta(days=1)
"""For so long the very same submission of a client without a key of its own is a retry."""

type View = Callable[..., Listed | Named | tuple[Listed, int]]


def georeport(*methods: str) -> Callable[[View], Callable[..., HttpResponse]]:
    """A view of GeoReport: the form by the ending of the address, faults in that form."""

    def made(view: View) -> Callable[..., HttpResponse]:
        @csrf_exempt
        @wraps(view)
        def answer(request: HttpRequest, form: str, **path: Any) -> HttpResponse:
            if form not in MEDIA:
                return refused(Fault(404, _("請以.xml或.json結尾。")), "xml")
            try:
                if request.method not in (*methods, "HEAD"):
                    raise Fault(405, _("這個位址不接受這種要求。"))
                given = reading.Given(request)
                _may_ask(request, given)
                reading.jurisdiction(given)
                more = {"method": request.method} if len(methods) > 1 else {}
                found = view(given, **path, **more)
            except Fault as fault:
                told = refused(fault, form)
                if fault.status == 405:
                    told.headers["Allow"] = ", ".join(methods)
                if fault.wait:
                    told.headers["Retry-After"] = str(fault.wait)
                return told
            except RequestDataTooBig:
                return refused(Fault(413, _("送來的內容太大。")), form)
            what, status = found if isinstance(found, tuple) else (found, 200)
            return written(what, form, status)

        return answer

    return made


def _within(client: Client) -> None:
    """Refuse with 429 what a system sends beyond the rule in an hour."""
    if not allowed("open311.sent", f"client-{client.pk}", SENT.at(timezone.localdate())):
        raise Fault(429, _("一小時內的要求太多，請稍後再試。"), wait=3600)


def _may_ask(request: HttpRequest, given: reading.Given) -> None:
    """Refuse with 429 who reads beyond the rule in a minute; so also who tries keys."""
    client = given.client
    if client is not None and request.method == "POST":
        return  # what is sent has a count of its own
    if wait := wait_for_reading(request, f"client-{client.pk}" if client else ""):
        raise Fault(429, said_too_often(wait), wait)


def desks() -> list[Desk]:
    """What the rooms serve."""
    return [part.desk for room in rooms() if (part := room.part("open311"))]


# ── Discovery and services ──────────────────────────────────────────────────────────────────────────


def discovery(request: HttpRequest, form: str) -> HttpResponse:
    """Where the endpoint is and what it speaks."""
    if form not in MEDIA:
        return refused(Fault(404, _("請以.xml或.json結尾。")), "xml")
    root = request.build_absolute_uri(reverse("open311:services", args=["xml"])).removesuffix("/services.xml")
    endpoint = {
        "specification": "http://wiki.open311.org/GeoReport_v2",
        "url": root,
        "changeset": CHANGED,
        "type": "test" if settings.DEMO else "production",
        "formats": ["text/xml", "application/json"],
    }
    row = {
        "changeset": CHANGED,
        "contact": settings.OPEN311_CONTACT or _("請洽本平台管理員。"),
        "key_service": settings.OPEN311_CONTACT or _("介接金鑰由本平台管理員核發。"),
        "endpoints": [endpoint],
    }
    return written(Named("discovery", row), form)


CHANGED = "2026-11-29T00:00:00Z"
"""When the shape of our answers last changed."""


@georeport("GET")
def services(given: reading.Given) -> Listed:
    """What one may report."""
    rows = [
        {
            "service_code": one.code,
            "service_name": one.name,
            "description": one.description,
            "metadata": bool(one.questions),
            "type": "realtime",
            "keywords": one.keywords,
            "group": one.group,
        }
        for desk in desks()
        for one in desk.offers()
    ]
    return Listed("services", "service", rows)


def _offer(code: str) -> tuple[Desk, Offer]:
    for desk in desks():
        for one in desk.offers():
            if one.code == code:
                return desk, one
    raise Fault(404, _("沒有這個service_code。"))


@georeport("GET")
def definition(given: reading.Given, code: str) -> Named:
    """What is asked besides with a service."""
    _desk, offer = _offer(code)
    rows = [_question(one) for one in offer.questions]
    return Named("service_definition", {"service_code": offer.code, "attributes": rows})


def _question(one: Question) -> dict[str, Any]:
    row: dict[str, Any] = {
        "variable": True,
        "code": one.code,
        "datatype": one.kind,
        "required": one.required,
        "datatype_description": one.hint or None,
        "order": one.order,
        "description": one.words,
    }
    if one.choices:
        row["values"] = [{"key": key, "name": name} for key, name in one.choices]
    return row


# ── Reports ─────────────────────────────────────────────────────────────────────────────────────────


def _row(one: Reported, extended: bool) -> dict[str, Any]:
    row: dict[str, Any] = {
        "service_request_id": one.number,
        "status": "closed" if one.closed else "open",
        "status_notes": one.notes or None,
        "service_name": one.service_name,
        "service_code": one.service_code,
        "description": one.description,
        "agency_responsible": one.agency,
        "service_notice": None,
        "requested_datetime": moment(one.requested_at),
        "updated_datetime": moment(one.updated_at),
        "expected_datetime": moment(one.expected_at),
        "address": one.address or None,
        "address_id": None,
        "zipcode": None,
        "lat": one.latitude,
        "long": one.longitude,
        "media_url": None,
    }
    if extended:
        row["extended_attributes"] = {"status": one.stage}
    return row


@georeport("GET", "POST")
def requests(given: reading.Given, method: str) -> Listed | tuple[Listed, int]:
    """The reports anybody may see, or one more of them."""
    return _taken(given) if method == "POST" else _listed(given)


def _listed(given: reading.Given) -> Listed:
    client = reading.client_of(given, needed=False)
    asked = reading.wanted(given)
    found = [one for desk in desks() for one in desk.reports(asked, client.pk if client else None)]
    extended = given.one("extensions").lower() == "true"
    return Listed("service_requests", "request", [_row(one, extended) for one in found])


@georeport("GET")
def request_one(given: reading.Given, number: str) -> Listed:
    """One report, as a list of one."""
    client = reading.client_of(given, needed=False)
    asked = Wanted(numbers=(number,), most=1)
    found = [one for desk in desks() for one in desk.reports(asked, client.pk if client else None)]
    if not found:
        raise Fault(404, _("沒有這個service_request_id。"))
    extended = given.one("extensions").lower() == "true"
    return Listed("service_requests", "request", [_row(one, extended) for one in found[:1]])


@georeport("GET")
def token(given: reading.Given, token: str) -> Listed:
    """What a submission became, for a client that lost the answer."""
    for desk in desks():
        if number := desk.number_of(token):
            row = {"service_request_id": number, "token": token}
            return Listed("service_requests", "request", [row])
    raise Fault(404, _("沒有這個token。"))


def _taken(given: reading.Given) -> tuple[Listed, int]:
    client = reading.client_of(given, needed=True)
    assert client is not None
    _within(client)
    code = given.one("service_code")
    if not code:
        raise Fault(400, _("%s必填。") % "service_code")
    desk, offer = _offer(code)
    latitude, longitude = reading.position_of(given)
    address = given.one("address_string") or given.one("address_id")
    if latitude is None and not address:
        raise Fault(400, _("請給lat與long，或address_string。"))
    answers = reading.answers_of(given, offer)
    key, known = _key(given, client, desk)
    language = get_language() or "zh-hant"
    media, person = reading.media_of(given), reading.person_of(given, language)
    try:
        with transaction.atomic():
            files = [] if known else _kept(given)
            sent = Sent(
                key=key, service=offer.code, description=given.one("description"), person=person,
                address=address, latitude=latitude, longitude=longitude, answers=answers, media=media,
                files=tuple(files), language=language,
            )  # fmt: skip
            taken = desk.take(sent, client.pk)
    except Refused as error:
        raise Fault(400, f"{error.name}：{error}" if error.name else error) from None
    return Listed("service_requests", "request", [_receipt(taken, key)]), 201 if taken.fresh else 200


def _receipt(taken: Taken, key: str) -> dict[str, Any]:
    told = {"number": taken.number, "code": taken.code}
    return {
        "service_request_id": taken.number,
        "token": key,
        "service_notice": _("案號%(number)s，查詢碼%(code)s，可在本府網站查詢進度。") % told,
        "account_id": None,
    }


def _key(given: reading.Given, client: Client, desk: Desk) -> tuple[str, bool]:
    """The name of the submission and whether it is known. One without a key of its own is the same when all
    that is sent is the same as within the last day.
    """
    now = timezone.localtime()
    earlier = timezone.localtime(now - RETRIED)
    today = reading.key_of(given, client, day=f"{now:%Y-%m-%d}")
    for key in (today, reading.key_of(given, client, day=f"{earlier:%Y-%m-%d}")):
        if desk.number_of(key) is not None:
            return key, True
    return today, False


def _kept(given: reading.Given) -> list[Any]:
    """The pictures that came with the form."""
    if len(given.files) > MOST_FILES:
        raise Fault(400, _("照片最多%s張。") % MOST_FILES)
    found = []
    for file in given.files:
        try:
            found.append(keep(file, file.name or "photo.jpg", None))
        except BadFile as error:
            raise Fault(400, "".join(error.messages)) from None
    return found


# ── Updates (mySociety's extension) ─────────────────────────────────────────────────────────────────


def _step(one: Change, extended: bool = False) -> dict[str, Any]:
    row: dict[str, Any] = {
        "update_id": one.id,
        "service_request_id": one.number,
        "status": "closed" if one.closed else "open",
        "description": one.description,
        "updated_datetime": moment(one.at),
        "media_url": None,
    }
    if extended:
        row["extended_attributes"] = {"status": one.stage}
    return row


@georeport("GET", "POST")
def updates(given: reading.Given, method: str) -> Listed | tuple[Listed, int]:
    """The public steps of reports, or a later word from the client that sent one."""
    client = reading.client_of(given, needed=method == "POST")
    if method == "POST":
        assert client is not None
        _within(client)
        return _written(given, client)
    asked = reading.wanted(given)
    found = [one for desk in desks() for one in desk.changes(asked, client.pk if client else None)]
    extended = given.one("extensions").lower() == "true"
    rows = [_step(one, extended) for one in found]
    return Listed("service_request_updates", "request_update", rows)


def _written(given: reading.Given, client: Client) -> tuple[Listed, int]:
    number, text = given.one("service_request_id"), given.one("description")
    for name, value in (("service_request_id", number), ("description", text)):
        if not value:
            raise Fault(400, _("%s必填。") % name)
    own = given.one("update_id")
    key = reading.digest(client.pk, f"update:{number}:{own}" if own else reading.key_of(given, client))
    status = given.one("status").upper()
    wish = Written(key=key, number=number, text=text, reopen=status in ("OPEN", "REOPEN"))
    for desk in desks():
        try:
            change = desk.write(wish, client.pk)
        except Refused as error:
            raise Fault(400, f"{error.name}：{error}" if error.name else error) from None
        if change is not None:
            row = {"update_id": change.id, "service_request_id": change.number}
            return Listed("service_request_updates", "request_update", [row]), 200
    raise Fault(404, _("沒有這個service_request_id。"))


@csrf_exempt
def nothing(request: HttpRequest) -> HttpResponse:
    """Whatever else is asked below `/open311/`."""
    form = "json" if request.path.endswith(".json") else "xml"
    return refused(Fault(404, _("沒有這個位址。")), form)
