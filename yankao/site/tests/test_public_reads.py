"""What programs read without signing in, and by token, is counted: beyond the rule it is 429 for a while."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from types import SimpleNamespace
from typing import Any

import pytest
from django.test import Client
from django.urls import NoReverseMatch, get_resolver, reverse

from yankao.api import tokens
from yankao.kernel import limits
from yankao.kernel.rules import values
from yankao.kernel.rules.values import Seed

pytestmark = pytest.mark.django_db


@pytest.fixture
def at_most(monkeypatch: Any) -> Any:
    """`at_most(**{code: times})`: the rule from now on, in a minute that does not end."""
    monkeypatch.setattr(limits, "time", SimpleNamespace(time=lambda: 1_000_000_013.5))

    def at_most(**rules: int) -> None:
        table = {f"public.{code}": [(date(1900, 1, 1), None, Seed(str(n)))] for code, n in rules.items()}
        monkeypatch.setattr(values, "_kept", (float("inf"), {**values._table(), **table}))

    return at_most


def files() -> Iterator[str]:
    """Every address of open data that is a file: those of the site and those of each room with a register."""
    yield reverse("open_data_catalogue")
    yield reverse("open_data_file", args=["petitions-weekly", "csv"])
    for space in sorted(str(name) for name in get_resolver().namespace_dict):
        try:
            yield reverse(f"{space}:open_data", args=["csv"])
        except NoReverseMatch:
            continue


def test_each_file_of_open_data_is_counted(at_most: Any) -> None:
    at_most(files=1)
    addresses = list(files())
    assert len(addresses) >= 6
    assert Client().get(addresses[0]).status_code == 200
    for address in addresses:
        told = Client().get(address)
        assert told.status_code == 429, address
        assert told["Retry-After"] == "7" and told.content.decode() == "讀取太頻繁，請7秒後再試。"
    assert Client().get(addresses[0], REMOTE_ADDR="192.0.2.7").status_code == 200
    assert Client().get(reverse("open_data")).status_code == 200  # the page for people stays


def test_behind_a_proxy_each_caller_is_counted_and_none_can_say_to_be_another(
    at_most: Any, settings: Any
) -> None:
    at_most(read=1)

    def ask(seen: str) -> int:
        headers = {"X-Forwarded-For": seen} if seen else {}
        return int(Client().get("/api/openapi.json", headers=headers).status_code)

    assert [ask("192.0.2.7"), ask("192.0.2.8")] == [200, 429]  # without a trusted proxy anybody writes this
    settings.PROXIES = 1
    assert [ask("192.0.2.7"), ask("192.0.2.7"), ask("192.0.2.8")] == [200, 429, 200]
    assert ask("203.0.113.1, 192.0.2.7") == 429  # the caller's own word does not count
    settings.PROXIES = 2
    assert [ask("192.0.2.9, 10.0.0.1"), ask("192.0.2.9, 10.0.0.2")] == [200, 429]
    assert ask("") == 429  # past the proxies: the address the server saw, counted above


def test_the_interface_counts_strangers_by_address_and_tokens_by_themselves(cast: Any, at_most: Any) -> None:
    at_most(read=2, read_by_key=3)
    ask = Client().get
    assert ask("/api/openapi.json").status_code == 200
    wrong = {"Authorization": "Bearer yk_" + "x" * 43}
    assert ask("/api/rooms/", headers=wrong).status_code == 401
    for address, headers in (("/api/rooms/", wrong), ("/api/rooms/", {}), ("/api/openapi.json", {})):
        told = ask(address, headers=headers)
        assert (told.status_code, told.json()["code"]) == (429, "too_often")
        assert (told["Retry-After"], told.json()["detail"]) == ("7", "讀取太頻繁，請7秒後再試。")
    for _person in range(2):
        asks = {"Authorization": f"Bearer {tokens.make(cast.officer, '排程')[0]}"}
        answers = [ask("/api/rooms/", headers=asks).status_code for _time in range(4)]
        assert answers == [200, 200, 200, 429]
    signed_in = Client()
    signed_in.force_login(cast.officer)
    assert [signed_in.get("/api/rooms/").status_code for _time in range(5)] == [200] * 5
