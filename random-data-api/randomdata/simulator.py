"""Draw rows that look like the real ones, from a small calibration file.

For each row: a cover type by its share of the real rows; ten features that keep that type's
quantiles and move together as its rows do (a Gaussian copula); a wilderness area and a soil
type by how often the type has them. ``Data/calibrate_simulator.py`` measures all of it.

Everything is drawn with whole numbers: hash output, integer products, integer
interpolation. Floating point could round differently on another processor, and one other
digit would give a client another sha256 for the same batch.
"""

from typing import Final

import numpy as np
from numpy.typing import NDArray

from covertype import schema
from randomdata import layout
from randomdata.calibration import ONE_SIGMA, Calibration, ClassCalibration
from randomdata.rows import Rows
from randomdata.settings import DataSource

_FEATURES: Final = len(schema.FEATURES)
_NORMAL_DRAWS: Final = 12


class _ClassModel:
    """One cover type's calibration as arrays."""

    def __init__(self, part: ClassCalibration) -> None:
        self.quantiles = np.array([part.quantiles[name] for name in schema.FEATURE_NAMES])
        self.loadings = np.zeros((_FEATURES, _FEATURES), dtype=np.int64)
        for i, row in enumerate(part.loadings):
            self.loadings[i, : i + 1] = row
        cells = [
            (wilderness, soil, count)
            for wilderness, soils in part.soil_types.items()
            for soil, count in soils.items()
        ]
        self.wilderness = np.array(
            [schema.WILDERNESS_AREA.values.index(wilderness) for wilderness, _, _ in cells]
        )
        self.soil = np.array([schema.SOIL_TYPE.values.index(soil) for _, soil, _ in cells])
        self.cell_counts = np.array([count for _, _, count in cells])


class Simulator:
    """A source of simulated rows, a pure function of (seed, group, batch)."""

    kind = DataSource.SIMULATED
    file: str | None = None

    def __init__(self, calibration: Calibration, seed: int) -> None:
        parts = calibration.classes
        self._seed = seed
        self._labels = np.array([int(label) for label in parts])
        self._class_counts = np.array([part.rows for part in parts.values()])
        self._models = [_ClassModel(part) for part in parts.values()]
        self._sigmas = calibration.sigmas
        self._knot_width = ONE_SIGMA // calibration.knots_per_sigma
        self._loading_scale = calibration.loading_scale
        self.row_count = int(self._class_counts.sum())

    def batch(self, group: int, batch: int) -> Rows:
        """Draw the rows of a batch; it has as many as the real batch of this number."""
        count = len(layout.batch_share(self.row_count, group, batch))
        classes = _pick(self._class_counts, self._draws("class", group, batch, count))
        places = self._draws("place", group, batch, count)
        normals = self._normals(group, batch, count)

        features = np.empty((count, _FEATURES), dtype=np.int64)
        wilderness = np.empty(count, dtype=np.int64)
        soil = np.empty(count, dtype=np.int64)
        for position, model in enumerate(self._models):
            mine = classes == position
            cells = _pick(model.cell_counts, places[mine])
            wilderness[mine] = model.wilderness[cells]
            soil[mine] = model.soil[cells]
            # Sums of whole numbers: the order of the additions cannot change the result.
            together = normals[mine] @ model.loadings.T // self._loading_scale
            features[mine] = self._interpolate(model.quantiles, together)
        return Rows((*features.T, wilderness, soil, self._labels[classes]))

    def _draws(self, purpose: str, group: int, batch: int, count: int) -> NDArray[np.int64]:
        """Return ``count`` whole numbers from 0 to 2**32 - 1."""
        drawn = layout.draw_bytes(purpose, self._seed, group, batch, count=4 * count)
        return np.frombuffer(drawn, dtype="<u4").astype(np.int64)

    def _normals(self, group: int, batch: int, count: int) -> NDArray[np.int64]:
        """Return [count, features] draws close to normal, with mean 0 and ``ONE_SIGMA``.

        Each is a sum of twelve even 16-bit draws, which has that standard deviation and never
        leaves 6 of them.
        """
        size = count * _FEATURES * _NORMAL_DRAWS
        drawn = layout.draw_bytes("normal", self._seed, group, batch, count=2 * size)
        even = np.frombuffer(drawn, dtype="<u2").reshape(count, _FEATURES, _NORMAL_DRAWS)
        sums: NDArray[np.int64] = even.sum(axis=2, dtype=np.int64)
        return sums - _NORMAL_DRAWS * (ONE_SIGMA - 1) // 2

    def _interpolate(
        self, quantiles: NDArray[np.int64], normals: NDArray[np.int64]
    ) -> NDArray[np.int64]:
        """Map each normal to its feature's quantile, on a straight line between two knots."""
        reach = self._sigmas * ONE_SIGMA
        position = np.clip(normals, -reach, reach - 1) + reach
        knot, above = np.divmod(position, self._knot_width)
        feature = np.arange(_FEATURES)
        low, high = quantiles[feature, knot], quantiles[feature, knot + 1]
        between: NDArray[np.int64] = (
            low * (self._knot_width - above) + high * above + self._knot_width // 2
        ) // self._knot_width
        return between


def _pick(counts: NDArray[np.int64], draws: NDArray[np.int64]) -> NDArray[np.int64]:
    """Turn draws from 0 to 2**32 - 1 into positions, each as often as its count says."""
    cumulated = np.cumsum(counts)
    positions: NDArray[np.int64] = np.searchsorted(
        cumulated, (draws * cumulated[-1]) >> 32, side="right"
    )
    return positions
