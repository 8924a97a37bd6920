"""The loads of a plan: users who wait for answers, fixed rates, the search for the limit."""

from typing import Annotated

from pydantic import Field, model_validator

from capacity.plan.fields import Part, Rate, Seconds, SecondsFromZero


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
