"""Closed loop: every connection waits for its answer, and every answer is counted."""

import pytest

from loadgen.pool import CannotConnect
from tests.loadgen.conftest import BODIES, closed
from tests.loadgen.scripted_server import Pause, ScriptedServer, after, whole
from tests.support.servers import free_port


def test_it_counts_every_request_of_the_span_and_no_other() -> None:
    with ScriptedServer(after(0.02)) as server:
        result = closed(server.url, seconds=1, connections=4)
    # A request that was sent in the moment after the span is none of its figures.
    assert result.requests <= server.received <= result.requests + 4
    assert result.ok == result.requests == sum(result.statuses.values())
    assert result.statuses == {"200": result.ok}
    assert result.rps == result.goodput == pytest.approx(result.requests / result.seconds, abs=0.1)


def test_no_more_requests_are_under_way_than_connections() -> None:
    under_way, most = 0, 0

    def answer(_: int, pause: Pause) -> bytes:
        nonlocal under_way, most
        under_way += 1
        most = max(most, under_way)
        pause(0.02)
        under_way -= 1
        return whole()

    with ScriptedServer(answer) as server:
        closed(server.url, seconds=0.5, connections=6)
    assert most == 6
    assert server.connections == 6


def test_latency_is_what_the_server_takes() -> None:
    with ScriptedServer(after(0.02)) as server:
        result = closed(server.url, seconds=1, connections=4)
    assert result.accepted is not None
    assert result.refused is None
    assert result.accepted.p50_ms >= 20
    assert result.requests <= 4 * 50
    assert result.late_sends == result.dropped == 0


def test_bodies_are_sent_in_turn() -> None:
    with ScriptedServer() as server:
        closed(server.url, seconds=0.2, connections=1)
    assert server.received > len(BODIES)
    assert server.bodies == [BODIES[i % len(BODIES)] for i in range(server.received)]


def test_refusals_have_latencies_of_their_own() -> None:
    def answer(number: int, pause: Pause) -> bytes:
        if number % 2:
            pause(0.05)
            return whole(status="503 Service Unavailable")
        return whole()

    with ScriptedServer(answer) as server:
        result = closed(server.url, seconds=1, connections=1)
    assert set(result.statuses) == {"200", "503"}
    assert result.accepted is not None
    assert result.refused is not None
    assert result.refused.p50_ms >= 50 > result.accepted.p50_ms
    assert result.ok == result.statuses["200"]
    assert result.goodput < result.rps


def test_a_broken_connection_is_no_answer_and_the_load_goes_on() -> None:
    def answer(number: int, _pause: Pause) -> bytes:
        return b"" if number % 10 == 9 else whole()

    with ScriptedServer(answer) as server:
        result = closed(server.url, seconds=0.5, connections=4)
    assert result.statuses["no answer"] == pytest.approx(result.requests / 10, abs=2)
    assert result.statuses["200"] == result.ok > 50
    assert server.connections > 4


def test_half_an_answer_is_no_answer() -> None:
    def answer(_: int, _pause: Pause) -> bytes:
        return whole()[:-1]

    with ScriptedServer(answer, hang_up=True) as server:
        result = closed(server.url, seconds=0.2, connections=2)
    assert result.requests > 0
    assert result.statuses == {"no answer": result.requests}
    assert result.accepted is None


def test_what_is_no_http_is_no_answer() -> None:
    def answer(_: int, _pause: Pause) -> bytes:
        return b"SSH-2.0-OpenSSH_9.2 or something else\r\n\r\n"

    with ScriptedServer(answer) as server:
        result = closed(server.url, seconds=0.2, connections=2)
    assert result.statuses == {"no answer": result.requests}


def test_an_answer_that_never_comes_is_given_up_after_the_drain() -> None:
    def answer(number: int, pause: Pause) -> bytes:
        if number >= 10:
            pause(60)
        return whole()

    with ScriptedServer(answer) as server:
        result = closed(server.url, seconds=0.2, connections=3, drain=0.1)
    assert result.statuses == {"200": 10, "no answer": 3}


@pytest.mark.parametrize("hang_up", [False, True])
def test_a_server_that_closes_after_each_answer_loses_none(hang_up: bool) -> None:
    def answer(_: int, _pause: Pause) -> bytes:
        return whole(headers="Connection: close\r\n")

    with ScriptedServer(answer, hang_up=hang_up) as server:
        result = closed(server.url, seconds=0.3, connections=4)
    assert result.statuses == {"200": result.requests}
    assert server.connections >= result.requests > 20


def test_chunked_answers_and_answers_that_end_with_the_connection_are_read() -> None:
    chunked = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nConnection: close\r\n\r\n"
    chunked += b'6\r\n{"vers\r\n9;x=y\r\nion":"8"}\r\n0\r\n\r\n'
    unbounded = b'HTTP/1.1 200 OK\r\n\r\n{"version":"9"}'

    def answer(number: int, _pause: Pause) -> bytes:
        return chunked if number % 2 else unbounded

    with ScriptedServer(answer, hang_up=True) as server:
        result = closed(server.url, seconds=0.3, connections=1, label="version")
    assert result.statuses == {"200": result.requests}
    assert set(result.answers) == {"8", "9"}
    assert abs(result.answers["8"] - result.answers["9"]) <= 1


def test_the_generator_reports_its_own_processor_time() -> None:
    with ScriptedServer(after(0.02)) as server:
        idle = closed(server.url, seconds=0.5, connections=1)
    assert 0 < idle.generator_cpu < 0.9
    assert not idle.saturated


def test_an_address_without_a_server_is_named() -> None:
    port = free_port()
    with pytest.raises(CannotConnect, match=f"127.0.0.1:{port} takes no connection"):
        closed(f"http://127.0.0.1:{port}/", seconds=1, connections=1)
