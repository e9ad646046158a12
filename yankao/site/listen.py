"""`yankao listen`: take in what a room's feed tells, until told to stop.

A room that listens brings a `listener.py` with `arguments(parser)` and `listen(options, say, going)`.
"""

from __future__ import annotations

import argparse
import signal
import sys
from typing import Any

from . import installation
from .terminal import INTACT, Stop, say
from .words import _


def listen_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("room", help=_("系統，例如information.hotspots；其後是該系統的參數"))
    parser.add_argument("given", nargs=argparse.REMAINDER, help=argparse.SUPPRESS)


def _listener(name: str) -> Any:
    from yankao.kernel.rooms import room, rooms  # noqa: PLC0415  (rooms are ready only after `ready`)

    try:
        found = room(name).part("listener")
    except LookupError:
        found = None
    if found is None:
        known = "、".join(one.name for one in rooms() if one.part("listener")) or _("（無）")
        raise Stop(_("「%(room)s」沒有可接收的來源，可用：%(known)s。") % {"room": name, "known": known})
    return found


def listen(options: argparse.Namespace) -> int:
    """See the help of `yankao listen`."""
    installation.ready()
    listener = _listener(options.room)
    parser = argparse.ArgumentParser(prog=f"yankao listen {options.room}")
    listener.arguments(parser)
    mine = parser.parse_args(options.given)
    stopped: list[int] = []
    for kind in (signal.SIGTERM, signal.SIGINT):
        signal.signal(kind, lambda number, frame: stopped.append(number))

    def tell(words: str) -> None:
        say(words)
        sys.stdout.flush()

    try:
        listener.listen(mine, tell, lambda: not stopped)
    except ValueError as error:
        raise Stop(str(error)) from error
    return INTACT
