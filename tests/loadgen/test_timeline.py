"""The timeline: every request stands in the second in which it was due."""

from dataclasses import dataclass

import numpy as np
import pytest

from loadgen.timeline import timeline
from tests.loadgen.conftest import opened
from tests.loadgen.scripted_server import Pause, ScriptedServer, whole


@dataclass
class Stall:
    """Keeps every request from the given one on until so many seconds have passed."""

    first: int
    seconds: float
    is_over: bool = False

    def __call__(self, number: int, pause: Pause) -> bytes:
        if number >= self.first and not self.is_over:
            pause(self.seconds)
            self.is_over = True
        return whole()


def test_it_adds_up_to_the_totals() -> None:
    answers = [
        whole(),
        whole(status="503 Service Unavailable"),
        whole(status="500 Internal Server Error"),
        b"",
    ]

    def answer(number: int, pause: Pause) -> bytes:
        if number >= 200:
            pause(60)
        return answers[number % len(answers)]

    with ScriptedServer(answer) as server:
        result = opened(server.url, seconds=2.5, connections=8, rate=100, drain=0.5, timeline=True)
    seconds = result.timeline
    assert seconds is not None
    assert [one.second for one in seconds] == [0, 1, 2]
    assert sum(one.ok for one in seconds) == result.ok == 50
    assert sum(one.refused for one in seconds) == result.statuses["503"] == 50
    others = result.requests - result.ok - result.statuses["503"]
    assert sum(one.failed for one in seconds) == others + result.dropped == 150
    assert result.dropped > 0
    # Evenly due, and the last second is half a one.
    due = [one.ok + one.refused + one.failed for one in seconds]
    assert due == pytest.approx([100, 100, 50], abs=1)


def test_a_stall_stands_in_the_second_in_which_its_requests_were_due() -> None:
    with ScriptedServer(Stall(first=150, seconds=1.2)) as server:
        result = opened(server.url, seconds=3, connections=1, rate=100, timeline=True)
    assert result.timeline is not None
    first, second, third = result.timeline
    assert first.p99_ms is not None
    assert first.p99_ms < 500
    assert second.p99_ms is not None
    assert second.p99_ms > 900
    assert third.ok == pytest.approx(100, abs=1)


def test_a_run_without_one_has_none() -> None:
    with ScriptedServer() as server:
        assert opened(server.url, seconds=0.2, connections=1, rate=50).timeline is None


def test_percentiles_are_of_accepted_requests_alone() -> None:
    due = np.array([0.1, 0.2, 0.3, 1.5])
    latency = np.array([0.010, 0.030, 5.0, 7.0])
    status = np.array([200, 200, 503, 0], dtype=np.int16)
    first, second = timeline(due, latency, status, np.array([1.9]), 2.0)
    assert (first.ok, first.refused, first.failed) == (2, 1, 0)
    assert first.p50_ms == 20
    assert (second.ok, second.failed) == (0, 2)
    assert second.p50_ms is second.p95_ms is second.p99_ms is None


def test_what_rounding_puts_at_the_very_end_stands_in_the_last_second() -> None:
    (only,) = timeline(
        np.array([1.0]), np.array([0.01]), np.array([200], dtype=np.int16), np.array([]), 1.0
    )
    assert only.ok == 1
