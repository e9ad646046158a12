"""The city that browser tests walk through, made once, and every page found in it.

Run as a script it fills `FOLDER/data` by `yankao demo load`, and then walks the
house with Django's test client: from the first pages of each demonstration person along every link, until
each pattern of the address book has an example. `FOLDER/pages.json` says which page to open as whom, and
which patterns nothing leads to. A room that is added is walked as well, without anybody naming it.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass, field
from datetime import date
from decimal import Decimal
from html import unescape
from html.parser import HTMLParser
from pathlib import Path
from typing import IO, Any
from uuid import UUID

from yankao.site.tests.installed import Installation

ROOT = Path(__file__).resolve().parent.parent.parent
START = 300.0  # seconds until the first page must be served
SCALE = 0.05
KEEPER, PASSWORD, SECRET = "browser.keeper", "correct-horse-battery", "JBSWY3DPEHPK3PXP"
HAN = re.compile(r"[\u3400-\u9fff]")
LINK = re.compile(r"""<(?:a|form|button)\b[^>]*?\s(?:href|action|formaction)="(/[^"#]*)""")
FORM = re.compile(r"<form\b([^>]*)>(.*?)</form>", re.DOTALL)
BOX = re.compile(r"""<input\b[^>]*\sname="(?:q|find)\"""")
PEOPLE = (
    "demo.rdec", "", "demo.officer", "demo.registrar", "demo.secretary", "demo.chief", "demo.admin",
    "demo.personnel", "demo.controller", "demo.head", "demo.inspector", "demo.security", "demo.auditor",
    "demo.mayor", "demo.commissioner", "demo.manager", "demo.councillor", "demo.callchief", "demo.agent",
    "demo.editor", "demo.reviewer", "demo.crew",
)  # fmt: skip
"""In the order in which they see most that others do not; "" is somebody who has not signed in."""
OWN = (
    "/work/",
    "/office/",
    "/reviews/",
    "/rooms/service.enquiries/articles/",
    "/rooms/service.petitions/crew/",
)
"""Where each person begins; what stands there differs from one to the other."""
COMMON = (
    "/inbox/", "/views/", "/report/", "/figures/", "/accounts/2fa/", "/accounts/tokens/", "/palette/?q=水利",
    "/desk/preferences", "/views/new?path=/work/", "/report/101H1/", "/reviews/", "/rounds/",
)  # fmt: skip
SIGNED_OUT = (
    "/", "/accounts/login/", "/accounts/demo/", "/accounts/password/reset/", "/accounts/password/reset/done/",
    "/accounts/password/reset/key/1-gone/", "/accounts/password/reset/key/done/", "/accounts/inactive/",
    "/checkpoints/", "/report/", "/counter/", "/counter/search/?q=失火", "/counter/search/?q=路燈",
    "/counter/follow/",
)  # fmt: skip
MOVES, CASES = 2, 40
"""Forms of moves opened in each room (those that ask most); cases looked at to find one where it is open."""
MUST = (str, date, Decimal, int)
"""Types of answers that an emptied box does not give."""
ALIKE = ("desk:assign", "desk:link", "desk:ledger", "desk:clock")
"""Pages of a case that look the same in every room."""


@dataclass
class Sight:
    """A page to open: its address, as whom, and what makes it a type of its own (pattern, room, move)."""

    address: str
    who: str
    kind: str
    asks: bool = False
    """Whether it holds a form that cannot be sent empty."""


@dataclass
class Walk:
    """What the walk found. `refused`: links that led a person to a refusal or to nothing, and where they
    stood.
    """

    sights: list[Sight] = field(default_factory=list)
    met: list[str] = field(default_factory=list)
    examples: dict[str, str] = field(default_factory=dict)
    """Of each pattern that a page leads to, an address: of files and of what only a form sends as well."""
    searched: list[str] = field(default_factory=list)
    """Patterns whose pages have a box to search what they list."""
    patterns: list[str] = field(default_factory=list)
    refused: list[str] = field(default_factory=list)
    chinese: list[str] = field(default_factory=list)
    """Words of the house that an English reader finds in Chinese, with their page."""


