"""A watch over real containers: throttled ones, killed ones, brief ones."""

import time
from collections.abc import Iterator

import pytest

from capacity.records import ContainerUse
from capacity.services.engine_api import Engine
from capacity.services.watching import Watch
from stack.docker import Docker
from tests.images.containers import (
    ROOT,
    Containers,
    containers_of_a_test,
    docker,
    image_names,
    wait_until,
)

pytestmark = pytest.mark.docker

CPUS, MEMORY = 0.1, 48
LONG_ENOUGH = 4  # seconds: a few looks

# The parent stays: one worker process of several is killed.
EATER = """
import os, signal, time
while True:
    if os.fork() == 0:
        eaten = [bytearray(1 << 20) for _ in range(500)]
    os.wait()
    time.sleep(1)
"""


def labels(project: str, service: str) -> tuple[str, ...]:
    prefix = "com.docker.compose"
    return ("--label", f"{prefix}.project={project}", "--label", f"{prefix}.service={service}")


@pytest.fixture(scope="module")
def uses(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, ContainerUse]]:
    """What a watch of some seconds saw, by service."""
    image = image_names()["python"]
    folder = tmp_path_factory.mktemp("logs")
    engine = Engine(Docker(ROOT, folder, 1.0))
    with containers_of_a_test() as started:
        project = started.network

        def start(service: str, program: str, *options: str) -> str:
            options = (*labels(project, service), *options)
            return started.start(image, "python", "-c", program, options=options).name

        start("busy", "while True: pass", "--cpus", str(CPUS))
        start("eater", EATER, "--memory", f"{MEMORY}m", "--memory-swap", f"{MEMORY}m")
        start("faller", "import time; time.sleep(0.2); exit(1)", "--restart", "always")
        paused = start("paused", "import time; time.sleep(600)")
        docker("pause", paused)
        watch = Watch(engine, {project})
        watch.start()
        try:
            brief = start("brief", "import time; time.sleep(1.5)")
            _await_events(started, brief)
        finally:
            found = watch.stop()
        docker("unpause", paused)
        yield {use.service: use for use in found}
    engine.close()


def _await_events(started: Containers, brief: str) -> None:
    """Wait until everything that the tests look for has happened."""
    running = ("inspect", "--format", "{{.State.Running}}", brief)
    wait_until(lambda: docker(*running) == "false", "the brief one ends")
    docker("rm", brief)  # while the watch listens to it
    faller = ("inspect", "--format", "{{.RestartCount}}", started.started[2].name)
    wait_until(lambda: int(docker(*faller)) >= 1, "the faller falls")
    deadline = time.monotonic() + LONG_ENOUGH
    wait_until(lambda: time.monotonic() >= deadline, "a few seconds of throttling")


def test_cpu_and_throttling_of_a_limited_container(uses: dict[str, ContainerUse]) -> None:
    busy = uses["busy"]
    assert busy.cpu_limit == CPUS
    assert CPUS / 2 < busy.cpu_mean < CPUS * 2
    assert busy.throttled > 0.5
    assert len(busy.timeline) >= 2
    assert (busy.oom_kills, busy.restarts) == (0, 0)


def test_a_killed_worker_is_seen_in_a_container_that_goes_on(
    uses: dict[str, ContainerUse],
) -> None:
    eater = uses["eater"]
    assert eater.memory_limit == MEMORY
    assert eater.oom_kills >= 1
    assert eater.restarts == 0
    assert eater.memory_max <= MEMORY


def test_restarts_are_counted(uses: dict[str, ContainerUse]) -> None:
    assert uses["faller"].restarts >= 1


def test_one_that_came_and_went_is_no_fault(uses: dict[str, ContainerUse]) -> None:
    assert uses["brief"].restarts == 0


def test_one_that_is_paused_is_left_out(uses: dict[str, ContainerUse]) -> None:
    assert "paused" not in uses
