"""What the engine says that a container uses, and what follows from many such looks."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from itertools import pairwise
from typing import Any

from capacity.configuration import MEBI
from capacity.records import ContainerUse, UseMoment
from capacity.services.engine_api import Event

_NANO = 1e9


@dataclass(frozen=True, slots=True)
class Sample:
    """One look. ``at``: seconds since 1970; ``cpu``: core seconds since the start; memory in MiB.

    ``periods`` are the scheduling periods in which it had work, ``throttled`` those in which it
    had to wait for the next one.
    """

    at: float
    cpu: float
    memory: float
    periods: int
    throttled: int


def sample(stats: Mapping[str, Any]) -> Sample | None:
    """Read the engine's JSON, of either version of cgroups; None of a container that has ended."""
    cpu = stats.get("cpu_stats", {})
    used = cpu.get("cpu_usage", {}).get("total_usage", 0)
    memory = stats.get("memory_stats", {})
    if not used or "usage" not in memory:
        return None
    throttling = cpu.get("throttling_data", {})
    return Sample(
        at=datetime.fromisoformat(stats["read"]).timestamp(),
        cpu=used / _NANO,
        memory=round(_without_cache(memory) / MEBI, 2),
        periods=throttling.get("periods", 0),
        throttled=throttling.get("throttled_periods", 0),
    )


@dataclass(slots=True)
class Series:
    """All looks at one container. A limit of 0 means none."""

    name: str
    service: str
    cpu_limit: float
    memory_limit: float
    samples: list[Sample] = field(default_factory=list)

    def use(self, begin: float, events: Iterable[Event], *, must_run: bool) -> ContainerUse:
        """What came of them.

        Args:
            begin: when the watch began, in seconds since 1970.
            events: those of this container, in order.
            must_run: it is meant to run until it is stopped, so each of its ends counts as a
                restart, even if nothing has started it again yet.
        """
        steps = [_step(before, after) for before, after in pairwise(self.samples)]
        seconds = sum(step.at for step in steps)
        periods = sum(step.periods for step in steps)
        happened = list(events)
        return ContainerUse(
            name=self.name,
            service=self.service,
            cpu_limit=self.cpu_limit,
            memory_limit=self.memory_limit,
            cpu_mean=round(sum(step.cpu for step in steps) / seconds, 4) if seconds else 0.0,
            cpu_max=max((_cores(step) for step in steps), default=0.0),
            memory_max=max((one.memory for one in self.samples), default=0.0),
            throttled=round(sum(one.throttled for one in steps) / periods, 4) if periods else 0.0,
            oom_kills=sum(event.kind == "oom" for event in happened),
            restarts=_restarts(happened, must_run=must_run),
            timeline=tuple(
                UseMoment(second=round(after.at - begin, 1), cpu=_cores(step), memory=after.memory)
                for step, after in zip(steps, self.samples[1:], strict=True)
            ),
        )


def _step(before: Sample, after: Sample) -> Sample:
    """What one look has more than the last. Counters begin anew when a container does."""
    begins_anew = after.cpu < before.cpu
    return Sample(
        at=after.at - before.at,
        cpu=after.cpu if begins_anew else after.cpu - before.cpu,
        memory=after.memory,
        periods=after.periods if begins_anew else after.periods - before.periods,
        throttled=after.throttled if begins_anew else after.throttled - before.throttled,
    )


def _cores(step: Sample) -> float:
    return round(step.cpu / step.at, 4) if step.at > 0 else 0.0


def _restarts(events: list[Event], *, must_run: bool) -> int:
    ends = [place for place, event in enumerate(events) if event.kind == "die"]
    return sum(must_run or any(later.kind == "start" for later in events[place:]) for place in ends)


def _without_cache(memory: Mapping[str, Any]) -> int:
    """Memory in use as `docker stats` reckons: without file pages that can be dropped at once."""
    usage: int = memory["usage"]
    details = memory.get("stats", {})
    # The first key is of cgroups 1, the second of cgroups 2.
    idle = details.get("total_inactive_file", details.get("inactive_file", 0))
    return usage - idle if idle < usage else usage
