"""Knocks at every door of the house as every role, on a copy of the city, and says where the declaration is
wrong.

    python -m tests.browser.doors FOLDER [--all]

`FOLDER` holds `data` and `pages.json` as `city.py` makes them: an example of every address that a page leads
to; the others are in `door_keys`. Nothing is drawn: who may come in is decided before a page is. Without
`--all` each door is tried by somebody who has not signed in, one whom it opens to and one whom it does not,
in turn. The last line is JSON: doors, knocks, and what was wrong.
"""

from __future__ import annotations

import json
import logging
import os
import re
import sys
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import django
from django.db.models import Q
from django.urls import NoReverseMatch, reverse

from yankao.site.permissions import pages, patterns

from . import door_keys

NOBODY, NO_POST = "", "none"
SHUT = (401, 403, 404)
CASE = re.compile(r"(?:/cases/(?P<pk>\d+)/|/api/cases/(?P<number>[^/]+)/)")
ASKING = ("/accounts/login/", "/counter/follow/")


def knock(folder: Path, everyone: bool) -> dict[str, Any]:
    """Try the doors of the city in `folder`."""
    os.environ |= {"YANKAO_DATA": str(folder / "data"), "YANKAO_DEMO": "1",
                   "DJANGO_SETTINGS_MODULE": "yankao.site.settings"}  # fmt: skip
    django.setup()
    from django.conf import settings
    from django.db import transaction
    from django.template.backends import django as plain
    from django.template.backends import jinja2

    logging.disable(logging.CRITICAL)
    settings.ALLOWED_HOSTS = ["*"]
    for kind in (plain.Template, jinja2.Template):
        kind.render = lambda self, context=None, request=None: ""
    examples = json.loads((folder / "pages.json").read_text())["examples"]
    wrong: list[str] = []
    knocks = 0
    met: set[str] = set()
    with transaction.atomic():
        people = dict(visitors())
        for turn, (page, address, real) in enumerate(addresses(examples)):
            met.add(page.name)
            for who in people if everyone else some(page, list(people), turn):
                knocks += 1
                told, kind = opened(people[who], address)
                wanted = expected(page, address, who, people[who].user, real)
                if told >= 500 or (wanted is not None and (told in SHUT) is wanted):
                    wrong.append(f"{page.name} {address} as {who or 'nobody'}: {told}")
                elif told == 200 and not told_of(kind, page.verbs):
                    wrong.append(f"{page.name} {address}: {page.verbs} and answers with {kind}")
        transaction.set_rollback(True)
    unmet = [f"{name}: nobody knocks there" for name in patterns() if name not in met]
    return {"doors": len(met), "knocks": knocks, "wrong": wrong + unmet}


def visitors() -> Iterator[tuple[str, Any]]:
    """Nobody, somebody without a post, and one person of each role with a client that is signed in."""
    from django.test import Client

    from yankao.kernel.people.models import Agency, Post, Role, User

    commission = Agency.objects.get(is_commission=True, valid_to=None)
    bureau = Post.objects.filter(user__username="demo.officer").select_related("agency").first().agency
    ours = {Role.OFFICER, Role.CONTROLLER, Role.MANAGER, Role.HEAD, Role.REGISTRAR, Role.PERSONNEL, Role.CREW}
    for who in (NOBODY, NO_POST, *Role.values):
        client: Any = Client(raise_request_exception=False, HTTP_HOST="127.0.0.1")
        client.user = None
        if who:
            user = User(username=f"door.{who}", name=who)
            user.set_unusable_password()
            user.save()
            if who != NO_POST:
                Post.objects.create(user=user, agency=bureau if who in ours else commission, role=who)
            client.force_login(user, backend="yankao.site.signin.Backend")
            client.user = user
        yield who, client


def addresses(examples: dict[str, str]) -> Iterator[tuple[Any, str, bool]]:
    """Every door with an address to try, and whether there is something behind it: one that a page leads to,
    the address when nothing varies, and those of `door_keys`.
    """
    found: dict[str, str | Callable[[], str]] = {}
    for name in patterns():
        with suppress(NoReverseMatch):
            found[name] = reverse(name)
    nothing = list(door_keys.strange())
    found |= examples | dict(door_keys.made(examples))
    for name, address in found.items():
        if name in pages() and (name, address) not in nothing:
            yield pages()[name], address() if callable(address) else address, True
    for name, told in nothing:
        yield pages()[name], told, False


def some(page: Any, people: list[str], turn: int) -> list[str]:
    """Nobody, and in turn one whom the door opens to and one whom it does not."""
    inside = [who for who in people if who and page.audience.holds(who)]
    outside = [who for who in people if who and not page.audience.holds(who)]
    return [NOBODY, *(each[turn % len(each)] for each in (inside, outside) if each)]


def opened(client: Any, address: str) -> tuple[int, str]:
    """The answer's status, 401 where it leads to signing in, or a citizen to number and code; and what kind
    of thing it is. What the visit wrote is undone.
    """
    from django.db import transaction

    only_posted, address = address.startswith(door_keys.POST), address.removeprefix(door_keys.POST)
    with transaction.atomic():
        answer = None if only_posted else client.get(address)
        if answer is None or answer.status_code == 405:  # made by a form only
            answer = client.post(address)
        if answer.streaming:
            b"".join(answer.streaming_content)
        transaction.set_rollback(True)
    asks = answer.status_code in (302, 303) and answer.headers["Location"].startswith(ASKING)
    return 401 if asks else int(answer.status_code), answer.headers.get("Content-Type", "").partition(";")[0]


def told_of(kind: str, verbs: tuple[str, ...]) -> bool:
    """Whether the declared verbs tell of such an answer: a page that is read, or a file that goes out."""
    if kind == "text/html":
        return bool(set(verbs) - {"export", "drill"})
    return kind == "text/javascript" or bool({"export", "api", "write"} & set(verbs))


def expected(page: Any, address: str, who: str, user: Any, real: bool) -> bool | None:
    """Whether the door should open; None where only the record knows. A case that a person may not know of
    is not there for them, whatever the page; nor is anything for anybody where nothing is.
    """
    from yankao.desk import nav
    from yankao.kernel.casework.models import Case
    from yankao.kernel.casework.process import visible
    from yankao.kernel.rooms import room

    if not real:
        return False
    if page.audience.by == "link":
        return True if page.name in door_keys.HELD else None
    if page.audience.by == "room":
        return bool(who) and nav.sees(room(address.split("/")[2]), user)
    if page.audience.by == "delivered":
        return True if page.audience.holds(who) else None
    if page.audience.by == "duty" and (found := CASE.match(unquote(address))):
        asked = Q(pk=found["pk"]) if found["pk"] else Q(number=found["number"])
        seen = bool(who) and Case.objects.filter(visible(user), asked).exists()
        return None if seen and "write" in page.verbs else seen
    if page.audience.by == "duty":
        return None if who else False
    return bool(page.audience.holds(who))


def main() -> int:
    found = knock(Path(sys.argv[1]), "--all" in sys.argv)
    sys.stdout.write(json.dumps(found, ensure_ascii=False) + "\n")
    return 1 if found["wrong"] else 0


if __name__ == "__main__":
    sys.exit(main())
