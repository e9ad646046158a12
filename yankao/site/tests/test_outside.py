"""The administrator gives and ends keys of other systems; nobody else sees the page."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client as Browser

from yankao.api.open311 import clients

pytestmark = pytest.mark.django_db
PAGE = "/office/outside/"


def browser_of(user: Any) -> Browser:
    """Signed in; without a password nobody can be asked for it again."""
    user.set_unusable_password()
    user.save()
    browser = Browser()
    browser.force_login(user)
    return browser


def test_a_key_is_shown_once_works_and_ends(cast: Any) -> None:
    browser = browser_of(cast.admin)
    page = browser.post(PAGE, {"name": "鄰市通報網"}).content.decode()
    key = page.partition('<code class="hash">')[2].partition("<")[0]
    row = clients.holder(key)
    assert row is not None and (row.name, row.made_by) == ("鄰市通報網", cast.admin)
    page = browser.get(PAGE).content.decode()
    assert "鄰市通報網" in page and key not in page
    assert browser.post(f"{PAGE}{row.pk}/end").status_code == 302
    assert clients.holder(key) is None and "已撤銷" in browser.get(PAGE).content.decode()


def test_the_page_is_the_administrators(cast: Any) -> None:
    row = clients.make(cast.admin, "鄰市")[1]
    for person in (cast.officer, cast.rdec_chief):
        browser = browser_of(person)
        assert browser.get(PAGE).status_code == 403
        assert browser.post(f"{PAGE}{row.pk}/end").status_code == 403
    row.refresh_from_db()
    assert row.revoked_at is None
    assert browser_of(cast.admin).post(PAGE, {"name": ""}).status_code == 422
