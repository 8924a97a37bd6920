"""The serving budget: how large and how slow a served model may be."""

import time
from dataclasses import dataclass

import numpy as np

from pipeline.dataset import Rows
from pipeline.export import OnnxModel

_PASSES = 25
_ROWS_A_PASS = 200


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
    """Predict varied rows one at a time; the fastest of many short passes counts.

    Each pass has rows of its own while there are enough: a repeated row finds its path
    through the trees in the cache and reads twice as fast. The thread's own CPU time, and
    the fastest pass, keep out what other processes do meanwhile.
    """
    fastest = float("inf")
    for number in range(_PASSES):
        places = np.arange(number * _ROWS_A_PASS, (number + 1) * _ROWS_A_PASS) % len(rows)
        singles = [rows.features[place : place + 1] for place in places]
        start = time.thread_time()
        for row in singles:
            model.predict(row)
        fastest = min(fastest, time.thread_time() - start)
    return Cost(megabytes=model.megabytes, row_us=fastest / _ROWS_A_PASS * 1e6)
