"""Replicas come, go, die and freeze under load, and nobody who asks notices."""

import http.client
import logging
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from covertype.schema import FEATURE_NAMES
from tests.images.containers import wait_until
from tests.stack.containers import Container, compose, container, containers, docker
from tests.stack.load import Exchange, under_load
from tests.stack.stack import Stack

pytestmark = pytest.mark.stack

ROWS = 40
# Longer than it takes the gateway to notice, and shorter than a person waits.
BEARABLE_SECONDS = 5
START_SECONDS = 90

log = logging.getLogger(__name__)


@pytest.fixture(scope="module")
def exchanges(stack: Stack) -> list[Exchange]:
    """Bodies, and the answers that the champion gives: all replicas have to give the same."""
    batch = stack.json(f"{stack.random_data}/data", group_number=5, batch_number=1)["data"]
    found = []
    for row in batch[:ROWS]:
        features = dict(zip(FEATURE_NAMES, map(float, row), strict=False))
        answer = stack.web.post(f"{stack.gateway}/predict/", json=features)
        assert answer.status_code == http.client.OK
        found.append((answer.request.content, answer.content))
    assert len({answer for _, answer in found}) > 1
    return found


@pytest.fixture(autouse=True)
def _as_many_as_before(stack: Stack) -> Iterator[None]:
    replicas = stack.settings.fastapi_replicas
    stack.wait_for_replicas(replicas)
    yield
    stack.scale(replicas)
    stack.wait_for_replicas(replicas)


def model(replica: Container) -> dict[str, Any]:
    """What a replica says of itself, asked inside its container."""
    ((_, answer),) = replica.inside("ask", "localhost", "8081", "/model").items()
    return dict(answer)


def serving_process(replica: Container) -> str:
    return str(next(iter(model(replica)["processes"])))


def test_scaling_up_and_down_costs_no_request(stack: Stack, exchanges: list[Exchange]) -> None:
    with under_load(stack.settings.gateway_port, exchanges) as figures:
        for replicas in (5, 2, stack.settings.fastapi_replicas):
            stack.scale(replicas)
            stack.wait_for_replicas(replicas)
            stack.wait_for_traffic()

    figures.assert_none_failed()
    log.info("%d answers, slowest %.2f s", figures.answered, figures.slowest_seconds)


@pytest.mark.parametrize(
    "end",
    [
        pytest.param(lambda replica: docker("kill", "--signal", "KILL", replica.id), id="killed"),
        pytest.param(lambda replica: docker("stop", replica.id), id="stopped"),
    ],
)
def test_a_replica_that_ends_costs_no_request(
    stack: Stack, exchanges: list[Exchange], end: Callable[[Container], str]
) -> None:
    replicas = stack.settings.fastapi_replicas
    victim = containers("fastapi")[0]
    with under_load(stack.settings.gateway_port, exchanges) as figures:
        end(victim)
        stack.wait_for_replicas(replicas - 1)
        stack.wait_for_traffic()
        figures.wait_until_nobody_is_stuck()
        docker("start", victim.id)
        stack.wait_for_replicas(replicas)
        stack.wait_for_traffic()

    figures.assert_none_failed()
    assert figures.slowest_seconds < BEARABLE_SECONDS


def test_a_replica_that_crashes_comes_back_by_itself(
    stack: Stack, exchanges: list[Exchange]
) -> None:
    victim = containers("fastapi")[0]
    with under_load(stack.settings.gateway_port, exchanges) as figures:
        victim.inside("kill", serving_process(victim))
        wait_until(
            lambda: (
                containers("fastapi")[0].details["RestartCount"] > victim.details["RestartCount"]
            ),
            "the engine starts it again",
            START_SECONDS,
        )
        stack.wait_for_replicas(stack.settings.fastapi_replicas)
        stack.wait_for_traffic()

    figures.assert_none_failed()
    assert figures.slowest_seconds < BEARABLE_SECONDS


def test_a_frozen_replica_costs_no_request_and_little_time(
    stack: Stack, exchanges: list[Exchange]
) -> None:
    replicas = stack.settings.fastapi_replicas
    victim = containers("fastapi")[0]
    with under_load(stack.settings.gateway_port, exchanges) as figures:
        docker("pause", victim.id)
        try:
            wait_until(lambda: len(stack.up()) == replicas - 1, "the gateway leaves it out")
            stack.wait_for_traffic()
            figures.wait_until_nobody_is_stuck()
        finally:
            docker("unpause", victim.id)
        stack.wait_for_replicas(replicas)
        stack.wait_for_traffic()

    figures.assert_none_failed()
    log.info("slowest of %d answers: %.2f s", figures.answered, figures.slowest_seconds)
    assert figures.slowest_seconds < BEARABLE_SECONDS


def test_serving_goes_on_without_the_registry(stack: Stack, exchanges: list[Exchange]) -> None:
    replicas = stack.settings.fastapi_replicas
    newcomer = containers("fastapi")[0]
    version = model(newcomer)["version"]
    with under_load(stack.settings.gateway_port, exchanges) as figures:
        compose("stop", "mlflow")
        try:
            docker("restart", newcomer.id)
            stack.wait_for_replicas(replicas)
            stack.wait_for_traffic()
            answer = model(newcomer)
        finally:
            compose("start", "mlflow")
        assert (answer["version"], answer["registry_seen_at"]) == (version, None)
        assert answer["last_error"]
        wait_until(lambda: container("mlflow").is_healthy(), "MLflow is back", START_SECONDS)
        wait_until(
            lambda: bool(model(newcomer)["registry_seen_at"]) and not model(newcomer)["last_error"],
            "the replica sees the registry again",
        )

    figures.assert_none_failed()
