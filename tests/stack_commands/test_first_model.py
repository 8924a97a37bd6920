"""While nothing is served yet, the runs that bring the first model are watched."""

import pytest

from console.errors import AnswerError, DagFailed, NotReady
from stack.context import Stack
from stack.first_model import FirstRun, wait_for_model
from tests.console.fake_web import FakeWeb
from tests.stack_commands.conftest import shown
from tests.stack_commands.fake_airflow import (
    INGESTION,
    TRAINING,
    FakeAirflow,
    FakeRun,
    FakeTask,
    failure_log,
    ingestion,
    training,
)


def test_a_model_that_is_served_is_not_waited_for(
    stack: Stack, gateway: FakeWeb, airflow: FakeAirflow
) -> None:
    gateway.answers["GET /health/ready"] = (200, {})
    wait_for_model(stack)
    assert airflow.requests == []


def test_the_runs_are_watched_until_a_model_is_served(
    stack: Stack, gateway: FakeWeb, airflow: FakeAirflow
) -> None:
    airflow.runs[INGESTION].append(ingestion("i", rows=1))
    train = training("t", "1", "asset_triggered")
    train.states = ["running"]
    airflow.runs[TRAINING].append(train)
    gateway.answers["GET /health/ready"] = [(503, {}), (503, {}), (503, {}), (200, {})]
    wait_for_model(stack, seconds=20)
    assert any("dagRuns/t/taskInstances" in request.path for request in airflow.requests)
    assert "Wait for a served model done" in shown(stack)


def watch(stack: Stack, idle: float = 60, silence: float = 60) -> None:
    with stack.progress.phase("model", "Wait") as phase:
        first = FirstRun(stack.airflow, phase, idle, silence)
        first.look()
        first.look()


def test_a_failed_first_run_ends_the_wait(stack: Stack, airflow: FakeAirflow) -> None:
    task = FakeTask("ingest", "failed", map_index=0, label="group 1")
    task.log = failure_log("SourceUnreachable", "the random-data API does not answer")
    airflow.runs[INGESTION].append(FakeRun(INGESTION, "x", ["failed"], [task], "scheduled"))
    with pytest.raises(DagFailed, match=r"does not answer \(failed tasks: ingest\[group 1\]\)"):
        watch(stack)


def test_a_failed_run_that_another_follows_does_not(stack: Stack, airflow: FakeAirflow) -> None:
    airflow.runs[INGESTION].append(FakeRun(INGESTION, "new", ["running"]))
    airflow.runs[TRAINING].append(FakeRun(TRAINING, "old", ["failed"]))
    watch(stack)


def test_idleness_says_what_to_do(stack: Stack, airflow: FakeAirflow) -> None:
    watch(stack)  # Airflow may need a moment
    airflow.runs[INGESTION].append(FakeRun(INGESTION, "x", ["success"]))
    watch(stack)
    with pytest.raises(NotReady, match="`make train` trains one"):
        watch(stack, idle=0)


def test_a_silent_airflow_is_borne_for_a_while(stack: Stack, airflow: FakeAirflow) -> None:
    airflow.silent_for = 2
    watch(stack)
    airflow.silent_for = 1_000
    with pytest.raises(AnswerError, match="answered 503"):
        watch(stack, silence=0)
