"""Which resources local processes can be given, and which they cannot."""

import os
from dataclasses import dataclass
from typing import Self

from capacity.configuration import Configuration
from capacity.errors import NotApplied


@dataclass(frozen=True, slots=True)
class Cores:
    """Processor cores: those for the service, the farthest from the generator's first."""

    free: tuple[int, ...]

    @classmethod
    def besides(cls, generator_core: int) -> Self:
        """All cores that this process may use, without the generator's."""
        return cls(tuple(sorted(os.sched_getaffinity(0) - {generator_core}, reverse=True)))

    def of(self, configuration: Configuration) -> tuple[int, ...]:
        """The cores that a configuration gets."""
        return self.free[: int(configuration.cpus)]

    def check(self, configuration: Configuration) -> None:
        """Can local processes have it?

        Raises:
            NotApplied: no; the message says what they can have.
        """
        cpus, most = configuration.cpus, len(self.free)
        if configuration.replicas > 1:
            raise NotApplied(
                f"{configuration.replicas} replicas need a gateway, and local processes have "
                "none: plan 1 replica with more workers, or measure the stack"
            )
        if cpus != int(cpus):
            raise NotApplied(
                f"{cpus:g} CPUs cannot be had: a local process gets whole cores; plan 1 to {most}, "
                "or measure the stack"
            )
        if cpus > most:
            raise NotApplied(
                f"{cpus:g} CPUs cannot be had: one of this machine's {most + 1} cores is the load "
                f"generator's, so plan at most {most}"
            )


def cannot_limit(cores: Cores, memory_measure: str) -> tuple[str, ...]:
    """What stays without limits, in sentences."""
    most = len(cores.free)
    return (
        "Memory: it is measured, not limited; configurations that differ in memory alone are the "
        f"same here. Measured is the {memory_measure.upper()} of all processes together.",
        f"Fractions of a CPU: processes are pinned to whole cores, here at most {most}, for one "
        "is the load generator's.",
        "Other programs: pinning keeps the service on its cores, but no other program off them.",
        "Replicas and the gateway: there is one replica and no gateway, so nothing is balanced, "
        "no request waits in a queue, and none is refused.",
        "Network: requests take the loopback interface, not the bridge between containers.",
    )
