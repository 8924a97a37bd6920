"""Inference as pinned processes: started, proven, watched, ended."""

import functools
import json
import os
import signal
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from subprocess import run
from typing import Any

import httpx
import psutil
import pytest

from bench.machine import on_core
from capacity.configuration import Configuration
from capacity.errors import NotApplied
from capacity.records import AppliedLimits, ContainerUse
from capacity.service import Observation
from capacity.services.embedded import EmbeddedService
from console.errors import CommandError
from console.processes import lives
from demo.errors import AlreadyRunning
from stack.predict import ROW
from tests.capacity.embedded.conftest import ONE, TWO_WORKERS, needs_cores, service_of
from tests.support.servers import REPO, wait_until

QUIET_SECONDS = 0.3

pytestmark = needs_cores


def silent(_: str) -> None:
    """Takes news and tells nobody."""


def predict(service: EmbeddedService) -> dict[str, Any]:
    """One prediction, by a new connection."""
    answer: dict[str, Any] = httpx.post(service.url, json=ROW, trust_env=False).json()
    return answer


def workers_of(service: EmbeddedService) -> dict[int, str | None]:
    """The version of each worker by its process id, as the service tells it."""
    url = service.url.replace("/predict/", "/model")
    versions = httpx.get(url, trust_env=False).json()["processes"]
    return {int(pid): version for pid, version in versions.items()}


def started_processes() -> list[psutil.Process]:
    """All that the tests of this file started and that still runs."""
    return [
        child
        for child in psutil.Process().children(recursive=True)
        if lives(child) and child not in _there_before()
    ]


@functools.cache
def _there_before() -> frozenset[psutil.Process]:
    """What the tests of other files left running in this process."""
    return frozenset(psutil.Process().children(recursive=True))


@pytest.fixture(scope="module", autouse=True)
def _begin() -> None:
    _there_before()


def only(observation: Observation) -> ContainerUse:
    """The use of the one replica."""
    (use,) = observation.containers
    return use


@pytest.fixture
def running(service: EmbeddedService) -> Iterator[EmbeddedService]:
    with service.taken_over():
        yield service


def test_a_configuration_serves_with_the_limits_that_it_proves(running: EmbeddedService) -> None:
    applied = running.apply(TWO_WORKERS, silent)
    assert predict(running)["version"] == "1"
    assert applied.limits == (AppliedLimits(name="fastapi-1", cpus=1, memory=0, workers=2),)
    assert 0 < applied.ready_seconds < 90
    workers = workers_of(running)
    assert list(workers.values()) == ["1", "1"]
    for pid in workers:
        assert running.generator_core not in psutil.Process(pid).cpu_affinity()
        assert len(psutil.Process(pid).cpu_affinity()) == 1


def test_the_next_configuration_is_there_alone(running: EmbeddedService) -> None:
    url = running.url
    running.apply(TWO_WORKERS, silent)
    before = started_processes()
    assert len(before) > 2
    applied = running.apply(ONE, silent)
    assert not any(map(lives, before))
    assert applied.limits[0].workers == len(workers_of(running)) == 1
    assert running.url == url


def test_the_planner_keeps_off_its_cores_while_it_watches(running: EmbeddedService) -> None:
    cores = os.sched_getaffinity(0)
    running.apply(ONE, silent)
    with running.observed():
        assert os.sched_getaffinity(0) == {running.generator_core}
    assert os.sched_getaffinity(0) == cores


def test_all_ends_with_the_run(service: EmbeddedService) -> None:
    with service.taken_over():
        service.apply(ONE, silent)
    assert started_processes() == []
    with pytest.raises(httpx.ConnectError):
        predict(service)


def test_another_planner_may_not_work_in_the_same_folder(running: EmbeddedService) -> None:
    with pytest.raises(AlreadyRunning, match="another planner"), running.taken_over():
        pass


def test_the_fingerprint_tells_machine_cores_and_champion(running: EmbeddedService) -> None:
    fingerprint = json.loads(json.dumps(running.describe()))
    assert fingerprint["champion"]["version"] == "1"
    assert fingerprint["generator_core"] not in fingerprint["server_cores"]
    assert fingerprint["cores"] == len(fingerprint["server_cores"]) + 1
    assert "onnxruntime" in fingerprint["versions"]
    assert fingerprint["memory_measure"] in ("pss", "rss")