def patterns() -> Iterator[str]:
    """The names of the address book, with their namespaces."""
    from django.urls import URLPattern, get_resolver

    def walk(resolver: Any, spaces: tuple[str, ...]) -> Iterator[str]:
        for one in resolver.url_patterns:
            if isinstance(one, URLPattern):
                yield ":".join([*spaces, one.name or str(one.pattern)])
            else:
                yield from walk(one, (*spaces, one.namespace) if one.namespace else spaces)

    yield from walk(get_resolver(), ())


class Words(HTMLParser):
    """The words of the house on a page that are written in Han characters: labels, buttons, columns, hints.

    What people typed and names of things are not looked at: they stand elsewhere.
    """

    def __init__(self) -> None:
        super().__init__()
        self.open: list[tuple[str, bool, bool]] = []
        self.found: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in ("input", "br", "img", "meta", "link", "hr", "wbr", "col"):
            return
        given = {name: value or "" for name, value in attrs}
        marks = set(given.get("class", "").split())
        word = tag in ("legend", "button", "label", "summary") or given.get("scope") == "col"
        word = word or bool(marks & {"btn", "hint"})
        data = bool(marks & {"opts", "menu", "me", "stages", "paper", "toc", "kb", "who", "nav"})
        data = data or given.get("lang", "").startswith("zh") or tag in ("script", "style", "option", "h1")
        above = self.open[-1] if self.open else ("", False, False)
        self.open.append((tag, word or above[1], data or above[2]))

    def handle_endtag(self, tag: str) -> None:
        while self.open and self.open.pop()[0] != tag:
            pass

    def handle_data(self, data: str) -> None:
        if self.open and self.open[-1][1] and not self.open[-1][2] and HAN.search(data):
            self.found.append(data.strip()[:60])


def searches(address: str, text: str) -> bool:
    """Whether the page searches what it shows: by a box of its own, or by what its address asks."""
    place, _sep, query = address.partition("?")
    main = text.partition("<main")[2].partition("</main>")[0]
    own = [
        body
        for attributes, body in FORM.findall(main)
        if (re.search(r'\saction="([^"?]*)', attributes) or ["", place])[1] == place
    ]
    return query.startswith("q=") or any(BOX.search(body) for body in own)


