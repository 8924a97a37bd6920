"""DAG runs are followed to their end, through silences of Airflow, and left alone on Ctrl-C."""

import signal
import subprocess
import sys

import pytest

from console.errors import AnswerError, DagFailed
from stack.airflow import Run, Task
from stack.context import Stack
from stack.following import follow, news
from tests.stack_commands.conftest import POLL
from tests.stack_commands.fake_airflow import (
    INGESTION,
    TRAINING,
    FakeAirflow,
    FakeRun,
    FakeTask,
    failure_log,
    ingestion,
)
from tests.support.servers import environment, wait_until

PROGRAM = """
import sys
from pathlib import Path
from stack.__main__ import main
sys.exit(main(["ingest"], Path(sys.argv[1])))
"""


def start(stack: Stack, airflow: FakeAirflow, run: FakeRun) -> Run:
    airflow.planned.append(run)
    return stack.airflow.trigger(run.dag, {})


def follow_it(stack: Stack, run: Run, silence: float = 20) -> list[Task]:
    with stack.progress.phase("run", "Run") as phase:
        return follow(stack.airflow, run, phase, POLL, silence)


def test_follows_a_run_to_its_end(stack: Stack, airflow: FakeAirflow) -> None:
    planned = ingestion("one", rows=3)
    tasks = follow_it(stack, start(stack, airflow, planned))
    assert [task.id for task in tasks][-1] == "announce"
    assert planned.states == ["success"]


def test_a_failed_run_tells_the_tasks_message(stack: Stack, airflow: FakeAirflow) -> None:
    failing = FakeTask("plan", "failed", log=failure_log("NoData", "there is nothing to train on"))
    run = start(stack, airflow, FakeRun(TRAINING, "x", ["running", "failed"], [failing]))
    with pytest.raises(DagFailed) as caught:
        follow_it(stack, run)
    assert str(caught.value) == (
        "covertype_training: NoData: there is nothing to train on (failed tasks: plan); "
        f"see {airflow.url}/dags/covertype_training/runs/x"
    )


def test_a_restart_of_airflow_is_waited_for(stack: Stack, airflow: FakeAirflow) -> None:
    planned = ingestion("one", rows=3)
    run = start(stack, airflow, planned)
    airflow.silent_for = 5
    airflow.expire()
    follow_it(stack, run)
    assert planned.states == ["success"]


def test_a_silence_has_an_end(stack: Stack, airflow: FakeAirflow) -> None:
    run = start(stack, airflow, ingestion("one", rows=3))
    airflow.silent_for = 1_000_000
    with pytest.raises(AnswerError, match="answered 503"):
        follow_it(stack, run, silence=0.2)


def test_another_error_is_no_silence(stack: Stack, airflow: FakeAirflow) -> None:
    run = start(stack, airflow, ingestion("one", rows=3))
    airflow.runs[INGESTION].clear()
    with pytest.raises(AnswerError, match="answered 404"):
        follow_it(stack, run)


@pytest.mark.usefixtures("mlflow")
def test_ctrl_c_leaves_the_run_alone(stack: Stack, airflow: FakeAirflow) -> None:
    endless = ingestion("one", rows=3)
    endless.states = ["running"]
    airflow.planned.append(endless)
    command = subprocess.Popen(
        [sys.executable, "-c", PROGRAM, str(stack.repo)],
        env=environment({}),
        stderr=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        text=True,
    )

    def watches() -> bool:
        return any(request.path.endswith("taskInstances") for request in airflow.requests)

    try:
        wait_until(watches, 30, "the command to look at the run")
        command.send_signal(signal.SIGINT)
        _, errors = command.communicate(timeout=20)
    finally:
        command.kill()
    assert command.returncode == 130
    page = f"{airflow.url}/dags/covertype_ingest/runs/one"
    assert f"stopped watching; the run of covertype_ingest goes on: {page}" in errors
    assert endless.states == ["running"]


@pytest.mark.parametrize(
    ("state", "tasks", "text"),
    [
        ("queued", [], "covertype_ingest waits for its turn"),
        ("running", [("prepare", "")], "0 of 1 tasks ended"),
        (
            "running",
            [("a", "success"), ("b", "skipped"), ("c", "running"), ("d", "running")],
            "2 of 4 tasks ended, running c, d",
        ),
        ("running", [("a", "up_for_retry")], "0 of 1 tasks ended; a failed and is tried again"),
    ],
)
def test_news_in_a_line(state: str, tasks: list[tuple[str, str]], text: str) -> None:
    run = Run(INGESTION, "x", state, "manual")
    assert news(run, [Task(name, -1, "-1", what, 1) for name, what in tasks]) == text
