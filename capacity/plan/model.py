"""A plan, as it stands in its YAML file.

Every number of a plan has its unit in the name of its field or in its text: durations are
``30s`` or ``2m``, memory is ``400M`` or ``1G``. A description of a type stands in the message
about a value that is none of it: "expected DESCRIPTION, found ...".
"""

from itertools import product
from typing import Annotated, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, model_validator

from capacity.configuration import Configuration, mebibytes
from capacity.plan.units import seconds

Memory = Annotated[
    int,
    BeforeValidator(mebibytes),
    Field(ge=32, le=2**20, description="a size from 32M to 1024G, such as 400M or 1.5G"),
]
Seconds = Annotated[
    float,
    BeforeValidator(seconds),
    Field(gt=0, le=86_400, description="a duration of at most 24h, such as 30s or 1m30s"),
]
SecondsFromZero = Annotated[
    float,
    BeforeValidator(seconds),
    Field(ge=0, le=86_400, description="a duration from 0s to 24h, such as 5s"),
]
Name = Annotated[
    str,
    Field(
        pattern=r"^[a-z0-9][a-z0-9-]{0,40}$",
        description="a name of at most 41 small letters, digits and hyphens",
    ),
]
Rate = Annotated[float, Field(gt=0, le=1_000_000)]
Share = Annotated[float, Field(ge=0, le=1)]


class Part(BaseModel):
    """Part of a plan: unchangeable, and with no field that is not known."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)


class Reference(Part):
    """What an earlier system did with the same resources, for the report's table."""

    rps: Rate | None = None
    answer_seconds: Annotated[float, Field(gt=0)] | None = None
    remark: str = ""


class Candidate(Part):
    """One configuration that is named in the plan."""

    cpus: Annotated[float, Field(gt=0, le=256)]
    memory: Memory
    replicas: Annotated[int, Field(ge=1, le=20)] = 1
    workers: Annotated[int, Field(ge=1, le=64)] | None = None
    reference: Reference | None = None

    @property
    def configuration(self) -> Configuration:
        """The resources without what is known about them."""
        return Configuration(
            cpus=self.cpus, memory=self.memory, replicas=self.replicas, workers=self.workers
        )


class Grid(Part):
    """Every combination of these values is a configuration."""

    cpus: Annotated[tuple[Annotated[float, Field(gt=0, le=256)], ...], Field(min_length=1)]
    memory: Annotated[tuple[Memory, ...], Field(min_length=1)]
    replicas: Annotated[tuple[Annotated[int, Field(ge=1, le=20)], ...], Field(min_length=1)]
    workers: Annotated[
        tuple[Annotated[int, Field(ge=1, le=64)] | None, ...], Field(min_length=1)
    ] = (None,)


class Gateway(Part):
    """How requests queue during the run. None keeps the value of .env."""

    queue_timeout: Seconds | None = None
    queue_length: Annotated[int, Field(ge=1, le=1_000_000)] | None = None


class ServicePlan(Part):
    """What happens to the stack besides new limits for inference."""

    gateway: Gateway = Gateway()
    # Training takes CPU from inference on a small machine: its services rest during a run.
    pause_training: bool = True


class Closed(Part):
    """Users who wait for each answer and then for ``wait`` seconds: Locust.

    ``scale`` is the share of the users that this machine generates; the spawn rate scales
    with it, down to one user a second, so that the ramp takes as long as planned. ``workers`` are
    containers of Locust besides the first; local processes have none.
    """

    users: Annotated[int, Field(ge=1, le=1_000_000)]
    spawn_rate: Rate
    scale: Annotated[float, Field(gt=0, le=1)] = 1.0
    wait: tuple[Annotated[float, Field(ge=0)], Annotated[float, Field(ge=0)]] = (1.0, 2.5)
    warmup: SecondsFromZero = 5.0
    duration: Seconds = 30.0
    workers: Annotated[int, Field(ge=0, le=64)] = 0

    @model_validator(mode="after")
    def _waits_in_order(self) -> "Closed":
        if self.wait[0] > self.wait[1]:
            raise ValueError(f"expected the shorter wait first, found {list(self.wait)}")
        return self

    @property
    def scaled_users(self) -> int:
        """Users that are really generated, at least 1."""
        return max(1, round(self.users * self.scale))

    @property
    def scaled_spawn_rate(self) -> float:
        """Users more each second, of those."""
        return max(1.0, self.spawn_rate * self.scale)

    @property
    def ramp_seconds(self) -> float:
        """Until all users are there."""
        return self.scaled_users / self.scaled_spawn_rate


