"""Does a queue grow for as long as a load lasts?

At a rate just above its capacity, a service is late by a little more each second. A short
measurement can end before that passes the objective, and the rate would count as held.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from statistics import linear_regression
from typing import Final

from capacity.records import Moment

# Two looks always lie on a line.
_FEWEST_MOMENTS: Final = 3
# Below that, throttling and other programs move the latencies of a second as much.
_LEAST_GROWTH_MS: Final = 100.0
_LEAST_LAG: Final = 0.05


@dataclass(frozen=True, slots=True)
class Backlog:
    """A queue that grows. ``lag`` is how many seconds a second the service falls behind."""

    lag: float
    first_ms: float
    last_ms: float


def find_backlog(timeline: Sequence[Moment]) -> Backlog | None:
    """The backlog of an open load, from its median latencies; None if there is none.

    There is one when the median grows from each moment to the next, by 100 ms and by 5 % of the
    time in all. Such a service serves at least 5 % less than it is asked.
    """
    looks = [(one.second, one.p50_ms) for one in timeline if one.p50_ms is not None]
    if len(looks) < _FEWEST_MOMENTS:
        return None
    seconds, medians = zip(*looks, strict=True)
    if any(later <= earlier for earlier, later in pairwise(medians)):
        return None
    lag = linear_regression(seconds, medians).slope / 1000
    if medians[-1] - medians[0] < _LEAST_GROWTH_MS or lag < _LEAST_LAG:
        return None
    return Backlog(lag, medians[0], medians[-1])
