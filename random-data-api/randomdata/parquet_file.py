"""Load the project's own Parquet file."""

from pathlib import Path
from typing import Any, cast

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray

from covertype import schema
from randomdata.errors import DataFileError
from randomdata.layout import MIN_ROWS
from randomdata.rows import Rows


def load(path: Path) -> Rows:
    """Read the 13 columns of ``covertype.parquet``.

    Raises ``DataFileError`` when the file is missing, damaged or not the project's own.
    """
    try:
        with pq.ParquetFile(path) as file:
            if (
                tuple(file.schema_arrow.names) != schema.COLUMNS
                or file.metadata.num_rows < MIN_ROWS
            ):
                raise _unusable(path, "it has other columns, or too few rows")
            # One column at a time: the whole table would take eight times the memory.
            columns = tuple(_column(path, file, name) for name in schema.COLUMNS)
    except (OSError, pa.ArrowException) as error:
        raise _unusable(path, str(error)) from error
    pa.default_memory_pool().release_unused()
    return Rows(columns)


def _column(path: Path, file: pq.ParquetFile, name: str) -> NDArray[np.integer[Any]]:
    array = file.read(columns=[name], use_threads=False).column(0).combine_chunks()
    category = {category.name: category for category in schema.CATEGORIES}.get(name)
    if category is None:
        return _numbers(path, name, array)
    if not pa.types.is_dictionary(array.type):
        raise _unusable(path, f"{name} is {array.type}, not a dictionary of strings")
    try:
        # The file lists the values in the order of their first rows.
        codes = [category.values.index(value) for value in array.dictionary.to_pylist()]
    except ValueError as error:
        raise _unusable(path, f"{name} has values that the schema lacks") from error
    positions = np.array(codes, dtype=np.int8)
    return positions.take(_numbers(path, name, array.indices))


def _numbers(path: Path, name: str, array: pa.Array) -> NDArray[np.integer[Any]]:
    if not pa.types.is_integer(array.type) or array.null_count:
        raise _unusable(path, f"{name} is {array.type} with {array.null_count} missing values")
    # Array.to_numpy would import pandas wherever that is installed: a second and 50 MB.
    return cast("NDArray[np.integer[Any]]", np.from_dlpack(array)).copy()


def _unusable(path: Path, reason: str) -> DataFileError:
    return DataFileError(
        f"{path} cannot be used: {reason}. Check DATA_DIR; `python -m Data.build_dataset` "
        "rebuilds the file, and DATA_SOURCE=simulated needs none."
    )
