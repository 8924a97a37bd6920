"""Reads request bodies: JSON only, bounded in size and in time, plain ASGI."""

import asyncio
from collections.abc import Iterable
from time import monotonic
from typing import Any, Final

from starlette.types import Receive, Scope

from .errors import BodyTimeoutError, BodyTooLargeError, ClientGoneError, UnsupportedMediaError

_SWEEP_SECONDS: Final = 0.5
# A body that is too large is read and forgotten up to so many times the limit: to close a
# connection on bytes that nobody read is to reset it, and the client may lose its answer.
_READ_ON: Final = 4


class BodyReader:
    """Reads bodies of at most ``max_bytes`` bytes that arrive within ``seconds``.

    ``sweep`` must run beside it: one timer for all requests costs a tenth of one for each.
    """

    def __init__(self, max_bytes: int, seconds: float) -> None:
        self._max_bytes = max_bytes
        self._seconds = seconds
        self._waiting: dict[asyncio.Task[Any], float] = {}
        self._expired: set[asyncio.Task[Any]] = set()

    async def read(self, scope: Scope, receive: Receive) -> bytes:
        """The whole body.

        Raises UnsupportedMediaError, BodyTooLargeError, BodyTimeoutError or ClientGoneError.
        """
        check_headers(scope["headers"], self._max_bytes)
        task = asyncio.current_task()
        if task is None:
            return await self._receive(receive)
        self._waiting[task] = monotonic()
        try:
            return await self._receive(receive)
        except asyncio.CancelledError:
            if task not in self._expired:
                raise
            task.uncancel()
            raise BodyTimeoutError(self._seconds) from None
        finally:
            del self._waiting[task]
            self._expired.discard(task)

    async def sweep(self) -> None:
        """Give up on bodies that take too long; runs until cancelled."""
        while True:
            await asyncio.sleep(min(self._seconds, _SWEEP_SECONDS))
            oldest = monotonic() - self._seconds
            for task, since in self._waiting.items():
                if since < oldest and task not in self._expired:
                    self._expired.add(task)
                    task.cancel()

    async def _receive(self, receive: Receive) -> bytes:
        message = await receive()
        body: bytes = message.get("body", b"")
        if not message.get("more_body"):
            if message["type"] == "http.disconnect":
                raise ClientGoneError
            if len(body) > self._max_bytes:
                raise BodyTooLargeError(self._max_bytes)
            return body
        pieces, size = [body], len(body)
        while message.get("more_body") and size <= _READ_ON * self._max_bytes:
            message = await receive()
            if message["type"] == "http.disconnect":
                raise ClientGoneError
            piece = message.get("body", b"")
            size += len(piece)
            if size > self._max_bytes:
                pieces.clear()
            else:
                pieces.append(piece)
        if size > self._max_bytes:
            raise BodyTooLargeError(self._max_bytes)
        return b"".join(pieces)


def check_headers(headers: Iterable[tuple[bytes, bytes]], max_bytes: int) -> None:
    """Refuse what the headers already show to be unreadable, before any of the body is read.

    Raises UnsupportedMediaError or BodyTooLargeError.
    """
    for name, value in headers:
        if name == b"content-type":
            if value != b"application/json" and not _is_json(value):
                raise UnsupportedMediaError("content-type", "Send the body as application/json")
        elif name == b"content-length":
            # Longer than any limit could be, and int() refuses thousands of digits.
            if len(value) > 18 or (value.isdigit() and int(value) > max_bytes):
                raise BodyTooLargeError(max_bytes)
        elif name == b"content-encoding" and value.strip().lower() not in (b"", b"identity"):
            raise UnsupportedMediaError("content-encoding", "Send the body uncompressed")


def _is_json(content_type: bytes) -> bool:
    """application/json or application/*+json in UTF-8; no type at all passes too."""
    kind, *parameters = (part.strip() for part in content_type.lower().split(b";"))
    for parameter in parameters:
        key, _, value = parameter.partition(b"=")
        if key == b"charset" and value.strip(b'"') not in (b"utf-8", b"utf8", b"us-ascii"):
            return False
    return kind in (b"", b"application/json") or (
        kind.startswith(b"application/") and kind.endswith(b"+json")
    )
