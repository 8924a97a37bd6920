"""A real server whose every answer, delay and fault is written by the test."""

import socket
import socketserver
import threading
from collections.abc import Callable
from contextlib import suppress
from types import TracebackType
from typing import BinaryIO, Self, cast

#: Waits so many seconds, or until the server is closed.
Pause = Callable[[float], object]
#: The bytes for the n-th request, from 0; none: no answer, and the connection is closed.
Answer = Callable[[int, Pause], bytes]

BODY = b'{"version":"7"}'


def whole(body: bytes = BODY, status: str = "200 OK", headers: str = "") -> bytes:
    """An answer with its length."""
    head = f"HTTP/1.1 {status}\r\n{headers}Content-Length: {len(body)}\r\n\r\n"
    return head.encode() + body


def at_once(_: int, _pause: Pause) -> bytes:
    """Answer the same, without delay."""
    return whole()


def after(seconds: float) -> Answer:
    """Answer the same, each time after a delay."""

    def answer(_: int, pause: Pause) -> bytes:
        pause(seconds)
        return whole()

    return answer


class ScriptedServer(socketserver.ThreadingTCPServer):
    """Gives each connection a thread.

    With ``hang_up`` it closes the connection after each answer, whatever the answer says.
    """

    allow_reuse_address = True
    request_queue_size = 64

    def __init__(self, answer: Answer = at_once, *, hang_up: bool = False, port: int = 0) -> None:
        super().__init__(("127.0.0.1", port), _Handler)
        self.answer = answer
        self.hang_up = hang_up
        self.closing = threading.Event()
        self.bodies: list[bytes] = []
        self.connections = 0
        self._open: set[socket.socket] = set()
        self._lock = threading.Lock()
        self._thread = threading.Thread(target=self.serve_forever, args=(0.02,))
        self.port = int(self.server_address[1])
        self.url = f"http://127.0.0.1:{self.port}/predict/"

    @property
    def received(self) -> int:
        """Requests so far."""
        return len(self.bodies)

    def note(self, body: bytes) -> int:
        """Keep a request's body; the request's number."""
        with self._lock:
            self.bodies.append(body)
            return len(self.bodies) - 1

    def opened(self, connection: socket.socket) -> None:
        with self._lock:
            self.connections += 1
            self._open.add(connection)

    def closed(self, connection: socket.socket) -> None:
        with self._lock:
            self._open.discard(connection)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.shutdown()
        self.closing.set()
        with self._lock:
            for connection in self._open:
                with suppress(OSError):
                    connection.shutdown(socket.SHUT_RDWR)
        self.server_close()  # waits for the connections' threads
        self._thread.join()


class _Handler(socketserver.StreamRequestHandler):
    disable_nagle_algorithm = True

    def handle(self) -> None:
        server = cast(ScriptedServer, self.server)
        server.opened(self.connection)
        try:
            with suppress(ConnectionError):
                self._converse(server)
        finally:
            server.closed(self.connection)

    def _converse(self, server: ScriptedServer) -> None:
        while (body := _request_body(cast(BinaryIO, self.rfile))) is not None:
            answer = server.answer(server.note(body), server.closing.wait)
            self.wfile.write(answer)
            if server.hang_up or not answer:
                return


def _request_body(stream: BinaryIO) -> bytes | None:
    """The next request's body; None when the client has gone."""
    length = 0
    while (line := stream.readline()) not in (b"\r\n", b""):
        name, _, value = line.partition(b":")
        if name.lower() == b"content-length":
            length = int(value)
    return stream.read(length) if line else None
