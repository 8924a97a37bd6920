"""Bounds for what comes before a body: uvicorn bounds neither a head's size nor its time.

A client that sends a head byte by byte, or one without end, would hold its connection and
memory for as long as it likes.
"""

import asyncio
from typing import Any, ClassVar

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from .answers import error_answer, on_the_wire
from .errors import HeadTimeoutError, HeadTooLargeError, RequestError, UnreadableRequestError


class GuardedProtocol(HttpToolsProtocol):
    """uvicorn's HTTP protocol with bounded heads, and JSON for requests that cannot be read."""

    head_seconds: ClassVar[float] = 4
    head_bytes: ClassVar[int] = 32 * 1024

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self.is_mid_request = False
        self._is_mid_head = False
        self._more_head_bytes = 0
        self._head_timer: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """A client has connected; one that never speaks is as idle as one that has ended."""
        super().connection_made(transport)
        self.timeout_keep_alive_task = self.loop.call_later(
            self.timeout_keep_alive, self.timeout_keep_alive_handler
        )

    def connection_lost(self, exc: Exception | None) -> None:
        """The client has gone."""
        self._stop_timer()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Parse; a head that is still open afterwards has a limited time and size."""
        if self._is_mid_head:
            self._more_head_bytes += len(data)
        super().data_received(data)
        if not self._is_mid_head or self.transport.is_closing():
            return
        if self._more_head_bytes > self.head_bytes:
            self.refuse(HeadTooLargeError(self.head_bytes))
        elif self._head_timer is None:
            self._head_timer = self.loop.call_later(
                self.head_seconds, self.refuse, HeadTimeoutError(self.head_seconds)
            )

    def on_message_begin(self) -> None:
        """The first byte of a request."""
        self.is_mid_request = self._is_mid_head = True
        self._more_head_bytes = 0
        super().on_message_begin()

    def on_headers_complete(self) -> None:
        """The head is whole."""
        self._is_mid_head = False
        self._stop_timer()
        super().on_headers_complete()

    def on_message_complete(self) -> None:
        """The request is whole."""
        self.is_mid_request = False
        super().on_message_complete()

    def send_400_response(self, msg: str) -> None:
        """Answer what is no HTTP, or none that uvicorn reads."""
        self.refuse(UnreadableRequestError(msg))

    def refuse(self, error: RequestError) -> None:
        """Answer a request that never became one, and close the connection."""
        self._stop_timer()
        if not self.transport.is_closing():
            self.transport.write(on_the_wire(error_answer(error), is_last=True))
            self.transport.close()

    def _stop_timer(self) -> None:
        if self._head_timer is not None:
            self._head_timer.cancel()
            self._head_timer = None
