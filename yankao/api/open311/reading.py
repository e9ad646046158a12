"""What a client gives: which reports it wants, a report it sends, read strictly and refused by name."""

from __future__ import annotations

import json
import re
from datetime import datetime, timedelta
from decimal import Decimal, InvalidOperation
from functools import cached_property
from typing import Any

from django.conf import settings
from django.core.exceptions import TooManyFieldsSent, ValidationError
from django.core.validators import URLValidator, validate_email
from django.http import HttpRequest, RawPostDataException
from django.http.multipartparser import MultiPartParserError
from django.utils import timezone
from django.utils.crypto import salted_hmac
from django.utils.translation import gettext as _

from yankao.api.models import Client
from yankao.kernel.outbox.numbers import international
from yankao.kernel.service_requests import Offer, Question, Wanted
from yankao.kernel.vault.persons import Person

from . import clients
from .writing import Fault

SPAN = timedelta(days=90)
"""GeoReport v2: the usual and the longest range of one answer."""
MOST = 1000
LONGEST = 500
KEY = re.compile(r"[!-~]{8,200}")
NUMBER = re.compile(r"[0-9A-Za-z-]{1,40}")
FIELDS = {"first_name": 60, "last_name": 60, "email": 200, "phone": 40, "description": 4000,
          "address_string": 200, "address_id": 80, "media_url": 1000}  # fmt: skip


class Given:
    """The parameters of a request: of the query for reading, of the form for sending."""

    def __init__(self, request: HttpRequest) -> None:
        try:
            form = request.POST if request.method == "POST" else request.GET
            self.names = {name: [str(one) for one in form.getlist(name)] for name in form}
            self.files: list[Any] = [one for name in request.FILES for one in request.FILES.getlist(name)]
        except (TooManyFieldsSent, MultiPartParserError, RawPostDataException, UnicodeDecodeError):
            raise Fault(400, _("送來的內容無法讀取。")) from None
        for name, values in self.names.items():
            if "\x00" in name or any("\x00" in one for one in values):
                raise Fault(400, _("含有無法使用的內容。"))
        self.header = request.headers.get("Idempotency-Key", "")

    def one(self, name: str) -> str:
        """The last value given, without blanks around it; "" without one."""
        values = self.names.get(name, [])
        value = values[-1].strip() if values else ""
        most = FIELDS.get(name, LONGEST)
        if len(value) > most:
            raise Fault(400, _("%(name)s太長，最多%(most)s個字。") % {"name": name, "most": most})
        return value

    @cached_property
    def client(self) -> Client | None:
        """Whose the given key is; None without a living one."""
        key = self.one("api_key")
        return clients.holder(key) if key else None

    def many(self, name: str) -> tuple[str, ...]:
        """Values given by commas or by repeating the name."""
        found = [part.strip() for value in self.names.get(name, []) for part in value.split(",")]
        return tuple(dict.fromkeys(part for part in found if part))


def jurisdiction(given: Given) -> None:
    """Refuse another city's name; where none is configured the installation answers for itself alone."""
    known = settings.OPEN311_JURISDICTIONS
    asked = given.one("jurisdiction_id")
    if asked and known and asked not in known:
        raise Fault(404, _("沒有這個jurisdiction_id。"))
    if not asked and len(known) > 1:
        raise Fault(400, _("請給jurisdiction_id。"))


def client_of(given: Given, *, needed: bool) -> Client | None:
    """Whose key it is. A wrong key is refused even where none is needed."""
    key = given.one("api_key")
    if not key and not needed:
        return None
    if given.client is None:
        raise Fault(403, _("api_key無效。") if key else _("請給api_key。"))
    return given.client


# ── Which reports ───────────────────────────────────────────────────────────────────────────────────


def wanted(given: Given) -> Wanted:
    """By number, else by range, service and state; 90 days when no range is given."""
    first, most = _paging(given)
    numbers = given.many("service_request_id")
    if numbers:
        if len(numbers) > MOST or not all(NUMBER.fullmatch(one) for one in numbers):
            raise Fault(400, _("service_request_id看不懂。"))
        return Wanted(numbers=numbers, first=first, most=most)
    since, until = range_of(given)
    states = {one.lower() for one in given.many("status")}
    if states - {"open", "closed"}:
        raise Fault(400, _("status請給open或closed。"))
    closed = None if len(states) != 1 else "closed" in states
    return Wanted(since, until, services=given.many("service_code"), closed=closed, first=first, most=most)


def range_of(given: Given) -> tuple[datetime, datetime]:
    since, until = _moment(given, "start_date"), _moment(given, "end_date")
    if since and until and (until < since or until - since > SPAN + timedelta(days=1)):
        raise Fault(400, _("start_date到end_date最長90日，且須先後有序。"))
    if since is None and until is None:
        until = timezone.now() + timedelta(minutes=1)
    try:
        if since is None:
            assert until is not None
            since = until - SPAN
        return since, until or since + SPAN
    except OverflowError:
        raise Fault(400, _("日期超出可處理的範圍。")) from None


def _moment(given: Given, name: str) -> datetime | None:
    text = given.one(name)
    if not text:
        return None
    try:
        found = datetime.fromisoformat(text.replace(" ", "+") if "T" in text else text)
    except ValueError:
        raise Fault(400, _("%s請寫成2012-01-31T00:00:00+08:00。") % name) from None
    if not 1900 < found.year < 9000:
        raise Fault(400, _("日期超出可處理的範圍。"))
    return timezone.make_aware(found) if timezone.is_naive(found) else found


