"""Half a CPU and 400 MB, where the system that this one grew out of broke: it serves."""

import logging
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from tests.images.containers import wait_until
from tests.stack.containers import Container, containers, docker
from tests.stack.open_loop import generate, watching, write_bodies
from tests.stack.stack import Stack

pytestmark = pytest.mark.stack

CPUS, MEMORY = "0.5", "400m"
MOST_RESIDENT_KB = 150_000_000 / 1024
HEALTH_SECONDS = 0.25
CONNECTIONS = 500
# With half a CPU, a replica that has used its share rests for half of 100 ms: that is always
# possible, and one rest of three seconds is in the 99th percentile of either measurement.
REST_MS = 50

log = logging.getLogger(__name__)


@pytest.fixture(scope="module")
def bodies(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_bodies(tmp_path_factory.mktemp("small"))


@pytest.fixture(scope="module")
def small(stack: Stack) -> Iterator[Container]:
    """The only replica, started anew within these limits."""
    stack.scale(1)
    stack.wait_for_replicas(1)
    (replica,) = containers("fastapi")
    limits = ("--cpus", CPUS, "--memory", MEMORY, "--memory-swap", MEMORY)
    docker("update", *limits, replica.id)
    docker("restart", replica.id)
    stack.wait_for_replicas(1)
    try:
        yield containers("fastapi")[0]
    finally:
        docker("rm", "--force", replica.id)  # its successor has the limits of the compose file
        stack.scale(stack.settings.fastapi_replicas)
        stack.wait_for_replicas(stack.settings.fastapi_replicas)


def address(replica: Container) -> str:
    return f"http://{next(iter(replica.addresses.values()))}:8081"


def test_it_serves_through_the_gateway(stack: Stack, small: Container, bodies: Path) -> None:
    figures = generate(
        f"{stack.gateway}/predict/",
        *("--bodies", str(bodies), "--seconds", "8", "--connections", "32"),
    )
    assert set(figures["statuses"]) == {"200"}
    assert_unharmed(small)


def test_it_stays_small_and_awake_when_its_clients_ask_it_directly(
    small: Container, bodies: Path
) -> None:
    """No gateway sheds here: every one of 500 clients asks again as soon as it is answered."""
    url = address(small)
    options = ("--bodies", str(bodies), "--seconds")
    before = generate(f"{url}/predict/", *options, "3", "--rate", "200", "--connections", "8")
    with watching([f"{url}/health/live"]) as watch:
        figures = generate(f"{url}/predict/", *options, "10", "--connections", str(CONNECTIONS))
    after = generate(
        f"{url}/predict/", *options, "3", "--rate", "200", "--connections", "8", "--warmup", "1.5"
    )

    assert set(figures["statuses"]) == {"200"}
    assert not watch.faults
    assert watch.slowest_seconds[f"{url}/health/live"] <= HEALTH_SECONDS
    calm = max(before["accepted"]["p99_ms"], REST_MS)
    assert after["accepted"]["p99_ms"] <= 4 * calm
    assert_unharmed(small)


def test_it_is_soon_ready_from_its_folder(stack: Stack, small: Container) -> None:
    """Measured inside, where the engine's own time to start a container does not count."""
    docker("restart", small.id)
    started = time.time()
    url = address(containers("fastapi")[0])

    def ready() -> bool:
        try:
            return stack.web.get(f"{url}/health/ready", timeout=1).is_success
        except httpx.TransportError:
            return False

    wait_until(ready, "the replica is ready again")
    log.info("ready %.1f s after its restart, at %s CPUs", time.time() - started, CPUS)
    model = stack.json(f"{url}/model")
    assert model["source"] == "cache"


def assert_unharmed(replica: Container) -> None:
    """It was neither killed nor started again, and is as small as it should be."""
    now = next(each for each in containers("fastapi") if each.id == replica.id)
    assert not now.state["OOMKilled"]
    assert now.state["StartedAt"] == replica.state["StartedAt"]
    resident = now.inside("resident")
    log.info("resident: %s kB", resident)
    assert sum(resident.values()) <= MOST_RESIDENT_KB
