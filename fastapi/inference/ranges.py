"""Feature values as the float32 that models take; counts what leaves the training range."""

from collections.abc import Sequence
from typing import Final, Protocol

import numpy as np
from numpy.typing import NDArray

from covertype.schema import FEATURES

_FLOAT32_MAX: Final = float(np.finfo(np.float32).max)
_LIMITS: Final = tuple((feature.seen.low, feature.seen.high) for feature in FEATURES)
_LOW: Final = np.array([low for low, _ in _LIMITS])
_HIGH: Final = np.array([high for _, high in _LIMITS])


class Count(Protocol):
    """A counter of one feature's values outside the training range."""

    def inc(self, amount: float = 1) -> None:
        """Add to it."""


# Up to so many rows, plain Python takes less than numpy's calls do.
_FEW_ROWS: Final = 16


def few_to_float32(rows: list[list[float]], outside: Sequence[Count]) -> NDArray[np.float32]:
    """As ``rows_to_float32``, faster for one row and for a few."""
    if len(rows) > _FEW_ROWS:
        return rows_to_float32(rows, outside)
    for row in rows:
        for index, (low, high) in enumerate(_LIMITS):
            value = row[index]
            if not low <= value <= high:
                outside[index].inc()
                row[index] = min(max(value, -_FLOAT32_MAX), _FLOAT32_MAX)
    return np.array(rows, dtype=np.float32)


def rows_to_float32(rows: list[list[float]], outside: Sequence[Count]) -> NDArray[np.float32]:
    """Rows [N, 10]. Values beyond float32 are clipped to its range."""
    values = np.array(rows, dtype=np.float64)
    for index, count in enumerate(((values < _LOW) | (values > _HIGH)).sum(axis=0).tolist()):
        if count:
            outside[index].inc(count)
    return np.clip(values, -_FLOAT32_MAX, _FLOAT32_MAX).astype(np.float32)
