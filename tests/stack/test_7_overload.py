"""Far more requests than one small replica can answer: it keeps its goodput, and says no early.

Load is open loop: requests are due at a fixed rate whatever the gateway does, and latency counts
from when each was due. The replica is limited so far that ten times its capacity is no
burden to the generator, which is on the same machine. Its peak is measured right before and
right after each overload, because it changes with what else the machine's cores do.
"""

import json
import logging
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.stack.containers import containers, docker
from tests.stack.open_loop import constant_server, generate, watching, write_bodies
from tests.stack.stack import Stack

pytestmark = pytest.mark.stack

CPUS = "0.05"
CONNECTIONS = 1000
FEW_CONNECTIONS = 16
# A limited replica works in bursts: enough must wait to fill one, and none be turned away.
BUSY_CONNECTIONS = 96
SECONDS = 12
RECOVERY_SECONDS = 2
# The p99 of two quiet runs differs by as much on a shared machine; overload makes it 50 times.
NOISE = 4
ATTEMPTS = 5
# A replica that has used up its CPU rests for the rest of 100 ms: that much is always possible.
REST_MS = 100
# A longer queue would improve one of these and spoil another.
TOGETHER = {"goodput", "p99 of the accepted", "p50 of the refused", "p99 of the refused"}

log = logging.getLogger(__name__)


@pytest.fixture(scope="module")
def bodies(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_bodies(tmp_path_factory.mktemp("overload"))


@dataclass(slots=True)
class Small:
    """One replica with little CPU behind the gateway, and what it can do there."""

    stack: Stack
    bodies: Path
    unloaded_p99_ms: float = 0.0
    peak: float = 0.0

    def closed(self, connections: int, seconds: float = 5) -> dict[str, Any]:
        return generate(
            f"{self.stack.gateway}/predict/",
            *("--bodies", str(self.bodies), "--seconds", str(seconds)),
            *("--connections", str(connections)),
        )

    def open(
        self,
        rate: float,
        seconds: float = SECONDS,
        warmup: float = 2,
        connections: int = CONNECTIONS,
    ) -> dict[str, Any]:
        return generate(
            f"{self.stack.gateway}/predict/",
            *("--bodies", str(self.bodies), "--seconds", str(seconds), "--rate", f"{rate:.0f}"),
            *("--connections", str(connections), "--warmup", str(warmup)),
        )

    def peak_now(self) -> float:
        """Goodput with as many requests under way as may wait, but no more."""
        found = self.closed(BUSY_CONNECTIONS, 4)
        assert set(found["statuses"]) <= {"200", "503"}
        return float(found["goodput"])

    def unloaded(self, warmup: float) -> dict[str, Any]:
        return self.open(self.peak / 4, 5, warmup, FEW_CONNECTIONS)


@pytest.fixture(scope="module")
def small(stack: Stack, bodies: Path) -> Iterator[Small]:
    """Measured before: its capacity, and its latency at a quarter of that."""
    stack.scale(1)
    stack.wait_for_replicas(1)
    (replica,) = containers("fastapi")
    docker("update", "--cpus", CPUS, replica.id)
    try:
        found = Small(stack, bodies)
        found.closed(BUSY_CONNECTIONS)
        found.peak = found.peak_now()
        found.unloaded_p99_ms = float(found.unloaded(2)["accepted"]["p99_ms"])
        yield found
    finally:
        docker("update", "--cpus", str(stack.settings.fastapi_cpus), replica.id)
        stack.scale(stack.settings.fastapi_replicas)
        stack.wait_for_replicas(stack.settings.fastapi_replicas)


def test_the_generator_could_send_more(small: Small) -> None:
    """Ten times the replica's capacity is below half of what the generator reaches."""
    with constant_server() as url:
        options = ("--bodies", str(small.bodies), "--connections", "64", "--seconds", "4")
        ceiling = generate(url, *options)["rps"]
    log.info("replica %.0f/s, generator %.0f/s", small.peak, ceiling)
    assert 10 * small.peak < ceiling / 2


def overload(small: Small, times: int, least_goodput: float, most_p99_ms: float) -> list[str]:
    """Overload the replica for a while; what was worse than it may be."""
    stack, before = small.stack, small.peak_now()
    figures_url = stack.settings.url(stack.settings.gateway_stats_port)
    with watching([f"{stack.gateway}/health/live", f"{figures_url}/metrics"]) as watch:
        found = small.open(times * small.peak)
    # The load generator takes half a second to start.
    after = small.unloaded(RECOVERY_SECONDS - 0.5)
    peak = (before + small.peak_now()) / 2

    assert set(found["statuses"]) <= {"200", "503"}
    assert not watch.faults
    slowest = max(watch.slowest_seconds.values())
    limits = {
        "goodput": found["goodput"] >= least_goodput * peak,
        "p99 of the accepted": found["accepted"]["p99_ms"] <= most_p99_ms,
        "p50 of the refused": found["refused"]["p50_ms"] <= 10,
        "p99 of the refused": found["refused"]["p99_ms"] <= 300,
        "health and figures": slowest <= 0.25,
        "recovery": after["accepted"]["p99_ms"] <= NOISE * max(small.unloaded_p99_ms, REST_MS),
        "the generator itself": not found["saturated"] and not found["dropped"],
    }
    share = found["goodput"] / peak
    log.info("%d times: %.2f of the peak, slowest look %.3f s, %s", times, share, slowest, limits)
    return [name for name, is_kept in limits.items() if not is_kept]


@pytest.mark.parametrize(
    ("times", "least_goodput", "most_p99_ms"),
    [pytest.param(3, 0.9, 250, id="3 times"), pytest.param(10, 0.5, 500, id="10 times")],
)
def test_overload(small: Small, times: int, least_goodput: float, most_p99_ms: float) -> None:
    """Other work on the machine makes a figure worse, never better: the best of a few runs.

    Limits that depend on each other are kept in the same run, each other one in any.
    """
    faults: list[set[str]] = []
    while len(faults) < ATTEMPTS:
        faults.append(set(overload(small, times, least_goodput, most_p99_ms)))
        never_kept = set.intersection(*faults)
        if not never_kept and any(not TOGETHER & found for found in faults):
            return
    pytest.fail(f"over their limits in {ATTEMPTS} runs: {faults}")


def test_a_refusal_says_when_to_come_back(small: Small) -> None:
    """Seen by a client who asks while the replica is overloaded."""
    stack = small.stack
    row = json.loads(small.bodies.read_text().splitlines()[0])
    found: list[httpx.Response] = []
    over = threading.Event()

    def ask() -> None:
        with httpx.Client(timeout=10, trust_env=False) as client:
            while not over.is_set():
                answer = client.post(f"{stack.gateway}/predict/", json=row)
                if answer.status_code == httpx.codes.SERVICE_UNAVAILABLE:
                    found.append(answer)
                    return

    thread = threading.Thread(target=ask)
    thread.start()
    small.open(10 * small.peak, 4)
    over.set()
    thread.join()
    (refusal,) = found
    assert refusal.headers["retry-after"] == "1"
    assert refusal.headers["content-type"] == "application/json"
    assert refusal.json()["detail"]
