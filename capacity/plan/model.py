"""A plan, as it stands in its YAML file."""

from itertools import product
from typing import Annotated, Literal

from pydantic import Field, model_validator

from capacity.configuration import Configuration
from capacity.plan.fields import Cpus, Memory, Name, Part, Rate, Seconds, Share
from capacity.plan.load import Load


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
    """Every combination of these values is a configuration.

    ``cpus: auto`` are limits up to a quarter of this machine's cores.
    """

    cpus: Cpus
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
