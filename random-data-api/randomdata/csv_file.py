"""Load a ``covertype.csv`` that a person dropped beside the Parquet file.

It has the 13 columns of the schema in that order, with a header line or without one. Blanks
around a value and numbers such as 2596.0, which pandas writes, are fine. A file is taken whole
or not at all: the first line that does not fit is named, with its column.
"""

import csv
from array import array
from collections.abc import Iterable
from itertools import chain, zip_longest
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
    first = [text.strip() for text in next(reader, [])]
    has_header = _is_header(path, first)
    values = array("i")
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
            values.extend(_numbers(row))
        except (ValueError, OverflowError, KeyError) as error:
            fault = _first_fault([text.strip() for text in row])
            raise _invalid(path, reader.line_num, fault) from error
    return values, 2 if has_header else 1


def _is_header(path: Path, first: list[str]) -> bool:
    """Tell a header line from a row. Raises ``DataFileError`` when a name in it differs."""
    names = {name.casefold() for name in schema.COLUMNS}
    if not any(text.casefold() in names for text in first):
        return False
    for number, (found, expected) in enumerate(zip_longest(first, schema.COLUMNS), start=1):
        if found != expected:
            fault = "is missing" if found is None else f"is {found[:40]!r}"
            wanted = "no further name" if expected is None else repr(expected)
            raise _invalid(
                path,
                1,
                "the header line differs from the names of the columns: "
                f"name {number} {fault}, expected {wanted}",
            )
    return True


def _numbers(row: list[str]) -> list[int]:
    """Read the features, the codes of the categories and the class of a row.

    Raises ValueError or KeyError when a value is not one of its column.
    """
    wilderness_codes, soil_codes = _CODES
    wilderness, soil, label = row[_NUMERIC:]
    try:
        return [
            *map(int, row[:_NUMERIC]),
            wilderness_codes[wilderness],
            soil_codes[soil],
            _CLASSES[label],
        ]
    except (ValueError, KeyError):
        # The slower way, for the few files that need it.
        return [
            *map(_whole, row[:_NUMERIC]),
            wilderness_codes[wilderness.strip()],
            soil_codes[soil.strip()],
            _CLASSES[str(_whole(label))],
        ]


def _whole(text: str) -> int:
    number = float(text)
    if not number.is_integer():
        raise ValueError(text)
    return int(number)


def _first_fault(row: list[str]) -> str:
    """Say which value of a row cannot be read; at least one cannot."""
    for feature, text in zip(schema.FEATURES, row, strict=False):
        try:
            array("i", [_whole(text)])
        except (ValueError, OverflowError):
            low, high = feature.possible.low, feature.possible.high
            expected = f"a whole number from {low} to {high} {feature.unit}"
            return f"column {feature.name}: {text[:40]!r} is not {expected}"
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
