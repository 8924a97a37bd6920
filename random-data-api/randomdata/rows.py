"""Rows in memory: one whole-number array a column, a few bytes a value.

The two category columns hold positions in the schema's list of values, so that the 581,012
real rows take 15 MB.
"""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from covertype import schema

_VALUES = {category.name: category.values for category in schema.CATEGORIES}


@dataclass(frozen=True, slots=True)
class Rows:
    """Rows as 13 columns of equal length, in the order of the schema."""

    columns: tuple[NDArray[np.integer[Any]], ...]

    def __len__(self) -> int:
        return len(self.columns[0])

    def take(self, positions: NDArray[np.int64]) -> "Rows":
        """Return the rows at these positions, in that order."""
        return Rows(tuple(column[positions] for column in self.columns))

    def as_strings(self) -> Iterator[tuple[str, ...]]:
        """Give each row as 13 strings."""
        texts: list[Iterator[str]] = []
        for name, column in zip(schema.COLUMNS, self.columns, strict=True):
            values = _VALUES.get(name)
            numbers: list[int] = column.tolist()
            texts.append(map(values.__getitem__ if values else str, numbers))
        return zip(*texts, strict=True)


def encode(group: int, batch: int, rows: Rows) -> bytes:
    """Return the JSON body that answers a read of this batch; always the same bytes."""
    answer = {"group_number": group, "batch_number": batch, "data": list(rows.as_strings())}
    return json.dumps(answer, separators=(",", ":")).encode()
