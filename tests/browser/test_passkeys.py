"""A passkey made and used in a real browser, with a virtual device, under the strict policy."""

import os
import re

import pytest
from allauth.mfa.models import Authenticator

from yankao.kernel.people.models import User

SAFE = re.compile(r"^[^?]*/accounts/2fa/$")  # the page itself, not the sign-in page that leads to it
PASSWORD = "correct-horse-battery"


@pytest.fixture
def device(page):
    """A virtual security device that says yes to everything."""
    session = page.context.new_cdp_session(page)
    session.send("WebAuthn.enable")
    options = {
        "protocol": "ctap2",
        "transport": "internal",
        "hasResidentKey": True,
        "hasUserVerification": True,
        "isUserVerified": True,
        "automaticPresenceSimulation": True,
    }
    return session.send("WebAuthn.addVirtualAuthenticator", {"options": options})["authenticatorId"]


@pytest.mark.browser
@pytest.mark.django_db(transaction=True)
def test_a_passkey_is_registered_and_signs_in_without_a_password(page, device, live_server, assert_clean):
    lin = User.objects.create_user("lin", "lin@example.org", PASSWORD, name="林怡君")
    host = live_server.url.replace("127.0.0.1", "localhost")  # passkeys belong to names, not numbers
    add = f"{host}/accounts/2fa/webauthn/add/"
    page.goto(f"{host}/accounts/login/?next=/accounts/2fa/")
    page.get_by_label("帳號或電子郵件").fill("lin")
    page.get_by_label("密碼", exact=True).fill(PASSWORD)
    page.get_by_role("button", name="登入", exact=True).click()
    page.wait_for_url(SAFE)
    page.goto(add)
    page.locator("input[name=password]").fill(PASSWORD)
    page.get_by_role("button", name="確認").click()
    page.wait_for_url(re.compile(r"^[^?]*/webauthn/add/$"))
    page.locator("input[name=passwordless]").check()
    page.get_by_role("button", name="登記", exact=True).click()
    page.wait_for_url("**/recovery-codes/")
    assert Authenticator.objects.filter(user=lin, type=Authenticator.Type.WEBAUTHN).count() == 1
    page.context.clear_cookies()
    page.goto(f"{host}/accounts/login/?next=/accounts/2fa/")
    page.get_by_role("button", name="使用通行密鑰登入").click()
    page.wait_for_url(SAFE)
    assert "已登記1把" in page.locator("main").inner_text()
    assert_clean(page)


@pytest.mark.browser
@pytest.mark.django_db(transaction=True)
def test_a_device_that_refuses_leaves_a_sentence_and_the_page(page, live_server):
    host = live_server.url.replace("127.0.0.1", "localhost")
    session = page.context.new_cdp_session(page)
    session.send("WebAuthn.enable")  # no device at all, and a browser that waits for none
    page.goto(f"{host}/accounts/login/")
    refuse = "() => { navigator.credentials.get = () => Promise.reject(new Error()) }"
    page.evaluate(refuse)
    page.get_by_role("button", name="使用通行密鑰登入").click()
    said = page.locator("[data-passkey] [role=alert]")
    said.wait_for(state="visible", timeout=5000)
    assert "沒有完成驗證" in said.inner_text()
    assert os.path.basename(page.url.rstrip("/")) == "login"
