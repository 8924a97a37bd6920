"""HTTP/1.1 answers from raw bytes: as much of the standard as servers use for short answers."""

from typing import Final, NamedTuple

_END: Final = b"\r\n\r\n"
_LENGTH: Final = b"\r\ncontent-length:"
_CHUNKED: Final = b"\r\ntransfer-encoding: chunked"
_CLOSE: Final = b"\r\nconnection: close"


class BadAnswer(ValueError):
    """What was received is no HTTP/1.1 answer."""


class Answer(NamedTuple):
    """Status, body, and whether the server closes the connection after it."""

    status: int
    body: bytes
    closes: bool


def read_answer(received: bytes, *, ended: bool) -> Answer | None:
    """The answer that the bytes hold; None while some of it is missing.

    ``ended`` says that the server has closed: the end of a body that has no length.

    Raises:
        BadAnswer: the bytes are something else.
    """
    end = received.find(_END)
    if end < 0:
        return None
    head = received[:end].lower()
    start = end + len(_END)
    try:
        status = int(head[9:12])
        at = head.find(_LENGTH)
        if at >= 0:
            stop = head.find(b"\r\n", at + 2)
            length = int(head[at + len(_LENGTH) : stop if stop > 0 else None])
            body = received[start : start + length]
            return Answer(status, body, _CLOSE in head) if len(body) == length else None
        if _CHUNKED in head:
            whole = _unchunked(received[start:])
            return None if whole is None else Answer(status, whole, _CLOSE in head)
    except ValueError as error:
        raise BadAnswer(f"no HTTP/1.1 answer: {received[:80]!r}") from error
    if status in (204, 304):
        return Answer(status, b"", _CLOSE in head)
    return Answer(status, received[start:], closes=True) if ended else None


def _unchunked(body: bytes) -> bytes | None:
    """The content of a chunked body; None while its last chunk is missing."""
    parts: list[bytes] = []
    while True:
        size, newline, rest = body.partition(b"\r\n")
        if not newline:
            return None
        length = int(size.split(b";")[0], 16)
        if length == 0:
            return b"".join(parts) if rest.startswith(b"\r\n") or _END in rest else None
        if len(rest) < length + 2:
            return None
        parts.append(rest[:length])
        body = rest[length + 2 :]
