"""A real HTTP server that speaks the inference contract, with faults to choose from."""

import itertools
import json
import math
import threading
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from covertype.schema import FEATURE_NAMES

GOOD = {
    "model": "CovertypeModel",
    "version": "1",
    "prediction": 2,
    "cover_type": "Lodgepole Pine",
}


@dataclass(frozen=True)
class Reply:
    """One answer: ``delay`` in seconds, ``missing`` in bytes that are announced but not sent."""

    body: str | dict[str, object] = field(default_factory=lambda: dict(GOOD))
    status: int = 200
    delay: float = 0.0
    missing: int = 0


class Service(ThreadingHTTPServer):
    """Answers ``POST /predict/`` with its replies in turn, and keeps the bodies it got.

    A body that is not ten finite numbers under the schema's names is answered with 422.
    """

    daemon_threads = True
    request_queue_size = 128

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.bodies: list[dict[str, Any]] = []
        self.closing = threading.Event()
        self._replies = itertools.cycle([Reply()])
        self._lock = threading.Lock()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}"

    def answer_with(self, *replies: Reply) -> None:
        self._replies = itertools.cycle(replies)

    def reply_to(self, body: dict[str, Any]) -> Reply:
        with self._lock:
            self.bodies.append(body)
            reply = next(self._replies)
        return reply if _is_row(body) else Reply(status=422)


def _is_row(body: dict[str, Any]) -> bool:
    numbers = all(type(value) in (int, float) and math.isfinite(value) for value in body.values())
    return numbers and body.keys() == set(FEATURE_NAMES)


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    wbufsize = -1
    server: Service

    def do_POST(self) -> None:
        received = self.rfile.read(int(self.headers["Content-Length"]))
        reply = Reply(status=404)
        if self.path == "/predict/":
            reply = self.server.reply_to(json.loads(received))
        self.server.closing.wait(reply.delay)
        body = reply.body if isinstance(reply.body, str) else json.dumps(reply.body)
        self.send_response(reply.status)
        self.send_header("Content-Length", str(len(body) + reply.missing))
        self.end_headers()
        self.close_connection = self.close_connection or bool(reply.missing)
        try:
            self.wfile.write(body.encode())
            self.wfile.flush()
        except ConnectionError:  # the client gave up waiting
            self.close_connection = True

    def log_request(self, *_: object) -> None:
        """Keep the test output free of access lines."""
