"""From an address such as `postgresql://…` to Django's database settings.

Forms taken, as in libpq's documentation of connection URIs:
`postgresql://user:password@host:5432/name?sslmode=verify-full`, a Unix socket as `postgresql:///name?host=/run/pg`
or `postgresql://%2Frun%2Fpg/name`, several hosts `host1:5432,host2:5432`, and `sqlite:///path/to/file`.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, unquote

KEPT_OPEN_SECONDS = 600


class DatabaseAddress(ValueError):
    """DATABASE_URL cannot be read; the message says which part and what is taken instead."""


def sqlite(path: Path) -> dict[str, Any]:
    """Settings of the embedded database in the file `path`; durability and locking are the engine's own."""
    return {"ENGINE": "yankao.kernel.sqlite", "NAME": path, "CONN_MAX_AGE": None}


def database(url: str, embedded: Path) -> dict[str, Any]:
    """Django's settings for `url`; an empty `url` means the embedded database in the file `embedded`."""
    if not url:
        return sqlite(embedded)
    scheme, mark, rest = url.partition("://")
    if mark and scheme == "sqlite":
        return sqlite(Path("/" + unquote(rest.lstrip("/"))))
    if mark and scheme in {"postgresql", "postgres"}:
        return postgresql(rest)
    raise DatabaseAddress(
        "DATABASE_URL must begin with postgresql:// or sqlite:///, for example postgresql://yankao@db.example/yankao"
    )


def postgresql(rest: str) -> dict[str, Any]:
    """Settings from what follows `postgresql://`; query parameters go to libpq, `host` and `port` win."""
    place, _, query = rest.partition("?")
    authority, _, name = place.partition("/")
    account, _, where = authority.rpartition("@")
    user, _, password = account.partition(":")
    hosts, ports = _hosts(where)
    options: dict[str, Any] = dict(parse_qsl(query, keep_blank_values=True))
    kept = options.pop("conn_max_age", str(KEPT_OPEN_SECONDS))
    if not kept.isdigit():
        raise DatabaseAddress("conn_max_age in DATABASE_URL must be a number of seconds")
    host, port = options.pop("host", hosts), options.pop("port", ports)
    base = unquote(name) or options.pop("dbname", "")
    if not base:
        raise DatabaseAddress("DATABASE_URL names no database: add /name after the host")
    return {
        "ENGINE": "yankao.kernel.postgres",
        "NAME": base,
        "USER": unquote(user) or options.pop("user", ""),
        "PASSWORD": unquote(password) or options.pop("password", ""),
        "HOST": host,
        "PORT": port,
        "CONN_MAX_AGE": int(kept),
        "CONN_HEALTH_CHECKS": True,
        "OPTIONS": options,
    }


def _hosts(where: str) -> tuple[str, str]:
    """`a:1,b:2` as libpq wants it: ("a,b", "1,2"); an IPv6 address stands in brackets."""
    hosts, ports = [], []
    for one in where.split(","):
        if one.startswith("["):
            host, _, port = one[1:].partition("]")
            port = port.removeprefix(":")
        else:
            host, _, port = one.partition(":")
        if port and not port.isdigit():
            raise DatabaseAddress(f"The port {port!r} in DATABASE_URL is not a number")
        hosts.append(unquote(host))
        ports.append(port)
    return ",".join(hosts), ",".join(ports) if any(ports) else ""
