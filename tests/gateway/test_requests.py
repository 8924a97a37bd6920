"""What the gateway lets through, what it refuses, and in which form."""

import json
import socket
import time
from typing import Any

import httpx
import pytest

from tests.gateway.gateway import MAX_BODY_BYTES, OVER_A_BUFFER, Gateway, until_closed

pytestmark = pytest.mark.docker

READY = b"GET /health/ready HTTP/1.1\r\nHost: gateway\r\n"
POST = b"POST /predict/ HTTP/1.1\r\nHost: gateway\r\nContent-Type: application/json\r\n"


def status_and_body(answer: bytes) -> tuple[int, Any]:
    """The last answer in what a connection gave."""
    head, _, body = answer.rpartition(b"\r\n\r\n")
    assert b"content-type: application/json" in head.lower(), answer
    return int(head.rpartition(b"HTTP/1.1 ")[2][:3]), json.loads(body)


def assert_refused(answer: httpx.Response, status: int, kind: str) -> None:
    """The form of the service's own 4xx answers."""
    assert answer.status_code == status
    assert answer.headers["content-type"] == "application/json"
    (problem,) = answer.json()["detail"]
    assert problem["type"] == kind
    assert isinstance(problem["loc"], list)
    assert problem["msg"]


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/model"),
        ("GET", "/docs?a=1"),
        ("HEAD", "/health/ready"),
        ("POST", "/predict"),
        ("POST", "/predict/batch"),
        ("POST", "/invocations"),
        ("DELETE", "/predict/"),
    ],
)
def test_every_address_of_the_service_passes(gateway: Gateway, method: str, path: str) -> None:
    answer = gateway.request(method, path)

    assert answer.status_code == 200
    if method != "HEAD":
        assert (answer.json()["method"], answer.json()["target"]) == (method, path)


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("POST", "/reload_models"),
        ("POST", "/reload_models/"),
        ("POST", "/%72eload_models/"),
        ("GET", "/metrics"),
    ],
)
def test_what_is_of_one_replica_is_refused(gateway: Gateway, method: str, path: str) -> None:
    assert_refused(gateway.request(method, path), 403, "not_through_gateway")


@pytest.mark.parametrize("method", ["TRACE", "PROPFIND", "X"])
def test_a_method_that_no_address_takes_is_refused(gateway: Gateway, method: str) -> None:
    assert_refused(gateway.request(method, "/predict/"), 405, "method_not_allowed")


def test_the_replica_learns_who_asked_from_the_gateway_alone(gateway: Gateway) -> None:
    lies = {"X-Forwarded-For": "9.9.9.9", "X-Forwarded-Proto": "https", "Forwarded": "for=9.9.9.9"}
    seen = gateway.get("/model", headers=lies).json()["headers"]

    assert "9.9.9.9" not in json.dumps(seen)
    assert "x-forwarded-proto" not in seen
    assert seen["x-forwarded-for"]


@pytest.mark.parametrize("length", [MAX_BODY_BYTES + 1, 2**63, 2**64 - 1])
def test_a_body_over_the_limit_is_refused_before_it_comes(gateway: Gateway, length: int) -> None:
    with gateway.connected() as plain:
        plain.sendall(POST + b"Content-Length: %d\r\n\r\n" % length)
        status, body = status_and_body(plain.recv(65536))

    assert status == 413
    assert str(MAX_BODY_BYTES) in body["detail"][0]["msg"]
    assert body["detail"][0]["type"] == "body_too_large"


def test_a_body_that_is_sent_in_spite_of_the_limit_gets_the_same_answer(gateway: Gateway) -> None:
    assert_refused(
        gateway.request("POST", "/predict/", content=b"x" * (MAX_BODY_BYTES + 1)),
        413,
        "body_too_large",
    )


@pytest.mark.parametrize("size", [0, 300, OVER_A_BUFFER, MAX_BODY_BYTES])
def test_a_body_up_to_the_limit_arrives_whole(gateway: Gateway, size: int) -> None:
    whole = gateway.request("POST", "/predict/batch", content=b"x" * size)
    in_chunks = gateway.request("POST", "/predict/batch", content=iter([b"x" * size]))

    assert whole.json()["bytes"] == in_chunks.json()["bytes"] == size


