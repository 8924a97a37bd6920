"""The first run went by itself; by hand, nothing is done twice."""

from typing import Any

import httpx
import pytest

from tests.stack.airflow_api import DONE_WELL, INGESTION, TRAINING, AirflowApi
from tests.stack.containers import container
from tests.stack.stack import Stack

pytestmark = pytest.mark.stack

INGESTION_SECONDS = 300
TRAINING_SECONDS = 900


@pytest.fixture(scope="module")
def airflow(stack: Stack) -> AirflowApi:
    return AirflowApi(stack)


def states(airflow: AirflowApi, run: dict[str, Any]) -> dict[str, set[str]]:
    found: dict[str, set[str]] = {}
    for task in airflow.tasks(run):
        found.setdefault(task["task_id"], set()).add(task["state"])
    return found


def test_the_first_ingestion_was_scheduled(airflow: AirflowApi) -> None:
    run = airflow.runs(INGESTION)[0]

    assert (run["run_type"], run["state"]) == ("scheduled", "success")
    assert states(airflow, run) == {
        "prepare": {"success"},
        "ingest": {"success"},
        "announce": {"success"},
    }
    assert len([task for task in airflow.tasks(run) if task["task_id"] == "ingest"]) == 10


def test_its_rows_started_the_first_training(airflow: AirflowApi) -> None:
    run = airflow.runs(TRAINING)[0]

    assert (run["run_type"], run["state"], run["triggered_by"]) == (
        "asset_triggered",
        "success",
        "asset",
    )
    found = states(airflow, run)
    skipped = {"rollback_target", "roll_back"}
    assert {name for name, state in found.items() if state == {"skipped"}} == skipped
    assert all(state == {"success"} for name, state in found.items() if name not in skipped)
    assert airflow.result(run, "await_serving") >= 1


def test_celery_ran_the_tasks(airflow: AirflowApi) -> None:
    runs = [airflow.runs(INGESTION)[0], airflow.runs(TRAINING)[0]]
    done = sum(task["state"] == "success" for run in runs for task in airflow.tasks(run))

    assert container("airflow-worker").inside("celery_results") >= done > 0


@pytest.mark.parametrize("dag", [INGESTION, TRAINING])
def test_a_dag_explains_itself(airflow: AirflowApi, dag: str) -> None:
    details = airflow.get(f"dags/{dag}/details")

    assert details["doc_md"].startswith("###")
    assert not details["is_paused"]
    if dag == TRAINING:
        assert details["params"].keys() == {
            *("sample_size", "candidates", "selection_metric", "seed", "rollback_to")
        }
        assert all(param["description"] for param in details["params"].values())


def test_airflow_asks_for_the_password(stack: Stack, airflow: AirflowApi) -> None:
    wrong = {"username": stack.settings.airflow_admin_user, "password": "not the password"}

    assert stack.web.get(f"{airflow.url}/api/v2/dags").status_code == httpx.codes.UNAUTHORIZED
    answer = stack.web.post(f"{airflow.url}/auth/token", json=wrong)
    assert answer.status_code == httpx.codes.UNAUTHORIZED


def test_ingestion_by_hand_adds_what_has_opened_and_then_nothing(
    stack: Stack, airflow: AirflowApi
) -> None:
    def ledger() -> list[dict[str, Any]]:
        return list(container("airflow-worker").inside("ledger")["batches"])

    # The second run starts when all groups have just opened a batch, or the third, when their
    # clocks were seconds apart.
    for _ in range(3):
        opened, loaded = stack.opened(), ledger()
        run = airflow.run_to_the_end(INGESTION, INGESTION_SECONDS)
        assert run["state"] == "success"
        added = [batch for batch in ledger() if batch not in loaded]
        new_openings = sum(stack.opened().values()) - sum(opened.values())
        assert len(added) == new_openings
        if not added:
            break
        assert airflow.result(run, "announce") == sum(batch["rows_clean"] for batch in added)
        assert airflow.events(run) == 1
    else:
        pytest.fail("each of three runs opened batches: MIN_UPDATE_TIME is shorter than a run")

    assert states(airflow, run)["announce"] == {"skipped"}
    assert airflow.events(run) == 0


def test_training_by_hand_on_the_same_data_gives_the_same_version(
    stack: Stack, airflow: AirflowApi
) -> None:
    airflow.wait_until_idle(TRAINING, TRAINING_SECONDS)
    before = stack.champion(), stack.versions()

    run = airflow.run_to_the_end(TRAINING, TRAINING_SECONDS)

    tasks = airflow.tasks(run)
    assert run["state"] == "success"
    assert {task["state"] for task in tasks} <= DONE_WELL
    # Celery's worker did it, in its own container.
    worker = container("airflow-worker").details["Config"]["Hostname"]
    assert {task["hostname"] for task in tasks if task["state"] == "success"} == {worker}
    assert airflow.result(run, "register") in before[1]
    assert (stack.champion(), stack.versions()) == before
