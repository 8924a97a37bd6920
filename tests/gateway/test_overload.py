"""More requests come than the replicas can take."""

import threading
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack

import httpx
import pytest

from tests.gateway.conftest import StartGateway
from tests.gateway.gateway import OVER_A_BUFFER
from tests.images.containers import wait_until

pytestmark = pytest.mark.docker

AT_ONCE = 8  # predictions that the gateway gives one replica at a time
QUEUE_LENGTH = 4


def at_once(count: int, ask: Callable[[], httpx.Response]) -> list[httpx.Response]:
    """The answers to so many requests, all sent at the same time."""
    together = threading.Barrier(count)

    def one(_: int) -> httpx.Response:
        together.wait()
        return ask()

    with ThreadPoolExecutor(count) as clients:
        return list(clients.map(one, range(count)))


def assert_shed(answer: httpx.Response) -> None:
    assert answer.status_code == 503
    assert answer.headers["retry-after"] == "1"
    assert answer.headers["content-type"] == "application/json"
    assert "busy" in answer.json()["detail"]


def test_a_replica_never_has_more_than_its_share_and_the_rest_waits(
    start_gateway: StartGateway,
) -> None:
    gateway = start_gateway(queue_timeout="60s", queue_length=1000)
    gateway.replicas(1)

    answers = at_once(5 * AT_ONCE, lambda: gateway.predict(sleep=0.6))

    assert {answer.status_code for answer in answers} == {200}
    assert max(answer.json()["most_in_hand"] for answer in answers) == AT_ONCE
    # The last ones waited longer than a replica may take for one prediction.
    assert max(answer.elapsed.total_seconds() for answer in answers) > 2.5


def test_a_full_queue_sheds_at_once_and_the_rest_is_served(start_gateway: StartGateway) -> None:
    gateway = start_gateway(queue_timeout="60s", queue_length=QUEUE_LENGTH)
    gateway.replicas(1)

    answers = at_once(40, lambda: gateway.predict(sleep=1))

    statuses = Counter(answer.status_code for answer in answers)
    assert statuses == {200: AT_ONCE + QUEUE_LENGTH, 503: 40 - AT_ONCE - QUEUE_LENGTH}
    for answer in answers:
        if answer.status_code == 503:
            assert_shed(answer)
            assert answer.elapsed.total_seconds() < 0.9


def test_who_waits_too_long_is_told_so(start_gateway: StartGateway) -> None:
    gateway = start_gateway(queue_timeout="300ms", queue_length=1000)
    gateway.replicas(1)

    answers = at_once(2 * AT_ONCE, lambda: gateway.predict(sleep=1.5))

    shed = [answer for answer in answers if answer.status_code != 200]
    assert len(shed) == AT_ONCE
    for answer in shed:
        assert_shed(answer)
        assert 0.25 < answer.elapsed.total_seconds() < 1.4


def test_health_and_figures_do_not_wait_behind_predictions(start_gateway: StartGateway) -> None:
    gateway = start_gateway(queue_timeout="60s", queue_length=1000)
    gateway.replicas(1)
    with gateway.load(3 * AT_ONCE, sleep=1):
        for path in ("/health/ready", "/model", "/docs"):
            answer = gateway.get(path)
            assert answer.is_success
            assert answer.elapsed.total_seconds() < 0.9
        assert gateway.figures("/metrics").is_success


def test_bodies_that_stall_do_not_keep_predictions_waiting(start_gateway: StartGateway) -> None:
    gateway = start_gateway()
    gateway.replicas(1)
    head = b"POST /predict/batch HTTP/1.1\r\nHost: gateway\r\nContent-Length: %d\r\n\r\n"
    with ExitStack() as stalled:
        for _ in range(3 * AT_ONCE):
            plain = stalled.enter_context(gateway.connected())
            plain.sendall(head % OVER_A_BUFFER + b"x" * (OVER_A_BUFFER - 1))
        wait_until(
            lambda: any(row["scur"] != "0" for row in gateway.ready("large")),
            "a large body is with a replica",
            seconds=4,
        )

        assert gateway.predict().status_code == 200