class Walker:
    """Goes along the links as one person after the other; what was seen once is not opened again."""

    def __init__(self) -> None:
        from yankao.kernel.casework.process import processes
        from yankao.kernel.people.models import User

        self.users = {user.username: user for user in User.objects.filter(username__startswith="demo.")}
        self.walk = Walk(patterns=sorted(set(patterns())))
        self.demanding = {
            f"desk:move {kind} {move.name}"
            for kind, process in processes.items()
            for move in process.moves.values()
            if any(not ask.optional and ask.type in MUST for ask in move.asks.values())
        }
        self.seen: set[str] = set()
        self.met: set[str] = set()
        self.searched: set[str] = set()
        self.swept: set[str] = set()

    def kind(self, address: str) -> str:
        """The type of the page at an address: its pattern, and the room it shows. "" where there is none."""
        from django.urls import Resolver404, resolve

        from yankao.kernel.casework.models import Case

        try:
            found = resolve(address.partition("?")[0])
        except Resolver404:
            return ""
        words = [found.view_name]
        if "room" in found.kwargs:
            words.append(found.kwargs["room"])
        elif address.startswith("/cases/"):
            case = Case.objects.get(pk=found.kwargs["pk"])
            if found.view_name not in ALIKE:
                words.append(case.kind)
            words += [str(found.kwargs["name"])] if "name" in found.kwargs else []
            words += ["closed"] if found.view_name == "desk:case" and case.closed_on else []
        elif found.view_name == "report:figure":
            words.append(str(found.kwargs["name"]).partition("[")[0].rpartition(".")[0])
        return " ".join(words)

    def client(self, who: str) -> Any:
        from django.test import Client

        client = Client(HTTP_ACCEPT_LANGUAGE="zh-TW", HTTP_HOST="127.0.0.1")
        if who:
            client.force_login(self.users[who], backend="yankao.site.signin.Backend")
        return client

    def go(self, who: str, starts: list[str]) -> None:
        """Everything this person reaches that nobody before reached."""
        client, todo = self.client(who), deque((one, "") for one in starts)
        asked: set[str] = set()
        while todo:
            address, source = todo.popleft()
            kind = self.kind(address)
            pattern = kind.partition(" ")[0]
            if address in asked or not kind or (kind in self.seen and address not in OWN):
                continue
            if source and pattern == "desk:move":
                self.meet(pattern, address)  # their forms are derived alike: those that ask most are opened
                continue
            asked.add(address)
            answer = client.get(address)
            if answer.status_code in (301, 302):
                target = answer.headers["Location"]
                if target.startswith("/") and not target.startswith("/accounts/login"):
                    todo.append((target, source))
                continue
            if answer.status_code == 405:  # made by a form only; that a page offers it is enough
                self.meet(pattern, address)
                continue
            if answer.status_code != 200:
                if source:
                    told = f"{who or 'nobody'}: {source} leads to {address}: {answer.status_code}"
                    self.walk.refused.append(told)
                continue
            self.meet(pattern, address)
            fresh = kind not in self.swept
            self.swept.add(kind)
            self.seen.add(kind)
            if answer.streaming or not answer.headers["Content-Type"].startswith("text/html"):
                continue
            text = answer.content.decode()
            if searches(address, text):
                self.searched.add(pattern)
            if fresh and "<html" in text:
                asks = pattern == "desk:open" or kind in self.demanding
                self.walk.sights.append(Sight(address, who, kind, asks))
                words = Words()
                words.feed(client.get(address, HTTP_ACCEPT_LANGUAGE="en").content.decode())
                self.walk.chinese += [f"{who} {address}: {one}" for one in words.found]
            for found in LINK.findall(text):
                todo.append((unescape(found), address))

    def meet(self, pattern: str, address: str) -> None:
        self.met.add(pattern)
        self.walk.examples.setdefault(pattern, address)

    def knock(self) -> None:
        """Patterns that nothing led to, but that only take what a form sends: there is no page to look at."""
        from django.urls import NoReverseMatch, get_resolver, reverse

        client = self.client("demo.rdec")
        for name in set(self.walk.patterns) - self.met:
            *spaces, last = name.split(":")
            if "<" in name:  # without a name of its own: nothing reverses to it
                continue
            book: Any = get_resolver()
            for space in spaces:
                book = book.namespace_dict[space][1]
            for possibilities, *_rest in book.reverse_dict.getlist(last):
                for value in (0, UUID(int=0)):
                    with suppress(NoReverseMatch):
                        address = reverse(name, kwargs=dict.fromkeys(possibilities[0][1], value))
                        if client.get(address).status_code == 405:
                            self.met.add(name)

    def unfinished(self) -> list[str]:
        """The lists of rooms of which not every page was met yet."""
        from yankao.kernel.rooms import rooms

        left = []
        for room in rooms():
            own = {one for one in self.walk.patterns if one.startswith(f"{room.label}:")} - self.met
            if own or not {f"desk:{name} {room.name}" for name in ("list", "open", "import")} <= self.seen:
                place = f"/rooms/{room.name}/"
                self.seen.discard(self.kind(place))
                left.append(place)
        return left


def samples(users: dict[str, Any]) -> Iterator[tuple[str, str]]:
    """For each room: a case under way and a closed one, and the forms of its moves that ask most; each as
    somebody who may."""
    from django.db.models import Count

    from yankao.kernel.casework.models import Case
    from yankao.kernel.casework.process import visible
    from yankao.kernel.rooms import rooms

    people = [(name, users[name]) for name in PEOPLE if name in users]
    for room in rooms():
        process = room.process
        if process is None:
            continue
        of_kind = Case.objects.filter(kind=room.name).order_by("-pk")
        fullest = of_kind.annotate(files=Count("evidence")).order_by("-files", "-pk")
        for found in (fullest.filter(closed_on=None).first(), fullest.exclude(closed_on=None).first()):
            for name, user in people:
                if found and Case.objects.filter(visible(user), pk=found.pk).exists():
                    yield name, f"/cases/{found.pk}/"
                    break
        left = MOVES
        for move in sorted(process.moves.values(), key=lambda move: (-len(move.asks), move.name)):
            if left and (place := _open(process, move, of_kind, people)):
                left -= 1
                yield place


