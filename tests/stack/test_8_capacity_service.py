"""The planner's hold on the stack: its limits are proven, and whatever ends it, all is put back."""

import json
import os
import signal
import time
from collections.abc import Iterator

import pytest
from rich.console import Console

from capacity.configuration import Configuration
from capacity.errors import NotApplied
from capacity.plan.model import ServicePlan
from capacity.services.compose import ComposeService
from capacity.services.pausing import TRAINING
from capacity.services.takeover import Busy
from console.settings import Credentials
from stack.airflow import Airflow, Run
from stack.context import Stack as Command
from stack.predict import ROW
from tests.images.containers import ROOT, wait_until
from tests.stack.containers import containers
from tests.stack.planner import CONFIGURATION
from tests.stack.planners import FOLDER, RESTORE_SECONDS, all_make_ups, ids, paused, planner
from tests.stack.stack import Stack

pytestmark = pytest.mark.stack

LOAD_SECONDS = 4  # a few looks


@pytest.fixture(autouse=True)
def _as_before(stack: Stack) -> Iterator[None]:
    """Each test leaves every container as it was, and the gateway uses all replicas."""
    stack.wait_for_replicas(stack.settings.fastapi_replicas)
    before = all_make_ups()
    yield
    wait_until(lambda: not (FOLDER / "restore.json").exists(), "it is put back", RESTORE_SECONDS)
    stack.wait_for_replicas(stack.settings.fastapi_replicas)
    assert all_make_ups() == before


@pytest.fixture
def command() -> Iterator[Command]:
    made = Command(ROOT, Console(stderr=True))
    yield made
    made.web.close()


def test_limits_are_proven_and_what_is_used_is_seen(stack: Stack, command: Command) -> None:
    service = ComposeService(command, ServicePlan())
    with service.taken_over():
        applied = service.apply(CONFIGURATION, lambda _news: None)
        replicas = containers("fastapi")
        assert {(each.cpus, each.memory) for each in applied.limits} == {(0.2, 300)}
        assert {each.name for each in applied.limits} == {each.name for each in replicas}
        assert {each.host_config["NanoCpus"] for each in replicas} == {200_000_000}
        assert {each.host_config["Memory"] for each in replicas} == {300 * 2**20}
        assert len(stack.up()) == len(replicas) == CONFIGURATION.replicas
        assert paused() == TRAINING - {"flower"}

        with service.observed() as seen:
            sent = 0
            end = time.monotonic() + LOAD_SECONDS
            while time.monotonic() < end:
                stack.web.post(service.url, json=ROW).raise_for_status()
                sent += 1
        uses = {each.name: each for each in seen.containers if each.service == "fastapi"}
    assert uses.keys() == {each.name for each in applied.limits}
    for use in uses.values():
        assert (use.cpu_limit, use.memory_limit) == (0.2, 300)
        assert 0 < use.cpu_mean <= 0.25
        assert 20 < use.memory_max <= 300
        assert (use.oom_kills, use.restarts) == (0, 0)
    assert {each.service for each in seen.containers} >= {"gateway", "mlflow"}
    assert sum(seen.balance.values()) == sent
    assert len(seen.balance) == CONFIGURATION.replicas
    assert 0 < seen.machine_cpu <= 1


def test_too_little_memory_is_reported_before_the_deadline(command: Command) -> None:
    service = ComposeService(command, ServicePlan(pause_training=False))
    with service.taken_over():
        starved = Configuration(cpus=0.5, memory=40, replicas=1)
        with pytest.raises(NotApplied, match="was killed for memory at 40 MB while it started"):
            service.apply(starved, lambda _news: None)


def test_more_cpus_than_there_are_cost_no_replica(command: Command) -> None:
    service = ComposeService(command, ServicePlan(pause_training=False))
    with service.taken_over():
        before = ids()
        cores = os.cpu_count() or 1
        with pytest.raises(NotApplied, match=f"what this machine has: {cores} cores"):
            service.apply(Configuration(cpus=cores + 1, memory=300, replicas=1), lambda _news: None)
        assert ids() == before


@pytest.mark.parametrize(
    ("when", "signum"),
    [
        pytest.param("making", signal.SIGINT, id="ctrl-c in the middle of making replicas"),
        pytest.param("applied", signal.SIGINT, id="ctrl-c"),
        pytest.param("making", signal.SIGTERM, id="terminated in the middle of making replicas"),
    ],
)
def test_a_planner_that_is_interrupted_puts_everything_back(when: str, signum: int) -> None:
    with planner(when) as running:
        assert paused()
        # Ctrl-C reaches all processes of a terminal, so whatever Docker's command is at.
        os.killpg(running.process.pid, signum)
        assert running.process.wait(RESTORE_SECONDS) == 128 + signal.SIGINT
    assert not paused()
    assert not (FOLDER / "restore.json").exists()


@pytest.mark.parametrize("when", ["making", "applied"])
def test_a_planner_that_is_killed_is_cleaned_up_after(when: str) -> None:
    with planner(when) as running:
        assert paused()
        assert running.end(signal.SIGKILL) == -signal.SIGKILL
        # The fixture sees to it that everything comes back, with nobody's help.


def test_the_next_planner_puts_back_what_nobody_else_could(command: Command) -> None:
    with planner("applied") as running:
        watcher = running.watcher()
        watcher.kill()
        running.end(signal.SIGKILL)
    assert paused()
    before = json.loads((FOLDER / "restore.json").read_text())
    assert before["replicas"] == command.settings.fastapi_replicas
    with ComposeService(command, ServicePlan(pause_training=False)).taken_over():
        assert not paused()
        assert len(containers("fastapi")) == command.settings.fastapi_replicas


def test_two_planners_do_not_run_at_once(command: Command) -> None:
    with planner("applied") as running:
        before = ids()
        with (
            pytest.raises(Busy, match=f"another planner runs, process {running.process.pid}:"),
            ComposeService(command, ServicePlan()).taken_over(),
        ):
            pass
        assert ids() == before


class Training(Airflow):
    """Airflow with a run under way."""

    def runs(self, dag: str) -> list[Run]:
        return [Run(dag, "manual__1", "running", "manual")]


def test_a_training_run_is_not_stopped_in_the_middle(command: Command) -> None:
    before = ids()
    command.airflow = Training(command.airflow.url, "", "", command.web)
    with (
        pytest.raises(Busy, match=r"Airflow runs covertype_ingest.*wait until it has ended"),
        ComposeService(command, ServicePlan()).taken_over(),
    ):
        pass
    assert ids() == before
    assert not (FOLDER / "restore.json").exists()


def test_the_fingerprint_names_what_is_served_and_no_secret(stack: Stack, command: Command) -> None:
    found = ComposeService(command, ServicePlan()).describe()
    champion = stack.champion()
    assert found["model"]["version"] == champion.version
    assert found["model"]["sha256"] == champion.tags["onnx_sha256"]
    assert found["docker"]
    assert all(digest.startswith("sha256:") for digest in found["images"].values())
    for key in Credentials.model_fields:
        assert key.upper() not in found["settings"]
