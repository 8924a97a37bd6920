"""Random rows to predict, as a client would send them."""

import math
from collections.abc import Iterator
from random import Random
from typing import Final

from covertype.schema import FEATURES

# Whole numbers, as in the data. Rounded inwards, so that a row never leaves the range.
_BOUNDS: Final = tuple(
    (feature.name, math.ceil(feature.seen.low), math.floor(feature.seen.high))
    for feature in FEATURES
)


def random_payload(rng: Random) -> dict[str, int]:
    """One body for ``POST /predict/``: each feature drawn evenly from its seen range."""
    return {name: rng.randint(low, high) for name, low, high in _BOUNDS}


def payloads(seed: int | None = None) -> Iterator[dict[str, int]]:
    """Rows without end. The same ``seed`` gives the same rows; ``None`` gives new ones."""
    rng = Random(seed)
    while True:
        yield random_payload(rng)