@pytest.mark.parametrize(
    "request_line",
    [
        b"GET http://elsewhere/health/ready HTTP/1.1",
        b"CONNECT elsewhere:443 HTTP/1.1",
        b"GET * HTTP/1.1",
        b"GET /\x00 HTTP/1.1",
        b"nonsense",
        b"GET /" + b"x" * 100_000 + b" HTTP/1.1",
        b"PRI * HTTP/2.0",
    ],
)
def test_what_is_no_plain_request_is_refused(gateway: Gateway, request_line: bytes) -> None:
    status, body = status_and_body(
        gateway.say(request_line + b"\r\nHost: elsewhere\r\nConnection: close\r\n\r\n")
    )

    assert status in {400, 405, 414}
    assert body["detail"][0]["msg"]


@pytest.mark.parametrize(
    "headers",
    [
        b"X-Long: " + b"x" * 100_000 + b"\r\n",
        b"".join(b"X-%d: 1\r\n" % number for number in range(200)),
        b"Content-Length: -1\r\n",
        b"Transfer-Encoding: gzip, chunked\r\n",
    ],
    ids=["long", "many", "negative length", "encoding"],
)
def test_headers_that_nobody_sends_are_refused(gateway: Gateway, headers: bytes) -> None:
    status, body = status_and_body(gateway.say(READY + headers + b"\r\n"))

    assert status in {400, 422, 431}
    assert body["detail"][0]["msg"]


def test_two_lengths_of_one_body_reach_no_replica(gateway: Gateway) -> None:
    assert gateway.say(POST + b"Content-Length: 2\r\nContent-Length: 3\r\n\r\n{}") == b""


@pytest.mark.parametrize(
    "begun",
    [
        READY + b"X-Slow:",
        POST + b"Content-Length: 300\r\n\r\n{",
        POST + b"Transfer-Encoding: chunked\r\n\r\n5\r\n{",
    ],
    ids=["headers", "body", "chunk"],
)
def test_a_request_that_does_not_end_is_cut(gateway: Gateway, begun: bytes) -> None:
    started = time.monotonic()

    with gateway.connected() as plain:
        plain.sendall(begun)
        status, body = status_and_body(plain.recv(65536))

    assert status == 408
    assert body["detail"][0]["type"] == "request_timeout"
    assert 3 < time.monotonic() - started < 9


def test_a_body_that_drips_is_cut_although_it_never_pauses(gateway: Gateway) -> None:
    started = time.monotonic()
    with gateway.connected() as plain:
        plain.sendall(POST + b"Content-Length: 300\r\n\r\n")
        plain.settimeout(0.2)
        answer = b""
        while not answer and time.monotonic() - started < 20:
            plain.sendall(b" ")
            try:
                answer = plain.recv(65536)
            except TimeoutError:
                continue

    assert status_and_body(answer)[0] == 408
    assert time.monotonic() - started < 12


def test_a_client_that_waits_for_leave_to_send_its_body_gets_it(gateway: Gateway) -> None:
    with gateway.connected() as plain:
        plain.sendall(POST + b"Content-Length: 2\r\nExpect: 100-continue\r\n\r\n")
        leave = plain.recv(65536)
        plain.sendall(b"{}")
        answer = plain.recv(65536)

    assert leave.startswith(b"HTTP/1.1 100 ")
    assert answer.startswith(b"HTTP/1.1 200 ")


def test_http_1_0_is_served_and_its_connection_closed(gateway: Gateway) -> None:
    answer = gateway.say(b"POST /predict/ HTTP/1.0\r\nContent-Length: 2\r\n\r\n{}")

    assert b" 200 " in answer.splitlines()[0]


def test_requests_sent_ahead_are_answered_in_turn(gateway: Gateway) -> None:
    paths = [b"/model?%d" % number for number in range(5)]
    ahead = b"".join(b"GET %s HTTP/1.1\r\nHost: gateway\r\n\r\n" % path for path in paths)
    last = b"GET /last HTTP/1.1\r\nHost: gateway\r\nConnection: close\r\n\r\n"

    answer = gateway.say(ahead + last)

    places = [answer.index(b'"target": "%s"' % path) for path in [*paths, b"/last"]]
    assert places == sorted(places)


def test_an_idle_connection_serves_again_and_is_closed_in_time(gateway: Gateway) -> None:
    with gateway.connected() as plain:
        for _ in range(2):
            plain.sendall(READY + b"\r\n")
            assert plain.recv(65536).startswith(b"HTTP/1.1 200 ")
        assert until_closed(plain) == b""


def test_idle_connections_keep_nobody_waiting(gateway: Gateway) -> None:
    idle = [socket.create_connection(("127.0.0.1", gateway.port)) for _ in range(300)]
    try:
        assert gateway.predict().status_code == 200
    finally:
        for connection in idle:
            connection.close()
