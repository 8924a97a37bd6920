"""A mean, and what is certain about it."""

from collections.abc import Sequence
from dataclasses import dataclass
from math import inf
from typing import Final

import numpy as np
from scipy import stats

from capacity.records import Capacity

_CONFIDENCE: Final = 0.95


@dataclass(frozen=True, slots=True)
class Interval:
    """The mean of some measurements with its 95 % confidence interval (Student's t).

    One measurement alone says nothing about chance: its bounds are infinite.
    """

    mean: float
    low: float
    high: float
    count: int

    @classmethod
    def of(cls, values: Sequence[float]) -> "Interval":
        """The interval of independent measurements of the same thing; at least one."""
        mean = float(np.mean(values))
        if len(values) == 1:
            return cls(mean, -inf, inf, 1)
        reach = float(stats.t.ppf((1 + _CONFIDENCE) / 2, len(values) - 1) * stats.sem(values))
        return cls(mean, mean - reach, mean + reach, len(values))

    @classmethod
    def of_capacity(cls, capacity: Capacity) -> "Interval":
        """The interval of a capacity, at least as wide as the search could tell rates apart.

        When something else than the service was the limit, nothing bounds it from above.
        """
        found = cls.of(capacity.samples or (capacity.rate,))
        reach = capacity.rate - capacity.low
        high = inf if capacity.is_bound else max(found.high, capacity.rate + reach)
        return cls(capacity.rate, min(found.low, capacity.low), high, found.count)

    def is_apart_from(self, other: "Interval") -> bool:
        """Do both have bounds, and do these not overlap?"""
        return self.high < other.low or other.high < self.low
