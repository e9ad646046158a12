"""Where mails lie: a maildir, an mbox file, single files, or a box on an IMAP server; the standard library.

    maildir:/srv/mail/petitions                         new/ is emptied into cur/
    mbox:/var/mail/petitions                            read, never changed
    imaps://petitions@mail.example/INBOX?kind=mailbox   unseen mails, marked as seen once they are taken

`kind` says of which class a mail's case is. A mail is marked only after it is taken: what breaks off in
between is fetched again, and known again by its Message-ID.
"""

from __future__ import annotations

import imaplib
import mailbox
import re
import ssl
from collections.abc import Callable, Generator, Iterator
from contextlib import closing, suppress
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from urllib.parse import parse_qs, unquote, urlsplit

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.utils.translation import gettext as _

from ..models import Kind
from .reading import MOST_BYTES

SECONDS = 30
LOOPBACK = ("localhost", "127.0.0.1", "::1")


class BoxClosed(OSError):
    """The box could not be opened or read; says why, never with a password."""


@dataclass(frozen=True)
class Parcel:
    """A mail as it lies there, and what marks it as taken."""

    raw: bytes
    done: Callable[[], None] = lambda: None


@dataclass(frozen=True)
class Box:
    """A place mails are fetched from. `name` tells it apart in lists: without account and password."""

    name: str
    kind: str
    mails: Callable[[], Generator[Parcel]]


def boxes() -> list[Box]:
    """Those of this installation (`YANKAO_INTAKE`, parted by blanks). A wrong address is a box that is always
    closed and goes by its place: it may hold a password.
    """
    found = []
    for number, address in enumerate(settings.INTAKE.split(), 1):
        try:
            found.append(box(address))
        except ImproperlyConfigured as wrong:
            found.append(Box(f"YANKAO_INTAKE {number}", str(Kind.PETITION), partial(_closed, str(wrong))))
    return found


def _closed(why: str) -> Generator[Parcel]:
    raise BoxClosed(why)
    yield  # a generator, as of every other box


def tried() -> Iterator[tuple[str, str]]:
    """Each box of this installation, opened as for fetching, with nothing taken or marked: its name, and why
    it does not open ("" where it does).
    """
    for one in boxes():
        why = ""
        try:
            with closing(one.mails()) as mails:
                next(mails, None)
        except OSError as error:
            why = str(error)
        yield one.name, why


def box(address: str) -> Box:
    """The box of an address, see above."""
    told = urlsplit(address)
    kind = parse_qs(told.query).get("kind", [str(Kind.PETITION)])[0]
    if kind not in Kind.values or kind == Kind.DISPATCH:
        raise ImproperlyConfigured(_("收信信箱的kind須是petition或mailbox。"))
    if told.scheme in ("maildir", "mbox") and told.path.startswith("/"):
        place = Path(unquote(told.path))
        return Box(f"{told.scheme}:{place.name}", kind, lambda: in_folder(place))
    if told.scheme in ("imap", "imaps") and told.hostname and told.username:
        port = f":{told.port}" if told.port else ""
        name = f"{told.scheme}://{told.hostname}{port}{told.path}"
        return Box(name, kind, lambda: on_server(address))
    raise ImproperlyConfigured(_("收信信箱須是maildir:/資料夾、mbox:/檔案或imaps://帳號@主機/信匣。"))


def in_folder(place: Path) -> Generator[Parcel]:
    """The mails of a maildir (those not seen yet), an mbox, or one file. Raises BoxClosed."""
    if not place.exists():
        raise BoxClosed(_("沒有這個信箱：%(place)s") % {"place": place})
    if place.is_dir() and (place / "new").is_dir():
        yield from _maildir(place)
    elif place.is_dir():
        for one in sorted(place.glob("*.eml")):
            yield Parcel(_at_most(one))
    elif _starts_as_mbox(place):
        yield from _mbox(place)
    else:
        yield Parcel(_at_most(place))


def _at_most(place: Path) -> bytes:
    """The file, of one that is too large the beginning: enough to see that it is."""
    with place.open("rb") as file:
        return file.read(MOST_BYTES + 1)


def _starts_as_mbox(place: Path) -> bool:
    with place.open("rb") as file:
        return file.read(5) == b"From "


def _maildir(place: Path) -> Iterator[Parcel]:
    for one in sorted((place / "new").iterdir()):
        if one.name.startswith(".") or not one.is_file():
            continue

        def done(one: Path = one) -> None:
            (place / "cur").mkdir(exist_ok=True)
            with suppress(FileNotFoundError):  # another has taken it meanwhile
                one.rename(place / "cur" / f"{one.name.partition(':')[0]}:2,S")

        with suppress(FileNotFoundError):
            yield Parcel(_at_most(one), done)


def _mbox(place: Path) -> Iterator[Parcel]:
    try:
        found = mailbox.mbox(place, create=False)
        for key in found.iterkeys():
            with found.get_file(key) as file:
                yield Parcel(file.read(MOST_BYTES + 1))
    except mailbox.Error as error:
        raise BoxClosed(str(error)) from error


def on_server(address: str) -> Generator[Parcel]:
    """The unseen mails of a box on an IMAP server (RFC 3501), over TLS. Raises BoxClosed."""
    told = urlsplit(address)
    host, folder = told.hostname or "", unquote(told.path.strip("/")) or "INBOX"
    password = unquote(told.password) if told.password else settings.INTAKE_PASSWORD
    try:
        server = _connected(told.scheme, host, told.port)
        try:
            server.login(unquote(told.username or ""), password)
            status, _answer = server.select(f'"{folder}"')
            if status != "OK":
                raise BoxClosed(_("信箱沒有「%(folder)s」這個信匣。") % {"folder": folder})
            yield from _unseen(server)
        finally:
            with suppress(imaplib.IMAP4.error, OSError):
                server.logout()
    except BoxClosed:
        raise
    except imaplib.IMAP4.error as error:
        raise BoxClosed(_("IMAP主機拒絕：%(why)s") % {"why": _without(str(error), password)}) from None
    except OSError as error:
        raise BoxClosed(_("無法連線到IMAP主機：%(why)s") % {"why": type(error).__name__}) from None


def _without(words: str, password: str) -> str:
    return words.replace(password, "…") if password else words


def _connected(scheme: str, host: str, port: int | None) -> imaplib.IMAP4:
    trust = ssl.create_default_context()
    if scheme == "imaps":
        return imaplib.IMAP4_SSL(host, port or 993, ssl_context=trust, timeout=SECONDS)
    server = imaplib.IMAP4(host, port or 143, timeout=SECONDS)
    if host not in LOOPBACK:
        server.starttls(trust)
    return server


def _unseen(server: imaplib.IMAP4) -> Iterator[Parcel]:
    _status, found = server.uid("SEARCH", "UNSEEN")
    for number in (found[0] or b"").decode("ascii").split() if found else ():
        _status, sized = server.uid("FETCH", number, "(RFC822.SIZE)")
        size = re.search(rb"RFC822\.SIZE (\d+)", b" ".join(one for one in sized if isinstance(one, bytes)))
        whole = size is None or int(size[1]) <= MOST_BYTES
        part = "BODY.PEEK[]" if whole else f"BODY.PEEK[]<0.{MOST_BYTES + 1}>"
        _status, told = server.uid("FETCH", number, f"({part})")
        raw = next((one[1] for one in told if isinstance(one, tuple)), None)
        if raw is None:
            continue  # deleted meanwhile

        def done(number: str = number) -> None:
            server.uid("STORE", number, "+FLAGS", r"(\Seen)")

        yield Parcel(raw, done)
