"""Signing in: passwords, locks, second factors, demonstration log-ins, idle screens."""

import re
from datetime import date, timedelta

import pytest
from allauth.mfa.models import Authenticator
from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from allauth.mfa.totp.internal import auth as totp
from django.contrib.auth.hashers import identify_hasher
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from django.utils.module_loading import import_string

from yankao.kernel.people.models import Agency, Post, Role, SignInFailure, User
from yankao.site import lockout
from yankao.site import settings as product

pytestmark = pytest.mark.django_db
PASSWORD = "correct-horse-battery"


@pytest.fixture
def lin():
    return User.objects.create_user("lin", "lin@example.org", PASSWORD, name="林怡君")


def attempt(client, login="lin", password=PASSWORD, **more):
    return client.post(reverse("account_login"), {"login": login, "password": password, **more})


def signed_in(client):
    return "_auth_user_id" in client.session


@pytest.mark.parametrize("login", ["lin", "lin@example.org", "LIN@example.org"])
def test_a_person_signs_in_by_name_or_email(client, lin, login):
    assert attempt(client, login).status_code == 302
    assert signed_in(client)


def test_the_page_of_refusal_keeps_the_name_and_says_why(client, lin):
    answer = attempt(client, password="wrong")
    assert answer.status_code == 200 and not signed_in(client)
    body = answer.content.decode()
    assert 'value="lin"' in body and 'class="errors"' in body and "wrong" not in body


def test_passwords_are_hashed_with_argon2_and_have_fifteen_characters(lin):
    assert identify_hasher(lin.password).algorithm == "argon2"
    first = import_string(product.PASSWORD_HASHERS[0])()
    assert first.memory_cost >= 19 * 1024 and first.time_cost >= 2, "OWASP's least for Argon2id"
    with pytest.raises(ValidationError):
        validate_password("fourteen-chars", lin)
    validate_password("fifteen-charss1", lin)


def test_five_wrong_passwords_lock_even_the_right_one_for_fifteen_minutes(client, lin):
    for _ in range(5):
        attempt(client, password="wrong")
    answer = attempt(Client())
    assert answer.status_code == 200 and "15分鐘" in answer.content.decode()
    SignInFailure.objects.update(at=timezone.now() - timedelta(minutes=15, seconds=1))
    assert attempt(client).status_code == 302


def test_four_wrong_passwords_do_not_lock_and_success_forgets_them(client, lin):
    for _ in range(4):
        attempt(client, password="wrong")
    assert attempt(client).status_code == 302
    assert not SignInFailure.objects.exists()


def test_name_and_email_share_one_count_and_unknown_names_are_locked_alike(client, lin):
    assert lockout.account_key("LIN") == lockout.account_key("lin@example.org ")
    for _ in range(5):
        attempt(client, "nobody", "wrong")
    assert "分鐘" in attempt(client, "nobody", "wrong").content.decode()
    assert attempt(client).status_code == 302
    assert "nobody" not in str(list(SignInFailure.objects.values()))


def test_the_lock_opens_at_its_minute_and_not_before():
    now = timezone.now()
    for back in (4, 3, 2, 1, 0):
        lockout.record_failure("k", now - timedelta(minutes=back))
    assert lockout.locked_until("k", now) == now + lockout.LOCK
    assert lockout.locked_until("k", now + timedelta(minutes=10, seconds=59)) is not None
    assert lockout.locked_until("k", now + timedelta(minutes=15)) is None


def test_a_second_factor_is_asked_and_a_recovery_code_works_once(client, lin):
    totp.TOTP.activate(lin, totp.generate_totp_secret())
    codes = RecoveryCodes.activate(lin).get_unused_codes()
    answer = attempt(client)
    assert answer.headers["Location"] == reverse("mfa_authenticate") and not signed_in(client)
    page = client.get(reverse("mfa_authenticate"))
    assert page.status_code == 200 and 'data-passkey="get"' in page.content.decode()
    client.post(reverse("mfa_authenticate"), {"code": codes[0]})
    assert signed_in(client)
    again = Client()
    attempt(again)
    again.post(reverse("mfa_authenticate"), {"code": codes[0]})
    assert not signed_in(again)


