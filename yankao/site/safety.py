"""Outside demonstration mode the house opens with no door unlocked; each refusal says what to set."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.checks import CheckMessage, Error, Tags, register
from django.db import DatabaseError, connection

from yankao.kernel.vault import keys

from . import gateways

SHORTEST_KEY = 50
WEAK_KEYS = ("demo-only", "django-insecure", "changeme", "secret", "insecure")


@dataclass(frozen=True)
class Danger:
    """One unsafe setting: a stable id, what is wrong and what to set, in Chinese and English."""

    id: str
    sentence: str
    english: str

    def __str__(self) -> str:
        return f"{self.sentence} / {self.english}"


class Unsafe(SystemExit):
    """Raised by `refuse_unsafe`; printed by Python as the sentences, exit code 1."""


def _key() -> Iterator[Danger]:
    key = settings.SECRET_KEY
    if len(key) < SHORTEST_KEY or len(set(key)) < 10 or key.lower().startswith(WEAK_KEYS):
        yield Danger(
            "yankao.E001",
            "密鑰太短或為預設值：請取消設定YANKAO_SECRET_KEY（會自動產生），"
            f"或設為{SHORTEST_KEY}字以上的隨機值。",
            "The secret key is short or a default: unset YANKAO_SECRET_KEY (one is then made) "
            f"or set a random one of {SHORTEST_KEY} characters or more.",
        )


def _web() -> Iterator[Danger]:
    if settings.DEBUG:
        yield Danger(
            "yankao.E002",
            "偵錯模式開啟，會洩漏內部資料：請將DEBUG設為False。",
            "Debug mode shows internals to everyone: set DEBUG to False.",
        )
    hosts = [host.strip() for host in settings.ALLOWED_HOSTS]
    if not hosts or any(not host or host.startswith(("*", ".")) for host in hosts):
        yield Danger(
            "yankao.E003",
            "允許的主機名稱為萬用字元或空白：請在YANKAO_HOSTS列出確切的主機名稱，以逗號分隔。",
            "Hosts are a wildcard or empty: name the exact hosts in YANKAO_HOSTS, parted by commas.",
        )
    if not (settings.SESSION_COOKIE_SECURE and settings.CSRF_COOKIE_SECURE):
        yield Danger(
            "yankao.E004",
            "Cookie可經未加密的連線傳送：請將SESSION_COOKIE_SECURE與CSRF_COOKIE_SECURE設為True。",
            "Cookies may travel unencrypted: set SESSION_COOKIE_SECURE and CSRF_COOKIE_SECURE to True.",
        )
    if not settings.SESSION_COOKIE_HTTPONLY:
        yield Danger(
            "yankao.E005",
            "登入Cookie可被網頁程式讀取：請將SESSION_COOKIE_HTTPONLY設為True。",
            "Scripts may read the session cookie: set SESSION_COOKIE_HTTPONLY to True.",
        )
    policy = getattr(settings, "SECURE_CSP", {})
    if not policy or any("unsafe" in str(part) for part in policy.get("script-src", ())):
        yield Danger(
            "yankao.E006",
            "內容安全政策（CSP）未設定或允許不安全的程式：請恢復SECURE_CSP。",
            "The content security policy is missing or lets unsafe scripts in: restore SECURE_CSP.",
        )


def _mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def database_files() -> list[Path]:
    """The files of the embedded database; none when a server keeps it."""
    database = settings.DATABASES["default"]
    if "sqlite" not in database["ENGINE"]:
        return []
    return [Path(f"{database['NAME']}{end}") for end in ("", "-wal")]


def _files() -> Iterator[Danger]:
    data = Path(settings.DATA)
    if not data.is_dir() or not os.access(data, os.R_OK | os.W_OK | os.X_OK):
        yield Danger(
            "yankao.E010",
            f"資料夾{data}不存在或無法讀寫：請建立它並讓執行帳號擁有，或改設YANKAO_DATA。",
            f"The folder {data} is missing or not writable: create it for this account or set YANKAO_DATA.",
        )
        return
    if _mode(data) & 0o007:
        yield Danger(
            "yankao.E011",
            f"資料夾{data}對所有人開放：請執行chmod 750 {data}。",
            f"The folder {data} is open to everybody: run chmod 750 {data}.",
        )
    for path, forbidden in [(data / "keys" / "secret_key", 0o077), *((p, 0o007) for p in database_files())]:
        if path.is_file() and _mode(path) & forbidden:
            yield Danger(
                "yankao.E012",
                f"檔案{path}可被他人讀取：請執行chmod 600 {path}。",
                f"The file {path} can be read by others: run chmod 600 {path}.",
            )


def _gateways() -> Iterator[Danger]:
    for fault in gateways.faults(settings.SMS, settings.PUSH):
        yield Danger(*fault)


def _vault() -> Iterator[Danger]:
    """Keys of petitioners' data: for the account alone."""
    folder = keys.folder()
    if not folder.is_dir():
        return
    if _mode(folder) & 0o077:
        yield Danger(
            "yankao.E013",
            f"資料夾{folder}可被他人讀取：請執行chmod 700 {folder}。",
            f"The folder {folder} can be read by others: run chmod 700 {folder}.",
        )
    for path in sorted(folder.iterdir()):
        if path.is_file() and _mode(path) & 0o077:
            yield Danger(
                "yankao.E014",
                f"個資金鑰{path}可被他人讀取：請執行chmod 600 {path}。",
                f"The vault's key {path} can be read by others: run chmod 600 {path}.",
            )


def _people() -> Iterator[Danger]:
    """Demonstration people cannot sign in here anyway; with them, the records are still no city's."""
    from yankao.kernel.people.models import User  # noqa: PLC0415  (settings are checked before models are loaded)

    if (files := database_files()) and not files[0].is_file():
        return  # looking would make the file
    try:
        if "people_user" not in connection.introspection.table_names():
            return
        count = User.objects.filter(demo=True, is_active=True).count()
    except DatabaseError:
        return  # a database that is not there yet, or not migrated, holds nobody
    if count:
        yield Danger(
            "yankao.E020",
            f"資料庫裡有{count}個啟用中的示範帳號：請改用新的資料庫，或以YANKAO_DEMO=1啟動示範站。",
            f"The database holds {count} active demonstration accounts: use a new database, "
            "or start with YANKAO_DEMO=1.",
        )


def dangers(database: bool = True) -> list[Danger]:
    """Everything unsafe in settings, files and (unless left out) people; empty in demo mode."""
    if settings.DEMO:
        return []
    return [*_key(), *_web(), *_files(), *_vault(), *_gateways(), *(_people() if database else ())]


def refuse_unsafe() -> None:
    """Called before the server or the worker starts: raises Unsafe with every sentence there is to say."""
    found = dangers()
    if found:
        lines = "\n".join(f"- {danger.id} {danger}" for danger in found)
        raise Unsafe(f"拒絕啟動，請先修正： / Not starting until this is mended:\n{lines}")


@register(Tags.security)
def check_safety(app_configs: Any, **kwargs: Any) -> list[CheckMessage]:
    """The same as system checks, so that `check` says it, too; people only when databases are asked for."""
    databases = kwargs.get("databases")
    return [Error(str(danger), id=danger.id) for danger in dangers(database=bool(databases))]