class Open(Part):
    """Requests at fixed rates, whatever the service does; latency from when each was due."""

    rates: Annotated[tuple[Rate, ...], Field(min_length=1)]
    warmup: SecondsFromZero = 2.0
    duration: Seconds = 10.0
    connections: Annotated[int, Field(ge=1, le=10_000)] = 256


class Limit(Part):
    """Search the highest rate that meets the objective, by bisection.

    Doubling from ``start`` finds a bracket, halving narrows it until its ends are within
    ``tolerance`` of each other; this is done ``samples`` times for a confidence bound.
    ``ceiling``, in requests a second, bounds the rates besides half of what the generator
    itself reaches.
    """

    start: Rate = 100.0
    ceiling: Rate | None = None
    tolerance: Annotated[float, Field(gt=0, le=0.5)] = 0.05
    samples: Annotated[int, Field(ge=1, le=20)] = 3
    warmup: SecondsFromZero = 1.0
    duration: Seconds = 5.0
    connections: Annotated[int, Field(ge=1, le=10_000)] = 256


class Load(Part):
    """At least one kind of load; a configuration is measured under each."""

    closed: Closed | None = None
    open: Open | None = None
    limit: Limit | None = None

    @model_validator(mode="after")
    def _has_one(self) -> "Load":
        if not (self.closed or self.open or self.limit):
            raise ValueError("expected at least one of closed, open, limit")
        return self


class Objective(Part):
    """When a load counts as held: all that are given must be kept.

    ``failed`` and ``refused`` are the largest shares of all requests that were due: ``failed`` of
    answers that are neither a prediction nor a deliberate 503, and of missing answers;
    ``refused`` of deliberate 503s. ``goodput`` is the least share of the offered rate that must be
    answered with predictions.
    """

    p95_ms: Annotated[float, Field(gt=0)] | None = None
    p99_ms: Annotated[float, Field(gt=0)] | None = None
    failed: Share = 0.0
    refused: Share = 0.0
    goodput: Share | None = None

    @model_validator(mode="after")
    def _has_latency(self) -> "Objective":
        if self.p95_ms is None and self.p99_ms is None:
            raise ValueError("expected at least one of p95_ms and p99_ms")
        return self


class Target(Part):
    """The load that ``search`` finds the cheapest configuration for, in requests a second.

    ``headroom`` is the share of a configuration's capacity that must be left over at that load;
    ``failures`` is how many replicas may fail with the load still held.
    """

    rate: Rate
    headroom: Annotated[float, Field(ge=0, lt=1)] = 0.2
    failures: Annotated[int, Field(ge=0, le=3)] = 0


class Prices(Part):
    """What resources cost an hour; the defaults are list prices of a small cloud server's parts."""

    currency: Annotated[str, Field(min_length=1, max_length=8)] = "USD"
    cpu_hour: Annotated[float, Field(ge=0)] = 0.0332
    gib_hour: Annotated[float, Field(ge=0)] = 0.0045
    replica_hour: Annotated[float, Field(ge=0)] = 0.0


class Plan(Part):
    """A whole plan. ``short`` holds other values for a shorter run; see `capacity.plan.reading`.

    ``kind`` says what is measured: the stack's containers, or local processes, of which ``cpus``
    (whole cores) and ``workers`` alone can be set.
    """

    name: Name
    description: str = ""
    service: ServicePlan = ServicePlan()
    configurations: tuple[Candidate, ...] = ()
    grid: Grid | None = None
    load: Load
    objective: Objective
    repeats: Annotated[int, Field(ge=1, le=100)] = 1
    target: Target | None = None
    prices: Prices = Prices()
    kind: Literal["compose", "embedded"] = "compose"

    @model_validator(mode="after")
    def _has_configurations(self) -> "Plan":
        if not self.configurations and self.grid is None:
            raise ValueError("expected configurations, grid or both")
        return self

    def candidates(self) -> list[Candidate]:
        """The named configurations, then those of the grid that are not named, each once."""
        found = {one.configuration: one for one in reversed(self.configurations)}
        named = {one.configuration: found[one.configuration] for one in self.configurations}
        if self.grid is not None:
            grid = self.grid
            for cpus, memory, replicas, workers in product(
                grid.cpus, grid.memory, grid.replicas, grid.workers
            ):
                one = Candidate(cpus=cpus, memory=memory, replicas=replicas, workers=workers)
                named.setdefault(one.configuration, one)
        return list(named.values())
