"""The state that a pipeline leaves behind, in a form that two runs can be compared by."""

import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

from mlflow import MlflowClient

from covertype.schema import MODEL_NAME

# What differs between two equal runs: clocks, ids, and who did it.
_TIMES = {"received_at", "loaded_at", "announced_by"}
_MEASURED = {"row_us", "fit_seconds"}


def tables(database: Path) -> dict[str, list[tuple[Any, ...]]]:
    """Every data table without its times, sorted."""
    with closing(sqlite3.connect(database)) as connection:
        names = [
            name for (name,) in connection.execute(
                "SELECT name FROM sqlite_master WHERE type = 'table' ORDER BY name"
            )
        ]  # fmt: skip
        return {name: _rows(connection, name) for name in names}


def _rows(connection: sqlite3.Connection, table: str) -> list[tuple[Any, ...]]:
    columns = [row[1] for row in connection.execute(f"PRAGMA table_info({table})")]
    kept = ", ".join(f'"{column}"' for column in columns if column not in _TIMES)
    return sorted(connection.execute(f"SELECT {kept} FROM {table}"))  # noqa: S608


def registry(mlflow_url: str) -> dict[str, Any]:
    """Versions with their tags, the aliases, and the runs with their states and scores."""
    client = MlflowClient(mlflow_url, mlflow_url)
    experiment = client.get_experiment_by_name("covertype")
    assert experiment is not None
    versions = client.search_model_versions(f"name = '{MODEL_NAME}'")
    runs = client.search_runs([experiment.experiment_id])
    model = client.get_registered_model(MODEL_NAME)
    return {
        "versions": sorted((int(each.version), _stable(each.tags)) for each in versions),
        "aliases": dict(model.aliases),
        "tags": dict(model.tags),
        "runs": sorted(
            (run.info.run_name, run.info.status, _stable(run.data.metrics)) for run in runs
        ),
    }


def _stable(values: dict[str, Any]) -> list[tuple[str, Any]]:
    return sorted((name, value) for name, value in values.items() if name not in _MEASURED)
