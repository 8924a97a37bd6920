"""``ingest``, ``train`` and ``rollback`` follow the right run and say what came of it."""

import pytest

from console.errors import AnswerError, DagFailed, NotUp
from stack.context import Stack
from stack.training import ingest, roll_back, train
from tests.console.fake_web import FakeWeb
from tests.stack_commands.conftest import MLFLOW_API, crown, shown
from tests.stack_commands.fake_airflow import (
    TRAINING,
    FakeAirflow,
    FakeRun,
    FakeTask,
    failure_log,
    ingestion,
    training,
)

DAG_RUNS = f"/api/v2/dags/{TRAINING}/dagRuns"


def crowning(run: FakeRun, mlflow: FakeWeb, version: str) -> FakeRun:
    """The end of this run makes a version the champion."""
    run.at_end = lambda: crown(mlflow, version)
    return run


def gate(mlflow: FakeWeb, reason: str) -> None:
    """What MLflow has noted of the gate's decision."""
    run = {"data": {"tags": [{"key": "gate", "value": reason}]}}
    mlflow.answers[f"GET {MLFLOW_API}/model-versions/get"] = (
        200,
        {"model_version": {"run_id": "run 4"}},
    )
    mlflow.answers[f"GET {MLFLOW_API}/runs/get"] = (200, {"run": run})


def test_ingest_tells_the_new_rows(stack: Stack, airflow: FakeAirflow) -> None:
    airflow.planned += [ingestion("one", rows=5811), ingestion("two", rows=0)]
    ingest(stack)
    assert "5,811 new rows" in shown(stack)
    assert "Airflow trains on them now" in shown(stack)
    ingest(stack)
    assert "no new rows" in shown(stack)


def test_new_rows_are_trained_on_by_the_run_that_they_started(
    stack: Stack, airflow: FakeAirflow, mlflow: FakeWeb
) -> None:
    earlier = training("earlier", "1", "asset_triggered")
    earlier.states = ["success"]
    airflow.runs[TRAINING].append(earlier)
    crown(mlflow, "1")
    started = crowning(training("by the asset", "2", "asset_triggered"), mlflow, "2")
    ingesting = ingestion("one", rows=10)
    ingesting.at_end = lambda: airflow.runs[TRAINING].insert(0, started)
    airflow.planned.append(ingesting)

    train(stack, {})
    assert started.states == ["success"]  # it was followed
    assert "version 2 (extra_trees, accuracy 0.920, macro-F1 0.860" in shown(stack)
    assert "is the champion instead of version 1" in shown(stack)


def test_without_new_rows_a_run_is_started(
    stack: Stack, airflow: FakeAirflow, mlflow: FakeWeb
) -> None:
    airflow.planned += [ingestion("one", rows=0), crowning(training("two", "1"), mlflow, "1")]
    train(stack, {})
    assert airflow.runs[TRAINING][0].conf == {}
    assert "is the champion, the first one" in shown(stack)


def test_params_start_a_run_of_their_own(
    stack: Stack, airflow: FakeAirflow, mlflow: FakeWeb
) -> None:
    crown(mlflow, "1")
    airflow.planned += [ingestion("one", rows=0), crowning(training("two", "2"), mlflow, "2")]
    train(stack, {"seed": 7})
    assert airflow.runs[TRAINING][0].conf == {"seed": 7}
    assert "is the champion instead of version 1" in shown(stack)


def test_params_wait_for_the_run_that_new_rows_start(
    stack: Stack, airflow: FakeAirflow, mlflow: FakeWeb
) -> None:
    crown(mlflow, "1")
    gate(mlflow, "macro_f1 0.8500 is below version 2's 0.8600")
    started = crowning(training("by the asset", "2", "asset_triggered"), mlflow, "2")
    ingesting = ingestion("one", rows=10)
    ingesting.at_end = lambda: airflow.runs[TRAINING].insert(0, started)
    by_hand = training("by hand", "3")
    airflow.planned += [ingesting, by_hand]

    train(stack, {"seed": 7})
    assert [run.id for run in airflow.runs[TRAINING]] == ["by hand", "by the asset"]
    assert by_hand.conf == {"seed": 7}
    asked = [(one.method, one.path) for one in airflow.requests]
    last_look = max(n for n, (_, path) in enumerate(asked) if "by%20the%20asset" in path)
    triggers = [n for n, one in enumerate(asked) if one == ("POST", DAG_RUNS)]
    assert triggers
    assert last_look < triggers[0]
    assert "version 2 (extra_trees" in shown(stack)
    assert "is the champion instead of version 1" in shown(stack)
    last = shown(stack).splitlines()[-1]
    assert "the gate refused version 3: macro_f1 0.8500 is below" in last
    assert "stays the champion" in last


