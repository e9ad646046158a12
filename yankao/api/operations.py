"""The operations: rooms, cases, moves, corrections, evidence, figures: each as the person may at the desk."""

from __future__ import annotations

import re
from hashlib import sha256
from typing import Any

from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.http import Http404, HttpRequest, HttpResponse
from django.http.request import RawPostDataException
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from ninja import NinjaAPI
from ninja.errors import AuthenticationError, HttpError
from ninja.errors import ValidationError as NinjaValidationError

from yankao.kernel.casework.models import Case, Receipt
from yankao.kernel.casework.process import Process, Refused
from yankao.kernel.casework.schema import agencies_today, record_asks
from yankao.kernel.evidence import files
from yankao.kernel.figures.declare import Figure, read, register, resolve
from yankao.kernel.people.models import District, Post, Role, User
from yankao.kernel.people.standing import standing
from yankao.kernel.period import Period, PeriodError
from yankao.kernel.register.validity import in_force
from yankao.kernel.rooms import Room, room, rooms

from . import cases, reading
from .answers import Problem, answer, invalid, problem
from .doors import Session, Token, may_read

KEY = re.compile(r"[\x21-\x7e]{8,200}")
REPLAYED = {"Idempotency_Replayed": "true"}

api = NinjaAPI(
    title="yankao", auth=[Token(), Session()], docs_url=None, openapi_url=None, urls_namespace="api"
)  # fmt: skip


# ── What goes wrong ─────────────────────────────────────────────────────────────────────────────────


@api.exception_handler(Problem)
def _problem(request: HttpRequest, found: Any) -> HttpResponse:
    return problem(found)


@api.exception_handler(AuthenticationError)
def _stranger(request: HttpRequest, found: Any) -> HttpResponse:
    try:
        may_read(request)  # so that tokens are not tried by the thousand
    except Problem as often:
        return problem(often)
    return problem(Problem(401, "sign_in", _("請先登入，或附上有效的權杖。")))


@api.exception_handler(HttpError)
def _http(request: HttpRequest, found: Any) -> HttpResponse:
    if found.status_code == 403:
        return problem(Problem(403, "csrf", _("缺少CSRF權杖，請以X-CSRFToken標頭附上。")))
    return problem(Problem(found.status_code, "refused", str(found)))


@api.exception_handler(Http404)
@api.exception_handler(NinjaValidationError)
def _nothing(request: HttpRequest, found: Any) -> HttpResponse:
    return problem(Problem(404, "not_found", _("沒有這個位址。")))


@api.exception_handler(Refused)
def _refused(request: HttpRequest, found: Any) -> HttpResponse:
    return problem(Problem(409, "refused", str(found)))


@api.exception_handler(ValidationError)
def _invalid(request: HttpRequest, found: Any) -> HttpResponse:
    return problem(invalid(found, _("有欄位需要修正。")))


@api.exception_handler(reading.Fault)
def _fault(request: HttpRequest, found: Any) -> HttpResponse:
    return problem(Problem(422, "invalid", str(found)))


@api.exception_handler(OverflowError)
def _overflow(request: HttpRequest, found: Any) -> HttpResponse:
    return problem(Problem(422, "invalid", _("數值超出可處理的範圍。")))


# ── Once only ───────────────────────────────────────────────────────────────────────────────────────


def key_of(request: HttpRequest) -> str:
    """What names this request of this person, so that its retry does nothing twice; "" without a name."""
    given = request.headers.get("Idempotency-Key", "")
    if not given:
        return ""
    if not KEY.fullmatch(given):
        raise Problem(422, "bad_key", _("Idempotency-Key應為8到200個可見的ASCII字元。"))
    return sha256(f"api:{request.user.pk}:{given}".encode()).hexdigest()


def earlier(key: str, act: str, case_id: int | None = None, kind: str = "") -> Receipt | None:
    """What the key already did. Raises Problem 422 when that was something else."""
    done = Receipt.objects.filter(pk=key).select_related("case").first() if key else None
    if done is None:
        return None
    other = done.act != act or (case_id is not None and done.case_id != case_id)
    if other or (kind and done.case.kind != kind):
        raise Problem(422, "key_used", _("這個Idempotency-Key已用於另一個要求。"))
    return done


# ── Rooms and lists ─────────────────────────────────────────────────────────────────────────────────


def room_of(name: str) -> tuple[Room, Process[Any]]:
    rooms()
    try:
        found = room(name)
    except LookupError:
        raise Problem(404, "no_room", _("沒有這項業務。")) from None
    if found.process is None:
        raise Problem(404, "no_room", _("這項業務沒有案件。"))
    return found, found.process


def may_open_in(process: Process[Any], user: Any) -> bool:
    """Whether the person may open a case for at least one agency."""
    held = standing(user).agencies()
    agencies = [*agencies_today().filter(pk__in=held), *agencies_today().exclude(pk__in=held)[:1]]
    return any(
        process.opened_by.held_by(user, Case(kind=process.kind, agency=one, officer_id=user.pk, stage=""))
        for one in agencies
    )


