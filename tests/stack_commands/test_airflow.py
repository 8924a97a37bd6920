"""The client of Airflow's REST API, against a small Airflow."""

import json
import subprocess
import sys
from pathlib import Path

import httpx
import pytest

from console.errors import AnswerError
from stack.airflow import Airflow, Run, Task
from stack.context import Stack
from tests.stack_commands.fake_airflow import (
    INGESTION,
    PASSWORD,
    TRAINING,
    USER,
    VALIDATION,
    FakeAirflow,
    FakeRun,
    FakeTask,
    failure_log,
    ingestion,
)
from tests.support.servers import environment

# A run id has characters that a path must not have.
RUN_ID = "manual__2026-01-02T03:04:05.678901+00:00"
QUOTED = "manual__2026-01-02T03%3A04%3A05.678901%2B00%3A00"


@pytest.fixture
def client(stack: Stack) -> Airflow:
    return stack.airflow


def failed_run(*tasks: FakeTask) -> FakeRun:
    return FakeRun(TRAINING, RUN_ID, states=["failed"], tasks=list(tasks))


def test_the_fakes_answer_as_airflow_does(
    client: Airflow, airflow: FakeAirflow, tmp_path: Path
) -> None:
    task = FakeTask("plan", map_index=1, log=failure_log("E", "x"), result=1)
    airflow.planned.append(failed_run(task))
    client.trigger(TRAINING, {"seed": 7})
    token = {"Authorization": airflow.requests[-1].headers["Authorization"]}

    def asked(path: str) -> object:
        return httpx.get(f"{airflow.url}/api/v2/{path}", headers=token, trust_env=False).json()

    run = f"dags/{TRAINING}/dagRuns/{QUOTED}"
    signed_in = httpx.post(
        f"{airflow.url}/auth/token",
        json={"username": USER, "password": PASSWORD},
        trust_env=False,
    ).json()
    answers = [
        ("LoginResponse", signed_in),
        ("TriggerDAGRunPostBody", triggered(airflow)),
        ("DAGRunResponse", asked(run)),
        ("DAGRunCollectionResponse", asked(f"dags/{TRAINING}/dagRuns")),
        ("TaskInstanceCollectionResponse", asked(f"{run}/taskInstances")),
        ("TaskInstancesLogResponse", asked(f"{run}/taskInstances/plan/logs/2?map_index=1")),
        (
            "XComResponseNative",
            asked(f"{run}/taskInstances/plan/xcomEntries/return_value?map_index=1"),
        ),
    ]
    done = subprocess.run(
        [sys.executable, "-c", VALIDATION],
        input=json.dumps(answers),
        env=environment({"AIRFLOW_HOME": str(tmp_path / "airflow")}, is_covered=False),
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.stdout.endswith("valid\n"), done.stderr[-2000:]


def triggered(airflow: FakeAirflow) -> object:
    """The body of the request that started a run."""
    return next(
        one.json()
        for one in airflow.requests
        if one.method == "POST" and one.path.endswith("dagRuns")
    )


def test_a_run_is_started_and_looked_at(client: Airflow, airflow: FakeAirflow) -> None:
    planned = ingestion(RUN_ID, rows=5)
    airflow.planned.append(planned)
    run = client.trigger(INGESTION, {})
    assert run == Run(INGESTION, RUN_ID, "queued", "manual")
    assert triggered(airflow) == {"logical_date": None, "conf": {}}
    assert client.run(INGESTION, RUN_ID).is_unfinished
    assert client.runs(INGESTION)[0].id == RUN_ID
    assert client.runs("unknown_dag") == []
    tasks = client.tasks(run)
    assert tasks[1] == Task("ingest", 0, "group 1", "success", 2)
    assert [task.name for task in tasks] == [
        *("prepare", "ingest[group 1]", "ingest[group 2]", "announce")
    ]
    assert client.result(run, "announce") == 5
    assert client.result(run, "prepare") is None
    assert client.page(run) == f"{airflow.url}/dags/{INGESTION}/runs/{QUOTED}"


def test_one_token_serves_until_it_is_refused(client: Airflow, airflow: FakeAirflow) -> None:
    def sign_ins() -> int:
        return sum(request.path == "/auth/token" for request in airflow.requests)

    client.runs(TRAINING)
    client.runs(TRAINING)
    assert sign_ins() == 1
    airflow.expire()
    assert client.runs(TRAINING) == []
    assert sign_ins() == 2


def test_a_wrong_password_says_what_to_do(stack: Stack, airflow: FakeAirflow) -> None:
    client = Airflow(airflow.url, USER, "wrong", stack.web)
    with pytest.raises(AnswerError, match=r"refuses the password .* 'admin': `make up`"):
        client.runs(TRAINING)


def test_a_misspelt_param_is_named(client: Airflow) -> None:
    with pytest.raises(
        AnswerError, match="unknown Param 'sede': expected one of seed, rollback_to"
    ):
        client.check_params(TRAINING, {"seed": 7, "sede": 7})
    client.check_params(TRAINING, {"seed": 7})
    client.check_params("none has Params", {})


def test_the_reason_of_a_refusal_is_shown(client: Airflow, airflow: FakeAirflow) -> None:
    airflow.refusal = "Invalid input for param seed: 'x' is not of type 'integer'"
    with pytest.raises(AnswerError, match=r"answered 400: .*is not of type 'integer'"):
        client.trigger(TRAINING, {"seed": "x"})


@pytest.mark.parametrize(
    ("log", "message"),
    [
        (
            failure_log("UnknownVersion", "there is no version 9: choose one of 1, 2"),
            "UnknownVersion: there is no version 9: choose one of 1, 2",
        ),
        (
            [{"event": "Process exited abnormally", "level": "error"}],
            "Process exited abnormally",
        ),
        (
            [{"event": "working", "level": "info"}],
            "the log of train[tree] names no error: was its worker killed?",
        ),
    ],
)
def test_a_failure_is_explained_from_the_log(
    client: Airflow, airflow: FakeAirflow, log: list[dict[str, object]], message: str
) -> None:
    tasks = [
        FakeTask("plan", "failed", map_index=3, label="tree"),
        FakeTask("register", "upstream_failed"),
    ]
    tasks[0].id, tasks[0].log = "train", log
    airflow.planned.append(failed_run(*tasks))
    run = client.trigger(TRAINING, {})
    assert client.failure(run) == f"{message} (failed tasks: train[tree])"
    log_request = airflow.requests[-1]
    assert log_request.path.endswith(f"{QUOTED}/taskInstances/train/logs/2")
    assert log_request.query["map_index"] == ["3"]


def test_a_failure_without_a_log_is_explained_too(client: Airflow, airflow: FakeAirflow) -> None:
    airflow.planned.append(failed_run())
    run = client.trigger(TRAINING, {})
    assert "no task failed" in client.failure(run)
