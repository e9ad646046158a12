"""The description says what is there: every room, every move, and schemas that the answers keep."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client

from yankao.kernel.rooms import rooms

from .conftest import Program

jsonschema = pytest.importorskip("jsonschema_rs")


def described(language: str = "zh-TW") -> dict[str, Any]:
    found: dict[str, Any] = Client().get("/api/openapi.json", headers={"Accept-Language": language}).json()
    return found


def schema(document: dict[str, Any], name: str) -> Any:
    return jsonschema.Draft202012Validator(
        {"$ref": f"#/components/schemas/{name}", "components": document["components"]}
    )


def test_every_room_and_every_move_is_described(db: None) -> None:
    paths = described()["paths"]
    kinds = [room for room in rooms() if room.process]
    assert kinds
    for room in kinds:
        assert {"get", "post"} == set(paths[f"/rooms/{room.name}/cases/"])
        for name in room.process.moves:
            operation = paths[f"/cases/{{case}}/moves/{name}/"]["post"]
            assert room.name in operation["tags"]
            assert operation["requestBody"]["content"]["application/json"]["schema"]


def test_the_document_is_sound_openapi(db: None) -> None:
    document = described()
    assert document["openapi"] == "3.1.0"
    ids = [one["operationId"] for ways in document["paths"].values() for one in ways.values()]
    assert len(ids) == len(set(ids))
    for address, ways in document["paths"].items():
        for one in ways.values():
            named = {p["name"] for p in one.get("parameters", ()) if p["in"] == "path"}
            assert named == {part[1:-1] for part in address.split("/") if part.startswith("{")}
            for body in one.get("requestBody", {}).get("content", {}).values():
                jsonschema.meta.validate(body["schema"])
    for one in document["components"]["schemas"].values():
        jsonschema.meta.validate(one)


def test_answers_keep_to_their_schemas(cast: Any, noticed: Any) -> None:
    document, program = described(), Program(cast.rdec_chief)
    case = program.get(f"/cases/{noticed.pk}/").json()
    assert schema(document, "Case").is_valid(case), list(schema(document, "Case").iter_errors(case))
    for line in program.get("/rooms/examples.lost_property/cases/").json()["cases"]:
        assert schema(document, "CaseLine").is_valid(line)
    for room in program.get("/rooms/").json()["rooms"]:
        assert schema(document, "Room").is_valid(room)
    figures = program.get("/figures/").json()["figures"]
    assert figures and all(schema(document, "Figure").is_valid(one) for one in figures)
    reading = program.get(f"/figures/{figures[0]['figure']}/101H1/").json()
    assert schema(document, "Reading").is_valid(reading)
    assert schema(document, "Problem").is_valid(program.get("/cases/0/").json())
    assert not schema(document, "Case").is_valid({"number": 1})


def test_the_description_is_read_in_english_too(db: None) -> None:
    assert described("en")["paths"]["/cases/{case}/amend/"]["post"]["summary"] == "Correct a case"
    assert described()["paths"]["/cases/{case}/amend/"]["post"]["summary"] == "更正案件"
