"""An HTTP gateway on the loopback that behaves as it is told and drops repetitions of a key it honours."""

from __future__ import annotations

import contextlib
import json
import threading
import time
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


@dataclass
class Gateway:
    """Moods: take, busy (503), refuse (400), hang, drip (an answer without end), drop (takes it, then breaks
    off), lie (takes it and answers 500)."""

    mood: str = "take"
    honours_key: bool = True
    delivered: list[dict[str, Any]] = field(default_factory=list)
    headers: list[dict[str, str]] = field(default_factory=list)
    asked: int = 0
    seen: dict[str, int] = field(default_factory=dict)

    def __post_init__(self) -> None:
        gateway = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                with contextlib.suppress(OSError):
                    gateway._answer(self, json.loads(body))

            def log_message(self, *words: Any) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        self.server.handle_error = lambda *words: None  # type: ignore[method-assign]  # hung up on purpose
        self.url = f"http://127.0.0.1:{self.server.server_address[1]}/v1/send"
        threading.Thread(target=self.server.serve_forever, args=(0.02,), daemon=True).start()

    def close(self) -> None:
        self.server.shutdown()
        self.server.server_close()

    def _answer(self, line: BaseHTTPRequestHandler, told: dict[str, Any]) -> None:
        self.asked += 1
        self.headers.append(dict(line.headers))
        if self.mood == "hang":
            time.sleep(1)
            return
        if self.mood in ("busy", "refuse"):
            line.send_response(503 if self.mood == "busy" else 400)
            line.end_headers()
            return
        key = line.headers["Idempotency-Key"]
        if not self.honours_key or key not in self.seen:
            self.seen[key] = len(self.delivered) + 1
            self.delivered.append(told)
        if self.mood == "drop":
            line.connection.close()
            return
        line.send_response(500 if self.mood == "lie" else 202)
        if self.mood == "drip":
            line.send_header("Content-Length", "1000000")
            line.end_headers()
            while True:
                line.wfile.write(b" ")
                time.sleep(0.05)
        line.end_headers()
        line.wfile.write(json.dumps({"data": {"ids": [f"N{self.seen[key]}"]}}).encode())
