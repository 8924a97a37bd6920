"""Derived features: sums and differences that a tree would need many splits to find.

All are linear in the raw features with whole-numbered weights. The data are whole
numbers, so float32 computes them exactly, and the ONNX graph agrees with scikit-learn
to the last bit on which side of a threshold a row falls.
"""

from collections.abc import Iterator
from itertools import product
from math import gcd
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray
from sklearn.base import BaseEstimator, TransformerMixin

from covertype import schema

# Beyond every possible value, and small enough that no weighted sum overflows float32.
LARGEST_INPUT = 1e9

_DISTANCES = (
    "Horizontal_Distance_To_Hydrology",
    "Horizontal_Distance_To_Roadways",
    "Horizontal_Distance_To_Fire_Points",
)


def _distance_combinations() -> Iterator[dict[str, int]]:
    """Every direction in the space of the three distances with weights from -2 to 2.

    Each distance is roughly linear in the place, so these are directions on the ground;
    splits along one distance at a time can only approximate them by stairs.
    """
    for weights in product(range(-2, 3), repeat=len(_DISTANCES)):
        nonzero = [weight for weight in weights if weight]
        # One of each pair of opposite or parallel directions is enough.
        if len(nonzero) >= 2 and nonzero[0] > 0 and gcd(*weights) == 1:
            yield dict(zip(_DISTANCES, weights, strict=True))


DERIVED: tuple[dict[str, int], ...] = (
    {"Elevation": 1, "Vertical_Distance_To_Hydrology": -1},  # height of the nearest water
    {"Elevation": 5, "Horizontal_Distance_To_Hydrology": -1},
    {"Hillshade_9am": 1, "Hillshade_3pm": -1},  # facing east, or west
    *_distance_combinations(),
)


def weight_matrix() -> NDArray[np.float32]:
    """(10, 10 + derived): the raw features pass through, the derived ones follow."""
    columns = [{name: 1} for name in schema.FEATURE_NAMES] + list(DERIVED)
    return np.array(
        [[column.get(name, 0) for column in columns] for name in schema.FEATURE_NAMES],
        dtype=np.float32,
    )


class DerivedFeatures(TransformerMixin, BaseEstimator):  # type: ignore[misc]  # sklearn is untyped
    """(n, 10) raw features in, (n, 10 + derived) float32 out; nothing is learned."""

    def fit(self, X: NDArray[np.float32], y: Any = None) -> Self:  # noqa: ARG002, N803
        self.n_features_in_ = X.shape[1]
        return self

    def transform(self, X: NDArray[np.float32]) -> NDArray[np.float32]:  # noqa: N803
        clipped = np.clip(X.astype(np.float32), -LARGEST_INPUT, LARGEST_INPUT)
        return clipped @ weight_matrix()
