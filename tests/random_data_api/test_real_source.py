"""The committed Parquet file as the API serves it."""

import hashlib
import shutil
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from covertype import schema
from randomdata.errors import DataFileError
from randomdata.rows import encode
from randomdata.settings import REPO_DATA_DIR, Settings
from randomdata.source import Source, open_source

PARQUET = "covertype.parquet"


@pytest.fixture(scope="module")
def source(tmp_path_factory: pytest.TempPathFactory) -> Source:
    """The Parquet file alone, so that a covertype.csv in the repository changes nothing."""
    folder = tmp_path_factory.mktemp("parquet")
    (folder / PARQUET).symlink_to(REPO_DATA_DIR / PARQUET)
    return open_source(Settings(data_dir=folder, data_seed=42))


def test_serves_every_row(source: Source) -> None:
    assert (source.file, source.row_count) == (PARQUET, 581_012)


def test_the_bytes_of_a_batch_are_pinned(source: Source) -> None:
    """Clients store the sha256 of a body: no release may change it."""
    body = encode(1, 1, source.batch(1, 1))
    assert hashlib.sha256(body).hexdigest() == (
        "fbb807ef756181912576a569c0aa2bb6ed80c9565573de6a0be5706c5795f236"
    )


def test_ten_batches_are_the_groups_tenth(source: Source) -> None:
    table = pq.read_table(REPO_DATA_DIR / PARQUET).slice(0, 58_102)
    texts = [map(str, table.column(name).to_pylist()) for name in schema.COLUMNS]
    tenth = list(zip(*texts, strict=True))
    served = [row for batch in range(1, 11) for row in source.batch(1, batch).as_strings()]
    assert served != tenth
    assert sorted(served) == sorted(tenth)


def test_a_damaged_file_is_refused(tmp_path: Path) -> None:
    shutil.copy(REPO_DATA_DIR / PARQUET, tmp_path / PARQUET)
    with (tmp_path / PARQUET).open("r+b") as file:
        file.truncate(1_000_000)
    with pytest.raises(DataFileError, match=r"cannot be used: .* rebuilds the file"):
        open_source(Settings(data_dir=tmp_path))


def test_a_missing_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(DataFileError, match="Check DATA_DIR"):
        open_source(Settings(data_dir=tmp_path))


def _table(**changes: pa.Array) -> pa.Table:
    columns = {name: pa.array(np.ones(200, dtype=np.int16)) for name in schema.COLUMNS}
    for category in schema.CATEGORIES:
        columns[category.name] = pa.array([category.values[0]] * 200).dictionary_encode()
    return pa.table(columns | changes)


@pytest.mark.parametrize(
    ("table", "fault"),
    [
        (_table().drop_columns(["Slope"]), "it has other columns, or too few rows"),
        (_table().slice(0, 99), "it has other columns, or too few rows"),
        (_table(Slope=pa.array([None] + [1] * 199)), "Slope is int64 with 1 missing values"),
        (_table(Slope=pa.array([1.5] * 200)), "Slope is double with 0 missing values"),
        (_table(Soil_Type=pa.array(["C2702"] * 200)), "Soil_Type is string, not a dictionary"),
        (
            _table(Soil_Type=pa.array(["C1"] * 200).dictionary_encode()),
            "Soil_Type has values that the schema lacks",
        ),
    ],
)
def test_another_table_is_refused(table: pa.Table, fault: str, tmp_path: Path) -> None:
    pq.write_table(table, tmp_path / PARQUET)
    with pytest.raises(DataFileError, match=fault):
        open_source(Settings(data_dir=tmp_path))


def test_row_groups_may_list_categories_in_any_order(tmp_path: Path) -> None:
    values = ["C2703", "C2702"] * 50 + ["C2702", "C8776"] * 50
    table = _table(Soil_Type=pa.array(values).dictionary_encode())
    pq.write_table(table, tmp_path / PARQUET, row_group_size=100)
    source = open_source(Settings(data_dir=tmp_path))
    first_group = [row[11] for b in range(1, 11) for row in source.batch(1, b).as_strings()]
    last_group = [row[11] for b in range(1, 11) for row in source.batch(10, b).as_strings()]
    assert sorted(first_group) == sorted(values[:20])
    assert sorted(last_group) == sorted(values[-20:])
