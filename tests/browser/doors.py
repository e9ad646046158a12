"""Knocks at every door of the house as every role, on a copy of the city, and says where the declaration is
wrong.

    python -m tests.browser.doors FOLDER [--all]

`FOLDER` holds `data` and `pages.json` as `city.py` makes them: an example of every address that a page leads
to. Nothing is drawn: who may come in is decided before a page is. Without `--all` each door is tried by
somebody who has not signed in, one whom it opens to and one whom it does not, in turn. The last line is JSON:
doors, knocks, and what was wrong.
"""

from __future__ import annotations

import json
import logging
import os
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

NOBODY, NO_POST = "", "none"
SHUT = (401, 403, 404)


def knock(folder: Path, everyone: bool) -> dict[str, Any]:
    """Try the doors of the city in `folder`."""
    os.environ |= {"YANKAO_DATA": str(folder / "data"), "YANKAO_DEMO": "1",
                   "DJANGO_SETTINGS_MODULE": "yankao.site.settings"}  # fmt: skip
    import django

    django.setup()
    from django.conf import settings
    from django.db import transaction
    from django.template.backends import django as plain
    from django.template.backends import jinja2

    logging.disable(logging.CRITICAL)
    settings.ALLOWED_HOSTS = ["*"]
    for kind in (plain.Template, jinja2.Template):
        kind.render = lambda self, context=None, request=None: ""
    examples: dict[str, str] = {}
    for sight in json.loads((folder / "pages.json").read_text())["sights"]:
        examples.setdefault(sight["kind"].partition(" ")[0], sight["address"])
    wrong: list[str] = []
    knocks = doors = 0
    with transaction.atomic():
        people = dict(visitors())
        for turn, (page, address) in enumerate(addresses(examples)):
            doors += 1
            for who in people if everyone else some(page, list(people), turn):
                knocks += 1
                told = opened(people[who], address)
                wanted = expected(page, address, who, people[who].user)
                if wanted is not None and (told in SHUT) is wanted:
                    wrong.append(f"{page.name} {address} as {who or 'nobody'}: {told}")
        transaction.set_rollback(True)
    return {"doors": doors, "knocks": knocks, "wrong": wrong}


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


def addresses(examples: dict[str, str]) -> Iterator[tuple[Any, str]]:
    """Every door with an address to try: an example of the walk, or the address when nothing varies."""
    from django.urls import NoReverseMatch, reverse

    from yankao.site.permissions import pages, patterns

    for name in patterns():
        page = pages()[name]
        if name in examples:
            yield page, examples[name]
            continue
        try:
            yield page, reverse(name)
        except NoReverseMatch:
            continue


def some(page: Any, people: list[str], turn: int) -> list[str]:
    """Nobody, and in turn one whom the door opens to and one whom it does not."""
    inside = [who for who in people if who and page.audience.holds(who)]
    outside = [who for who in people if who and not page.audience.holds(who)]
    return [NOBODY, *(each[turn % len(each)] for each in (inside, outside) if each)]


def opened(client: Any, address: str) -> int:
    """The answer's status; 401 where it leads to signing in. What the visit wrote is undone."""
    from django.db import transaction

    with transaction.atomic():
        answer = client.get(address)
        if answer.status_code == 405:  # made by a form only
            answer = client.post(address)
        if answer.streaming:
            b"".join(answer.streaming_content)
        transaction.set_rollback(True)
    asks = answer.status_code == 302 and "/accounts/login/" in answer.headers["Location"]
    return 401 if asks else int(answer.status_code)


def expected(page: Any, address: str, who: str, user: Any) -> bool | None:
    """Whether the door should open; None where only the record knows. A case that a person may not know of
    is not there for them, whatever the page.
    """
    from yankao.kernel.casework.models import Case
    from yankao.kernel.casework.process import visible

    if page.audience.by == "link":
        return None
    if page.audience.by == "delivered":
        return True if page.audience.holds(who) else None
    if address.startswith("/cases/") and page.audience.by == "duty":
        pk = int(address.split("/")[2])
        seen = bool(who) and Case.objects.filter(visible(user), pk=pk).exists()
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