def test_use_under_load(running: EmbeddedService, tmp_path: Path) -> None:
    running.apply(ONE, silent)
    bodies = tmp_path / "bodies"
    bodies.write_text(json.dumps(ROW))
    core = str(running.generator_core)
    load = ("--rate", "500", "--seconds", "2", "--warmup", "0.2", "--core", core)
    argv = [sys.executable, "-m", "loadgen", running.url, "--bodies", str(bodies), *load]
    with running.observed() as seen:
        figures = json.loads(run(argv, cwd=REPO, capture_output=True, check=True).stdout)
    assert set(figures["statuses"]) == {"200"}
    use = only(seen)
    assert (use.name, use.service) == ("fastapi-1", "fastapi")
    assert (use.cpu_limit, use.memory_limit, use.restarts, use.oom_kills) == (1, 0, 0, 0)
    assert 0 < use.cpu_mean <= use.cpu_max
    assert use.cpu_mean < 1.1  # pinned to one core; ticks are coarse
    assert 30 < use.memory_max < 1000
    assert len(use.timeline) >= 2
    seconds = [moment.second for moment in use.timeline]
    assert seconds == sorted(seconds)
    assert 0 < seen.machine_cpu <= 1


def test_an_idle_service_uses_next_to_nothing(running: EmbeddedService) -> None:
    running.apply(ONE, silent)
    with running.observed() as seen:
        threading.Event().wait(QUIET_SECONDS)
    assert only(seen).cpu_mean < 0.5
    assert len(only(seen).timeline) == 1


def test_a_killed_worker_is_a_restart(running: EmbeddedService) -> None:
    running.apply(TWO_WORKERS, silent)
    before = set(workers_of(running))
    with running.observed() as seen:
        os.kill(min(before), signal.SIGKILL)
        wait_until(lambda: len(set(workers_of(running)) | before) == 3, 30, "a new worker")
    assert only(seen).restarts == 1
    with running.observed() as seen:
        predict(running)
    assert only(seen).restarts == 0


@pytest.mark.parametrize("configuration", [ONE, TWO_WORKERS], ids=["alone", "two-workers"])
def test_a_service_that_was_killed_is_a_restart_and_comes_back(
    running: EmbeddedService, configuration: Configuration
) -> None:
    running.apply(configuration, silent)
    before = started_processes()
    (top,) = before[0].children()  # the first is its guard
    with running.observed() as seen:
        top.kill()
        wait_until(lambda: not before[0].children(recursive=True), 30, "its end")
    assert only(seen).restarts >= 1
    assert not any(map(lives, before))
    assert len(workers_of(running)) == (configuration.workers or 1)
    assert predict(running)["version"] == "1"


def test_a_service_that_does_not_start_says_why(running: EmbeddedService, project: Path) -> None:
    (project / "fastapi").unlink()
    with pytest.raises(NotApplied, match="fastapi ended unexpectedly") as caught:
        running.apply(ONE, silent)
    assert "No module named inference" in caught.value.excerpt
    assert started_processes() == []


MOST = len(os.sched_getaffinity(0)) - 1 if hasattr(os, "sched_getaffinity") else 1


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"cpus": 0.5}, r"0\.5 CPUs cannot be had: a local process gets whole cores"),
        ({"cpus": MOST + 1}, f"is the load generator's, so plan at most {MOST}"),
        ({"replicas": 2}, "2 replicas need a gateway"),
    ],
)
def test_what_processes_cannot_have_is_refused(
    running: EmbeddedService, changes: dict[str, float], message: str
) -> None:
    wanted = Configuration.model_validate(ONE.model_dump() | changes)
    with pytest.raises(NotApplied, match=message):
        running.apply(wanted, silent)


def test_it_says_what_it_cannot_limit(service: EmbeddedService) -> None:
    text = " ".join(service.cannot_limit)
    for word in ("Memory", "Fractions of a CPU", "gateway", "Network"):
        assert word in text


def test_a_single_core_is_too_few(project: Path) -> None:
    with (
        on_core(min(os.sched_getaffinity(0))),
        pytest.raises(CommandError, match="the planner needs two processor cores"),
    ):
        service_of(project)


def test_a_system_that_cannot_pin_is_refused(
    project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delattr(os, "sched_getaffinity")
    with pytest.raises(CommandError, match=r"cannot pin a program .* run the planner on Linux"):
        service_of(project)
