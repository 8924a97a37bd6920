"""The serving budget: how large and how slow a served model may be."""

import time
from dataclasses import dataclass

from pipeline.dataset import Rows
from pipeline.export import OnnxModel

_MEASURED_ROWS = 1_000
_PASSES = 5


@dataclass(frozen=True, slots=True)
class Cost:
    """What a model costs to serve: file size, and time for one varied row on one thread."""

    megabytes: float
    row_us: float


@dataclass(frozen=True, slots=True)
class Budget:
    """The most that a served model may cost."""

    megabytes: float
    row_us: float

    def objections(self, cost: Cost) -> list[str]:
        """What is over budget, in words; empty when nothing is."""
        found = []
        if cost.megabytes > self.megabytes:
            found.append(f"{cost.megabytes:.1f} MB is over MAX_ONNX_MB={self.megabytes:g}")
        if cost.row_us > self.row_us:
            found.append(f"{cost.row_us:.1f} us a row is over MAX_ROW_US={self.row_us:g}")
        return found


def measure(model: OnnxModel, rows: Rows) -> Cost:
    """Predict varied rows one at a time; the fastest of several passes counts.

    Rows must vary: a repeated row finds its path through the trees in the cache and reads
    twice as fast. The fastest pass is the one that other processes disturbed least.
    """
    singles = [rows.features[i : i + 1] for i in range(min(_MEASURED_ROWS, len(rows)))]
    fastest = float("inf")
    for _ in range(_PASSES):
        start = time.perf_counter()
        for row in singles:
            model.predict(row)
        fastest = min(fastest, time.perf_counter() - start)
    return Cost(megabytes=model.megabytes, row_us=fastest / len(singles) * 1e6)
