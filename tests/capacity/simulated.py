"""A service and a generator of known capacity, in no time: for what the planner does with them."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, Literal

from capacity.configuration import Configuration
from capacity.errors import NotApplied
from capacity.plan.load import Closed, Limit, Load, Open
from capacity.plan.model import Candidate, Objective, Plan
from capacity.records import (
    AppliedLimits,
    Ceiling,
    ContainerUse,
    GeneratorUse,
    Latency,
    LoadFigures,
)
from capacity.service import Applied, News, Observation, OpenLoad

RATE_A_CPU = 10_000.0
NEEDED_MEMORY = 100
FAST_MS, SLOW_MS = 5.0, 5_000.0


def plan_of(*configurations: Configuration, load: Load | None = None, repeats: int = 1) -> Plan:
    """A plan of these configurations, with an open rate and a limit unless told otherwise."""
    return Plan(
        name="simulated",
        configurations=tuple(Candidate(**one.model_dump()) for one in configurations),
        load=load or Load(open=Open(rates=(100.0,)), limit=Limit(samples=2)),
        objective=Objective(p95_ms=1000.0),
        repeats=repeats,
    )


@dataclass
class Simulated:
    """Both in one: the generator asks the service that was applied last."""

    kind: Literal["compose", "embedded"] = "compose"
    url: str = "http://127.0.0.1:9/predict/"
    cannot_limit: tuple[str, ...] = ()
    applied: list[Configuration] = field(default_factory=list)
    loads: list[OpenLoad | Closed] = field(default_factory=list)
    killed_above: float = float("inf")
    generator_limit: float = float("inf")
    ends_after: int = 1_000_000
    environment: dict[str, Any] = field(default_factory=lambda: {"cores": 2})
    is_taken: bool = False
    ceilings: int = 0
    busy: float = 0.0
    kills: int = 0

    def describe(self) -> dict[str, Any]:
        return self.environment

    @contextmanager
    def taken_over(self) -> Iterator[None]:
        self.is_taken = True
        try:
            yield
        finally:
            self.is_taken = False

    def apply(self, configuration: Configuration, news: News) -> Applied:
        news("starting")
        if configuration.memory < NEEDED_MEMORY:
            raise NotApplied(
                f"it was killed for memory at {configuration.memory} MB", excerpt="Loading\nKilled"
            )
        self.applied.append(configuration)
        limits = AppliedLimits(
            name="fastapi-1", cpus=configuration.cpus, memory=float(configuration.memory)
        )
        return Applied((limits,), 1.0)

    @contextmanager
    def observed(self) -> Iterator[Observation]:
        seen = Observation()
        yield seen
        seen.containers = (
            ContainerUse(
                name="fastapi-1",
                service="fastapi",
                cpu_limit=self.applied[-1].cpus,
                memory_limit=float(self.applied[-1].memory),
                cpu_mean=self.applied[-1].cpus * self.busy,
                cpu_max=self.applied[-1].cpus * self.busy,
                memory_max=90.0,
                oom_kills=self.kills,
            ),
        )
        self.kills = 0

    def open(self, url: str, load: OpenLoad) -> LoadFigures:
        assert url == self.url
        return self._figures(load, load.rate, load.duration, "open")

    def closed(self, url: str, load: Closed, news: News) -> LoadFigures:
        assert url == self.url
        news(f"{load.scaled_users} users")
        rate = load.scaled_users / (sum(load.wait) / 2)
        return self._figures(load, rate, load.duration, "closed")

    def ceiling(self) -> Ceiling:
        self.ceilings += 1
        return Ceiling(rate=100_000.0, cpu=0.9)

    def _figures(
        self, load: OpenLoad | Closed, rate: float, seconds: float, kind: Literal["open", "closed"]
    ) -> LoadFigures:
        if len(self.loads) == self.ends_after:
            raise KeyboardInterrupt
        self.loads.append(load)
        if rate > self.killed_above:
            self.kills = 1
        capacity = RATE_A_CPU * self.applied[-1].total_cpus
        self.busy = min(1.0, min(rate, self.generator_limit) / capacity)
        ok = min(rate, capacity)
        faults = ("it was at its limit",) if rate > self.generator_limit else ()
        late = FAST_MS if rate <= min(capacity, self.generator_limit) else SLOW_MS
        return LoadFigures(
            kind=kind,
            offered=rate,
            seconds=seconds,
            ok=round(ok * seconds),
            refused=0,
            failed=0,
            goodput=ok,
            accepted=Latency(p50_ms=late, p90_ms=late, p95_ms=late, p99_ms=late, max_ms=late),
            generator=GeneratorUse(cpu=0.2, faults=faults),
        )
