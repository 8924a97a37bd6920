"""What the planner needs of a service under test, and of a load generator.

`capacity.services.compose` is the stack's inference, `capacity.services.embedded` are local
processes; the tests have one of known capacity.
"""

from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from typing import Any, Literal, Protocol

from capacity.configuration import Configuration
from capacity.plan.load import Closed
from capacity.records import AppliedLimits, Ceiling, ContainerUse, LoadFigures

News = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Applied:
    """A configuration that runs. ``ready_seconds``: from its making until it was ready."""

    limits: tuple[AppliedLimits, ...]
    ready_seconds: float


@dataclass(slots=True)
class Observation:
    """What was seen of the service during a block; filled in when the block ends."""

    containers: tuple[ContainerUse, ...] = ()
    machine_cpu: float = 0.0
    balance: dict[str, int] = field(default_factory=dict)


class Service(Protocol):
    """Something that predicts, whose resources can be set.

    ``cannot_limit`` has a sentence for each thing that the results do not depend on as they
    should.
    """

    kind: Literal["compose", "embedded"]
    cannot_limit: tuple[str, ...]

    @property
    def url(self) -> str:
        """Where it takes predictions; known once it is taken over."""

    def describe(self) -> dict[str, Any]:
        """The environment's fingerprint: what to know to compare with another run."""

    def taken_over(self) -> AbstractContextManager[None]:
        """Make the service ready for a run, and put everything back at the end."""

    def apply(self, configuration: Configuration, news: News) -> Applied:
        """Have this configuration alone, ready, with its limits proven.

        Raises:
            NotApplied: it cannot be had: it does not become ready, or is killed.
        """

    def observed(self) -> AbstractContextManager[Observation]:
        """Watch what the service and the machine use for the length of a block.

        Raises:
            NotApplied: the service ended, and cannot be had again.
        """


@dataclass(frozen=True, slots=True)
class OpenLoad:
    """One rate, for some time. Times in seconds."""

    rate: float
    warmup: float
    duration: float
    connections: int


class Generator(Protocol):
    """Loads the service, and says what it saw."""

    def open(self, url: str, load: OpenLoad) -> LoadFigures:
        """Requests at a fixed rate."""

    def closed(self, url: str, load: Closed, news: News) -> LoadFigures:
        """Users who wait for their answers."""

    def ceiling(self) -> Ceiling:
        """What the generator itself reaches at most, at fixed rates."""
