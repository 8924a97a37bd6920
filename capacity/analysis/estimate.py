"""What a configuration may hold whose own limit could not be found, told from smaller ones."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

import numpy as np
from scipy import stats

from capacity.configuration import Configuration
from capacity.records import ConfigurationResult

_CONFIDENCE: Final = 0.95


@dataclass(frozen=True, slots=True)
class Estimate:
    """Requests a second that were not measured.

    ``low`` and ``high`` hold it with 95 % confidence; None when they rest on one measurement.
    ``sentence`` says that it is an estimate, and what it rests on.
    """

    rate: float
    low: float | None
    high: float | None
    points: int
    sentence: str


def usable_cpus(configuration: Configuration) -> float:
    """CPUs that the processes of all replicas can use: a process uses one at most."""
    workers = configuration.workers or max(1, int(configuration.cpus))
    return min(configuration.cpus, float(workers)) * configuration.replicas


def estimate(
    results: Iterable[ConfigurationResult], configuration: Configuration
) -> Estimate | None:
    """Capacity of a configuration, in proportion to its CPUs, from those that were found.

    A line through the origin is fitted to the capacities that the service itself limited, over
    usable CPUs. Bounds are no points, nor is a configuration that held no rate at all: memory
    may be what it lacks. None without a single point.
    """
    points = [
        (usable_cpus(one.configuration), one.capacity.rate)
        for one in results
        if not one.error and one.capacity and not one.capacity.is_bound and one.capacity.rate > 0
    ]
    if not points:
        return None
    cpus, rates = np.array(points).T
    wanted = usable_cpus(configuration)
    slope = float(cpus @ rates / (cpus @ cpus))
    rate = slope * wanted
    if len(points) == 1:
        sentence = (
            f"An estimate, not a measurement: about {rate:,.0f}/s, in proportion to the one "
            f"configuration whose own limit was found ({rates[0]:,.0f}/s with {cpus[0]:g} CPU). "
            "One point gives no interval: it may be far off."
        )
        return Estimate(rate, None, None, 1, sentence)
    spread = float(np.sum((rates - slope * cpus) ** 2)) / (len(points) - 1)
    error = (spread * (1 + wanted**2 / float(cpus @ cpus))) ** 0.5
    reach = float(stats.t.ppf((1 + _CONFIDENCE) / 2, len(points) - 1)) * error
    low, high = max(0.0, rate - reach), rate + reach
    sentence = (
        f"An estimate, not a measurement: about {rate:,.0f}/s (95 %: {low:,.0f} to {high:,.0f}), "
        f"from {len(points)} configurations of {cpus.min():g} to {cpus.max():g} usable CPU whose "
        f"own limit was found ({slope:,.0f}/s a CPU). It holds if capacity goes on growing with "
        "CPU; the limits of the gateway and of the machine are not in it."
    )
    return Estimate(rate, low, high, len(points), sentence)
