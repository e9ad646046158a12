"""The OpenAPI 3.1 document, made from the rooms in the reader's language: each room, move and schema."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from yankao.kernel.rooms import Room, rooms

from . import cases
from .answers import Problem, answer, problem
from .doors import may_read

VERSION = "1"
_TEXT = {"type": "string"}
_DAY = {"type": ["string", "null"], "format": "date"}
_MOMENT = {"type": ["string", "null"], "format": "date-time"}


def _object(properties: Mapping[str, Any], **more: Any) -> dict[str, Any]:
    return {"type": "object", "properties": dict(properties), "required": list(properties), **more}


def _pair(first: str) -> dict[str, Any]:
    return _object({first: _TEXT, "name": _TEXT})


def _maybe(schema: dict[str, Any]) -> dict[str, Any]:
    return {"anyOf": [schema, {"type": "null"}]}


def _docket() -> dict[str, Any]:
    return {
        "id": {"type": "integer"},
        "number": _TEXT,
        "room": _TEXT,
        "title": _TEXT,
        "agency": _pair("code"),
        "officer": _maybe(_pair("username")),
        "district": _maybe(_pair("code")),
        "stage": _object({"code": _TEXT, "label": _TEXT}),
        "opened_on": {"type": "string", "format": "date"},
        "due_at": _MOMENT,
        "closed_on": _DAY,
        "security": {"type": "string", "enum": ["open", "agency", "named", "secret"]},
    }


def _components() -> dict[str, Any]:
    clock = {"code": _TEXT, "label": _TEXT, "span": _TEXT, "started_at": _MOMENT, "due_at": _MOMENT,
             "paused_at": _MOMENT, "stopped_at": _MOMENT, "calendar": _TEXT}  # fmt: skip
    attached = {"id": {"type": "integer"}, "name": _TEXT, "act": _TEXT, "purpose": _TEXT}
    move = {"name": _TEXT, "label": _TEXT, "hint": _TEXT, "schema": {"type": "object"}}
    held = {"name": _TEXT, "label": _TEXT, "reason": _TEXT}
    more = {
        "record": {"type": "object", "description": _("業務自己的欄位")},
        "clocks": {"type": "array", "items": _object(clock)},
        "evidence": {"type": "array", "items": _object(attached)},
        "moves": {"type": "array", "items": _object(move), "description": _("此人現在可辦的動作")},
        "held_back": {"type": "array", "items": _object(held)},
        "amend": {"type": ["object", "null"]},
    }
    errors = {"type": "object", "additionalProperties": {"type": "array", "items": _TEXT}}
    problem = {"type": _TEXT, "title": _TEXT, "status": {"type": "integer"}, "code": _TEXT, "detail": _TEXT}
    figure = {
        "figure": _TEXT,
        "label": _object({"zh": _TEXT, "en": _TEXT}),
        "definition": _TEXT,
        "basis": _TEXT,
        "unit": _TEXT,
        "kind": _TEXT,
        "dimensions": {"type": "object", "additionalProperties": _TEXT},
    }
    day = {"type": "string", "format": "date"}
    value = {"value": _TEXT, "decimals": {"type": "integer"}, "start": day, "end": day, "as_of": day,
             "records": {"type": "integer"}, "digest": _TEXT, "version": {"type": "integer"},
             "period": _TEXT}  # fmt: skip
    return {
        "schemas": {
            "CaseLine": _object(_docket()),
            "Case": {
                "type": "object", "properties": {**_docket(), **more}, "required": ["id", "number"],
            },
            "CasePage": _object({
                "cases": {"type": "array", "items": _ref("CaseLine")}, "next": {"type": ["string", "null"]},
            }),
            "Room": _object({
                "name": _TEXT, "title": _TEXT, "cases": _TEXT,
                "stages": {"type": "array", "items": _object({"code": _TEXT, "label": _TEXT})},
                "may_open": {"type": "boolean"},
            }),
            "Evidence": _object({
                "id": {"type": "integer"}, "name": _TEXT, "kind": _TEXT, "size": {"type": "integer"},
                "sha256": _TEXT,
            }),
            "Figure": _object(figure),
            "Reading": _object({**figure, **value}),
            "Problem": {
                "type": "object", "properties": {**problem, "errors": errors}, "required": list(problem),
            },
        },
        "securitySchemes": {
            "token": {"type": "http", "scheme": "bearer", "description": _("個人的介面權杖")},
            "session": {"type": "apiKey", "in": "cookie", "name": "sessionid"},
        },
    }  # fmt: skip


def _ref(name: str) -> dict[str, Any]:
    return {"$ref": f"#/components/schemas/{name}"}


def _json(schema: dict[str, Any]) -> dict[str, Any]:
    return {"content": {"application/json": {"schema": schema}}}


PROBLEMS = {
    400: "not JSON", 401: "nobody signed in", 403: "not with this token or without CSRF token",
    404: "not there for this person", 409: "refused, with the sentence", 413: "too large", 415: "not JSON",
    422: "invalid, by field", 429: "read too often; Retry-After says when to come back",
}  # fmt: skip


def _operation(
    name: str, summary: str, good: Mapping[int, tuple[str, str]], *, bad: tuple[int, ...] = (), tag: str = "",
    body: dict[str, Any] | None = None, parameters: list[dict[str, Any]] | None = None, **more: Any,
) -> dict[str, Any]:  # fmt: skip
    refused = {
        str(status): {
            "description": PROBLEMS[status],
            "content": {"application/problem+json": {"schema": _ref("Problem")}},
        }
        for status in (401, *bad, 429)
    }
    found: dict[str, Any] = {
        "operationId": name,
        "summary": summary,
        "responses": {
            **{str(s): {"description": words, **_json(_ref(schema))} for s, (words, schema) in good.items()},
            **refused,
        },
        **more,
    }
    if tag:
        found["tags"] = [tag]
    if parameters:
        found["parameters"] = parameters
    if body is not None:
        found["requestBody"] = {"required": True, **_json(body)}
    return found


def _parameter(name: str, place: str, words: str, **schema: Any) -> dict[str, Any]:
    return {
        "name": name,
        "in": place,
        "required": place == "path",
        "description": words,
        "schema": {"type": "string", **schema},
    }


def _once() -> dict[str, Any]:
    words = _("為這個要求命名；重送同一個名字不會重做。")
    return _parameter("Idempotency-Key", "header", words, minLength=8, maxLength=200)


def _of_room(room: Room) -> dict[str, Any]:
    """The addresses of one room."""
    process = room.process
    assert process
    narrowed = [_parameter(name, "query", words) for name, (_where, words) in cases.FILTERS.items()]
    paging = [
        {
            **_parameter("limit", "query", "1 to 200"),
            "schema": {"type": "integer", "minimum": 1, "maximum": 200},
        },
        _parameter("after", "query", "the key in `next` of the page before"),
    ]
    label = room.name.replace(".", "_")
    listing = _operation(
        f"list_{label}", _("%(room)s的案件") % {"room": room.title}, {200: ("", "CasePage")}, bad=(422,),
        tag=room.name, parameters=[*narrowed, *paging],
    )  # fmt: skip
    opening = _operation(
        f"open_{label}", _("新增%(room)s案件") % {"room": room.title},
        {201: ("opened", "Case"), 200: ("opened before, with this key", "Case")},
        bad=(400, 403, 409, 413, 415, 422), tag=room.name, body=cases.opening_schema(process),
        parameters=[_once()],
    )  # fmt: skip
    return {f"/rooms/{room.name}/cases/": {"get": listing, "post": opening}}


def _moves() -> dict[str, Any]:
    """One address for each name of a move; rooms that share a name share it, each with its own schema."""
    shared: dict[str, list[tuple[Room, dict[str, Any]]]] = {}
    for room in rooms():
        for move in room.process.moves.values() if room.process else ():
            shared.setdefault(move.name, []).append((room, cases.move_schema(move)))
    case = _parameter("case", "path", _("案號或編號"))
    found = {}
    for name, pairs in sorted(shared.items()):
        schemas = [schema for _room, schema in pairs]
        found[f"/cases/{{case}}/moves/{name}/"] = {
            "post": _operation(
                f"move_{name}", _("、").join(dict.fromkeys(schema["title"] for schema in schemas)),
                {200: ("done; the case as it stands now", "Case")}, bad=(400, 403, 404, 409, 413, 415, 422),
                body=schemas[0] if len(schemas) == 1 else {"anyOf": schemas}, parameters=[case, _once()],
                tags=[room.name for room, _schema in pairs],
            )
        }  # fmt: skip
    return found


def _amend() -> dict[str, Any]:
    schemas = [cases.amending_schema(room.process) for room in rooms() if room.process]
    return schemas[0] if len(schemas) == 1 else {"anyOf": schemas}


def document(server: str) -> dict[str, Any]:
    """The whole document, for the language in force."""
    case = _parameter("case", "path", _("案號或編號"))
    upload = {
        "type": "object",
        "required": ["file"],
        "properties": {"file": {"type": "string", "format": "binary"}},
    }
    plain: dict[str, Any] = {
        "/rooms/": {"get": _operation("list_rooms", _("業務"), {200: ("", "Room")})},
        "/cases/{case}/": {
            "get": _operation("show_case", _("案件"), {200: ("", "Case")}, bad=(404,), parameters=[case])
        },
        "/cases/{case}/amend/": {
            "post": _operation(
                "amend_case", _("更正案件"), {200: ("corrected", "Case")},
                bad=(400, 403, 404, 409, 413, 415, 422), body=_amend(), parameters=[case, _once()],
            )
        },
        "/evidence/": {
            "post": _operation("keep_evidence", _("上傳檔案"), {201: ("kept", "Evidence")}, bad=(403, 422))
            | {"requestBody": {"required": True, "content": {"multipart/form-data": {"schema": upload}}}}
        },
        "/figures/": {"get": _operation("list_figures", _("數據"), {200: ("", "Figure")}, bad=(403,))},
        "/figures/{figure}/{period}/": {
            "get": _operation(
                "show_figure", _("期間的數據"), {200: ("", "Reading")}, bad=(403, 404),
                parameters=[
                    _parameter("figure", "path", "control.programme.controlled, also [programme=…]"),
                    _parameter("period", "path", "101H1, 101Q2, 101-03, 101, 2012-01-01..2012-06-30"),
                ],
            )
        },
    }  # fmt: skip
    for address, many, name in (("/rooms/", "rooms", "Room"), ("/figures/", "figures", "Figure")):
        listed = _object({many: {"type": "array", "items": _ref(name)}})
        plain[address]["get"]["responses"]["200"] = {"description": "", **_json(listed)}
    paths = dict(plain)
    for room in rooms():
        if room.process:
            paths |= _of_room(room)
    return {
        "openapi": "3.1.0",
        "info": {"title": "yankao 研考", "version": VERSION, "description": _("研考平台的程式介面。")},
        "servers": [{"url": server}],
        "security": [{"token": []}, {"session": []}],
        "tags": [{"name": room.name, "description": room.title} for room in rooms() if room.process],
        "paths": paths | _moves(),
        "components": _components(),
    }


@require_safe
def openapi(request: HttpRequest) -> HttpResponse:
    """`/api/openapi.json`. It tells what can be asked, never what is there, so anybody may read it."""
    try:
        may_read(request)
    except Problem as often:
        return problem(often)
    return answer(document(request.build_absolute_uri("/api")))