def test_a_wrong_second_factor_signs_nobody_in(client, lin):
    totp.TOTP.activate(lin, totp.generate_totp_secret())
    attempt(client)
    assert client.post(reverse("mfa_authenticate"), {"code": "000000"}).status_code == 200
    assert not signed_in(client)


def test_signing_out_needs_a_post(client, lin):
    attempt(client)
    assert client.get(reverse("account_logout")).status_code == 200 and signed_in(client)
    client.post(reverse("account_logout"))
    assert not signed_in(client)


def test_an_idle_session_ends_and_an_active_one_does_not(client, lin, settings, monkeypatch):
    settings.IDLE_SECONDS = 600
    clock = [1_000_000.0]
    monkeypatch.setattr("yankao.site.idle.time.time", lambda: clock[0])
    attempt(client)
    client.get(reverse("mfa_index"))
    for _ in range(3):
        clock[0] += 590
        assert client.get(reverse("account_change_password")).status_code == 200
    clock[0] += 601
    answer = client.get(reverse("account_change_password"))
    assert answer.status_code == 302 and not signed_in(client)


@pytest.mark.parametrize(
    "name",
    ["account_login", "account_reset_password", "account_reset_password_done", "account_inactive",
     "account_reset_password_from_key_done", "account_demo"],
)  # fmt: skip
@pytest.mark.parametrize("language", ["zh-hant", "en"])
def test_pages_before_signing_in_are_ours_and_keep_the_policy(client, name, language):
    client.cookies["django_language"] = language
    assert_ours(client.get(reverse(name)), language)


def confirmed(client):
    """A session that has just proved its password, as changing keys asks for."""
    answer = client.post(reverse("account_reauthenticate"), {"password": PASSWORD})
    assert answer.status_code == 302


@pytest.mark.parametrize(
    "name",
    ["mfa_index", "mfa_activate_totp", "mfa_list_webauthn", "mfa_add_webauthn", "account_change_password",
     "account_reauthenticate", "account_logout", "mfa_generate_recovery_codes"],
)  # fmt: skip
@pytest.mark.parametrize("language", ["zh-hant", "en"])
def test_pages_of_the_account_are_ours_and_keep_the_policy(client, lin, name, language):
    client.cookies["django_language"] = language
    attempt(client)
    confirmed(client)
    if name == "mfa_generate_recovery_codes":
        totp.TOTP.activate(lin, totp.generate_totp_secret())
    assert_ours(client.get(reverse(name)), language)


def test_pages_with_a_second_factor_are_ours(client, lin):
    totp.TOTP.activate(lin, totp.generate_totp_secret())
    codes = RecoveryCodes.activate(lin).get_unused_codes()
    key = Authenticator.objects.create(
        user=lin, type=Authenticator.Type.WEBAUTHN, data={"name": "辦公室的鑰匙", "credential": {}}
    )
    attempt(client)
    client.post(reverse("mfa_authenticate"), {"code": codes[0]})
    assert signed_in(client)
    client.post(reverse("mfa_reauthenticate"), {"code": codes[1]})
    names = ["mfa_index", "mfa_view_recovery_codes", "mfa_deactivate_totp", "mfa_reauthenticate"]
    pages = [reverse(name) for name in names] + [
        reverse(name, args=[key.pk]) for name in ("mfa_edit_webauthn", "mfa_remove_webauthn")
    ]
    for page in [*pages, reverse("mfa_list_webauthn")]:
        assert_ours(client.get(page), "zh-hant")
    assert "辦公室的鑰匙" in client.get(reverse("mfa_list_webauthn")).content.decode()


