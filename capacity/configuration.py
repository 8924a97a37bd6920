"""The resources that a service is given, and their order."""

import re
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

MEBI = 2**20


class Configuration(BaseModel):
    """Replicas, and what each of them may use.

    ``cpus`` are cores a replica, ``memory`` is MiB a replica (Docker's ``M``), ``workers`` are
    processes a replica; None leaves their number to the service: one a whole CPU.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    cpus: Annotated[float, Field(gt=0, le=256)]
    memory: Annotated[int, Field(ge=32, le=2**20)]
    replicas: Annotated[int, Field(ge=1, le=20)]
    workers: Annotated[int, Field(ge=1, le=64)] | None = None

    @property
    def total_cpus(self) -> float:
        """CPUs of all replicas together."""
        return round(self.cpus * self.replicas, 6)

    @property
    def total_memory(self) -> int:
        """MiB of all replicas together."""
        return self.memory * self.replicas

    @property
    def slug(self) -> str:
        """Its name as part of a file's name: ``3x0.5cpu-1000M``, ``1x2cpu-1000M-2w``."""
        workers = f"-{self.workers}w" if self.workers else ""
        return f"{self.replicas}x{self.cpus:g}cpu-{self.memory}M{workers}"

    @property
    def title(self) -> str:
        """Its name for people: ``3 x 0.5 CPU, 1000 MB``."""
        noun = "worker" if self.workers == 1 else "workers"
        workers = f", {self.workers} {noun}" if self.workers else ""
        return f"{self.replicas} x {self.cpus:g} CPU, {self.memory} MB{workers}"

    def covers(self, other: "Configuration") -> bool:
        """Has it at least as much of everything? Then it holds every load that the other holds.

        Numbers of workers have no such order: they must be the same.
        """
        return (
            self.cpus >= other.cpus
            and self.memory >= other.memory
            and self.replicas >= other.replicas
            and self.workers == other.workers
        )


def mebibytes(text: str | int) -> int:
    """Read ``1000M`` or ``1.5G``, as Docker writes memory; a bare number is MiB.

    Raises:
        ValueError: it is neither.
    """
    found = re.fullmatch(r"([0-9]+(?:\.[0-9]+)?)\s*([MG]?)B?", str(text).strip(), re.IGNORECASE)
    if found is None:
        raise ValueError(f"expected a size such as 400M or 1.5G, found {text!r}")
    return round(float(found[1]) * (1024 if found[2].upper() == "G" else 1))
