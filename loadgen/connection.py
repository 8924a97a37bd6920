"""One connection: a request at a time, its answer read from the raw bytes."""

import asyncio
from collections.abc import Callable
from typing import Final, cast

from loadgen.answers import Answer, BadAnswer, read_answer

#: Called with the status and the body of an answer; status 0 when the connection broke.
OnAnswer = Callable[["Connection", int, bytes], None]

NO_ANSWER: Final = 0


class Connection(asyncio.Protocol):
    """Sends one request after another and reports each answer.

    A broken connection reports status 0 for the request under way and is not used again;
    one that the server closes between two requests is only marked as closed.
    """

    def __init__(self, on_answer: OnAnswer) -> None:
        self._on_answer = on_answer
        self._received = b""
        self._pending = False
        self.transport: asyncio.Transport
        self.is_open = False
        self.scheduled = 0.0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast(asyncio.Transport, transport)  # uvloop's is none by class
        self.is_open = True

    def send(self, request: bytes, scheduled: float) -> None:
        """Send a request; ``scheduled`` is when it was due, in seconds of time.perf_counter."""
        self._pending = True
        self.scheduled = scheduled
        self.transport.write(request)

    def close(self) -> None:
        """Give up: the request under way, if any, ends without an answer."""
        self.transport.abort()
        self._received = b""
        self.connection_lost(None)

    def data_received(self, data: bytes) -> None:
        if not self._pending:
            return  # nobody asked; a server may say why it is about to close
        received = self._received + data if self._received else data
        try:
            answer = read_answer(received, ended=False)
        except BadAnswer:
            self.close()
            return
        if answer is None:
            self._received = received
        else:
            self._report(answer)

    def connection_lost(self, exc: Exception | None) -> None:
        self.is_open = False
        if not self._pending:
            return
        try:
            answer = read_answer(self._received, ended=exc is None)
        except BadAnswer:
            answer = None
        self._report(answer or Answer(NO_ANSWER, b"", closes=True))

    def _report(self, answer: Answer) -> None:
        self._received = b""
        self._pending = False
        if answer.closes and self.is_open:
            self.is_open = False
            self.transport.close()
        self._on_answer(self, answer.status, answer.body)
