"""Open loop: requests are due at a rate, and waiting for the server is part of their latency."""

import threading
import time

import pytest

from tests.loadgen.conftest import closed, opened
from tests.loadgen.scripted_server import Answer, Pause, ScriptedServer, after, whole
from tests.support.servers import wait_until


def _stalls_for_a_second(first: int) -> Answer:
    """Answer at once, but keep everything waiting for a second from the given request on."""
    stall: list[float] = []

    def answer(number: int, pause: Pause) -> bytes:
        if number >= first:
            if not stall:
                stall.append(time.monotonic() + 1)
            pause(max(0.0, stall[0] - time.monotonic()))
        return whole()

    return answer


def test_it_sends_what_was_asked_for() -> None:
    with ScriptedServer() as server:
        result = opened(server.url, seconds=2, connections=8, rate=200)
    assert result.offered == 200
    assert result.requests == result.ok == server.received == 400
    assert result.goodput == pytest.approx(200, rel=0.01)
    assert result.dropped == 0


def test_a_stall_shows_in_the_latency_of_all_that_was_due_meanwhile() -> None:
    with ScriptedServer(_stalls_for_a_second(100)) as server:
        result = opened(server.url, seconds=3, connections=4, rate=200)
    assert result.requests == result.ok == 600
    assert result.accepted is not None
    # 200 of 600 requests were due during the stall: a third, evenly from 0 to 1 s.
    assert result.accepted.p99_ms > 900
    assert result.accepted.p90_ms > 500
    assert result.late_sends > 150


def test_the_same_stall_hides_in_a_closed_loop() -> None:
    with ScriptedServer(_stalls_for_a_second(100)) as server:
        result = closed(server.url, seconds=2, connections=4)
    assert result.accepted is not None
    assert result.accepted.max_ms > 900
    assert result.accepted.p99_ms < 900  # 4 requests of thousands waited
    assert result.late_sends == 0


def test_a_slow_server_makes_sends_late() -> None:
    with ScriptedServer(after(0.05)) as server:
        result = opened(server.url, seconds=1, connections=1, rate=40)
    assert result.requests == result.ok == 40
    assert result.late_sends > 30
    assert result.accepted is not None
    assert result.accepted.max_ms > 500  # the last one was due 1 s before 40 took 2 s


def test_what_finds_no_connection_in_time_is_dropped() -> None:
    def answer(number: int, pause: Pause) -> bytes:
        if number >= 10:
            pause(60)
        return whole()

    with ScriptedServer(answer) as server:
        result = opened(server.url, seconds=1, connections=2, rate=50, drain=0.3)
    assert result.requests + result.dropped == 50
    assert result.statuses == {"200": 10, "no answer": 2}
    assert result.dropped == 38


def test_connections_that_the_server_closed_while_idle_cost_no_request() -> None:
    with ScriptedServer(hang_up=True) as server:
        result = opened(server.url, seconds=1, connections=20, rate=40)
    assert result.statuses == {"200": 40}
    assert server.connections >= 40


def test_it_goes_on_when_the_server_comes_back() -> None:
    results = []
    first = ScriptedServer()
    with first:
        load = threading.Thread(
            target=lambda: results.append(
                opened(first.url, seconds=3, connections=2, rate=100, drain=5)
            )
        )
        load.start()
        wait_until(lambda: first.received >= 50, 10, "the load")
    with ScriptedServer(port=first.port) as second:
        load.join(20)
    (result,) = results
    assert result.requests == 300
    assert result.ok >= 296  # those under way when it went away
    assert second.received >= 150