@api.get("/rooms/")
def list_rooms(request: HttpRequest) -> HttpResponse:
    """The rooms with cases, their stages, and whether this person may open one."""
    found = [
        {
            "name": one.name,
            "title": one.title,
            "cases": reverse("api:list_cases", args=[one.name]),
            "stages": [{"code": code, "label": str(label)} for code, label in one.process.stages.choices],
            "may_open": may_open_in(one.process, request.user),
        }
        for one in rooms()
        if one.process
    ]
    return answer({"rooms": found})


@api.get("/rooms/{name}/cases/")
def list_cases(request: HttpRequest, name: str) -> HttpResponse:
    """The cases of a room that this person may know of, newest first, by key."""
    _found, process = room_of(name)
    rows, following = cases.page(process, request.user, request.GET)
    address = ""
    if following:
        query = request.GET.copy()
        query["after"] = following
        address = f"{request.path}?{query.urlencode()}"
    return answer({"cases": rows, "next": address or None})


# ── Opening ─────────────────────────────────────────────────────────────────────────────────────────


def read_docket(data: dict[str, Any], names: tuple[str, ...], given: reading.Given) -> None:
    """The docket's columns by code, account and date; `None` empties those that may be empty."""
    for name in names:
        if name not in data:
            continue
        value = data[name]
        try:
            given.values[name] = DOCKET[name](value)
        except reading.Fault as fault:
            given.blame(name, fault)


def _title(value: Any) -> str:
    found = reading.text(value)
    if not found:
        raise reading.Fault(_("這個欄位必填。"))
    if len(found) > 200:
        raise reading.Fault(_("最多%(most)s個字。") % {"most": 200})
    return found


def _agency(value: Any) -> Any:
    found = agencies_today().filter(code=reading.text(value)).first()
    if found is None:
        raise reading.Fault(_("沒有這個機關代碼，或機關今日已不存在。"))
    return found


def _officer(value: Any) -> Any:
    if value is None:
        return None
    found = User.objects.filter(username=reading.text(value), is_active=True).first()
    if found is None:
        raise reading.Fault(_("沒有這個帳號。"))
    return found


def _district(value: Any) -> Any:
    if value is None:
        return None
    found = District.objects.filter(pk=reading.text(value)).first()
    if found is None:
        raise reading.Fault(_("沒有這個行政區代碼。"))
    return found


DOCKET: dict[str, Any] = {
    "title": _title, "agency": _agency, "officer": _officer, "district": _district, "opened_on": reading.day,
}  # fmt: skip


def check_officer(given: reading.Given, agency: Any) -> None:
    """The officer must hold a post in the agency today."""
    officer = given.values.get("officer")
    if officer is None or agency is None:
        return
    held = Post.objects.filter(in_force(timezone.localdate()), user=officer, agency=agency)
    if not held.exists():
        told = {"officer": officer, "agency": agency}
        given.blame("officer", _("%(officer)s不是%(agency)s的人員。") % told)


@api.post("/rooms/{name}/cases/")
def open_case(request: HttpRequest, name: str) -> HttpResponse:
    """Open a case, once for one Idempotency-Key."""
    _found, process = room_of(name)
    data = reading.body_of(request)
    key = key_of(request)
    if done := earlier(key, "open", kind=process.kind):
        return _opened(done.case_id, request, 200)
    given = reading.Given()
    read_docket(data, cases.OPENING, given)
    for needed in ("title", "agency"):
        if needed not in data:
            given.blame(needed, _("這個欄位必填。"))
    asks = record_asks(process, process.asks)
    reading.read(asks, data, process.record, request.user, given=given, also=cases.OPENING)
    check_officer(given, given.values.get("agency"))
    try:
        # A rival with the same key may be first: then its case is the answer.
        record = process.open(request.user, **given.done(), key=key)
    except IntegrityError:
        if done := earlier(key, "open", kind=process.kind):
            return _opened(done.case_id, request, 200)
        raise
    return _opened(record.pk, request, 201)


def _opened(pk: int, request: HttpRequest, status: int) -> HttpResponse:
    headers = {"Location": reverse("api:show_case", args=[str(pk)])}
    return _told(pk, request, headers | (REPLAYED if status == 200 else {}), status)


def _told(pk: int, request: HttpRequest, headers: dict[str, str], status: int = 200) -> HttpResponse:
    """The case as it stands now; after a move that takes it out of sight, only its number."""
    try:
        return answer(cases.whole(cases.find(str(pk), request.user)), status, **headers)
    except Problem:
        number = Case.objects.values_list("number", flat=True).get(pk=pk)
        return answer({"id": pk, "number": number}, status, **headers)


# ── One case ────────────────────────────────────────────────────────────────────────────────────────


@api.get("/cases/{name}/")
def show_case(request: HttpRequest, name: str) -> HttpResponse:
    """A case by id or number."""
    found = cases.find(name, request.user)
    found.looked()
    return answer(cases.whole(found))


