"""What a run came to, second by second."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

OK: Final = 200
REFUSED: Final = 503  # what a service answers that deliberately turns a request away


@dataclass(frozen=True, slots=True)
class Second:
    """The requests that were due in one second of the span, which the last one may end early.

    ``second`` is its start, counted from the end of the warm-up. ``failed`` are answers other
    than 200 and 503, missing answers, and requests that were never sent. Percentiles are of
    the latencies of accepted requests; None when there was none.
    """

    second: int
    ok: int
    refused: int
    failed: int
    p50_ms: float | None
    p95_ms: float | None
    p99_ms: float | None


def timeline(
    due: NDArray[np.float64],
    latency: NDArray[np.float64],
    status: NDArray[np.int16],
    unsent: NDArray[np.float64],
    length: float,
) -> Sequence[Second]:
    """Sort requests into the seconds in which they were due.

    Args:
        due: of each request with an outcome, in seconds since the warm-up's end.
        latency: of each, in seconds.
        status: of each.
        unsent: when those were due that were never sent.
        length: of the span, in seconds.
    """
    count = math.ceil(length)
    place = _places(due, count)
    is_ok, is_refused = status == OK, status == REFUSED
    ok = np.bincount(place[is_ok], minlength=count)
    refused = np.bincount(place[is_refused], minlength=count)
    failed = np.bincount(place[~is_ok & ~is_refused], minlength=count)
    failed = failed + np.bincount(_places(unsent, count), minlength=count)
    order = np.argsort(place[is_ok], kind="stable")
    latencies = np.split(latency[is_ok][order] * 1000, np.cumsum(ok)[:-1])
    return [
        Second(number, int(ok[number]), int(refused[number]), int(failed[number]), *_of(values))
        for number, values in enumerate(latencies)
    ]


def _places(due: NDArray[np.float64], count: int) -> NDArray[np.intp]:
    """The second of each; rounding must not carry one over the span's end."""
    return np.minimum(due.astype(np.intp), count - 1)


def _of(milliseconds: NDArray[np.float64]) -> tuple[float | None, float | None, float | None]:
    if len(milliseconds) == 0:
        return None, None, None
    p50, p95, p99 = (round(float(value), 3) for value in np.percentile(milliseconds, (50, 95, 99)))
    return p50, p95, p99
