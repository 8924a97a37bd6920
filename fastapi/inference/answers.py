"""Answers without FastAPI in them, and the one place that turns errors into answers."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from starlette.types import Send
from uvicorn.protocols.http.httptools_impl import STATUS_LINE

from .errors import ClientGoneError, InferenceError, NoModelError, RequestError

Headers = tuple[tuple[bytes, bytes], ...]

JSON: Final[Headers] = ((b"content-type", b"application/json"),)
_RETRY: Final[Headers] = (*JSON, (b"retry-after", b"1"))
# Nobody reads it; the status is what reverse proxies log for a client that went away.
CLIENT_GONE: Final = 499


@dataclass(frozen=True, slots=True)
class Answer:
    """Status, body and headers; the content length is added when it is sent."""

    status: int
    body: bytes
    headers: Headers = JSON


def error_answer(error: InferenceError) -> Answer:
    """What the client is told about an error."""
    if isinstance(error, RequestError):
        problems = [
            {"loc": list(problem.loc), "msg": problem.msg, "type": problem.type}
            for problem in error.problems
        ]
        return Answer(error.status, json.dumps({"detail": problems}).encode())
    body = json.dumps({"detail": str(error)}).encode()
    if isinstance(error, NoModelError):
        return Answer(503, body, _RETRY)
    if isinstance(error, ClientGoneError):
        return Answer(CLIENT_GONE, b"")
    return Answer(500, body)


def on_the_wire(answer: Answer, more: Headers = (), *, is_last: bool = False) -> bytes:
    """An answer's bytes in HTTP/1.1; after the last one the connection is closed."""
    return _head(answer, more, is_last=is_last) + answer.body


class Heads:
    """Heads of answers that differ in nothing but status and length, each rendered once.

    The headers of the server hold the date, so they are others every second.
    """

    def __init__(self) -> None:
        self._server_headers: Sequence[tuple[bytes, bytes]] = ()
        self._known: dict[tuple[int, int], bytes] = {}

    def on_the_wire(self, answer: Answer, server_headers: Sequence[tuple[bytes, bytes]]) -> bytes:
        """As the function of that name."""
        if server_headers is not self._server_headers:
            self._server_headers = server_headers
            self._known.clear()
        if answer.headers is not JSON:
            return on_the_wire(answer, (*server_headers,))
        key = (answer.status, len(answer.body))
        head = self._known.get(key)
        if head is None:
            head = self._known[key] = _head(answer, (*server_headers,))
        return head + answer.body


def _head(answer: Answer, more: Headers, *, is_last: bool = False) -> bytes:
    lines = [b"%b: %b\r\n" % header for header in (*more, *answer.headers)]
    if is_last:
        lines.append(b"connection: close\r\n")
    return b"%bcontent-length: %d\r\n%b\r\n" % (
        STATUS_LINE[answer.status],
        len(answer.body),
        b"".join(lines),
    )


async def send_answer(answer: Answer, send: Send) -> None:
    """Send an answer as two ASGI messages."""
    length = b"%d" % len(answer.body)
    await send(
        {
            "type": "http.response.start",
            "status": answer.status,
            "headers": [*answer.headers, (b"content-length", length)],
        }
    )
    await send({"type": "http.response.body", "body": answer.body})
