import shutil
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from pipeline.plan import Plan, make_plan
from pipeline.request import Request
from pipeline.settings import Settings
from pipeline.source import ReceivedBatch
from pipeline.store import Store
from pipeline.validation import validate_rows
from tests.support.servers import REPO, mlflow_server

ROWS_PER_BATCH = 600


@pytest.fixture(autouse=True)
def quiet_mlflow(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MLFLOW_SUPPRESS_PRINTING_URL_TO_STDOUT", "true")


@pytest.fixture(scope="session")
def real_rows() -> list[list[str]]:
    """Every 100th row of the real data, as the random-data API would send it."""
    table = pq.read_table(REPO / "Data" / "covertype.parquet")
    columns = [column.to_pylist()[::100] for column in table.columns]
    return [[str(value) for value in row] for row in zip(*columns, strict=True)]


@pytest.fixture(scope="session")
def mlflow_home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, Path]]:
    """One server for all tests, since it takes seconds to start; its URL and folder."""
    folder = tmp_path_factory.mktemp("mlflow")
    with mlflow_server(folder) as url:
        copy_database(folder / "mlflow.db", folder / "fresh.db")
        yield url, folder


def copy_database(source: Path, target: Path) -> None:
    with closing(sqlite3.connect(source)) as old, closing(sqlite3.connect(target)) as new:
        old.backup(new)


@pytest.fixture
def mlflow_url(mlflow_home: tuple[str, Path]) -> str:
    """The server, with everything forgotten: registries are compared whole."""
    url, folder = mlflow_home
    copy_database(folder / "fresh.db", folder / "mlflow.db")
    shutil.rmtree(folder / "artifacts", ignore_errors=True)
    return url


@pytest.fixture
def artifacts(mlflow_home: tuple[str, Path]) -> Path:
    return mlflow_home[1] / "artifacts"


@pytest.fixture
def settings(tmp_path: Path, mlflow_url: str) -> Settings:
    return Settings(
        data_db_url=f"sqlite:///{tmp_path / 'data.db'}",
        random_data_api_url="http://127.0.0.1:9",
        mlflow_tracking_uri=mlflow_url,
        serving_url="http://127.0.0.1:9",
        max_onnx_mb=20,
        max_row_us=10_000,
    )


@pytest.fixture
def load_batch(settings: Settings, real_rows: list[list[str]]) -> Callable[[int, int], None]:
    """Load some real rows as a batch of a group."""

    def load(group: int, batch: int) -> None:
        start = (group * 10 + batch) % 9 * ROWS_PER_BATCH
        rows: list[object] = list(real_rows[start : start + ROWS_PER_BATCH])
        body = f"{group}/{batch}".encode()
        clean, rejected = validate_rows(rows)
        with Store(settings.data_db_url) as store:
            store.create_tables()
            store.load(ReceivedBatch(group, batch, body, rows, datetime.now(UTC)), clean, rejected)

    return load


@pytest.fixture
def plan_for(settings: Settings) -> Callable[..., Plan]:
    def make(*candidates: str, seed: int = 42) -> Plan:
        names = list(candidates) or ["decision_tree"]
        return make_plan(settings, Request(0, names, "macro_f1", seed))

    return make
