"""Probes of a limit that is known, and results of configurations whose capacity is known."""

import math
import random
from collections.abc import Callable

from capacity.configuration import Configuration
from capacity.records import Capacity, ConfigurationResult, LimitedBy, Probe


def answered(rate: float, *, met: bool, limited_by: LimitedBy | None = None) -> Probe:
    """A probe's record."""
    return Probe(
        rate=rate,
        met=met,
        limited_by=limited_by or ("nothing" if met else "service"),
        goodput=rate,
        p95_ms=5.0 if met else 900.0,
        p99_ms=6.0 if met else 990.0,
    )


def exact(limit: float, limited_by: LimitedBy = "service") -> Callable[[float], Probe]:
    """Holds every rate up to the limit, and none above."""
    return lambda rate: (
        answered(rate, met=True)
        if rate <= limit
        else answered(rate, met=False, limited_by=limited_by)
    )


def noisy(limit: float, seed: int, spread: float, hiccups: float) -> Callable[[float], Probe]:
    """A limit that differs by ``spread`` from probe to probe; some probes fail for no reason."""
    draw = random.Random(seed)

    def probe(rate: float) -> Probe:
        now = limit * math.exp(draw.gauss(0, spread))
        return answered(rate, met=rate <= now and draw.random() >= hiccups)

    return probe


def capacity_of(rate: float, *, bound: LimitedBy | None = None, spread: float = 0.03) -> Capacity:
    """A capacity of three samples; ``bound``: what else than the service was the limit."""
    return Capacity(
        rate=rate,
        low=rate if bound else rate * (1 - spread),
        is_bound=bound is not None,
        limited_by=bound or "service",
        samples=(rate,) if bound else (rate * (1 - spread / 2), rate, rate * (1 + spread / 2)),
        probes=(),
    )


def result_with(configuration: Configuration, capacity: Capacity) -> ConfigurationResult:
    """A finished result."""
    return ConfigurationResult(configuration=configuration, capacity=capacity, is_complete=True)


def broken(configuration: Configuration, error: str) -> ConfigurationResult:
    """A configuration that could not be had."""
    return ConfigurationResult(configuration=configuration, error=error, is_complete=True)
