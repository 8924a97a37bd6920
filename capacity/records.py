"""What is kept of a run: one JSON file a configuration, and one for the run itself.

    Run                    run.json: the plan, the machine, the generator's ceiling
      ConfigurationResult  results/SLUG.json: limits that were applied, measurements, capacity
        Measurement        one load on one configuration, once
          LoadFigures      what the generator saw, in all and second by second
          ContainerUse     what each container used meanwhile
        Capacity           the highest rate that met the objective

Times are seconds, latencies milliseconds, memory MiB, CPU whole cores.
"""

from typing import Any, Literal

from pydantic import BaseModel, ConfigDict

from capacity.configuration import Configuration

LimitedBy = Literal["nothing", "service", "gateway", "generator", "machine"]


class Record(BaseModel):
    """Unchangeable, and with no field that is not known."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Latency(Record):
    """Percentiles of the latencies of a set of requests."""

    p50_ms: float
    p90_ms: float
    p95_ms: float
    p99_ms: float
    max_ms: float


class Moment(Record):
    """About a second of a load. ``second`` counts from the end of the warm-up.

    ``ok``, ``refused`` and ``failed`` are answers a second; percentiles are of the accepted
    requests, and None when there was none.
    """

    second: float
    users: int | None = None
    ok: float = 0.0
    refused: float = 0.0
    failed: float = 0.0
    p50_ms: float | None = None
    p95_ms: float | None = None
    p99_ms: float | None = None


class GeneratorUse(Record):
    """How the load generator itself fared. ``faults`` say why it was what limited the load.

    ``cpu`` is of its busiest process, as a share of one core, ``queued`` the share of the time in
    which other programs kept that from running; ``late`` are requests that left after they were
    due, ``dropped`` those that were never sent.
    """

    cpu: float
    queued: float = 0.0
    late: int = 0
    dropped: int = 0
    faults: tuple[str, ...] = ()


class LoadFigures(Record):
    """What a generator saw, warm-up excluded. Latency counts from when a request was due.

    ``offered`` is the rate at which requests were due; in a closed loop it is what the users
    would have sent to a service that answers at once. ``refused`` are deliberate 503s; ``failed``
    is every other answer that is no prediction, and missing answers.
    """

    kind: Literal["closed", "open"]
    users: int | None = None
    offered: float
    seconds: float
    ok: int
    refused: int
    failed: int
    goodput: float
    accepted: Latency | None
    refusals: Latency | None = None
    failures: dict[str, int] = {}
    timeline: tuple[Moment, ...] = ()
    generator: GeneratorUse

    @property
    def answered(self) -> int:
        """All requests with an outcome."""
        return self.ok + self.refused + self.failed


class UseMoment(Record):
    """A look at a container: cores used since the last look, and memory now.

    ``second`` counts from the first look, which is before the generator starts.
    """

    second: float
    cpu: float
    memory: float


class ContainerUse(Record):
    """What one container used during a measurement. A limit of 0 means none.

    ``throttled`` is the share of scheduling periods in which it wanted more CPU than it may
    use. ``oom_kills`` and ``restarts`` are those during the measurement.
    """

    name: str
    service: str
    cpu_limit: float
    memory_limit: float
    cpu_mean: float
    cpu_max: float
    memory_max: float
    throttled: float = 0.0
    oom_kills: int = 0
    restarts: int = 0
    timeline: tuple[UseMoment, ...] = ()


class Judgement(Record):
    """Did a load meet the objective, and what kept it from more?

    ``reasons`` has a sentence with figures for each clause that was not met, and for each
    event that makes the measurement doubtful.
    """

    met: bool
    limited_by: LimitedBy
    reasons: tuple[str, ...] = ()


class Measurement(Record):
    """One load on one configuration. ``step`` is its place in the plan, such as ``closed-1``.

    ``machine_cpu`` is the share of the machine's processors in use under the load; ``balance``
    the requests that each replica answered, by the gateway's count.
    """

    step: str
    started_at: str
    load: LoadFigures
    containers: tuple[ContainerUse, ...]
    machine_cpu: float
    balance: dict[str, int] = {}
    judgement: Judgement


class CpuShares(Record):
    """What each used under a load of the CPU that it may use; None without a limit or container.

    ``generator`` is a share of one core by its busiest process, ``machine`` of all processors.
    """

    inference: float | None
    gateway: float | None
    generator: float
    machine: float


class Probe(Record):
    """One short look at one rate, on the way to a capacity.

    ``cpu`` is what ``limited_by`` rests on; runs of earlier versions did not keep it.
    """

    rate: float
    met: bool
    limited_by: LimitedBy
    goodput: float
    p95_ms: float | None
    p99_ms: float | None
    cpu: CpuShares | None = None
    reasons: tuple[str, ...] = ()


class Capacity(Record):
    """The highest rate that meets the objective.

    ``rate`` is the mean of ``samples``; ``low`` its one-sided 95 % bound from below. When
    something else than the service was the limit, ``is_bound`` is true: the service's own
    capacity is at least ``rate``. 0 means that no rate met the objective.
    """

    rate: float
    low: float
    is_bound: bool
    limited_by: LimitedBy
    samples: tuple[float, ...]
    probes: tuple[Probe, ...]


class AppliedLimits(Record):
    """What the engine says that a container may use, asked after it was made; 0 means no limit."""

    name: str
    cpus: float
    memory: float
    workers: int | None = None


class ConfigurationResult(Record):
    """All about one configuration. ``error`` says why there is nothing more, if it broke.

    ``excerpt`` is then what the service wrote last.
    """

    configuration: Configuration
    applied: tuple[AppliedLimits, ...] = ()
    ready_seconds: float | None = None
    measurements: tuple[Measurement, ...] = ()
    capacity: Capacity | None = None
    error: str | None = None
    excerpt: str = ""
    is_complete: bool = False


class Ceiling(Record):
    """What the open-loop generator reaches against a server that costs next to nothing."""

    rate: float
    cpu: float


class Run(Record):
    """A run of a plan. ``environment`` is the fingerprint: machine, versions, images, settings."""

    id: str
    command: Literal["run", "search"]
    kind: Literal["compose", "embedded"]
    plan: dict[str, Any]
    plan_source: str
    plan_digest: str
    started_at: str
    ended_at: str | None = None
    environment: dict[str, Any]
    ceiling: Ceiling | None = None
    cannot_limit: tuple[str, ...] = ()
    arguments: tuple[str, ...] = ()
