"""Counts of what happens with each request, in plain numbers.

Only the event loop's thread counts, so nothing is locked: prometheus_client's own counters and
histogram would take a tenth of the time of a prediction.
"""

from bisect import bisect_left
from collections import defaultdict
from collections.abc import Iterable
from itertools import accumulate
from typing import Final

from prometheus_client.core import CounterMetricFamily, HistogramMetricFamily, Metric
from prometheus_client.registry import Collector

from covertype.schema import COVER_TYPES

_BUCKETS: Final = (0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0)
_BOUNDS: Final = (*map(str, _BUCKETS), "+Inf")


class _Times:
    """How often each bucket was hit, and the sum of all seconds."""

    __slots__ = ("counts", "seconds")

    def __init__(self) -> None:
        self.counts = [0] * len(_BOUNDS)
        self.seconds = 0.0


class Tally(Collector):
    """Requests by route and status, their times by route, predicted rows by class."""

    def __init__(self) -> None:
        self._requests: defaultdict[tuple[str, int], int] = defaultdict(int)
        self._times: defaultdict[str, _Times] = defaultdict(_Times)
        self._predicted = dict.fromkeys(COVER_TYPES, 0)

    def request(self, route: str, status: int, seconds: float) -> None:
        """Count one request that has been answered."""
        self._requests[route, status] += 1
        times = self._times[route]
        times.counts[bisect_left(_BUCKETS, seconds)] += 1
        times.seconds += seconds

    def predicted(self, label: int, rows: int = 1) -> None:
        """Count rows for which a class was predicted."""
        self._predicted[label] += rows

    def collect(self) -> Iterable[Metric]:
        """All of it, for Prometheus."""
        requests = CounterMetricFamily(
            "inference_requests",
            "Requests by route and HTTP status; 499 means that the client went away",
            labels=("route", "status"),
        )
        for (route, status), count in tuple(self._requests.items()):
            requests.add_metric((route, str(status)), count)
        seconds = HistogramMetricFamily(
            "inference_request_seconds",
            "Time from the request's headers to the last byte of the answer",
            labels=("route",),
        )
        for route, times in tuple(self._times.items()):
            buckets = list(zip(_BOUNDS, accumulate(times.counts), strict=True))
            seconds.add_metric((route,), buckets, times.seconds)
        predictions = CounterMetricFamily(
            "inference_predictions", "Predicted rows by cover type", labels=("cover_type",)
        )
        for label, count in self._predicted.items():
            predictions.add_metric((COVER_TYPES[label],), count)
        return requests, seconds, predictions
