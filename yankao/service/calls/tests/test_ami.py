"""The live feed against a small server that speaks the manager interface over a real socket."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Iterator
from typing import Any

import pytest

from yankao.kernel.journal.models import Source
from yankao.service.calls.exchange import ami_feed
from yankao.service.calls.models import Call, State

SECRET = "correct horse"


class Exchange(threading.Thread):
    """Accepts connections in turn; each plays its script after the log-in, then hangs up or answers pings."""

    def __init__(self, *scripts: list[str]) -> None:
        super().__init__(daemon=True)
        self.scripts = list(scripts)
        self.logins: list[str] = []
        self.server = socket.create_server(("127.0.0.1", 0))
        self.address = f"127.0.0.1:{self.server.getsockname()[1]}"
        self.played = threading.Event()

    def run(self) -> None:
        for number, script in enumerate(self.scripts):
            peer, _place = self.server.accept()
            with peer:
                peer.sendall(b"Asterisk Call Manager/9.0.0\r\n")
                login = self._read(peer)
                self.logins.append(login)
                if f"Secret: {SECRET}" not in login:
                    peer.sendall(b"Response: Error\r\nMessage: Authentication failed\r\n\r\n")
                    continue
                peer.sendall(b"Response: Success\r\nMessage: Authentication accepted\r\n\r\n")
                for message in script:
                    # In two pieces, as a network delivers it.
                    data = message.replace("\n", "\r\n").encode()
                    peer.sendall(data[:9])
                    time.sleep(0.01)
                    peer.sendall(data[9:])
                if number == len(self.scripts) - 1:
                    self.played.set()
                    while "Ping" in self._read(peer):
                        peer.sendall(b"Response: Success\r\nPing: Pong\r\n\r\n")

    @staticmethod
    def _read(peer: socket.socket) -> str:
        data = b""
        while not data.endswith(b"\r\n\r\n"):
            piece = peer.recv(1024)
            if not piece:
                return ""
            data += piece
        return data.decode()


def event(name: str, **fields: str) -> str:
    return "\n".join([f"Event: {name}", *(f"{key}: {value}" for key, value in fields.items())]) + "\n\n"


JOIN = event("QueueCallerJoin", Uniqueid="a", Queue="1999", CallerIDNum="0912345678")
NOISE = event("VarSet", Variable="x", Value="1")
CONNECT = event("AgentConnect", Uniqueid="a", Queue="1999", MemberName="PJSIP/1", HoldTime="7")
COMPLETE = event(
    "AgentComplete",
    Uniqueid="a",
    Queue="1999",
    MemberName="PJSIP/1",
    HoldTime="7",
    TalkTime="60",
    Reason="agent",
)


@pytest.fixture
def live(db: Any, settings: Any, tmp_path: Any, monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    settings.DATA = tmp_path
    monkeypatch.setenv("AMI_SECRET", SECRET)
    monkeypatch.setattr(ami_feed, "GATHER", 0.05)

    def make(exchange: Exchange, secret: str = "AMI_SECRET") -> Source:
        exchange.start()
        return Source.objects.create(
            journal="service.calls", code="ami", name="AMI", format="ami", address=exchange.address,
            settings={"user": "yankao", "secret": secret},
        )  # fmt: skip

    yield make


def until(exchange: Exchange, seconds: float = 1.0) -> Any:
    """Goes on until the last script was played and a little after, ten seconds at most."""
    end = time.monotonic() + 10

    def going() -> bool:
        nonlocal end
        if exchange.played.is_set():
            end = min(end, time.monotonic() + seconds)
            exchange.played.clear()
        return time.monotonic() < end

    return going


def test_the_feed_logs_in_and_keeps_what_tells_of_calls(live: Any) -> None:
    exchange = Exchange([JOIN, NOISE, CONNECT])
    source = live(exchange)
    taken = ami_feed.follow(source, until(exchange))
    assert taken.records == 2
    one = Call.objects.get()
    assert (one.state, one.agent and one.agent.code) == (State.TALKING, "PJSIP/1")
    assert "Username: yankao" in exchange.logins[0]
    source.refresh_from_db()
    assert source.read_at is not None
    assert source.fault == ""


def test_a_broken_connection_is_made_anew_later_and_later(live: Any) -> None:
    exchange = Exchange([JOIN], [CONNECT], [COMPLETE])
    source = live(exchange)
    waits: list[float] = []
    ami_feed.follow(source, until(exchange), sleep=waits.append)
    assert len(exchange.logins) == 3
    assert waits == [1.0, 1.0]  # each log-in that succeeds begins the waits anew
    assert Call.objects.get().state == State.COMPLETED


def test_a_refused_log_in_is_said_and_tried_ever_more_rarely(live: Any) -> None:
    exchange = Exchange([], [], [])
    source = live(exchange, secret="NOT_SET")
    waits: list[float] = []
    ami_feed.follow(source, lambda: len(waits) < 3, sleep=waits.append)
    assert waits == [1.0, 2.0, 4.0]
    source.refresh_from_db()
    assert "Authentication failed" in source.fault


def test_a_value_cannot_smuggle_a_second_action(live: Any) -> None:
    exchange = Exchange([])
    source = live(exchange)
    source.settings["user"] = "yankao\r\nAction: Originate"
    ami_feed.follow(source, until(exchange, 0.1))
    assert "\r\nAction: Originate" not in exchange.logins[0]


def test_the_command_follows_the_log_and_rebuilds_from_the_raw(live: Any, tmp_path: Any) -> None:
    import argparse

    from yankao.service.calls import listener

    log = tmp_path / "queue_log"
    log.write_text("1331085600|a|1999|NONE|ENTERQUEUE||0912|1\n1331085607|a|1999|PJSIP/1|CONNECT|7|b|1\n")
    parser = argparse.ArgumentParser()
    listener.arguments(parser)
    said: list[str] = []
    for given in (["--queue-log", str(log), "--once"], ["--rebuild"]):
        listener.listen(parser.parse_args(given), said.append, lambda: False)
    assert Call.objects.get().state == State.TALKING
    assert said[-1].endswith("0個。")
    with pytest.raises(ValueError, match="--queue-log"):
        listener.listen(parser.parse_args([]), said.append, lambda: False)
