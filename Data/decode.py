"""Decode the raw Covertype CSV into the 13 columns of the schema and write them as Parquet.

The raw file has one 0/1 column for each wilderness area and each soil type, 54 features
in all. Here each such block becomes one column of names, in the order of the schema.
Logic only: ``build_dataset.py`` is the command line around it.
"""

import os
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Final

import numpy as np
import pyarrow as pa
import pyarrow.csv as pa_csv
import pyarrow.parquet as pq
from numpy.typing import NDArray

from covertype import schema

RAW_CATEGORIES: Final = tuple(
    (category, tuple(f"{category.name}{i}" for i in range(1, len(category.values) + 1)))
    for category in schema.CATEGORIES
)
RAW_COLUMNS: Final[tuple[str, ...]] = (
    *schema.FEATURE_NAMES,
    *(name for _, names in RAW_CATEGORIES for name in names),
    schema.TARGET,
)
ARROW_SCHEMA: Final = pa.schema(
    [
        *(pa.field(name, pa.int16(), nullable=False) for name in schema.FEATURE_NAMES),
        *(
            pa.field(category.name, pa.dictionary(pa.int8(), pa.string()), nullable=False)
            for category in schema.CATEGORIES
        ),
        pa.field(schema.TARGET, pa.int8(), nullable=False),
    ]
)

# Rows of the published file, by cover type.
CLASS_COUNTS: Final[dict[int, int]] = {
    1: 211_840,
    2: 283_301,
    3: 35_754,
    4: 2_747,
    5: 9_493,
    6: 17_367,
    7: 20_510,
}

_BLOCK_BYTES: Final = 4 * 1024 * 1024  # about 31,000 rows: often enough to show progress

Progress = Callable[[int], None]
"""Called with the number of rows decoded so far."""


class DatasetError(Exception):
    """The data is not what this project is built on; the message says what to do."""


def decode_csv(path: Path, progress: Progress = lambda _rows: None) -> pa.Table:
    """Read a raw ``covtype.csv`` into a table with the columns of the schema, in file order.

    Raises ``DatasetError`` when the columns are others than the published ones, a value is
    not a whole number, or a row has not exactly one wilderness area and one soil type.
    """
    options = pa_csv.ConvertOptions(
        column_types={name: pa.int16() for name in RAW_COLUMNS}, null_values=[]
    )
    blocks: list[pa.Table] = []
    rows = 0
    try:
        with pa_csv.open_csv(
            path,
            read_options=pa_csv.ReadOptions(block_size=_BLOCK_BYTES),
            convert_options=options,
        ) as reader:
            _check_header(path, reader.schema.names)
            for batch in reader:
                blocks.append(_decode_block(path, batch, rows))
                rows += batch.num_rows
                progress(rows)
    except pa.ArrowInvalid as error:
        raise DatasetError(
            f"{path} is not a readable covtype.csv: {error}. "
            "Run this script without --csv to get the published file."
        ) from error
    return pa.concat_tables(blocks) if blocks else ARROW_SCHEMA.empty_table()


def _check_header(path: Path, names: list[str]) -> None:
    if tuple(names) != RAW_COLUMNS:
        raise DatasetError(
            f"{path} has other columns than the published covtype.csv: expected "
            f"{len(RAW_COLUMNS)} from {RAW_COLUMNS[0]} to {RAW_COLUMNS[-1]}, found {len(names)}. "
            "Run this script without --csv to get the published file."
        )


def _decode_block(path: Path, batch: pa.RecordBatch, first_row: int) -> pa.Table:
    arrays: list[pa.Array] = [batch.column(name) for name in schema.FEATURE_NAMES]
    for category, names in RAW_CATEGORIES:
        one_hot = np.column_stack([batch.column(name).to_numpy() for name in names])
        codes = decode_one_hot(one_hot, category.name, path, first_row)
        arrays.append(pa.DictionaryArray.from_arrays(codes, pa.array(category.values)))
    arrays.append(batch.column(schema.TARGET).cast(pa.int8()))
    return pa.Table.from_arrays(arrays, schema=ARROW_SCHEMA)


def decode_one_hot(
    one_hot: NDArray[np.int16], column: str, path: Path, first_row: int
) -> NDArray[np.int8]:
    """Return the position of the single 1 in each row of ``one_hot`` [rows, values].

    ``first_row`` is the number of data rows before this block, for the message. Raises
    ``DatasetError`` when a row is not one 1 among zeros.
    """
    valid = ((one_hot == 0) | (one_hot == 1)).all(axis=1) & (one_hot.sum(axis=1) == 1)
    if not valid.all():
        line = first_row + int(np.argmin(valid)) + 2  # lines count from 1, after the header
        raise DatasetError(
            f"{path}, line {line}: the {column} columns must be one 1 and otherwise 0. "
            "Run this script without --csv to get the published file."
        )
    positions: NDArray[np.int8] = one_hot.argmax(axis=1).astype(np.int8)
    return positions


def check_table(table: pa.Table, class_counts: dict[int, int] = CLASS_COUNTS) -> None:
    """Raise ``DatasetError`` unless rows, classes and ranges are those that are published.

    The seen ranges of the schema must be exactly the least and greatest value of each
    feature: load tests draw inside them, inference counts what leaves them.
    """
    if tuple(table.column_names) != schema.COLUMNS:
        raise DatasetError(
            f"Expected the columns {', '.join(schema.COLUMNS)}, found "
            f"{', '.join(table.column_names)}. The file is not the one that this project builds."
        )
    labels = table.column(schema.TARGET).to_numpy()
    classes, counts = np.unique(labels, return_counts=True)
    found = dict(zip(classes.tolist(), counts.tolist(), strict=True))
    if found != class_counts:
        raise DatasetError(
            f"Expected {sum(class_counts.values())} rows with the class counts {class_counts}, "
            f"found {table.num_rows} rows with {found}. The file is not the published one."
        )
    for feature in schema.FEATURES:
        values = table.column(feature.name).to_numpy()
        low, high = int(values.min()), int(values.max())
        if (low, high) != (feature.seen.low, feature.seen.high):
            raise DatasetError(
                f"{feature.name} goes from {low} to {high}, but covertype/schema.py says from "
                f"{feature.seen.low} to {feature.seen.high}. Correct `seen` there, or the file."
            )


def write_parquet(table: pa.Table, path: Path) -> None:
    """Write ``table`` to ``path`` in one step: a reader sees the old file or the new one.

    Raises ``DatasetError`` when the folder cannot be written to.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=path.parent, prefix=f".{path.name}.") as folder:
            temporary = Path(folder) / path.name
            with temporary.open("wb") as out:
                pq.write_table(
                    table,
                    out,
                    compression="zstd",
                    compression_level=19,
                    # Rows next to each other resemble each other: differences are small.
                    use_dictionary=[schema.TARGET, *(c.name for c in schema.CATEGORIES)],
                    column_encoding=dict.fromkeys(schema.FEATURE_NAMES, "DELTA_BINARY_PACKED"),
                )
                out.flush()
                os.fsync(out.fileno())
            temporary.replace(path)
    except OSError as error:
        raise DatasetError(
            f"{path} cannot be written: {error.strerror}. Choose another --output."
        ) from error
