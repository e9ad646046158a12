"""Two requests that each hold what the other needs: both are carried out, each once."""

from __future__ import annotations

import threading
from types import ModuleType
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import DatabaseError, connection, transaction
from django.http import HttpRequest, HttpResponse
from django.test import Client
from django.urls import path

from yankao.kernel.casework.models import Sequence
from yankao.site import rivals

pytestmark = pytest.mark.django_db(transaction=True)

ROWS = {"one": ("rivals:a", "rivals:b"), "other": ("rivals:b", "rivals:a")}


class Crossing:
    """A view that counts two rows on, in the order of its address; the first two requests meet in between."""

    def __init__(self) -> None:
        self.meeting, self.begun, self.read = threading.Barrier(2), 0, []

    def __call__(self, request: HttpRequest, order: str) -> HttpResponse:
        self.begun += 1
        first = self.begun <= 2
        self.read.append(request.FILES["photo"].read())
        with transaction.atomic():
            for place, code in enumerate(ROWS[order]):
                if place and first:
                    self.meeting.wait(20)
                row = Sequence.objects.select_for_update().get(pk=code)
                row.last += 1
                row.save()
        return HttpResponse(status=204)


@pytest.fixture
def crossing(settings: Any) -> Crossing:
    if connection.vendor != "postgresql":
        pytest.skip("SQLite lets one writer in at a time: nobody holds what another needs")
    Sequence.objects.bulk_create([Sequence(code=code, last=0) for code in ROWS["one"]])
    view, addresses = Crossing(), ModuleType("rival_addresses")
    vars(addresses)["urlpatterns"] = [path("<order>/", view)]
    settings.ROOT_URLCONF = addresses
    return view


def test_two_requests_that_cross_are_both_carried_out_once(crossing: Crossing) -> None:
    told: list[int] = []

    def send(order: str) -> None:
        photo = SimpleUploadedFile("photo.jpg", order.encode())
        try:
            told.append(
                Client(raise_request_exception=False).post(f"/{order}/", {"photo": photo}).status_code
            )
        finally:
            connection.close()

    threads = [threading.Thread(target=send, args=[order]) for order in ROWS]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert told == [204, 204]
    assert list(Sequence.objects.filter(pk__in=ROWS["one"]).values_list("last", flat=True)) == [2, 2]
    assert len(crossing.read) == 3 and set(crossing.read) == {
        b"one",
        b"other",
    }  # a file is read from its start


@pytest.mark.parametrize(("state", "expected"), [("40P01", True), ("40001", True), ("23505", False)])
def test_only_who_gave_way_to_another_is_asked_again(state: str, expected: bool) -> None:
    error = DatabaseError("ended")
    error.__cause__ = type("Told", (Exception,), {"sqlstate": state})()
    assert rivals.gave_way(error) is expected
    assert not rivals.gave_way(ValueError(state))
