"""Which of a configuration's measurements stand for it in tables and pictures."""

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median_low
from typing import Final

from capacity import words
from capacity.analysis.judge import THROTTLED_SHARE
from capacity.analysis.roles import GATEWAY, INFERENCE
from capacity.plan.model import Plan
from capacity.records import ConfigurationResult, ContainerUse, Measurement

GENERATORS: Final = ("locust", "worker")


@dataclass(frozen=True, slots=True)
class Held:
    """How a configuration did under the plan's load.

    ``shown`` is the repeat whose p95 is the middle one. ``is_held`` is None when the generator
    or the machine was the limit in any of them, or when measurements are missing: then nothing
    can be said.
    """

    measurements: tuple[Measurement, ...]
    shown: Measurement
    is_held: bool | None

    @property
    def refused(self) -> int:
        """Deliberate 503s of all repeats."""
        return sum(one.load.refused for one in self.measurements)

    @property
    def failed(self) -> int:
        """Failures of all repeats."""
        return sum(one.load.failed for one in self.measurements)


def held(plan: Plan, result: ConfigurationResult) -> Held | None:
    """The plan's load: its users, else its highest rate that was held, else its lowest rate.

    None when a plan has neither, or nothing was measured.
    """
    closed = [one for one in result.measurements if one.load.kind == "closed"]
    if plan.load.closed is not None:
        return _held(closed, plan.repeats) if closed else None
    by_rate: dict[str, list[Measurement]] = {}
    for one in sorted(result.measurements, key=lambda one: one.load.offered):
        by_rate.setdefault(one.step.rpartition("-")[0], []).append(one)
    found = [_held(measurements, plan.repeats) for measurements in by_rate.values()]
    return next((one for one in reversed(found) if one.is_held), found[0] if found else None)


def is_limited_elsewhere(measurement: Measurement) -> bool:
    """Did the generator or the machine allow no more? Then it says nothing about the service."""
    return measurement.judgement.limited_by in ("generator", "machine")


def events(measurement: Measurement) -> list[str]:
    """What containers suffered meanwhile, a sentence each."""
    found = []
    for one in measurement.containers:
        if one.oom_kills:
            found.append(f"{one.name} was killed for memory {_times(one.oom_kills)}.")
        if one.restarts:
            found.append(f"{one.name} restarted {_times(one.restarts)}.")
        if one.throttled > THROTTLED_SHARE and one.service in (INFERENCE, GATEWAY):
            found.append(
                f"{one.name} was throttled in {words.share(one.throttled)} of its scheduling "
                "periods: it wanted more CPU than its limit."
            )
    return found


def watched(measurement: Measurement) -> list[ContainerUse]:
    """The containers that carry the load, inference first; then any other that had an accident."""
    order = (INFERENCE, GATEWAY, *GENERATORS)
    carrying = [one for one in measurement.containers if one.service in order]
    hurt = [
        one
        for one in measurement.containers
        if one.service not in order and (one.oom_kills or one.restarts)
    ]
    return [*sorted(carrying, key=lambda one: (order.index(one.service), one.name)), *hurt]


def _held(measurements: Sequence[Measurement], repeats: int) -> Held:
    latencies = [_p95(one) for one in measurements]
    shown = measurements[latencies.index(median_low(latencies))]
    verdict: bool | None = all(one.judgement.met for one in measurements)
    if any(map(is_limited_elsewhere, measurements)) or (verdict and len(measurements) < repeats):
        verdict = None
    return Held(tuple(measurements), shown, verdict)


def _p95(measurement: Measurement) -> float:
    accepted = measurement.load.accepted
    return accepted.p95_ms if accepted else float("inf")


def _times(amount: int) -> str:
    return "once" if amount == 1 else f"{amount} times"
