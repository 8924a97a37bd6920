"""Bounds for what uvicorn leaves without: heads, trailers, and bodies that nobody reads any more.

A client that sends a head byte by byte, or one without end, or goes on with a body after it
was refused, would hold its connection and memory for as long as it likes.
"""

import asyncio
from typing import Any, ClassVar

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from .answers import error_answer, on_the_wire
from .errors import Problem, RequestError


class UnreadableRequestError(RequestError):
    """The bytes are no HTTP."""

    def __init__(self, fault: str) -> None:
        super().__init__([Problem(("request",), f"{fault} Send HTTP/1.1", "unreadable_request")])


class HeadTimeoutError(RequestError):
    """The headers did not arrive in time."""

    status = 408

    def __init__(self, seconds: float) -> None:
        msg = f"The headers did not arrive within {seconds:g} seconds: send the request again"
        super().__init__([Problem(("headers",), msg, "headers_timeout")])


class HeadTooLargeError(RequestError):
    """The headers have no end."""

    status = 431

    def __init__(self, limit: int) -> None:
        msg = f"The headers are larger than {limit} bytes: send fewer"
        super().__init__([Problem(("headers",), msg, "headers_too_large")])


class GuardedProtocol(HttpToolsProtocol):
    """uvicorn's HTTP protocol with bounds, and JSON for requests that cannot be read.

    ``head_bytes`` bounds what may come without being a body or ending a head. A head in one
    piece may be larger: as large as what the event loop reads at once.
    """

    head_seconds: ClassVar[float] = 4
    head_bytes: ClassVar[int] = 32 * 1024
    unread_body_bytes: ClassVar[int] = 1024 * 1024

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self.is_mid_request = False
        self._is_mid_head = False
        self._got_on = False
        self._useless_bytes = 0
        self._unread_bytes = 0
        self._patience: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """A client has connected; one that never speaks is as idle as one that has ended."""
        super().connection_made(transport)
        self._wait_for_a_request()

    def connection_lost(self, exc: Exception | None) -> None:
        """The client has gone."""
        self._stop_waiting()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Parse; what is still open afterwards has a limited time and size."""
        self._got_on = False
        was_answered = self._is_answered_early()
        super().data_received(data)
        if self.transport.is_closing():
            return
        if was_answered and self._is_answered_early():
            self._unread_bytes += len(data)
            if self._unread_bytes > self.unread_body_bytes:
                self.transport.close()
            return
        self._useless_bytes = 0 if self._got_on else self._useless_bytes + len(data)
        if self._useless_bytes > self.head_bytes:
            self.refuse(HeadTooLargeError(self.head_bytes))
        elif self._is_mid_head:
            self._lose_patience_with(HeadTimeoutError(self.head_seconds))
        elif self._is_between_requests() and self.timeout_keep_alive_task is None:
            self._wait_for_a_request()

    def on_message_begin(self) -> None:
        """The first byte of a request."""
        self.is_mid_request = self._is_mid_head = True
        super().on_message_begin()

    def on_header(self, name: bytes, value: bytes) -> None:
        """A header; after the body it is a trailer, which nothing here reads."""
        if self._is_mid_head:
            super().on_header(name, value)

    def on_headers_complete(self) -> None:
        """The head is whole."""
        self._is_mid_head = False
        self._got_on = True
        self._stop_waiting()
        super().on_headers_complete()
        if self.parser.should_upgrade():
            self.cycle.keep_alive = False  # what follows is read as the other protocol

    def on_body(self, body: bytes) -> None:
        """A piece of the body."""
        self._got_on = True
        super().on_body(body)

    def on_message_complete(self) -> None:
        """The request is whole."""
        self.is_mid_request = False
        self._got_on = True
        self._unread_bytes = 0
        self._stop_waiting()
        super().on_message_complete()

    def on_response_complete(self) -> None:
        """The answer is sent; the rest of a body that was refused may still come."""
        super().on_response_complete()
        if self._is_answered_early() and not self.transport.is_closing():
            self._stop_waiting()
            self._patience = self.loop.call_later(self.head_seconds, self.transport.close)

    def send_400_response(self, msg: str) -> None:
        """Answer what is no HTTP, or none that uvicorn reads."""
        self.refuse(UnreadableRequestError(msg))

    def refuse(self, error: RequestError) -> None:
        """Answer a request that never became one, and close the connection.

        Where an earlier answer is under way, the client would take this one for a part of it.
        """
        self._stop_waiting()
        if self.transport.is_closing():
            return
        is_next_to_be_answered = not self.pipeline and (
            self.cycle is None
            or self.cycle.response_complete
            or (self.cycle.more_body and not self.cycle.response_started)
        )
        self.pipeline.clear()
        if is_next_to_be_answered:
            self.transport.write(on_the_wire(error_answer(error), is_last=True))
        self.transport.close()

    def _is_between_requests(self) -> bool:
        return not self.is_mid_request and (self.cycle is None or self.cycle.response_complete)

    def _is_answered_early(self) -> bool:
        return self.cycle is not None and self.cycle.response_complete and self.cycle.more_body

    def _wait_for_a_request(self) -> None:
        self.timeout_keep_alive_task = self.loop.call_later(
            self.timeout_keep_alive, self.timeout_keep_alive_handler
        )

    def _lose_patience_with(self, error: RequestError) -> None:
        if self._patience is None:
            self._patience = self.loop.call_later(self.head_seconds, self.refuse, error)

    def _stop_waiting(self) -> None:
        if self._patience is not None:
            self._patience.cancel()
            self._patience = None
