"""Strangers read us: the published client `georeport`, and the shapes of open311.org's JSON Schemas."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from datetime import timedelta
from typing import Any
from wsgiref.simple_server import WSGIRequestHandler, make_server

import pytest
from django.core.wsgi import get_wsgi_application
from django.db import connections
from django.test import Client
from django.utils import timezone

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
