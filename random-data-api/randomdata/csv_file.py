"""Load a ``covertype.csv`` that a person dropped beside the Parquet file.

It has the 13 columns of the schema in that order, with a header line or without one. A file
is taken whole or not at all: the first line that does not fit is named, with its column.
"""

import csv
from array import array
from collections.abc import Iterable
from itertools import chain
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from covertype import schema
from randomdata.errors import DataFileError
from randomdata.layout import MIN_ROWS
from randomdata.rows import Rows

_WIDTH: Final = len(schema.COLUMNS)
_NUMERIC: Final = len(schema.FEATURES)
_CODES: Final = tuple(
    {value: code for code, value in enumerate(category.values)} for category in schema.CATEGORIES
)
_CLASSES: Final = {str(label): label for label in schema.COVER_TYPES}


def load(path: Path) -> Rows:
    """Read and validate the file. Raises ``DataFileError`` naming the line and the column."""
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            values, first_line = _read(path, file)
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise DataFileError(
            f"{path} cannot be read: {error}. Save it as comma-separated UTF-8 text, or remove it."
        ) from error
    table = np.frombuffer(values, dtype=np.int32).reshape(-1, _WIDTH)
    if len(table) < MIN_ROWS:
        raise DataFileError(
            f"{path} has {len(table)} rows. At least {MIN_ROWS} are needed, one for each batch. "
            "Add rows, or remove the file."
        )
    _check_possible(path, table, first_line)
    return Rows(tuple(table[:, i].copy() for i in range(_WIDTH)))


def _read(path: Path, lines: Iterable[str]) -> "tuple[array[int], int]":
    """Return all values, row after row, and the line number of the first row."""
    reader = csv.reader(lines)
    first = next(reader, [])
    has_header = first == list(schema.COLUMNS)
    values = array("i")
    wilderness_codes, soil_codes = _CODES
    empty_line = 0
    for row in reader if has_header else chain([first], reader):
        if not row:
            empty_line = empty_line or reader.line_num
            continue
        if empty_line:
            raise _invalid(path, empty_line, "the line is empty")
        if len(row) != _WIDTH:
            raise _invalid(path, reader.line_num, f"expected {_WIDTH} values, found {len(row)}")
        try:
            values.extend(map(int, row[:_NUMERIC]))
            values.append(wilderness_codes[row[_NUMERIC]])
            values.append(soil_codes[row[_NUMERIC + 1]])
            values.append(_CLASSES[row[_NUMERIC + 2]])
        except (ValueError, OverflowError, KeyError) as error:
            raise _invalid(path, reader.line_num, _first_fault(row)) from error
    return values, 2 if has_header else 1


def _first_fault(row: list[str]) -> str:
    """Say which value of a row cannot be read; at least one cannot."""
    for name, text in zip(schema.FEATURE_NAMES, row, strict=False):
        try:
            array("i", [int(text)])
        except (ValueError, OverflowError):
            return f"column {name}: {text[:40]!r} is not a whole number in reach"
    for category, codes, text in zip(schema.CATEGORIES, _CODES, row[_NUMERIC:], strict=False):
        if text not in codes:
            return f"column {category.name}: {text[:40]!r} is not one of {_listed(category.values)}"
    return f"column {schema.TARGET}: {row[-1][:40]!r} is not one of {_listed(tuple(_CLASSES))}"


def _listed(values: tuple[str, ...]) -> str:
    return ", ".join(values) if len(values) < 10 else f"the {len(values)} codes of the schema"


def _check_possible(path: Path, table: NDArray[np.int32], first_line: int) -> None:
    """Refuse what cannot be: most often the columns are in another order."""
    for i, feature in enumerate(schema.FEATURES):
        low, high = feature.possible.low, feature.possible.high
        wrong = (table[:, i] < low) | (table[:, i] > high)
        if wrong.any():
            row = int(wrong.argmax())
            raise _invalid(
                path,
                first_line + row,
                f"column {feature.name}: {table[row, i]} is outside {low} to {high} {feature.unit}",
            )


def _invalid(path: Path, line: int, fault: str) -> DataFileError:
    return DataFileError(
        f"{path}, line {line}: {fault}. Every line needs the {_WIDTH} columns "
        f"{', '.join(schema.COLUMNS)}; a header line may name them. Correct the file, or remove "
        "it to use covertype.parquet."
    )
