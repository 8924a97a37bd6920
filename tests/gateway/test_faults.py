"""A replica fails in the middle of a load: callers do not notice."""

from collections.abc import Callable

import httpx
import pytest

from tests.gateway.conftest import StartGateway
from tests.gateway.gateway import Gateway
from tests.images.containers import Container, docker, wait_until

pytestmark = pytest.mark.docker

CLIENTS = 16
TOO_LONG = 3.0  # for a prediction


def assert_told(answer: httpx.Response, statuses: set[int]) -> None:
    """The form of the service's own 5xx answers."""
    assert answer.status_code in statuses
    assert answer.headers["content-type"] == "application/json"
    assert isinstance(answer.json()["detail"], str)


def killed(replica: Container) -> None:
    replica.kill()


def stopped(replica: Container) -> None:
    replica.stop()


def killed_again_on_its_return(replica: Container) -> None:
    replica.kill()
    replica.start()
    replica.kill()


@pytest.mark.parametrize("fault", [killed, stopped, killed_again_on_its_return])
def test_no_request_fails_when_a_replica_ends(
    start_gateway: StartGateway, fault: Callable[[Container], None]
) -> None:
    gateway = start_gateway(queue_timeout="60s", queue_length=1000)
    first, *_ = gateway.replicas(3)
    with gateway.load(CLIENTS, sleep=0.01) as load:
        fault(first)
        gateway.wait_for_ready(2)
        load.wait_for(300)

    assert load.failures() == []


def test_a_frozen_replica_delays_requests_and_fails_none(start_gateway: StartGateway) -> None:
    gateway = start_gateway(queue_timeout="60s", queue_length=1000)
    first, *_ = gateway.replicas(3)
    with gateway.load(CLIENTS, sleep=0.01) as load:
        docker("pause", first.name)
        gateway.wait_for_ready(2)
        load.wait_for(300)

    assert load.failures() == []
    assert load.slowest() < 8
    docker("unpause", first.name)
    gateway.wait_for_ready(3)


def test_the_last_replica_ends_and_comes_back(start_gateway: StartGateway) -> None:
    gateway = start_gateway()
    (only,) = gateway.replicas(1)
    only.kill()
    wait_until(lambda: gateway.predict().status_code == 503, "predictions are refused")
    assert "No replica is ready" in gateway.predict().json()["detail"]

    only.start()
    wait_until(lambda: gateway.predict().is_success, "it serves again")


def test_an_answer_that_never_comes_is_told_in_json(gateway: Gateway) -> None:
    assert_told(gateway.predict(answer="close"), {502, 503})


def test_an_answer_in_time_needs_no_haste(gateway: Gateway) -> None:
    answer = gateway.request("POST", "/elsewhere", json={"sleep": TOO_LONG})

    assert answer.status_code == 200


def test_a_prediction_that_hangs_everywhere_is_given_up(gateway: Gateway) -> None:
    answer = gateway.predict(sleep=TOO_LONG)

    assert_told(answer, {504})
    assert answer.elapsed.total_seconds() < 15