def test_a_refused_version_is_no_champion_whoever_became_it_meanwhile(
    stack: Stack, airflow: FakeAirflow, mlflow: FakeWeb
) -> None:
    crown(mlflow, "1")
    gate(mlflow, "too low")
    airflow.planned += [ingestion("one", rows=0), crowning(training("two", "3"), mlflow, "2")]
    train(stack, {"seed": 7})
    assert "the gate refused version 3: too low. version 2 (" in shown(stack)
    assert "instead of" not in shown(stack)


def test_a_refused_challenger_is_told_plainly(
    stack: Stack, airflow: FakeAirflow, mlflow: FakeWeb
) -> None:
    crown(mlflow, "3")
    gate(mlflow, "macro_f1 0.8500 is below version 3's 0.8600")
    airflow.planned += [ingestion("one", rows=0), training("two", "4")]
    train(stack, {})
    assert (
        "the gate refused version 4: macro_f1 0.8500 is below version 3's 0.8600. version 3 "
        in shown(stack)
    )
    asked = next(one for one in mlflow.requests if one.path.endswith("model-versions/get"))
    assert asked.query["version"] == ["4"]


def test_the_same_version_again_is_no_refusal(
    stack: Stack, airflow: FakeAirflow, mlflow: FakeWeb
) -> None:
    crown(mlflow, "3")
    airflow.planned += [ingestion("one", rows=0), training("two", "3")]
    train(stack, {})
    assert "stays the champion: the same data, Params and code made it" in shown(stack)


def test_a_misspelt_param_starts_nothing(
    stack: Stack, airflow: FakeAirflow, mlflow: FakeWeb
) -> None:
    crown(mlflow, "1")
    with pytest.raises(AnswerError, match="unknown Param 'sed'"):
        train(stack, {"sed": 7})
    assert not any(airflow.runs.values())


@pytest.mark.parametrize("target", ["previous", "2"])
def test_rollback_names_the_champion(
    stack: Stack, airflow: FakeAirflow, mlflow: FakeWeb, target: str
) -> None:
    crown(mlflow, "3")
    airflow.planned.append(crowning(FakeRun(TRAINING, "x"), mlflow, "2"))
    roll_back(stack, target)
    assert airflow.runs[TRAINING][0].conf == {"rollback_to": target}
    assert "version 2 (" in shown(stack)
    assert "is the champion instead of version 3" in shown(stack)


def test_rollback_to_the_champion_changes_nothing(
    stack: Stack, airflow: FakeAirflow, mlflow: FakeWeb
) -> None:
    crown(mlflow, "3")
    airflow.planned.append(FakeRun(TRAINING, "x"))
    roll_back(stack, "3")
    assert "was the champion already" in shown(stack)


def test_a_rollback_to_nowhere_tells_the_pipelines_message(
    stack: Stack, airflow: FakeAirflow, mlflow: FakeWeb
) -> None:
    crown(mlflow, "3")
    log = failure_log("UnknownVersion", "there is no version 9: choose one of 1, 3")
    failing = FakeTask("roll_back", "failed", log=log)
    airflow.planned.append(FakeRun(TRAINING, "x", ["failed"], [failing]))
    with pytest.raises(DagFailed, match="there is no version 9: choose one of 1, 3"):
        roll_back(stack, "9")


def test_a_stack_that_is_down_is_told(stack: Stack, mlflow: FakeWeb) -> None:
    mlflow.answers.clear()
    with pytest.raises(NotUp, match=r"MLflow gives no answer .*`make up`"):
        ingest(stack)
