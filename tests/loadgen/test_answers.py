"""Answers are read from bytes, however they are cut into pieces."""

import pytest

from loadgen.answers import Answer, BadAnswer, read_answer

WITH_LENGTH = b'HTTP/1.1 200 OK\r\ncontent-type: a\r\nContent-Length: 7\r\n\r\n{"a":1}'
CHUNKED = b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n%b"
# A chunk may end like the end of a body, and a body may have trailers.
LOOKS_ENDED = CHUNKED % b"7\r\n..0\r\n\r\n\r\n2\r\nzz\r\n0\r\n\r\n"
WITH_TRAILERS = CHUNKED % b"2\r\nzz\r\n0\r\nx-sum: 1\r\n\r\n"


@pytest.mark.parametrize(
    ("received", "body"),
    [(WITH_LENGTH, b'{"a":1}'), (LOOKS_ENDED, b"..0\r\n\r\nzz"), (WITH_TRAILERS, b"zz")],
)
def test_an_answer_is_whole_with_its_last_byte(received: bytes, body: bytes) -> None:
    assert read_answer(received, ended=False) == Answer(200, body, closes=False)
    for length in range(len(received)):
        assert read_answer(received[:length], ended=False) is None


def test_a_body_without_length_ends_with_the_connection() -> None:
    received = b"HTTP/1.1 200 OK\r\nserver: x\r\n\r\nabc"
    assert read_answer(received, ended=False) is None
    assert read_answer(received, ended=True) == Answer(200, b"abc", closes=True)


def test_a_body_that_is_cut_short_is_no_answer() -> None:
    assert read_answer(WITH_LENGTH[:-1], ended=True) is None
    assert read_answer(LOOKS_ENDED[:-4], ended=True) is None


def test_an_answer_without_content_has_no_body() -> None:
    received = b"HTTP/1.1 204 No Content\r\n\r\n"
    assert read_answer(received, ended=False) == Answer(204, b"", closes=False)


def test_the_wish_to_close_is_seen() -> None:
    received = WITH_LENGTH.replace(b"content-type: a", b"Connection: Close")
    assert read_answer(received, ended=False) == Answer(200, b'{"a":1}', closes=True)


@pytest.mark.parametrize(
    "received",
    [
        b"SSH-2.0-OpenSSH_9.2p1\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: many\r\n\r\n",
        CHUNKED % b"zz\r\nabc\r\n",
    ],
)
def test_anything_else_is_refused(received: bytes) -> None:
    with pytest.raises(BadAnswer, match=r"no HTTP/1\.1 answer"):
        read_answer(received, ended=False)
