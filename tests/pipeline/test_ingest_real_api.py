"""Ingestion against the random-data API itself, run as a process of its own."""

import hashlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest

from covertype import schema
from pipeline.errors import BatchConflict
from pipeline.ingest import ingest_group
from pipeline.settings import Settings
from pipeline.store import BatchId, Store
from tests.pipeline.samples import counts, dump, text_rows
from tests.support.servers import random_data_api

REAL_ROWS = 581_012
SMALL_BATCH = 4


@pytest.fixture(scope="module")
def small_data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a data set of 100 batches of four rows."""
    folder = tmp_path_factory.mktemp("data")
    lines = "".join(",".join(row) + "\n" for row in text_rows(100 * SMALL_BATCH))
    (folder / "covertype.csv").write_text(lines, encoding="utf-8")
    return folder


@contextmanager
def _small_api(folder: Path, data: Path, seed: int) -> Iterator[str]:
    """An API that opens the next batch at every request."""
    with random_data_api(
        folder,
        DATA_SOURCE="real",
        DATA_DIR=str(data),
        DATA_SEED=str(seed),
        MIN_UPDATE_TIME="0",
    ) as url:
        yield url


@pytest.fixture(scope="module")
def small_api(tmp_path_factory: pytest.TempPathFactory, small_data: Path) -> Iterator[str]:
    with _small_api(tmp_path_factory.mktemp("api"), small_data, seed=1) as url:
        yield url


@pytest.fixture
def real_api(tmp_path: Path) -> Iterator[str]:
    """An API with the real rows, whose first batches stay open."""
    with random_data_api(tmp_path, DATA_SOURCE="real", MIN_UPDATE_TIME="3600") as url:
        yield url


def _settings(store_url: str, api_url: str) -> Settings:
    return Settings(
        data_db_url=store_url,
        random_data_api_url=api_url,
        mlflow_tracking_uri="http://127.0.0.1:1",
        serving_url="http://127.0.0.1:1",
        max_onnx_mb=20,
        max_row_us=60,
    )


def _body(api_url: str, group: int, batch: int) -> bytes:
    params = {"group_number": group, "batch_number": batch}
    return httpx.get(f"{api_url}/data", params=params).raise_for_status().content


def test_ten_groups_of_real_rows_twice(
    real_api: str, store: Store, url: str, tmp_path: Path
) -> None:
    settings = _settings(url, real_api)
    file = tmp_path / "covertype.db"

    first = [ingest_group(settings, group) for group in schema.GROUPS]
    before = file.read_bytes()
    second = [ingest_group(settings, group) for group in schema.GROUPS]

    assert [result["batches_loaded"] for result in first] == [[1]] * 10
    assert [result["batches_loaded"] for result in second] == [[]] * 10
    assert file.read_bytes() == before
    # A hundredth of the file, and the remainder goes to the first groups and batches.
    assert sum(int(str(result["rows_clean"])) for result in first) == pytest.approx(
        REAL_ROWS / 10, abs=10
    )
    assert all(result["rows_rejected"] == 0 for result in first)
    for group in schema.GROUPS:
        body = _body(real_api, group, 1)
        entry = store.ledger()[BatchId(group, 1)]
        assert entry.sha256 == hashlib.sha256(body).hexdigest()
        assert entry.rows_clean == body.count(b"[") - 1  # a row is a list in the list


def test_batches_that_others_opened_are_caught_up_until_all_is_collected(
    small_api: str, store: Store, url: str
) -> None:
    settings = _settings(url, small_api)

    def others_open(batches: int) -> None:
        for _ in range(batches):
            httpx.get(f"{small_api}/data", params={"group_number": 7}).raise_for_status()

    assert ingest_group(settings, 7)["batches_loaded"] == [1]
    others_open(2)
    assert ingest_group(settings, 7)["batches_loaded"] == [2, 3, 4]
    others_open(6)
    last = ingest_group(settings, 7)
    assert (last["all_collected"], last["batches_loaded"]) == (True, [5, 6, 7, 8, 9, 10])

    before = dump(store)
    again = ingest_group(settings, 7)
    assert (again["all_collected"], again["batches_loaded"]) == (True, [])
    assert dump(store) == before
    assert counts(store)["observations"] == 10 * SMALL_BATCH
    for id_, entry in store.ledger(7).items():
        assert entry.sha256 == hashlib.sha256(_body(small_api, *id_)).hexdigest()


def test_an_api_with_another_seed_is_found_out(
    small_api: str, small_data: Path, store: Store, url: str, tmp_path: Path
) -> None:
    ingest_group(_settings(url, small_api), 2)
    before = dump(store)

    with (
        _small_api(tmp_path, small_data, seed=2) as other,
        pytest.raises(BatchConflict, match="batch 1 of group 2 is known with sha256"),
    ):
        ingest_group(_settings(url, other), 2)

    assert dump(store) == before
