"""Strangers read us: the published client `georeport`, FixMyStreet's own, and open311.org's JSON Schemas.

Neither the schemas nor FixMyStreet are ours to ship: CONTRIBUTING says how the tests are given theirs.
"""

from __future__ import annotations

import json
import os
import subprocess
import threading
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any
from wsgiref.simple_server import WSGIRequestHandler, make_server
from xml.etree.ElementTree import fromstring

import pytest
from django.core.wsgi import get_wsgi_application
from django.db import connections
from django.test import Client
from django.utils import timezone

from yankao.api.open311 import clients
from yankao.kernel.casework.models import Case
from yankao.service.petitions import process as p
from yankao.service.petitions.models import Petition

from .test_open311 import Outside, number_of

georeport = pytest.importorskip("georeport")
jsonschema_rs = pytest.importorskip("jsonschema_rs")

MAYBE = {"type": ["string", "null"]}
NUMBER = {"type": ["number", "null"]}
MOMENT = {"type": ["string", "null"], "format": "date-time"}
SERVICE = {
    "required": ["service_code", "service_name", "metadata", "type"],
    "properties": {
        "service_code": {"type": "string"}, "service_name": {"type": "string"}, "description": MAYBE,
        "metadata": {"type": "boolean"}, "type": {"enum": ["realtime", "batch", "blackbox"]},
        "keywords": MAYBE, "group": MAYBE,
    },
}  # fmt: skip
VALUE = {
    "required": ["key", "name"], "properties": {"key": {"type": "string"}, "name": {"type": "string"}},
}  # fmt: skip
KINDS = ["string", "number", "datetime", "text", "singlevaluelist", "multivaluelist"]
DEFINITION = {
    "required": ["service_code", "attributes"],
    "properties": {
        "service_code": {"type": "string"},
        "attributes": {
            "type": "array",
            "items": {
                "required": ["variable", "code", "datatype", "required"],
                "properties": {
                    "variable": {"type": "boolean"}, "code": {"type": "string"},
                    "datatype": {"enum": KINDS}, "required": {"type": "boolean"},
                    "datatype_description": MAYBE, "order": {"type": ["integer", "null"]},
                    "description": MAYBE, "values": {"type": "array", "items": VALUE},
                },
            },
        },
    },
}  # fmt: skip
REQUEST = {
    "required": ["service_request_id", "status", "service_code", "requested_datetime"],
    "properties": {
        "service_request_id": {"type": "string"}, "status": {"enum": ["open", "closed"]},
        "status_notes": MAYBE, "service_name": MAYBE, "service_code": {"type": "string"},
        "description": {"type": ["string", "null"], "maxLength": 4000}, "agency_responsible": MAYBE,
        "service_notice": MAYBE, "requested_datetime": {"type": "string", "format": "date-time"},
        "updated_datetime": MOMENT, "expected_datetime": MOMENT, "address": MAYBE, "address_id": MAYBE,
        "zipcode": MAYBE, "lat": NUMBER, "long": NUMBER,
        "media_url": {"type": ["string", "null"], "format": "uri"},
    },
}  # fmt: skip
"""The published shapes, told again in our words (open311.org, schema/georeport-v2)."""


def keeps(shape: Any, answer: Any) -> None:
    check = jsonschema_rs.Draft202012Validator(shape, validate_formats=True)
    assert not [str(one) for one in check.iter_errors(answer)]


@pytest.mark.django_db
def test_json_keeps_the_published_schemas(desk: Any) -> None:
    desk.fault(received_at=timezone.now() - timedelta(hours=1), place="")
    desk.on_site(received_at=timezone.now() - timedelta(days=1))
    ask = Client().get
    services = ask("/open311/v2/services.json").json()
    keeps({"type": "array", "items": SERVICE, "minItems": 10}, services)
    for code in ("pothole", "streetlight", "sign"):
        keeps(DEFINITION, ask(f"/open311/v2/services/{code}.json").json())
    told = ask("/open311/v2/requests.json").json()
    keeps({"type": "array", "items": REQUEST, "minItems": 1}, told)
    single = ask(f"/open311/v2/requests/{told[0]['service_request_id']}.json").json()
    keeps({"type": "array", "items": REQUEST, "minItems": 1, "maxItems": 1}, single)


