"""A real HTTP server whose answers, and faults, a test scripts."""

import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Self
from urllib.parse import parse_qsl, urlsplit

DEADLINE_SECONDS = 30


@dataclass(frozen=True)
class Request:
    """What a client asked for."""

    path: str
    query: dict[str, str]
    host: str


@dataclass(frozen=True)
class Reply:
    """One answer, or a fault in its place.

    ``missing`` bytes are announced but not sent. ``silent`` says nothing until the server
    stops, ``hangs_up`` closes the connection without an answer.
    """

    body: bytes = b""
    status: int = 200
    content_type: str = "application/json"
    missing: int = 0
    silent: bool = False
    hangs_up: bool = False

    @classmethod
    def json(cls, value: object, status: int = 200) -> Self:
        return cls(json.dumps(value).encode(), status)


@dataclass
class Script:
    """Gives its replies in turn, and repeats the last one."""

    replies: list[Reply]
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def __call__(self, _request: Request) -> Reply:
        with self._lock:
            return self.replies.pop(0) if len(self.replies) > 1 else self.replies[0]


class FaultServer(ThreadingHTTPServer):
    """Answers GET as ``answer`` decides, and keeps what it was asked."""

    daemon_threads = True

    def __init__(self, host: str = "127.0.0.1", port: int = 0) -> None:
        super().__init__((host, port), _Handler)
        self.requests: list[Request] = []
        self.stopping = threading.Event()
        self.answer: Callable[[Request], Reply] = Script([Reply(status=404)])

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}"

    def script(self, *replies: Reply) -> None:
        self.answer = Script(list(replies))


class _Handler(BaseHTTPRequestHandler):
    server: FaultServer

    def do_GET(self) -> None:
        parts = urlsplit(self.path)
        request = Request(parts.path, dict(parse_qsl(parts.query)), self.headers["Host"])
        self.server.requests.append(request)
        reply = self.server.answer(request)
        if reply.silent:
            self.server.stopping.wait(DEADLINE_SECONDS)
        if reply.silent or reply.hangs_up:
            return
        self.send_response(reply.status)
        self.send_header("Content-Type", reply.content_type)
        self.send_header("Content-Length", str(len(reply.body) + reply.missing))
        self.end_headers()
        self.wfile.write(reply.body)

    def log_message(self, *_args: object) -> None:
        """Say nothing: the tests look at ``requests``."""


@contextmanager
def serving(server: FaultServer) -> Iterator[FaultServer]:
    """Run a server in a thread."""
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    with server:
        thread.start()
        try:
            yield server
        finally:
            server.stopping.set()
            server.shutdown()
            thread.join(DEADLINE_SECONDS)
