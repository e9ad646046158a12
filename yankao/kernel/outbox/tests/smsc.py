"""A short-message centre on the loopback, speaking SMPP 3.4 in binary packets, that behaves as it is told."""

from __future__ import annotations

import contextlib
import socket
import struct
import threading
import time
from dataclasses import dataclass, field
from typing import Any

BIND_TX, BIND_RX, SUBMIT, DELIVER, UNBIND, ENQUIRE = 0x02, 0x01, 0x04, 0x05, 0x06, 0x15
ANSWER = 0x80000000


def cstring(data: bytes, at: int) -> tuple[bytes, int]:
    end = data.index(b"\0", at)
    return data[at:end], end + 1


@dataclass
class Submitted:
    """What the centre read of a submit_sm."""

    sender: bytes
    to: bytes
    esm_class: int
    registered: int
    data_coding: int
    text: bytes
    reference: int | None

    @property
    def words(self) -> str:
        body = self.text[6:] if self.esm_class & 0x40 else self.text
        return body.decode("utf-16-be") if self.data_coding == 8 else body.decode("ascii")


def submitted(body: bytes) -> Submitted:
    _service, at = cstring(body, 0)
    sender, at = cstring(body, at + 2)
    to, at = cstring(body, at + 2)
    esm_class = body[at]
    _when, at = cstring(body, at + 3)
    _until, at = cstring(body, at)
    registered, _replace, coding, _default, size = body[at : at + 5]
    text, at = body[at + 5 : at + 5 + size], at + 5 + size
    reference = None
    while at < len(body):
        tag, length = struct.unpack(">HH", body[at : at + 4])
        if tag == 0x0204:
            reference = int.from_bytes(body[at + 4 : at + 4 + length])
        at += 4 + length
    return Submitted(sender, to, esm_class, registered, coding, text, reference)


@dataclass
class Centre:
    """Moods: take, refuse (a full queue), never (an invalid number), hang, drop (takes it, then breaks off),
    lie (takes it and says no). With `honours_key` a repetition of reference, number and text is dropped."""

    mood: str = "take"
    honours_key: bool = True
    password: bytes = b"geheim"
    delivered: list[Submitted] = field(default_factory=list)
    asked: int = 0
    receipts: list[tuple[str, str]] = field(default_factory=list)
    numbers: dict[Any, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.server = socket.create_server(("127.0.0.1", 0))
        self.port = self.server.getsockname()[1]
        threading.Thread(target=self._serve, daemon=True).start()

    def close(self) -> None:
        with contextlib.suppress(OSError):
            self.server.shutdown(socket.SHUT_RDWR)
        self.server.close()

    def _serve(self) -> None:
        while True:
            try:
                line, _ = self.server.accept()
            except OSError:
                return
            threading.Thread(target=self._talk, args=(line,), daemon=True).start()

    def _talk(self, line: socket.socket) -> None:
        with line, contextlib.suppress(OSError, EOFError):
            line.settimeout(10)
            while True:
                command, sequence, body = self._read(line)
                if command in (BIND_TX, BIND_RX):
                    _user, at = cstring(body, 0)
                    word, _ = cstring(body, at)
                    ok = word == self.password
                    self._write(line, command | ANSWER, 0 if ok else 0x0E, sequence, b"centre\0")
                    if command == BIND_RX and ok:
                        self._tell(line)
                elif command == SUBMIT:
                    if not self._submit(line, sequence, submitted(body)):
                        return
                elif command == UNBIND:
                    self._write(line, UNBIND | ANSWER, 0, sequence)
                    return

    def _submit(self, line: socket.socket, sequence: int, got: Submitted) -> bool:
        self.asked += 1
        if self.mood == "hang":
            time.sleep(2)
            return False
        if self.mood in ("refuse", "never"):
            self._write(line, SUBMIT | ANSWER, 0x14 if self.mood == "refuse" else 0x0B, sequence)
            return True
        known = (got.reference, got.to, got.text) if self.honours_key else object()
        if known not in self.numbers:
            self.numbers[known] = f"{len(self.numbers) + 0xA0:08X}"
            self.delivered.append(got)
        if self.mood == "drop":
            return False
        if self.mood == "lie":
            self._write(line, SUBMIT | ANSWER, 0x45, sequence)
            return True
        number = self.numbers[known].encode() + b"\0"
        self._write(line, SUBMIT | ANSWER, 0, sequence, number)
        if self.mood == "twice":
            self._write(line, SUBMIT | ANSWER, 0, sequence, number)
        return True

    def _tell(self, line: socket.socket) -> None:
        for at, (number, state) in enumerate(self.receipts, 1):
            text = f"id:{number} sub:001 dlvrd:001 submit date:1206301200 stat:{state} err:000 text:".encode()
            body = b"\0\1\1886912345678\0\0\0yankao\0" + b"\4\0\0\0\0\0\0\0\0" + bytes([len(text)]) + text
            self._write(line, DELIVER, 0, 1000 + at, body)
            self._read(line)
        self.receipts.clear()

    @staticmethod
    def _read(line: socket.socket) -> tuple[int, int, bytes]:
        head = Centre._exactly(line, 16)
        length, command, _status, sequence = struct.unpack(">IIII", head)
        return command, sequence, Centre._exactly(line, length - 16)

    @staticmethod
    def _exactly(line: socket.socket, size: int) -> bytes:
        got = b""
        while len(got) < size:
            more = line.recv(size - len(got))
            if not more:
                raise EOFError
            got += more
        return got

    @staticmethod
    def _write(line: socket.socket, command: int, status: int, sequence: int, body: bytes = b"") -> None:
        line.sendall(struct.pack(">IIII", 16 + len(body), command, status, sequence) + body)
