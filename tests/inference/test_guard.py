"""Clients that are slow, silent or wrong before a body: bounded, and no burden to the others."""

import resource
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack

import pytest

from inference.guard import GuardedProtocol
from tests.inference.conftest import KEEP_ALIVE_SECONDS, Service
from tests.inference.raw_http import RawConnection, connected, request
from tests.inference.test_wire import body

HEAD_SECONDS = 0.5


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(GuardedProtocol, "head_seconds", HEAD_SECONDS)


def dribble(connection: RawConnection, sent: bytes) -> Iterator[None]:
    """Send byte by byte until the server has had enough."""
    pause = threading.Event()
    for at in range(len(sent)):
        try:
            connection.send(sent[at : at + 1])
        except OSError:
            return
        pause.wait(0.02)
        yield


@pytest.mark.usefixtures("impatient")
def test_headers_must_arrive_in_time(ready_service: Service) -> None:
    started = time.monotonic()
    with connected(ready_service.address) as connection:
        for _ in dribble(connection, request(body(), headers={"X-Long": "x" * 2000})):
            if time.monotonic() - started > 10 * HEAD_SECONDS:
                pytest.fail("the server still waits for headers")
        answer = connection.answer()

    assert answer.status == 408
    assert answer.json()["detail"][0]["loc"] == ["headers"]
    assert answer.headers["connection"] == "close"


@pytest.mark.usefixtures("impatient")
def test_a_head_that_is_finished_in_time_is_served(ready_service: Service) -> None:
    sent = request(body())
    with connected(ready_service.address) as connection:
        for cut in (1, 40, 90):
            connection.send(sent[:cut])
            ready_service.client.get("/health/live")
            connection.send(sent[cut:])
            assert connection.answer().status == 200
        # The time of one head is not added to that of the next.
        deadline = time.monotonic() + 3 * HEAD_SECONDS
        while time.monotonic() < deadline:
            connection.send(sent[:40])
            ready_service.client.get("/health/live")
            connection.send(sent[40:])
            assert connection.answer().status == 200


def send_again_and_again(connection: RawConnection, data: bytes) -> None:
    for _ in range(10_000):
        connection.send(data)


def test_headers_without_end_are_cut(ready_service: Service) -> None:
    with connected(ready_service.address) as connection:
        connection.send(b"POST /predict/ HTTP/1.1\r\nHost: test\r\n")
        with pytest.raises(ConnectionError):
            send_again_and_again(connection, b"X-More: %b\r\n" % (b"x" * 1000))


def test_large_headers_are_told_so(ready_service: Service) -> None:
    with connected(ready_service.address) as connection:
        connection.send(b"POST /predict/ HTTP/1.1\r\nHost: test\r\n")
        ready_service.client.get("/health/live")
        connection.send(b"X: " + b"x" * (GuardedProtocol.head_bytes + 1))
        answer = connection.answer()
    assert answer.status == 431
    assert answer.json()["detail"][0]["type"] == "headers_too_large"


def test_trailers_without_end_are_cut(ready_service: Service) -> None:
    head = request(b"", headers={"Transfer-Encoding": "chunked", "Content-Length": ""})
    with connected(ready_service.address) as connection:
        connection.send(head + b"0\r\n")
        with pytest.raises(ConnectionError):
            send_again_and_again(connection, b"X-More: %b\r\n" % (b"x" * 1000))


def test_a_body_that_was_refused_is_not_read_for_ever(ready_service: Service) -> None:
    head = request(b"", headers={"Transfer-Encoding": "chunked", "Content-Length": ""})
    chunk = b"%x\r\n%b\r\n" % (60_000, b" " * 60_000)
    with connected(ready_service.address) as connection:
        connection.send(head)
        with pytest.raises(ConnectionError):
            send_again_and_again(connection, chunk)