def _paging(given: Given) -> tuple[int, int]:
    found = {}
    for name, usual, most in (("page", 1, 100_000), ("page_size", MOST, MOST)):
        text = given.one(name) or str(usual)
        if not (text.isascii() and text.isdigit() and len(text) < 7 and 1 <= int(text) <= most):
            raise Fault(400, _("%(name)s請給1到%(most)s的整數。") % {"name": name, "most": most})
        found[name] = int(text)
    return (found["page"] - 1) * found["page_size"], found["page_size"]


# ── A report ────────────────────────────────────────────────────────────────────────────────────────


def person_of(given: Given, language: str) -> Person:
    """Who reports, for the vault alone. Chinese names are written without a blank, family name first."""
    first, last = given.one("first_name"), given.one("last_name")
    last = "" if last == "-" else last
    chinese = any(ord(sign) > 0x2E7F for sign in first + last)
    name = f"{last}{first}" if chinese else f"{first} {last}".strip()
    email = given.one("email")
    if email:
        try:
            validate_email(email)
        except ValidationError:
            raise Fault(400, _("%s不是電子郵件地址。") % "email") from None
    number = given.one("phone")
    # GeoReport knows one number only; whoever gave a mobile hears by text message.
    kind = "mobile" if international(number) else "phone"
    return Person(name=name, email=email, language=language, **{kind: number})


def position_of(given: Given) -> tuple[Decimal | None, Decimal | None]:
    """(latitude, longitude) in WGS 84, six decimals; both or neither."""
    texts = given.one("lat"), given.one("long")
    if not any(texts):
        return None, None
    if not all(texts):
        raise Fault(400, _("lat與long要一起給。"))
    try:
        found = [Decimal(text) for text in texts]
        if not all(one.is_finite() for one in found):
            raise InvalidOperation
        latitude, longitude = (round(one, 6) for one in found)
    except InvalidOperation:
        raise Fault(400, _("lat與long應為數字。")) from None
    if not (-90 <= latitude <= 90 and -180 <= longitude <= 180):
        raise Fault(400, _("lat或long超出範圍。"))
    return latitude, longitude


def answers_of(given: Given, offer: Offer) -> tuple[tuple[str, str], ...]:
    """(words of the question, answer) in order. Raises Fault 400 naming what is missing or not offered."""
    found = []
    for question in offer.questions:
        values = _values(given, question)
        if question.required and not values:
            raise Fault(400, _("attribute[%s]必填。") % question.code)
        if values:
            found.append((question.words, _("、").join(_answer(question, one) for one in values)))
    return tuple(found)


def _values(given: Given, question: Question) -> list[str]:
    named = [*given.names.get(f"attribute[{question.code}]", []),
             *given.names.get(f"attribute[{question.code}][]", [])]  # fmt: skip
    if question.kind == "multivaluelist":
        return list(dict.fromkeys(one.strip() for one in named if one.strip()))
    return [one.strip() for one in named[-1:] if one.strip()]


def _answer(question: Question, value: str) -> str:
    if len(value) > LONGEST:
        raise Fault(400, _("attribute[%(code)s]太長，最多%(most)s個字。")
                    % {"code": question.code, "most": LONGEST})  # fmt: skip
    if question.choices:
        name = dict(question.choices).get(value)
        if name is None:
            raise Fault(400, _("attribute[%s]不在可選的範圍。") % question.code)
        return name
    if question.kind == "number":
        try:
            if not Decimal(value).is_finite():
                raise InvalidOperation
        except InvalidOperation:
            raise Fault(400, _("attribute[%s]應為數字。") % question.code) from None
    if question.kind == "datetime":
        try:
            datetime.fromisoformat(value)
        except ValueError:
            raise Fault(400, _("attribute[%s]應為日期或時間。") % question.code) from None
    return value


def media_of(given: Given) -> tuple[str, ...]:
    """Addresses of pictures, handed to the officer as they are; the server fetches none."""
    found = [one.strip() for one in given.names.get("media_url", []) if one.strip()]
    check = URLValidator(schemes=["http", "https"])
    for one in found:
        try:
            if len(one) > FIELDS["media_url"]:
                raise ValidationError("")
            check(one)
        except ValidationError:
            raise Fault(400, _("media_url不是網址。")) from None
    if len(found) > 10:
        raise Fault(400, _("media_url最多10個。"))
    return tuple(found)


def key_of(given: Given, client: Client, *, day: str = "") -> str:
    """What names the submission: the client's own key, else a digest of all that was sent that day."""
    own = given.header or given.one("client_key")
    if own and not KEY.fullmatch(own):
        raise Fault(400, _("Idempotency-Key應為8到200個可見的ASCII字元。"))
    told = {name: values for name, values in given.names.items() if name != "api_key"}
    whole = own or f"{day}:{json.dumps(told, sort_keys=True)}"
    return digest(client.pk, whole)


def digest(client: int, whole: Any) -> str:
    """The token of a submission: whose it is, and a keyed hash of its name."""
    mark = salted_hmac("yankao.open311", f"{client}:{whole}", algorithm="sha256").hexdigest()
    return f"{client}-{mark[:40]}"