def _open(process: Any, move: Any, cases: Any, people: list[tuple[str, Any]]) -> tuple[str, str] | None:
    """Who may make the move on which case, as the address of its form."""
    for case in cases.filter(stage__in=move.sources)[:CASES]:
        record = process.record._default_manager.get(pk=case.pk)
        record.case = case
        for name, user in people:
            if move.by.held_by(user, case) and not move.refusal(record, user):
                return name, f"/cases/{case.pk}/moves/{move.name}/"
    return None


def walk(more: list[tuple[str, str]]) -> Walk:
    """The house as its people find it; `more` are further pages, with who opens them."""
    walker = Walker()
    by_person: dict[str, list[str]] = {}
    for who, address in [*samples(walker.users), *more]:
        by_person.setdefault(who, []).append(address)
    for who in PEOPLE:
        if who and who not in walker.users:
            continue
        starts = [*OWN, *COMMON, *by_person.get(who, [])] if who else [*SIGNED_OUT, *by_person.get("", [])]
        walker.go(who, [*starts, *(walker.unfinished() if who else ())])
    walker.knock()
    walker.walk.met, walker.walk.searched = sorted(walker.met), sorted(walker.searched)
    return walker.walk


def load(data: Path) -> None:
    """A smaller city of the same kinds, by the command that fills an empty installation."""
    Installation(data).with_tables()
    subprocess.run(
        [sys.executable, "-m", "yankao", "demo", "load", "--scale", str(SCALE)],
        cwd=ROOT, env=surroundings(data), check=True,
    )  # fmt: skip


def surroundings(data: Path) -> dict[str, str]:
    """The environment of a product on that folder, whatever this process was told."""
    kept = {k: v for k, v in os.environ.items() if not k.startswith(("YANKAO_", "DJANGO_", "DATABASE_URL"))}
    return kept | {"YANKAO_DATA": str(data), "YANKAO_DEMO": "1", "YANKAO_CACHE": str(ROOT / "build")}


@contextmanager
def run(data: Path, port: int, out: IO[bytes], *more: str) -> Iterator[subprocess.Popen[bytes]]:
    """The product on a folder, as its command starts it; stopped at the end."""
    process = subprocess.Popen(
        [sys.executable, "-m", "yankao", "run", "--port", str(port), "--workers", "1", *more],
        cwd=ROOT,
        env=surroundings(data),
        stdout=out,
        stderr=subprocess.STDOUT,
        start_new_session=True,
    )
    try:
        yield process
    finally:
        process.send_signal(signal.SIGTERM)
        try:
            process.wait(30)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)


def free_port() -> int:
    """A port nobody listens at; each process begins its search elsewhere."""
    begin = os.getpid() % 900
    for port in (21800 + (begin + n) % 1000 for n in range(1000)):
        with socket.socket() as trial:
            try:
                trial.bind(("127.0.0.1", port))
            except OSError:
                continue
            return port
    raise RuntimeError("no free port between 21800 and 22800")


def await_answer(url: str, process: subprocess.Popen[bytes], log: Path) -> None:
    """Until the first page is served. Raises RuntimeError with the end of the log."""
    until = time.monotonic() + START
    while time.monotonic() < until and process.poll() is None:
        try:
            with urllib.request.urlopen(f"{url}/healthz", timeout=2) as answer:
                if answer.status == 200:
                    return
        except OSError:
            time.sleep(0.2)
    raise RuntimeError(f"the product did not start:\n{log.read_text()[-3000:]}")


def keeper() -> None:
    """Somebody with a password and a second factor: the demonstration's people have neither."""
    from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
    from allauth.mfa.totp.internal.auth import TOTP

    from yankao.kernel.people.models import User

    user = User.objects.create_user(
        KEEPER, "keeper@example.org", PASSWORD, name="鍾守一", name_en="Chung Shou-yi"
    )
    TOTP.activate(user, SECRET)
    RecoveryCodes.activate(user)


