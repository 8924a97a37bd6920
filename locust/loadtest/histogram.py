"""How long requests took, exact to half a percent, in little memory."""

import math
from collections import Counter
from collections.abc import Mapping
from typing import Final

# Microseconds, rounded to three digits, and how many requests took as long.
Histogram = Counter[int]

_DIGITS: Final = 3
_US: Final = 1000.0


def bucket(milliseconds: float) -> int:
    """The key of a latency: whole microseconds, of which three digits count."""
    microseconds = round(milliseconds * _US)
    return int(round(microseconds, min(0, _DIGITS - len(str(microseconds)))))


def milliseconds_of(response_time: int | float) -> int:
    """Round for Locust's own figures: three digits of milliseconds, where it keeps two."""
    whole = round(response_time)
    return int(round(whole, min(0, _DIGITS - len(str(whole)))))


def percentile(histogram: Mapping[int, int], share: float) -> float | None:
    """The latency in milliseconds that ``share`` of the requests kept; None without any."""
    wanted = math.ceil(sum(histogram.values()) * share)
    seen = 0
    for key in sorted(histogram):
        seen += histogram[key]
        if seen >= wanted:
            return key / _US
    return None


def latency(histogram: Histogram) -> dict[str, float | None] | None:
    """The percentiles that a summary has, in milliseconds; None without a request."""
    if not histogram:
        return None
    shares = {"p50_ms": 0.5, "p90_ms": 0.9, "p95_ms": 0.95, "p99_ms": 0.99, "max_ms": 1.0}
    return {name: percentile(histogram, share) for name, share in shares.items()}
