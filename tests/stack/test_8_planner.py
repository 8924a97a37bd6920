"""The capacity planner on the running stack: the plan ``smoke``, as a person would start it."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from capacity.files import RunFolder, open_run
from capacity.records import ConfigurationResult
from tests.images.containers import ROOT
from tests.stack.containers import containers

pytestmark = pytest.mark.stack

SMOKE_SECONDS = 600
RUNS = ROOT / "out" / "capacity"


def capacity(*arguments: str) -> str:
    """Run the planner's command line; gives what it printed."""
    done = subprocess.run(
        [sys.executable, "-m", "capacity", *arguments],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=SMOKE_SECONDS,
        check=False,
    )
    assert done.returncode == 0, f"{done.stdout[-4000:]}\n{done.stderr[-4000:]}"
    return done.stdout


def make_up() -> dict[str, Any]:
    """What each container is made of and whether it works; without what a new start changes."""
    return {
        one.name: {
            "image": one.details["Image"],
            "state": one.state["Status"],
            "environment": one.environment,
            "cpus": one.host_config["NanoCpus"],
            "memory": one.host_config["Memory"],
            "mounts": sorted(mount["Destination"] for mount in one.details["Mounts"]),
            "made from": one.details["Config"]["Labels"]["com.docker.compose.config-hash"],
        }
        for one in containers()
    }


@pytest.fixture(scope="module")
def before() -> dict[str, Any]:
    return make_up()


@pytest.fixture(scope="module")
def smoke(before: dict[str, Any]) -> RunFolder:
    """One run for all tests of this file. ``before`` is looked at first."""
    assert before
    capacity("run", "smoke", "--fresh")
    return open_run(RUNS, "latest")


@pytest.fixture(scope="module")
def results(smoke: RunFolder) -> list[ConfigurationResult]:
    return smoke.results()


def test_every_configuration_is_measured_to_its_end(results: list[ConfigurationResult]) -> None:
    assert [one.configuration.cpus for one in results] == [0.1, 0.2]
    for result in results:
        assert result.is_complete
        assert result.error is None
        assert [one.step for one in result.measurements] == ["closed-1", "open-300-1"]


def test_the_limits_are_those_that_were_asked_for(results: list[ConfigurationResult]) -> None:
    for result in results:
        (limits,) = result.applied
        assert limits.cpus == result.configuration.cpus
        assert limits.memory == result.configuration.memory
        for measured in result.measurements:
            (replica,) = (one for one in measured.containers if one.service == "fastapi")
            assert replica.cpu_limit == result.configuration.cpus
            assert replica.cpu_max <= 2 * result.configuration.cpus
            assert 50 < replica.memory_max < result.configuration.memory
            assert not replica.oom_kills
            assert not replica.restarts


def test_no_request_fails_and_every_container_is_watched(
    results: list[ConfigurationResult],
) -> None:
    for result in results:
        for measured in result.measurements:
            assert measured.load.ok
            assert measured.load.failed == 0, measured.load.failures
            assert sum(measured.balance.values()) >= measured.load.ok
            # Training's services rest meanwhile.
            watched = {one.service for one in measured.containers}
            assert {"fastapi", "gateway", "mlflow", "mysql", "minio"} <= watched
            assert not {"airflow-worker", "airflow-scheduler", "postgres", "redis"} & watched
        closed, _ = result.measurements
        assert closed.load.users == 100
        assert any(one.service == "locust" for one in closed.containers)


def test_twice_the_cpu_holds_more(results: list[ConfigurationResult]) -> None:
    """Unless other work on this machine was the limit, which the planner has to say then."""
    small, large = (one.capacity for one in results)
    assert small is not None
    assert large is not None
    assert small.rate > 0
    if not small.is_bound and not large.is_bound:
        assert 1.3 * small.rate < large.rate


def test_no_container_is_left_changed(smoke: RunFolder, before: dict[str, Any]) -> None:
    assert smoke.run.ended_at
    assert make_up() == before
    assert not (RUNS / "restore.json").exists()


def test_its_report_is_one_file_with_all_that_was_found(smoke: RunFolder) -> None:
    page = (smoke.path / "report.html").read_text()
    assert "1 x 0.1 CPU, 250 MB" in page
    assert "<svg" in page
    assert 'src="http' not in page
    summary = (smoke.path / "summary.md").read_text()
    assert "python -m capacity run smoke" in summary
    environment = json.loads((smoke.path / "run.json").read_text())["environment"]
    assert environment


def test_two_runs_compare(smoke: RunFolder, tmp_path: Path) -> None:
    """With itself, nothing changed."""
    name = smoke.path.name
    said = capacity("compare", name, name, "--output", str(tmp_path))
    assert "1.00" in said
    assert (tmp_path / "compare.html").is_file()