def papers() -> list[tuple[str, str]]:
    """A certificate, a letter that came in and a record that could not be read, so that their pages are
    walked; and, with whoever opens it, where no link leads that the walk would follow: it opens one page of
    a kind, and the first of these leads no further.
    """
    from django.utils import timezone

    from yankao.kernel.documents.pdf import NoChineseFont
    from yankao.kernel.journal import ingest
    from yankao.kernel.journal.models import DeadLetter, Source
    from yankao.kernel.letters import issuing, receiving, verify
    from yankao.kernel.letters.declare import letters
    from yankao.kernel.people.models import Agency, User
    from yankao.kernel.review.models import Sheet
    from yankao.research.english.signs.models import SignReport
    from yankao.service.enquiries import incidents
    from yankao.service.enquiries.models import Article

    staff = User.objects.get(username="demo.rdec")
    receiving.receive(
        staff, Agency.objects.get(is_commission=True, valid_to=None), received_on=timezone.localdate(),
        sender="行政院", title="函轉施政計畫編審規定", key="walk",
    )  # fmt: skip
    starts = [("", f"/register/signs/{one.code}/") for one in SignReport.objects.all()[:1]]
    starts += [
        ("demo.rdec", f"/rounds/{sheet.round_id}/sheets/{sheet.code}/")
        for sheet in Sheet.objects.filter(round__met_on=None).order_by("-pk")[:1]
    ]
    starts += [
        ("demo.editor", f"/rooms/service.enquiries/articles/{one.code}/edit")
        for one in Article.objects.order_by("pk")[:1]
    ]
    now = incidents.holding(timezone.now()).values_list("code", flat=True)[:1]
    starts += [
        ("demo.callchief", f"/rooms/service.enquiries/incidents/{place}")
        for place in ("new", *(f"{code}/{page}" for code in now for page in ("", "reword")))
    ]
    source = Source.objects.filter(journal="information.hotspots", format="radius_detail").first()
    if source is not None:
        ingest.take(source, b"Tue Jan 10 09:46:40 2012\n\tAcct-Status-Type = Unknown\n\n")
        letter = DeadLetter.objects.filter(source=source).latest("pk")
        starts.append(("demo.rdec", f"/office/journals/letters/{letter.pk}/"))
    code = verify.new_code()
    known, verify.new_code = verify.new_code, lambda: code
    certificate = letters["inspection.training.certificate"]
    try:
        for seat in certificate.among(staff)[:20]:
            if not issuing.refusal(certificate, seat, staff):
                issuing.issue(certificate, seat, staff)
                return [*starts, ("", f"/verify/{code}/")]
    except NoChineseFont:
        sys.stderr.write("no Chinese font: no certificate is walked\n")
    finally:
        verify.new_code = known
    return starts


def main(folder: Path) -> None:
    """Make the city in `folder`, put it out as `data`, and write down what is found in it.

    The walk goes through another copy: what it changes by looking (sessions, marks of what was seen) is
    nothing to those who copy `data` meanwhile.
    """
    ready, work = folder / "data", folder / "work"
    shutil.rmtree(work, ignore_errors=True)
    if ready.exists():
        shutil.copytree(ready, work)
    else:
        load(work)
    sys.path.insert(0, str(ROOT))
    os.environ |= surroundings(work)
    os.environ["DJANGO_SETTINGS_MODULE"] = "yankao.site.settings"
    from yankao.site import installation

    installation.up()
    from django.db import connection

    from yankao.kernel.people.models import User

    if not User.objects.filter(username=KEEPER).exists():
        keeper()
    starts = papers()
    connection.close()
    shutil.copytree(work, folder / "data.part")
    shutil.rmtree(ready, ignore_errors=True)
    (folder / "data.part").rename(ready)
    found = json.dumps(asdict(walk(starts)), ensure_ascii=False, indent=1)
    (folder / "pages.part").write_text(found)
    (folder / "pages.part").rename(folder / "pages.json")
    shutil.rmtree(work)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
