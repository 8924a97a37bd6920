import json
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.support.servers import (
    REPO,
    environment,
    inference,
    mlflow_server,
    random_data_api,
)


@dataclass
class Place:
    """One installation: its own MLflow, inference and data; the random-data API is shared."""

    folder: Path
    random_data_url: str
    mlflow_url: str
    inference_url: str

    @property
    def database(self) -> Path:
        return self.folder / "data.db"

    @property
    def env(self) -> dict[str, str]:
        return {
            "DATA_DB_URL": f"sqlite:///{self.database}",
            "RANDOM_DATA_API_URL": self.random_data_url,
            "MLFLOW_TRACKING_URI": self.mlflow_url,
            "SERVING_URL": self.inference_url,
            "MAX_ONNX_MB": "20",
            "MAX_ROW_US": "10000",
            "ROLLOUT_TIMEOUT_SECONDS": "30",
        }


class DagRunner:
    """Talks to tests/support/dag_runner.py."""

    def __init__(self, folder: Path) -> None:
        self.log = folder / "dag_runner.log"
        with self.log.open("w") as log:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "tests.support.dag_runner"],
                cwd=REPO,
                env=environment(_airflow(folder)),
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=log,
                text=True,
            )
        self._read()

    def run(self, dag: str, place: Place, **request: Any) -> list[dict[str, Any]]:
        assert self._process.stdin is not None
        line = json.dumps({"dag": dag, "env": place.env, **request})
        self._process.stdin.write(line + "\n")
        self._process.stdin.flush()
        answer: list[dict[str, Any]] = json.loads(self._read())
        return answer

    def succeed(self, dag: str, place: Place, **request: Any) -> dict[str, Any]:
        (result,) = self.run(dag, place, **request)
        assert result["state"] == "success", f"{result}\n{self.log.read_text()[-5000:]}"
        return result

    def close(self) -> None:
        with self._process as process:  # closes its pipes: the end of its input ends it
            assert process.stdin is not None
            process.stdin.close()
            process.wait(30)

    def _read(self) -> str:
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        assert line, self.log.read_text()[-5000:]
        return line


def _airflow(folder: Path) -> dict[str, str]:
    return {
        "PYTHONPATH": f"{REPO}:{REPO / 'dags'}",
        "AIRFLOW_HOME": str(folder / "airflow"),
        "AIRFLOW__CORE__DAGS_FOLDER": str(REPO / "dags"),
        "AIRFLOW__CORE__LOAD_EXAMPLES": "False",
        "AIRFLOW__DATABASE__SQL_ALCHEMY_CONN": f"sqlite:///{folder / 'airflow.db'}",
        "AIRFLOW__API_AUTH__JWT_SECRET": "for tests only, and for nobody else",
        "MLFLOW_SUPPRESS_PRINTING_URL_TO_STDOUT": "true",
        "MPLBACKEND": "Agg",
    }


@pytest.fixture(scope="module")
def runner(tmp_path_factory: pytest.TempPathFactory) -> Iterator[DagRunner]:
    runner = DagRunner(tmp_path_factory.mktemp("runner"))
    yield runner
    runner.close()


@pytest.fixture(scope="module")
def random_data_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Simulated rows: they need no data set, and batch 1 stays open for the whole module."""
    folder = tmp_path_factory.mktemp("random-data")
    with random_data_api(folder, DATA_SOURCE="simulated", MIN_UPDATE_TIME="100000") as url:
        yield url


@pytest.fixture(scope="module")
def places(
    tmp_path_factory: pytest.TempPathFactory, random_data_url: str
) -> Iterator[tuple[Place, Place]]:
    """Two installations: one is never disturbed, the other has the accidents."""
    one, other = (tmp_path_factory.mktemp(name) for name in ("calm", "rough"))
    with (
        mlflow_server(one) as first,
        mlflow_server(other) as second,
        inference(one, first) as first_inference,
        inference(other, second) as second_inference,
    ):
        yield (
            Place(one, random_data_url, first, first_inference),
            Place(other, random_data_url, second, second_inference),
        )


def copy_rows(source: Place, target: Place) -> None:
    shutil.copy(source.database, target.database)
