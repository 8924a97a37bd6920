"""Made-up loads on the configurations of `seed`, with everything that can happen in one."""

import math
import random

from capacity.configuration import Configuration
from capacity.records import (
    Capacity,
    ContainerUse,
    CpuShares,
    GeneratorUse,
    Judgement,
    Latency,
    LimitedBy,
    LoadFigures,
    Measurement,
    Moment,
    Probe,
    UseMoment,
)

USERS, OFFERED, SECONDS = 1_200, 686.0, 30
RATE_A_CPU = 8_600.0
GENERATOR_LIMIT = 12_000.0
_FACTORS = (0.25, 0.5, 0.8, 0.9, 0.96, 1.02, 1.1)
OOM, BOUND = 5, 3


def latency_at(load: float) -> Latency:
    """Latencies at a share of the capacity: flat, then a wall."""
    middle = 2.4 / max(0.02, 1 - min(load, 0.985)) if load < 1 else 900 * load**3
    return Latency(
        p50_ms=middle, p90_ms=middle * 2, p95_ms=middle * 2.6, p99_ms=middle * 4, max_ms=middle * 9
    )


def measured(configuration: Configuration, repeat: int, place: int) -> Measurement:
    """One closed load. The OOM place loses a replica, one with much CPU meets the generator."""
    chance = random.Random(place * 100 + repeat)
    capacity = RATE_A_CPU * configuration.total_cpus
    share = OFFERED / capacity
    is_oom, is_generator = place == OOM, place == BOUND and repeat == 1
    failed = 37 + repeat if is_oom else 0
    refused = 212 if is_oom else 0
    timeline = tuple(moment(second, share, is_oom, chance) for second in range(SECONDS))
    limited: LimitedBy = "generator" if is_generator else ("service" if is_oom else "nothing")
    faults = ("its busiest process used 97 % of a core",) if is_generator else ()
    reasons = (
        ("37 of 20,580 requests failed, 0.18 %; the objective allows 0 %.",) if is_oom else faults
    )
    names = [f"fastapi-{number}" for number in range(1, configuration.replicas + 1)]
    ok = round(sum(one.ok for one in timeline))
    uses = [
        use(name, "fastapi", configuration.cpus, configuration.memory, share, chance)
        for name in names
    ]
    if is_oom:
        uses[1] = uses[1].model_copy(
            update={"oom_kills": 1, "restarts": 1, "memory_max": configuration.memory}
        )
    return Measurement(
        step=f"closed-{repeat}",
        started_at="2026-11-23T19:02:00+00:00",
        load=LoadFigures(
            kind="closed",
            users=USERS,
            offered=OFFERED,
            seconds=SECONDS,
            ok=ok,
            refused=refused,
            failed=failed,
            goodput=ok / SECONDS,
            accepted=latency_at(share),
            refusals=latency_at(0.2) if refused else None,
            failures={"no answer": failed} if failed else {},
            timeline=timeline,
            generator=GeneratorUse(cpu=0.97 if is_generator else 0.61, faults=faults),
        ),
        containers=(
            *uses,
            use("gateway-1", "gateway", 1.0, 256, 0.12, chance),
            use("locust-1", "locust", 0, 512, 0.6, chance),
            use("mysql-1", "mysql", 1.0, 1024, 0.02, chance),
        ),
        machine_cpu=0.71,
        balance={name: round(ok / len(names) * chance.uniform(0.98, 1.02)) for name in names},
        judgement=Judgement(met=not is_oom, limited_by=limited, reasons=reasons),
    )


def moment(second: int, share: float, is_oom: bool, chance: random.Random) -> Moment:
    """A second of a load; around the tenth, a replica dies where one does."""
    is_bad = is_oom and 10 <= second < 14
    seen = latency_at(share * chance.uniform(0.95, 1.05) + (0.4 if is_bad else 0))
    return Moment(
        second=second,
        users=USERS,
        ok=OFFERED * chance.uniform(0.97, 1.0) * (0.7 if is_bad else 1),
        refused=53 if is_bad else 0,
        failed=9 if is_bad else 0,
        p50_ms=seen.p50_ms,
        p95_ms=seen.p95_ms,
        p99_ms=seen.p99_ms,
    )


def use(
    name: str, service: str, cpus: float, memory: float, share: float, chance: random.Random
) -> ContainerUse:
    """What a container used, at a share of its CPU."""
    looks = tuple(
        UseMoment(
            second=second,
            cpu=min(cpus or 1.0, (cpus or 1.0) * share * chance.uniform(0.85, 1.15)),
            memory=min(memory, 110 + 12 * math.sqrt(second)),
        )
        for second in range(SECONDS)
    )
    return ContainerUse(
        name=name,
        service=service,
        cpu_limit=cpus,
        memory_limit=memory,
        cpu_mean=sum(one.cpu for one in looks) / len(looks),
        cpu_max=max(one.cpu for one in looks),
        memory_max=max(one.memory for one in looks),
        throttled=0.31 if share > 0.15 and service == "fastapi" else 0.02,
        timeline=looks,
    )


def capacity_of(configuration: Configuration) -> Capacity:
    """The search for the limit, cut short by the generator where there is much CPU."""
    own = RATE_A_CPU * configuration.total_cpus
    if own < GENERATOR_LIMIT:
        return Capacity(
            rate=own,
            low=own * 0.97,
            is_bound=False,
            limited_by="service",
            samples=(own * 0.99, own, own * 1.01),
            probes=tuple(probe(own * factor, factor) for factor in _FACTORS),
        )
    rates = (4_000.0, 8_000.0, GENERATOR_LIMIT)
    return Capacity(
        rate=rates[1],
        low=rates[1],
        is_bound=True,
        limited_by="generator",
        samples=(rates[1],),
        probes=tuple(
            probe(rate, rate / own, "generator" if rate == GENERATOR_LIMIT else "nothing")
            for rate in rates
        ),
    )


def probe(rate: float, share: float, limited: LimitedBy | None = None) -> Probe:
    """A look at one rate."""
    seen = latency_at(share)
    is_met = seen.p95_ms < 1000 and limited != "generator"
    return Probe(
        rate=rate,
        met=is_met,
        limited_by=limited or ("nothing" if is_met else "service"),
        goodput=rate * min(1.0, 1 / share),
        p95_ms=seen.p95_ms,
        p99_ms=seen.p99_ms,
        cpu=CpuShares(inference=min(1.0, share), gateway=0.2, generator=0.4, machine=0.6),
    )
