"""The committed Parquet file is the complete data set."""

import hashlib
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from covertype import schema
from Data import decode, sdist

DATA = Path(decode.__file__).parent


@pytest.fixture(scope="module")
def table() -> pa.Table:
    return pq.read_table(DATA / "covertype.parquet")


def test_has_every_row_and_the_columns_of_the_schema(table: pa.Table) -> None:
    assert table.num_rows == 581_012
    assert tuple(table.column_names) == schema.COLUMNS
    assert sum(column.null_count for column in table.columns) == 0
    decode.check_table(table)


def test_uses_small_types(table: pa.Table) -> None:
    assert table.schema.equals(decode.ARROW_SCHEMA)
    assert (DATA / "covertype.parquet").stat().st_size < 6_500_000


def test_holds_every_value_of_each_category(table: pa.Table) -> None:
    for category in schema.CATEGORIES:
        assert set(table.column(category.name).unique().to_pylist()) == set(category.values)


def test_keeps_the_published_order(table: pa.Table) -> None:
    first = [2596, 51, 3, 258, 0, 510, 221, 232, 148, 6279, "Rawah", "C7745", 5]
    last = [2383, 165, 13, 60, 4, 67, 231, 244, 141, 875, "Commanche", "C2703", 3]
    assert list(table.slice(0, 1).to_pylist()[0].values()) == first
    assert list(table.slice(581_011).to_pylist()[0].values()) == last


def test_content_is_pinned(table: pa.Table) -> None:
    """The bytes of the file depend on the Parquet writer; the values do not."""
    digest = hashlib.sha256()
    for name in (*schema.FEATURE_NAMES, schema.TARGET):
        digest.update(table.column(name).to_numpy().astype("<i2").tobytes())
    for category in schema.CATEGORIES:
        column = table.column(category.name).combine_chunks()
        order = [category.values.index(value) for value in column.dictionary.to_pylist()]
        digest.update(np.array(order)[column.indices.to_numpy()].astype("<i2").tobytes())
    assert digest.hexdigest() == (
        "28301a2130f265714a7653d3bdc70db56392eb068c0987307a8e534f319c5337"
    )


def test_readme_names_the_hashes_and_counts() -> None:
    text = (DATA / "README.md").read_text(encoding="utf-8")
    assert sdist.CSV_SHA256 in text
    assert sdist.SDIST_SHA256 in text
    for label, count in decode.CLASS_COUNTS.items():
        assert f"| {label} | {schema.COVER_TYPES[label]} | {count:,} |" in text
