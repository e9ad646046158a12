"""A person makes, sees once and revokes tokens of one's own; a password is asked again first."""

from __future__ import annotations

import re
from typing import Any

from django.test import Client
from django.utils import timezone

from yankao.api import tokens
from yankao.api.models import ApiToken, Scope

ADDRESS = "/accounts/tokens/"
GIVEN = {"name": "月報上傳", "scope": Scope.WRITE, "expires_on": "{}"}


def given(**change: Any) -> dict[str, Any]:
    return {**GIVEN, "expires_on": timezone.localdate().isoformat(), **change}


def signed_in(user: Any, *, password: bool = False) -> Client:
    """Signed in; without a password nobody can be asked for it again."""
    if not password:
        user.set_unusable_password()
        user.save()
    client = Client()
    client.force_login(user)
    return client


def test_a_token_is_shown_once_and_works(cast: Any) -> None:
    client = signed_in(cast.officer)
    text = client.post(ADDRESS, given()).content.decode()
    (token,) = re.findall(r"yk_[\w-]{43}", text)
    assert token not in client.get(ADDRESS).content.decode()
    asks = {"Authorization": f"Bearer {token}"}
    assert Client().get("/api/rooms/", headers=asks).status_code == 200
    row = ApiToken.objects.get()
    assert client.post(f"{ADDRESS}{row.pk}/revoke").status_code == 302
    assert Client().get("/api/rooms/", headers=asks).status_code == 401
    assert "已撤銷" in client.get(ADDRESS).content.decode()


def test_a_token_lasts_a_year_at_most(cast: Any) -> None:
    client = signed_in(cast.officer)
    for wrong in ("2000-01-01", "2100-01-01", "someday"):
        assert client.post(ADDRESS, given(expires_on=wrong)).status_code == 422
    assert client.post(ADDRESS, given(name="")).status_code == 422
    assert not ApiToken.objects.exists()


def test_nobody_revokes_the_token_of_another(cast: Any) -> None:
    _text, row = tokens.make(cast.officer, "排程")
    assert signed_in(cast.admin).post(f"{ADDRESS}{row.pk}/revoke").status_code == 404
    row.refresh_from_db()
    assert row.revoked_at is None
    assert Client().get(ADDRESS).status_code == 302


def test_whoever_has_a_password_gives_it_again_before_making_a_token(cast: Any) -> None:
    cast.officer.set_password("a-long-enough-password")
    cast.officer.save()
    client = signed_in(cast.officer, password=True)
    assert client.get(ADDRESS).status_code == 200
    answer = client.post(ADDRESS, given())
    assert answer.status_code == 302 and "reauthenticate" in answer["Location"]
    assert not ApiToken.objects.exists()
