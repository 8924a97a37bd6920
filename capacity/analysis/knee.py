"""The knee: the load from which on latency climbs."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from math import isfinite
from statistics import median
from typing import Final

_FEWEST_POINTS: Final = 3
_CLIMB: Final = 2.0
# A curve that is nearly straight has no point that is clearly farthest from its chord.
_LEAST_BEND: Final = 0.2


@dataclass(frozen=True, slots=True)
class Knee:
    """Where latency begins to climb. ``why`` says by which rule, in a sentence."""

    rate: float
    latency_ms: float
    why: str


def find(rates: Sequence[float], latencies: Sequence[float]) -> Knee | None:
    """The knee of latency (ms) against load (requests/s), in any order; repeats are one point.

    It is the point that lies farthest below the straight line from the first to the last, both
    axes scaled to 1. Where the curve is nearly straight, it is the last rate before latency
    passes twice its value at the lowest rate. None when there are fewer than three rates, or
    when latency never gets that far: then the knee lies beyond what was measured.
    """
    points = _points(rates, latencies)
    if len(points) < _FEWEST_POINTS:
        return None
    (lowest, unloaded), (highest, _) = points[0], points[-1]
    slowest = max(latency for _, latency in points)
    if unloaded <= 0 or slowest <= _CLIMB * unloaded:
        return None
    span, rise = highest - lowest, points[-1][1] - unloaded

    def below_chord(point: tuple[float, float]) -> float:
        return (point[0] - lowest) / span - (point[1] - unloaded) / rise if rise > 0 else 0.0

    farthest = max(points, key=below_chord)
    if below_chord(farthest) >= _LEAST_BEND:
        why = (
            f"Latency bends most at {farthest[0]:,.0f}/s: of all measured rates, it lies farthest "
            f"below the line from {lowest:,.0f}/s to {highest:,.0f}/s."
        )
        return Knee(*farthest, why)
    place = next(at for at, one in enumerate(points) if one[1] > _CLIMB * unloaded)
    rate, latency = points[place - 1]
    why = (
        f"{rate:,.0f}/s is the last measured rate before latency passes twice the {unloaded:,.1f} "
        f"ms that it has at {lowest:,.0f}/s."
    )
    return Knee(rate, latency, why)


def _points(rates: Sequence[float], latencies: Sequence[float]) -> list[tuple[float, float]]:
    """Rates in their order, each with its median latency."""
    found: defaultdict[float, list[float]] = defaultdict(list)
    for rate, latency in zip(rates, latencies, strict=True):
        if isfinite(rate) and isfinite(latency):
            found[rate].append(latency)
    return [(rate, median(found[rate])) for rate in sorted(found)]