@api.post("/cases/{name}/moves/{act}/")
def make_move(request: HttpRequest, name: str, act: str) -> HttpResponse:
    """Carry out a move, once for one Idempotency-Key."""
    found = cases.find(name, request.user)
    move = found.move(act)
    data = reading.body_of(request)
    key = key_of(request)
    if earlier(key, move.name, found.case.pk):
        return _told(found.case.pk, request, REPLAYED)
    # Whoever may not carry it out learns that before any fault of what was given.
    if sentence := move.refusal(found.record, request.user):
        raise Refused(sentence)
    given = reading.read(move.asks, data, type(found.record), request.user, found.record).done()
    done = move.run(found.record, request.user, given, key=key)
    return _told(found.case.pk, request, {} if done else REPLAYED)


@api.post("/cases/{name}/amend/")
def amend_case(request: HttpRequest, name: str) -> HttpResponse:
    """Correct facts, with the reason."""
    found = cases.find(name, request.user)
    process = found.process
    data = reading.body_of(request)
    key = key_of(request)
    if earlier(key, "amend", found.case.pk):
        return _told(found.case.pk, request, REPLAYED)
    if not process.amended_by.held_by(request.user, found.case):
        raise Refused(_("更正由%s辦理。") % process.amended_by.name)
    given = reading.Given()
    asks = {ask: one for ask, one in cases.amending_asks(process).items() if ask in data}
    read_docket(data, process.amends_docket, given)
    reading.read(
        asks, data, process.record, request.user, found.record, given, also=("reason", *process.amends_docket)
    )
    for ask in asks.values():  # an explicit null empties what may be empty
        if data[ask.name] is None and ask.optional:
            column: Any = process.record._meta.get_field(ask.name)
            given.values[ask.name] = None if column.null else ""
    try:
        reason = reading.text(data.get("reason", ""))
    except reading.Fault as fault:
        reason = ""
        given.blame("reason", fault)
    if not reason and "reason" not in given.errors:
        given.blame("reason", _("更正必須說明理由。"))
    check_officer(given, given.values.get("agency", found.case.agency))
    changes = given.done()
    if not changes:
        raise Problem(422, "invalid", _("內容都沒有改變，不需要更正。"))
    done = process.amend(found.record, request.user, reason=reason, key=key, **changes)
    return _told(found.case.pk, request, {} if done else REPLAYED)


# ── Evidence ────────────────────────────────────────────────────────────────────────────────────────


@api.post("/evidence/")
def keep_evidence(request: HttpRequest) -> HttpResponse:
    """Upload one file as `file` of a form; its id is then given where a move asks for a file."""
    try:
        upload = request.FILES.get("file")
    except (RawPostDataException, ValueError):
        upload = None
    if upload is None:
        raise Problem(422, "invalid", _("請上傳一個檔案。"), {"file": [_("這個欄位必填。")]})
    user: Any = request.user
    try:
        with transaction.atomic():
            kept = files.keep(upload, upload.name or "", user)
    except ValidationError as error:
        raise Problem(422, "invalid", _("檔案不能收下。"), {"file": list(error.messages)}) from None
    told = {"id": kept.pk, "name": kept.name, "kind": kept.kind, "size": kept.size, "sha256": kept.sha256}
    return answer(told, 201)


# ── Figures ─────────────────────────────────────────────────────────────────────────────────────────


def refuse_outsiders(user: Any) -> None:
    """Live figures are for the administration; a councillor reads what was delivered."""
    if not any(post.role != Role.COUNCILLOR for post in standing(user).posts):
        raise Problem(403, "forbidden", _("即時數據供市府人員使用。"))


def _figure(found: Figure) -> dict[str, Any]:
    return {
        "figure": found.full_name,
        "label": {"zh": found.label_in("zh-hant"), "en": found.label_in("en")},
        "definition": str(found.definition),
        "basis": str(found.basis),
        "unit": found.unit,
        "kind": str(found.kind),
        "dimensions": {name: str(one.label) for name, one in found.dimensions.items()},
    }


@api.get("/figures/")
def list_figures(request: HttpRequest) -> HttpResponse:
    """Every figure with its definition."""
    refuse_outsiders(request.user)
    rooms()
    return answer({"figures": [_figure(register[name]) for name in sorted(register)]})


@api.get("/figures/{name}/{period}/")
def show_figure(request: HttpRequest, name: str, period: str) -> HttpResponse:
    """A figure of a period, measured now: value, definition, and the identity of the records behind it."""
    refuse_outsiders(request.user)
    rooms()
    try:
        found = resolve(name)
        asked = Period.parse(period)
        if found.full_name != name or "\x00" in name:
            raise LookupError(name)
        reading_now = read(found, asked)
    except PeriodError:
        raise Problem(
            404, "no_period", _("看不懂期間「%(period)s」，例如101H1、101Q2、101-03。") % {"period": period}
        ) from None
    except (LookupError, ValueError, TypeError, ValidationError):
        raise Problem(404, "no_figure", _("沒有數據「%(name)s」。") % {"name": name}) from None
    return answer({**_figure(found), **reading_now.as_json(), "period": asked.code})
