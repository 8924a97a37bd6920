"""Records with plausible values, of which a test names those that it is about."""

from typing import Any

from capacity.configuration import Configuration
from capacity.plan.model import Objective
from capacity.records import (
    Capacity,
    ConfigurationResult,
    ContainerUse,
    GeneratorUse,
    Judgement,
    Latency,
    LoadFigures,
    Measurement,
    Moment,
    Run,
)

OBJECTIVE = Objective(p95_ms=100.0, p99_ms=200.0)


def latency(p95: float, p99: float | None = None) -> Latency:
    p99 = p95 if p99 is None else p99
    return Latency(p50_ms=p95 / 2, p90_ms=p95, p95_ms=p95, p99_ms=p99, max_ms=p99)


def load(**changes: Any) -> LoadFigures:
    """1,000 requests/s for 10 s, all answered within 20 ms."""
    values: dict[str, Any] = {
        "kind": "open",
        "offered": 1000.0,
        "seconds": 10.0,
        "ok": 10_000,
        "refused": 0,
        "failed": 0,
        "goodput": 1000.0,
        "accepted": latency(20.0),
        "generator": GeneratorUse(cpu=0.3),
    }
    return LoadFigures(**(values | changes))


def moments(*medians: float | None) -> tuple[Moment, ...]:
    """A second each, with these median latencies in ms."""
    return tuple(Moment(second=float(at), p50_ms=one) for at, one in enumerate(medians))


def container(
    name: str, *, used: float, limit: float = 1.0, throttled: float = 0.0, **changes: Any
) -> ContainerUse:
    """A container of the service that its name begins with; ``used`` are cores."""
    values: dict[str, Any] = {
        "name": name,
        "service": name.rpartition("-")[0],
        "cpu_limit": limit,
        "memory_limit": 250.0,
        "cpu_mean": used,
        "cpu_max": used,
        "memory_max": 120.0,
        "throttled": throttled,
    }
    return ContainerUse(**(values | changes))


def configuration(replicas: int = 1, cpus: float = 0.5, memory: int = 250) -> Configuration:
    return Configuration(cpus=cpus, memory=memory, replicas=replicas)


def capacity(*samples: float, low: float | None = None, is_bound: bool = False) -> Capacity:
    rate = sum(samples) / len(samples)
    return Capacity(
        rate=rate,
        low=rate if low is None else low,
        is_bound=is_bound,
        limited_by="generator" if is_bound else "service",
        samples=samples,
        probes=(),
    )


def measurement(
    p95: float, cpu: float = 0.4, *, figures: LoadFigures | None = None, by_generator: bool = False
) -> Measurement:
    return Measurement(
        step="open-1000-1",
        started_at="2026-01-01T00:00:00+00:00",
        load=figures or load(accepted=latency(p95)),
        containers=(container("fastapi-1", used=cpu), container("gateway-1", used=0.1)),
        machine_cpu=0.5,
        judgement=Judgement(met=True, limited_by="generator" if by_generator else "nothing"),
    )


def result(
    of: Configuration, found: Capacity | None = None, *measured: Measurement, **changes: Any
) -> ConfigurationResult:
    return ConfigurationResult(
        configuration=of, capacity=found, measurements=measured, is_complete=True, **changes
    )


def run(**changes: Any) -> Run:
    values: dict[str, Any] = {
        "id": "one",
        "command": "run",
        "kind": "compose",
        "plan": {"name": "mine", "load": {"closed": {"users": 100}}},
        "plan_source": "mine.yaml",
        "plan_digest": "0",
        "started_at": "2026-01-01T00:00:00+00:00",
        "environment": {"cores": 2},
    }
    return Run(**(values | changes))