@pytest.mark.django_db
@pytest.mark.parametrize("form", ["json", "xml"])
def test_the_client_georeport_reads_all_four_calls(desk: Any, form: str, monkeypatch: Any) -> None:
    one = desk.fault(received_at=timezone.now() - timedelta(hours=1))
    two = desk.fault(service="signal", received_at=timezone.now() - timedelta(hours=2))
    through(monkeypatch)
    client = georeport.GeoReport("http://testserver/open311/v2/", jurisdiction="any", output_format=form)
    services = {row["service_code"]: row["service_name"] for row in client.get_service_list()}
    assert services["pothole"] == "路面坑洞"
    definition = client.get_service_definition("streetlight")
    assert definition["service_code"] == "streetlight" and "故障情形" in str(definition)
    found = client.get_service_requests(status="open")
    assert [row["service_request_id"] for row in found] == [one.case.number, two.case.number]
    alone = client.get_service_request(two.case.number)
    assert (alone["service_code"], alone["service_name"]) == ("signal", "號誌故障")


def through(monkeypatch: Any) -> None:
    """The client's own HTTP library, its last step answered by the application in this process."""
    requests = pytest.importorskip("requests")

    def send(self: Any, request: Any, **_options: Any) -> Any:
        told = Client().get(request.path_url)
        answer = requests.Response()
        answer.status_code, answer._content = told.status_code, told.content
        answer.headers.update(told.headers)
        answer.url, answer.request, answer.encoding = request.url, request, "utf-8"
        return answer

    monkeypatch.setattr(requests.adapters.HTTPAdapter, "send", send)


@pytest.fixture
def server(connections_stay_open: None) -> Iterator[str]:
    """The application over HTTP on the loopback, on this test's own connection, so that all is undone."""
    ours = connections["default"]
    ours.inc_thread_sharing()
    with make_server("127.0.0.1", 0, get_wsgi_application(), handler_class=Quiet) as made:

        def serve() -> None:
            connections["default"] = ours
            made.serve_forever(0.01)

        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        yield f"http://127.0.0.1:{made.server_port}"
        made.shutdown()
        thread.join()
    ours.dec_thread_sharing()


class Quiet(WSGIRequestHandler):
    def log_message(self, *_words: Any) -> None: ...


def test_the_client_georeport_reads_a_running_server_over_http(desk: Any, server: str) -> None:
    one = desk.fault(received_at=timezone.now() - timedelta(hours=1))
    two = desk.fault("signal", received_at=timezone.now() - timedelta(hours=2))
    for form in ("json", "xml"):
        client = georeport.GeoReport(f"{server}/open311/v2/", jurisdiction="any", output_format=form)
        assert "路面坑洞" in {row["service_name"] for row in client.get_service_list()}
        assert client.get_service_definition("streetlight")["service_code"] == "streetlight"
        rows = client.get_service_requests(status="open")
        assert [row["service_request_id"] for row in rows] == [one.case.number, two.case.number]
        assert client.get_service_request(one.case.number)["service_name"] == "路面坑洞"


# ── Given from outside: the schemas and the client themselves ───────────────────────────────────────
#
# Both are other people's work and not shipped with ours: who has them names their folders (CONTRIBUTING), and
# where nobody does the tests say what is missing. What `georeport` reads above is tested everywhere.

SCHEMAS = os.environ.get("YANKAO_OPEN311_SCHEMAS", "")
FIXMYSTREET = os.environ.get("YANKAO_FIXMYSTREET", "")


@pytest.mark.django_db
@pytest.mark.skipif(not SCHEMAS, reason="YANKAO_OPEN311_SCHEMAS=folder of open311.org's schema/georeport-v2")
def test_every_answer_keeps_the_schemas_of_open311_org(desk: Any) -> None:
    desk.fault(received_at=timezone.now() - timedelta(hours=1), place="")
    desk.on_site(received_at=timezone.now() - timedelta(days=1))
    ended = desk.fault("signal", received_at=timezone.now() - timedelta(days=2))
    Case.objects.filter(pk=ended.case_id).update(closed_on=timezone.localdate())
    outside = Outside(clients.make(desk.cast.admin, "隔壁城市的通報網站")[0])
    number = number_of(outside.report(description="坑" * 4000))
    shapes = {one.name: json.loads(one.read_text("utf-8")) for one in Path(SCHEMAS).glob("*.json")}
    store = jsonschema_rs.Registry([(f"all:/{name}", shape) for name, shape in shapes.items()])

    def keeps_its(name: str, address: str, **query: str) -> None:
        check = jsonschema_rs.Draft4Validator(
            {"$ref": f"all:/{name}"}, registry=store, validate_formats=True, base_uri="all:/"
        )
        plain = outside.get(f"{address}.json", **query).json()
        marked = typed(fromstring(outside.get(f"{address}.xml", **query).content), shapes[name], shapes)
        for told in (plain, marked):
            assert len(told) > 0
            assert [f"{one.instance_path}: {one.message}" for one in check.iter_errors(told)] == []

    keeps_its("services.json", "services")
    for one in outside.get("services.json").json():
        keeps_its("service-definition.json", f"services/{one['service_code']}")
    keeps_its("requests.json", "requests")
    keeps_its("requests.json", "requests", extensions="true")
    keeps_its("requests.json", f"requests/{number}")


