"""Both DAGs, run by Airflow in process, undisturbed and killed at every turn."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.dags.conftest import DagRunner, Place, copy_rows
from tests.support.pipelines import registry, tables

INGEST, TRAINING = "covertype_ingest", "covertype_training"
# Two candidates that fit in a blink: what is tested here is the order of things.
CONF: dict[str, Any] = {"candidates": ["decision_tree", "logistic_regression"], "sample_size": 2000}
TRAINING_TASKS = (
    *("choose", "plan", "candidates", "train[0]", "train[1]", "select"),
    *("cross_validate", "register", "promote"),
)
PAYLOAD = {
    "Elevation": 2596, "Aspect": 51, "Slope": 3,
    "Horizontal_Distance_To_Hydrology": 258, "Vertical_Distance_To_Hydrology": 0,
    "Horizontal_Distance_To_Roadways": 510,
    "Hillshade_9am": 221, "Hillshade_Noon": 232, "Hillshade_3pm": 148,
    "Horizontal_Distance_To_Fire_Points": 6279,
}  # fmt: skip


@pytest.fixture(scope="module")
def calm(runner: DagRunner, places: tuple[Place, Place]) -> dict[str, dict[str, int]]:
    """Both DAGs without an accident; gives the number of events of each task."""
    place = places[0]
    ingested = runner.succeed(INGEST, place)
    trained = runner.succeed(TRAINING, place, conf=CONF)
    return {INGEST: ingested["events"], TRAINING: trained["events"]}


@pytest.mark.usefixtures("calm")
def test_both_dags_leave_a_served_champion(runner: DagRunner, places: tuple[Place, Place]) -> None:
    place = places[0]
    assert len(tables(place.database)["batches"]) == 10
    state = registry(place.mlflow_url)
    assert state["aliases"] == {"champion": "1", "challenger": "1"}
    answer = httpx.post(f"{place.inference_url}/predict/", json=PAYLOAD).json()
    assert answer["model"] == "CovertypeModel"
    assert answer["version"] == "1"

    before = tables(place.database)
    again = runner.succeed(INGEST, place)
    assert again["tasks"]["announce"] == "skipped"
    runner.succeed(TRAINING, place, conf=CONF)
    assert tables(place.database) == before
    assert registry(place.mlflow_url) == state


def test_ingestion_killed_at_any_task_ends_like_an_undisturbed_run(
    calm: dict[str, dict[str, int]], runner: DagRunner, places: tuple[Place, Place]
) -> None:
    undisturbed, place = places
    for task in ("prepare", "ingest[0]", "ingest[4]", "ingest[9]", "announce"):
        for event in range(calm[INGEST][task] + 1):
            (result,) = runner.run(INGEST, place, die_in=task, die_at=event)
            assert result["state"] == "killed"
    runner.succeed(INGEST, place)
    assert tables(place.database) == tables(undisturbed.database)


def test_training_killed_at_any_task_ends_like_an_undisturbed_run(
    calm: dict[str, dict[str, int]], runner: DagRunner, places: tuple[Place, Place]
) -> None:
    undisturbed, place = places
    copy_rows(undisturbed, place)
    for task in TRAINING_TASKS:
        # Each start, and every third change: registering alone makes more than twenty.
        for event in (0, *range(1, calm[TRAINING][task] + 1, 3)):
            (result,) = runner.run(TRAINING, place, conf=CONF, die_in=task, die_at=event)
            assert result["state"] == "killed"
    runner.run(TRAINING, place, conf=CONF, die_in="await_serving")
    runner.succeed(TRAINING, place, conf=CONF)
    assert tables(place.database) == tables(undisturbed.database)
    assert registry(place.mlflow_url) == registry(undisturbed.mlflow_url)


def test_two_runs_at_once_register_one_version(
    runner: DagRunner, places: tuple[Place, Place]
) -> None:
    place = places[0]
    before = registry(place.mlflow_url)
    conf = CONF | {"seed": 7}
    results = runner.run(TRAINING, place, conf=conf, runs=2)
    assert [result["state"] for result in results] == ["success", "success"]
    after = registry(place.mlflow_url)
    assert len(after["versions"]) == len(before["versions"]) + 1
    assert len(after["runs"]) == len(before["runs"]) + 1 + len(CONF["candidates"])


def test_rolling_back_by_param(runner: DagRunner, places: tuple[Place, Place]) -> None:
    place = places[0]
    conf = {"candidates": ["extra_trees"], "sample_size": 2000}
    runner.succeed(TRAINING, place, conf=conf)
    champion = registry(place.mlflow_url)["aliases"]["champion"]
    assert champion != "1"
    result = runner.succeed(TRAINING, place, conf={"rollback_to": "1"})
    assert result["tasks"]["plan"] == "skipped"
    assert registry(place.mlflow_url)["aliases"]["champion"] == "1"
    assert httpx.post(f"{place.inference_url}/predict/", json=PAYLOAD).json()["version"] == "1"
    (again,) = runner.run(TRAINING, place, conf={"rollback_to": "previous"})
    assert again["tasks"]["rollback_target"] == "failed"  # it would go forward

    for event in range(result["events"]["roll_back"] + 1):
        conf = {"rollback_to": champion}
        (killed,) = runner.run(TRAINING, place, conf=conf, die_in="roll_back", die_at=event)
        assert killed["state"] == "killed"
    runner.succeed(TRAINING, place, conf={"rollback_to": champion})
    assert registry(place.mlflow_url)["aliases"]["champion"] == champion


def test_training_without_rows_fails_and_says_what_to_do(
    runner: DagRunner, places: tuple[Place, Place], tmp_path: Path
) -> None:
    empty = replace(places[0], folder=tmp_path)
    (result,) = runner.run(TRAINING, empty, conf=CONF)
    assert result["state"] == "failed"
    assert result["tasks"]["plan"] == "failed"
    assert "run the DAG covertype_ingest first" in runner.log.read_text()
