"""Outside demonstration mode the house refuses to open unsafely, and says what to set."""

import os
import stat
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from django.conf import settings as real
from django.core.exceptions import ImproperlyConfigured

from yankao.kernel.people.models import User
from yankao.site import gateways, safety
from yankao.site.keys import kept_secret

GOOD_KEY = "k3Yt-9fQ2mZx7Lw0Rb5Vn8Hs1Dp4Gj6Tc-uEaIoYrWqXzNvBdF_s2"


def test_the_key_is_made_once_and_readable_by_its_owner_alone(tmp_path):
    path = tmp_path / "keys" / "secret_key"
    key = kept_secret(path)
    assert len(key) >= safety.SHORTEST_KEY and kept_secret(path) == key
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700
    assert list(path.parent.iterdir()) == [path]
    assert kept_secret(tmp_path / "other" / "secret_key") != key


def test_workers_starting_together_agree_on_one_key(tmp_path):
    path = tmp_path / "keys" / "secret_key"
    with ThreadPoolExecutor(8) as pool:
        keys = set(pool.map(lambda _: kept_secret(path), range(32)))
    assert len(keys) == 1 and len(keys.pop()) >= safety.SHORTEST_KEY


def test_a_folder_that_cannot_be_written_is_said(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(ImproperlyConfigured, match="YANKAO_DATA"):
        kept_secret(tmp_path / "file" / "secret_key")


@pytest.fixture
def city(settings, tmp_path, monkeypatch):
    """Settings of a real city, all of them safe."""
    tmp_path.chmod(0o750)
    database = tmp_path / "yankao.sqlite3"
    database.touch(0o600)
    settings.DEMO = False
    settings.DATA = tmp_path
    settings.SECRET_KEY = GOOD_KEY
    settings.DEBUG = False
    settings.ALLOWED_HOSTS = ["rdec.example.gov.tw"]
    settings.SESSION_COOKIE_SECURE = settings.CSRF_COOKIE_SECURE = settings.SESSION_COOKIE_HTTPONLY = True
    monkeypatch.setattr(safety, "database_files", lambda: [database])
    return settings


def ids():
    return [danger.id for danger in safety.dangers(database=False)]


def test_safe_settings_are_let_through(city):
    assert ids() == []


@pytest.mark.parametrize(
    ("name", "value", "code", "say"),
    [
        ("SECRET_KEY", "short", "yankao.E001", "YANKAO_SECRET_KEY"),
        ("SECRET_KEY", "a" * 80, "yankao.E001", "YANKAO_SECRET_KEY"),
        ("SECRET_KEY", "django-insecure-" + GOOD_KEY, "yankao.E001", "YANKAO_SECRET_KEY"),
        ("DEBUG", True, "yankao.E002", "DEBUG"),
        ("ALLOWED_HOSTS", ["*"], "yankao.E003", "YANKAO_HOSTS"),
        ("ALLOWED_HOSTS", [".gov.tw"], "yankao.E003", "YANKAO_HOSTS"),
        ("ALLOWED_HOSTS", [], "yankao.E003", "YANKAO_HOSTS"),
        ("SESSION_COOKIE_SECURE", False, "yankao.E004", "SESSION_COOKIE_SECURE"),
        ("CSRF_COOKIE_SECURE", False, "yankao.E004", "CSRF_COOKIE_SECURE"),
        ("SESSION_COOKIE_HTTPONLY", False, "yankao.E005", "SESSION_COOKIE_HTTPONLY"),
        ("SECURE_CSP", {"script-src": ["'unsafe-inline'"]}, "yankao.E006", "SECURE_CSP"),
        ("DATA", Path("/nowhere/at/all"), "yankao.E010", "YANKAO_DATA"),
    ],
)
def test_each_unsafe_setting_is_refused_with_what_to_set(city, name, value, code, say):
    setattr(city, name, value)
    (danger,) = safety.dangers(database=False)
    assert danger.id == code and say in danger.sentence and say in danger.english


def test_an_open_folder_key_or_database_is_refused(city, tmp_path):
    tmp_path.chmod(0o755)
    (tmp_path / "yankao.sqlite3").chmod(0o644)
    kept_secret(tmp_path / "keys" / "secret_key")
    (tmp_path / "keys" / "secret_key").chmod(0o640)
    assert ids() == ["yankao.E011", "yankao.E012", "yankao.E012"]


@pytest.mark.django_db
def test_active_demo_people_are_refused_and_named_by_number(city):
    User.objects.create(username="demo.officer", demo=True)
    with pytest.raises(safety.Unsafe, match=r"yankao\.E020[\s\S]*1"):
        safety.refuse_unsafe()
    User.objects.update(is_active=False)
    safety.refuse_unsafe()


@pytest.mark.django_db
def test_demo_mode_refuses_nothing(city):
    city.DEMO, city.SECRET_KEY, city.DEBUG = True, "x", True
    safety.refuse_unsafe()


def test_the_files_of_an_embedded_database_are_those_watched(settings):
    files = safety.database_files()
    if "sqlite" in settings.DATABASES["default"]["ENGINE"]:
        assert [path.name.endswith("-wal") for path in files] == [False, True]
    else:
        assert files == []


def deploy(tmp_path, **environment):
    data = tmp_path / "data"
    data.mkdir(mode=0o750, exist_ok=True)
    kept = {
        name: value for name, value in os.environ.items() if not name.startswith(("YANKAO_", "DATABASE_"))
    }
    given = {
        "YANKAO_DEMO": "0",
        "YANKAO_DATA": str(data),
        "YANKAO_HOSTS": "rdec.example.gov.tw",
        **environment,
    }
    return subprocess.run(
        [sys.executable, "-m", "django", "check", "--deploy", "--fail-level", "WARNING"],
        env={**kept, "DJANGO_SETTINGS_MODULE": "yankao.site.settings", **given},
        cwd=real.BASE_DIR,
        capture_output=True,
        text=True,
        timeout=120,
    )


def test_a_deployment_check_outside_demo_mode_is_clean(tmp_path):
    done = deploy(tmp_path)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "no issues" in done.stdout
    assert stat.S_IMODE((tmp_path / "data/keys/secret_key").stat().st_mode) == 0o600


def test_a_deployment_check_finds_a_weak_key_and_a_wildcard(tmp_path):
    done = deploy(tmp_path, YANKAO_SECRET_KEY="demo-only", YANKAO_HOSTS="*")
    assert done.returncode != 0
    assert "yankao.E001" in done.stderr and "yankao.E003" in done.stderr


def test_the_demo_address_does_not_exist_outside_demo_mode(tmp_path):
    program = (
        "import django; django.setup()\n"
        "from django.urls import NoReverseMatch, reverse, resolve, Resolver404\n"
        "reverse('account_login')\n"
        "for find in (lambda: reverse('account_demo'), lambda: resolve('/accounts/demo/')):\n"
        "    try: find()\n"
        "    except (NoReverseMatch, Resolver404): print('gone')\n"
    )
    (tmp_path / "data").mkdir(mode=0o750)
    environment = {**os.environ, "YANKAO_DEMO": "0", "YANKAO_DATA": str(tmp_path / "data")}
    environment["DJANGO_SETTINGS_MODULE"] = "yankao.site.settings"
    done = subprocess.run(
        [sys.executable, "-c", program],
        env=environment,
        cwd=real.BASE_DIR,
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert done.stdout.split() == ["gone", "gone"], done.stderr


def test_the_safe_gateways_of_a_city_are_accepted(city):
    smpp = {"YANKAO_SMS": "smpp", "YANKAO_SMPP_HOST": "smsc.example.net", "YANKAO_SMPP_USER": "u",
            "YANKAO_SMPP_PASSWORD": "p", "YANKAO_PUSH_CONTACT": "mailto:rdec@city.example"}  # fmt: skip
    http = {"YANKAO_SMS": "http", "YANKAO_SMS_URL": "https://sms.example.net/v1"}
    assert [list(gateways.faults(*gateways.told(told))) for told in ({}, smpp, http)] == [[], [], []]
    sms, push = gateways.told(smpp)
    assert sorted(gateways.drivers(False, sms, push)) == ["email", "push", "sms"]
    assert set(gateways.drivers(True, sms, push).values()) == {"yankao.kernel.outbox.page.driver"}
    assert list(gateways.drivers(False, *gateways.told({}))) == ["email"]


@pytest.mark.parametrize(
    ("told", "danger"),
    [
        ({"YANKAO_SMS": "pigeon"}, "yankao.E030"),
        ({"YANKAO_SMS": "smpp"}, "yankao.E031"),
        ({"YANKAO_SMS": "smpp", "YANKAO_SMPP_HOST": "smsc.example.net", "YANKAO_SMPP_USER": "u",
          "YANKAO_SMPP_PASSWORD": "p", "YANKAO_SMPP_TLS": "0"}, "yankao.E032"),
        ({"YANKAO_SMS": "http", "YANKAO_SMS_URL": "http://sms.example.net/v1"}, "yankao.E033"),
        ({"YANKAO_SMS": "http", "YANKAO_SMS_URL": "https://user:word@sms.example.net/v1"}, "yankao.E033"),
        ({"YANKAO_SMS": "http", "YANKAO_SMS_URL": "https://[sms"}, "yankao.E033"),
        ({"YANKAO_SMS": "http", "YANKAO_SMS_URL": "https://s.example", "YANKAO_SMS_BODY": "{}"},
         "yankao.E037"),
        ({"YANKAO_SMS_RECEIPTS": "short"}, "yankao.E034"),
        ({"YANKAO_PUSH_CONTACT": "somebody"}, "yankao.E035"),
        ({"YANKAO_PUSH_CONTACT": "mailto:a@b.example", "YANKAO_PUSH_HOSTS": "*"}, "yankao.E036"),
    ],
)  # fmt: skip
def test_an_unsafe_gateway_is_refused(city, told, danger):
    city.SMS, city.PUSH = gateways.told(told)
    assert ids() == [danger]


def test_keys_of_petitioners_that_others_can_read_are_refused(city, tmp_path):
    folder = tmp_path / "keys" / "vault"
    folder.mkdir(parents=True, mode=0o700)
    key = folder / "ordinary-0001-abcdef01"
    key.touch(0o600)
    assert ids() == []
    key.chmod(0o640)
    assert ids() == ["yankao.E014"]
    key.chmod(0o600)
    folder.chmod(0o750)
    assert ids() == ["yankao.E013"]
