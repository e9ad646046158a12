"""What the tests of the programming interface share: programs that ask in somebody's name, and a case."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import date
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from examples.lost_property.process import give_notice, process
from yankao.api import tokens
from yankao.api.models import Scope


class Program:
    """A program with a person's token."""

    def __init__(self, user: Any = None, scope: str = Scope.WRITE, language: str = "zh-TW") -> None:
        self.client = Client(raise_request_exception=True)
        self.headers = {"Accept-Language": language}
        if user is not None:
            self.headers["Authorization"] = f"Bearer {tokens.make(user, '測試程式', scope=scope)[0]}"

    def get(self, address: str, **query: Any) -> Any:
        return self.client.get(f"/api{address}", query, headers=self.headers)

    def post(self, address: str, data: Any, key: str = "") -> Any:
        headers = {**self.headers, **({"Idempotency-Key": key} if key else {})}
        body = data if isinstance(data, str | bytes) else json.dumps(data)
        return self.client.post(f"/api{address}", body, content_type="application/json", headers=headers)

    def upload(self, file: Any) -> Any:
        return self.client.post("/api/evidence/", {"file": file}, headers=self.headers)


@pytest.fixture
def program_of(db: None) -> Callable[[Any], Program]:
    """The program of a person, one for the whole test."""
    made: dict[int, Program] = {}

    def of(user: Any) -> Program:
        if user.pk not in made:
            made[user.pk] = Program(user)
        return made[user.pk]

    return of


@pytest.fixture
def umbrella(cast: Any) -> Any:
    """A find in the water bureau, kept."""
    return process.open(
        cast.officer, title="黑色雨傘", agency=cast.water, officer=cast.officer, place="中正路口",
        found_on=date(2012, 3, 1),
    )  # fmt: skip


@pytest.fixture
def noticed(cast: Any, umbrella: Any) -> Any:
    give_notice(umbrella, cast.officer, noticed_on=timezone.localdate())
    return umbrella
