"""The gateway finds replicas that come, forgets those that go, and asks ready ones alone."""

import pytest

from tests.gateway.conftest import StartGateway
from tests.gateway.gateway import Gateway
from tests.images.containers import wait_until

pytestmark = pytest.mark.docker

MANY = 5


def set_ready(gateway: Gateway, ready: bool, replicas: int) -> None:
    """Make the first replicas ready or unready."""
    command = ("rm", "-f") if ready else ("touch",)
    for container in gateway.containers.started[1 : replicas + 1]:
        container.run(*command, "/tmp/unready")  # noqa: S108  # in a container of its own


def test_it_starts_without_replicas_and_says_so(start_gateway: StartGateway) -> None:
    gateway = start_gateway()

    for answer in (gateway.predict(), gateway.get("/model"), gateway.get("/health/ready")):
        assert answer.status_code == 503
        assert answer.headers["retry-after"] == "1"
        assert "No replica is ready" in answer.json()["detail"]
        assert answer.elapsed.total_seconds() < 1

    gateway.replica()
    wait_until(lambda: gateway.predict().is_success, "a replica that came later is found")


def test_replicas_come_and_go_under_load_and_no_request_fails(start_gateway: StartGateway) -> None:
    gateway = start_gateway(queue_timeout="60s", queue_length=1000)
    replicas = gateway.replicas(3)
    with gateway.load(16, sleep=0.005) as load:
        replicas += [gateway.replica() for _ in range(MANY - 3)]
        gateway.wait_for_ready(MANY)
        load.wait_for(500)
        for replica in replicas[2:]:
            replica.stop()
        gateway.wait_for_ready(2)
        load.wait_for(500)

    assert load.failures() == []


def test_a_replica_that_starts_gets_nothing_before_it_is_ready(start_gateway: StartGateway) -> None:
    gateway = start_gateway()
    gateway.replicas(2)
    set_ready(gateway, False, 1)
    gateway.wait_for_ready(1)

    served = {gateway.predict().json()["replica"] for _ in range(20)}
    asked = {gateway.get("/model").json()["replica"] for _ in range(20)}
    assert len(served) == len(asked) == 1

    set_ready(gateway, True, 1)
    gateway.wait_for_ready(2)


def test_while_no_replica_is_ready_those_that_live_say_why(start_gateway: StartGateway) -> None:
    gateway = start_gateway()
    gateway.replicas(1)
    set_ready(gateway, False, 1)
    wait_until(lambda: gateway.predict().status_code == 503, "predictions are refused")
    gateway.wait_for_ready(0)

    assert gateway.get("/model").is_success
    assert gateway.get("/health/ready").json()["replica"]