def typed(element: Any, shape: Any, shapes: Any) -> Any:
    """What XML says, as the schema's types have it: XML itself knows texts only."""
    shape = shapes[shape["$ref"]] if "$ref" in shape else shape
    kinds = {one.get("type") for one in [shape, *shape.get("anyOf", ())]}
    if "array" in kinds:
        return [typed(one, shape["items"], shapes) for one in element]
    if "properties" in shape:
        return {one.tag: typed(one, shape["properties"].get(one.tag, {}), shapes) for one in element}
    if element.text is None:
        return None if "null" in kinds else ""
    read = {"boolean": json.loads, "integer": int, "number": float}
    return next((read[kind] for kind in kinds if kind in read), str)(element.text)


@pytest.mark.skipif(not FIXMYSTREET, reason="YANKAO_FIXMYSTREET=folder perllib of FixMyStreet")
def test_fixmystreets_own_client_sends_reads_and_follows_with_chinese_intact(desk: Any, server: str) -> None:
    key, detail = clients.make(desk.cast.admin, "FixMyStreet")[0], "凱旋路口「夜間」很暗 & <危險> 𠮷 é"

    def client(*told: str) -> Any:
        driver, endpoint = Path(__file__).with_name("fixmystreet.pl"), f"{server}/open311/v2/"
        command = ["perl", "-I", FIXMYSTREET, driver, endpoint, key, *told]
        found = subprocess.run(command, capture_output=True, timeout=120, check=False)
        assert found.returncode == 0, found.stderr.decode()
        return json.loads(found.stdout)

    sent = client("send", detail)
    names = {one["service_code"]: one["service_name"] for one in sent["services"]}
    assert names["streetlight"] == "路燈故障"
    (fault,) = (one for one in sent["asked"]["streetlight"] if one["code"] == "fault")
    assert {"key": "out", "name": "不亮"} in fault["values"] and fault["required"] == "true"
    number, again = sent["numbers"]
    assert number == again and not sent["refused"] and "attribute[fault]必填" in sent["error"]
    one = Petition.objects.select_related("case").get(case__number=number)
    assert detail in one.content and "燈桿編號：五福42號桿" in one.content and "故障情形：不亮" in one.content

    heard = client("read", number)
    assert heard["words"][0] and heard["words"][0] == heard["words"][1]
    assert [row.text for row in one.supplements.all()] == ["「還有一盞」也不亮 & <暗>"]
    assert detail in heard["reports"][0]["description"]
    assert not [
        word for word in (detail, "王", "0912") if word in json.dumps(heard["public"], ensure_ascii=False)
    ]

    cast, today = desk.cast, timezone.localdate()
    steps: list[Any] = [
        (p.dispatch, cast.agent, {"agency": cast.water, "crew": cast.crew}),
        (p.arrive, cast.crew, {"before": desk.photo()}),
        (p.complete, cast.crew, {"done": "已換燈泡", "after": desk.photo()}), (p.verify, cast.officer, {}),
        (p.reply_dispatch, cast.officer, {"text": "路燈已修復，「𠮷」& <謝謝>。"}),
        (p.close, cast.officer, {}),
    ]  # fmt: skip
    for hour, (move, actor, given) in enumerate(steps):
        one = desk.do(one, move, actor, on=today, hour=10 + hour, **given)
    heard = client("read", number)
    mine = [row["description"] for row in heard["updates"] if row["service_request_id"] == number]
    assert mine[0] == "已收件。" and mine[-2:] == ["路燈已修復，「𠮷」& <謝謝>。", "已結案。"]
    assert heard["states"].count("closed") == 1 and heard["reports"][0]["status"] == "closed"