def assert_ours(answer, language):
    assert answer.status_code == 200, answer.headers.get("Location")
    body = answer.content.decode()
    assert 'class="bar"' in body, "not in the frame of the desk"
    policy = answer.headers["Content-Security-Policy"]
    assert "unsafe" not in policy and "require-trusted-types-for 'script'" in policy
    nonce = re.search(r"'nonce-([^']+)'", policy)[1]
    for tag in re.findall(r"<script[^>]*>[^<]*", body):
        assert f'nonce="{nonce}"' in tag and 'src="' in tag and tag.endswith(">")
    assert not re.search(r"<style|\sstyle=|\son[a-z]+=", body)
    main = re.sub(r'data-options="[^"]*"', "", body.split("<main", 1)[1].split("</main>")[0])
    if language == "en":
        assert not re.search(r"[\u4e00-\u9fff]", main), main


@pytest.fixture
def persona():
    user = User.objects.create(username="demo.officer", name="示範", demo=True)
    agency = Agency.objects.create(code="PW", name="工務局")
    Post.objects.create(user=user, agency=agency, role=Role.OFFICER, valid_from=date(2000, 1, 1))
    return user


def test_a_demo_persona_is_one_click_away(client, persona):
    page = client.get(reverse("account_demo")).content.decode()
    assert f'value="{persona.pk}"' in page and "承辦人" in page
    answer = client.post(reverse("account_demo"), {"user": persona.pk, "next": "/desk/preferences"})
    assert answer.headers["Location"] == "/desk/preferences" and signed_in(client)


def test_the_demo_page_says_of_every_role_what_it_may_do(client, persona, settings):
    for place, role in enumerate(Role):
        user = User.objects.create(username=f"demo.{place}", name="示範", demo=True)
        Post.objects.create(user=user, agency=Agency.objects.first(), role=role)
    page = client.get(reverse("account_demo")).content.decode()
    assert page.count("<td></td>") == 0 and page.count("<tr>") > len(Role)
    assert "派工" in page


def test_the_demo_page_signs_in_nobody_else_and_goes_nowhere_else(client, persona, lin):
    assert client.post(reverse("account_demo"), {"user": lin.pk}).status_code == 404
    assert client.post(reverse("account_demo"), {"user": "x"}).status_code == 404
    assert not signed_in(client)
    answer = client.post(reverse("account_demo"), {"user": persona.pk, "next": "https://evil.example/"})
    assert answer.headers["Location"] == "/"


def test_the_demo_page_wants_a_csrf_token(persona):
    strict = Client(enforce_csrf_checks=True)
    assert strict.post("/accounts/demo/", {"user": persona.pk}).status_code == 403


def test_outside_demo_mode_demo_people_cannot_sign_in_nor_stay(client, persona, settings):
    persona.set_password(PASSWORD)
    persona.save()
    client.post(reverse("account_demo"), {"user": persona.pk})
    settings.DEMO = False
    assert client.post("/accounts/demo/", {"user": persona.pk}).status_code == 404
    assert client.get(reverse("account_change_password")).status_code == 302  # the old session is nobody's
    fresh = Client()
    attempt(fresh, "demo.officer")
    assert not signed_in(fresh)


def test_a_forgotten_password_is_mailed_through_the_outbox(client, lin):
    from yankao.kernel.jobs.models import Mail

    answer = client.post(reverse("account_reset_password"), {"email": "lin@example.org"})
    assert answer.headers["Location"] == reverse("account_reset_password_done")
    letter = Mail.objects.get()
    link = re.search(r"https?://\S+?(/accounts/password/reset/key/\S+)", letter.body)[1]
    page = client.get(link, follow=True)
    assert page.status_code == 200 and "password1" in page.content.decode()
    form = page.redirect_chain[-1][0]
    new = "another-long-password"
    assert client.post(form, {"password1": new, "password2": new}).status_code == 302
    assert attempt(Client(), password=new).status_code == 302


def test_nobody_can_make_an_account(client):
    assert client.get("/accounts/signup/").status_code == 404