def test_the_rest_of_a_refused_body_may_come(ready_service: Service) -> None:
    wrong = request(body(), headers={"Content-Type": "text/plain"})
    with connected(ready_service.address) as connection:
        connection.send(wrong[:-5])
        assert connection.answer().status == 415
        connection.send(wrong[-5:])
        connection.send(request(body()))
        assert connection.answer().status == 200


@pytest.mark.parametrize("sent", [b"", b"\r\n", b"\r\n\r\n"])
def test_a_client_that_asks_nothing_is_let_go(ready_service: Service, sent: bytes) -> None:
    with connected(ready_service.address, KEEP_ALIVE_SECONDS + 10) as connection:
        connection.send(sent)
        assert connection.is_closed()


@pytest.mark.usefixtures("impatient")
def test_a_client_that_was_refused_and_falls_silent_is_let_go(ready_service: Service) -> None:
    with connected(ready_service.address) as connection:
        connection.send(request(body(), headers={"Content-Type": "text/plain"})[:-5])
        assert connection.answer().status == 415
        assert connection.is_closed()


def test_a_refusal_is_not_taken_for_another_answer(ready_service: Service) -> None:
    rows = b'{"rows": [' + b",".join([body()] * 500) + b"]}"
    with connected(ready_service.address) as connection:
        connection.send(request(rows, "/predict/batch") + b"\x00 garbage\r\n\r\n")
        try:
            answer = connection.answer()
        except (EOFError, ConnectionError):
            return  # no answer is better than one to another request
        assert answer.status == 200


@pytest.mark.parametrize(
    "sent",
    [
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + b"\x00" * 40,  # TLS
        b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
        b"GET\r\n\r\n",
        b"GET /health/live HTTP/9.9\r\n\r\n",
        b"POST /predict/ HTTP/1.1\r\nContent-Length: minus\r\n\r\n",
        b"POST /predict/ HTTP/1.1\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n",
        b"POST /predict/ HTTP/1.1\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n",
        b"POST /predict/ HTTP/1.1\r\nHo st: x\r\n\r\n",
        b"POST /predict/ HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
        b"\x00" * 100,
    ],
)
def test_what_is_no_http_gets_4xx_json_and_is_cut(ready_service: Service, sent: bytes) -> None:
    with connected(ready_service.address) as connection:
        connection.send(sent)
        answer = connection.answer()
        assert 400 <= answer.status < 500
        assert answer.headers["content-type"] == "application/json"
        assert answer.json()["detail"][0]["msg"]
        assert connection.is_closed()


def goodput(service: Service, seconds: float) -> float:
    """Predictions that one client gets for a second of this process's processor time.

    By the clock, the other programs of the machine would be measured as well.
    """
    deadline, started = time.monotonic() + seconds, time.process_time()
    count = 0
    with connected(service.address) as connection:
        while time.monotonic() < deadline:
            connection.send(request(body()))
            assert connection.answer().status == 200
            count += 1
    return count / (time.process_time() - started)


@pytest.fixture
def many_files() -> Iterator[None]:
    """Both ends of 600 connections are in this process."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(hard, max(soft, 8192)), hard))
    yield
    resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


@pytest.mark.usefixtures("many_files")
def test_idle_and_slow_clients_take_nothing_from_the_others(ready_service: Service) -> None:
    """500 idle connections, and 100 that hold half a head or half a body.

    The best of several short spans counts, in turns: other work on the machine makes all worse.
    """
    goodput(ready_service, 0.5)
    alone, beside = [], []
    for _ in range(6):
        alone.append(goodput(ready_service, 0.4))
        with ExitStack() as stack:
            for number in range(600):
                connection = stack.enter_context(connected(ready_service.address))
                if number < 50:
                    connection.send(request(body())[:100])
                elif number < 100:
                    connection.send(request(body())[:-20])
            goodput(ready_service, 0.1)  # all of them are connected by then
            beside.append(goodput(ready_service, 0.4))
    assert max(beside) >= 0.9 * max(alone), (alone, beside)
