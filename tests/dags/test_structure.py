"""The DAG files import, and say what Airflow's UI will show."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from pipeline.request import CANDIDATE_NAMES, SELECTION_METRICS
from tests.support.servers import REPO, environment

# Airflow sets warnings and logging up for itself, so it gets a process of its own.
DESCRIBE = """
import json, sys
from airflow.dag_processing.dagbag import DagBag
bag = DagBag(dag_folder=sys.argv[1])
print("DESCRIPTION" + json.dumps({
    "errors": bag.import_errors,
    "heavy": sorted({"matplotlib", "mlflow", "onnx", "skl2onnx", "sklearn"} & set(sys.modules)),
    "dags": {
        dag.dag_id: {
            "tasks": {task.task_id: sorted(task.downstream_task_ids) for task in dag.tasks},
            "mapped": sorted(task.task_id for task in dag.tasks if task.is_mapped),
            "retries": {task.task_id: task.retries for task in dag.tasks},
            "outlets": {t.task_id: [o.name for o in t.outlets] for t in dag.tasks if t.outlets},
            "doc": dag.doc_md,
            "params": {name: dag.params.get_param(name).schema for name in dag.params},
            "defaults": dag.params.dump(),
            "schedule": (
                dag.schedule if isinstance(dag.schedule, str) else [a.name for a in dag.schedule]
            ),
            "starts_paused": dag.is_paused_upon_creation,
        }
        for dag in bag.dags.values()
    },
}))
"""


@pytest.fixture(scope="module")
def description(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    home = tmp_path_factory.mktemp("airflow")
    env = {
        "AIRFLOW_HOME": str(home),
        "AIRFLOW__CORE__LOAD_EXAMPLES": "False",
        "AIRFLOW__DATABASE__SQL_ALCHEMY_CONN": f"sqlite:///{home / 'airflow.db'}",
        "INGEST_SCHEDULE": "@hourly",
        "PYTHONPATH": f"{REPO}:{REPO / 'dags'}",
    }
    result = subprocess.run(
        [sys.executable, "-c", DESCRIBE, str(REPO / "dags")],
        env=environment(env), capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert result.returncode == 0, result.stderr[-3000:]
    described: dict[str, Any] = json.loads(result.stdout.split("DESCRIPTION")[1])
    return described


def test_both_files_import_without_heavy_libraries(description: dict[str, Any]) -> None:
    assert description["errors"] == {}
    assert description["heavy"] == []
    assert set(description["dags"]) == {"covertype_ingest", "covertype_training"}


def test_ingestion(description: dict[str, Any]) -> None:
    dag = description["dags"]["covertype_ingest"]
    assert dag["tasks"] == {"prepare": ["ingest"], "ingest": ["announce"], "announce": []}
    assert dag["mapped"] == ["ingest"]
    assert dag["outlets"] == {"announce": ["covertype_observations"]}
    assert dag["schedule"] == "@hourly"
    assert not dag["starts_paused"]


def test_training(description: dict[str, Any]) -> None:
    dag = description["dags"]["covertype_training"]
    assert dag["schedule"] == ["covertype_observations"]
    assert dag["mapped"] == ["train"]
    assert dag["tasks"]["choose"] == ["plan", "rollback_target"]
    assert set(dag["tasks"]["select"]) == {"cross_validate", "register"}
    assert dag["tasks"]["register"] == ["promote"]
    assert dag["tasks"]["promote"] == dag["tasks"]["roll_back"] == ["await_serving"]
    assert not dag["starts_paused"]


def test_every_param_is_documented_and_bounded(description: dict[str, Any]) -> None:
    dag = description["dags"]["covertype_training"]
    for name, schema in dag["params"].items():
        assert schema["title"], name
        assert schema["type"], name
    assert dag["params"]["candidates"]["items"]["enum"] == list(CANDIDATE_NAMES)
    assert dag["params"]["selection_metric"]["enum"] == list(SELECTION_METRICS)
    assert dag["defaults"]["rollback_to"] is None


def test_dags_explain_themselves_and_retry(description: dict[str, Any]) -> None:
    for dag in description["dags"].values():
        assert dag["doc"].strip().startswith("###")
        assert all(retries >= 1 for retries in dag["retries"].values())


def test_what_the_tasks_do_is_free_of_airflow() -> None:
    for path in Path(REPO, "dags", "pipeline").glob("*.py"):
        assert "import airflow" not in path.read_text()
        assert "from airflow" not in path.read_text()
