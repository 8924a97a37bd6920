"""What the processes of a service, and the machine, use for the length of a measurement."""

import threading
import time
from collections.abc import Callable
from contextlib import suppress
from typing import Final, Literal

import psutil

from capacity.analysis.busy import busier_half
from capacity.configuration import MEBI
from capacity.records import ContainerUse, UseMoment
from console.processes import lives

MemoryMeasure = Literal["pss", "rss"]

_BETWEEN_LOOKS: Final = 1.0
# The kernel counts processor time in hundredths of a second: less is too coarse for a share.
_SHORTEST: Final = 0.2


def memory_measure() -> MemoryMeasure:
    """How memory is counted: PSS, which divides what processes share among them.

    Some sandboxes do not tell it; then RSS, which counts it for each.
    """
    with suppress(psutil.Error, OSError):
        if getattr(psutil.Process().memory_full_info(), "pss", 0) > 0:
            return "pss"
    return "rss"


class ProcessWatch:
    """Looks at a changing set of processes from its making on; ``run`` does so until ``end``.

    ``machine_cpu`` is the share of the machine's processors that was in use while the service
    was busy, once it has ended.
    """

    def __init__(
        self, processes: Callable[[], list[psutil.Process]], measure: MemoryMeasure
    ) -> None:
        self._processes = processes
        self._measure = measure
        self._ended = threading.Event()
        self._began = self._looked_at = time.monotonic()
        self._cpu_seconds, _ = self._look()
        self._cpu_used = 0.0
        self._deaths = 0
        self._moments: list[UseMoment] = []
        self._machine: list[float] = []
        self.machine_cpu = 0.0

    def run(self) -> None:
        """Look once a second, and a last time at the end."""
        psutil.cpu_percent()  # the next call tells the share since this one
        while not self._ended.wait(_BETWEEN_LOOKS):
            self._note()
        self._note()
        self.machine_cpu = round(busier_half(self._machine), 3)

    def end(self) -> None:
        """Have ``run`` come to its end."""
        self._ended.set()

    @property
    def all_died(self) -> bool:
        """Was no process left at the last look?"""
        return not self._cpu_seconds

    def use(self, name: str, service: str, cpu_limit: float) -> ContainerUse:
        """What was seen; a process that died counts as a restart."""
        seconds = self._looked_at - self._began
        return ContainerUse(
            name=name,
            service=service,
            cpu_limit=cpu_limit,
            memory_limit=0,
            cpu_mean=round(self._cpu_used / seconds, 3) if seconds else 0.0,
            cpu_max=max((moment.cpu for moment in self._moments), default=0.0),
            memory_max=max((moment.memory for moment in self._moments), default=0.0),
            restarts=max(self._deaths, int(self.all_died)),
            timeline=tuple(self._moments),
        )

    def _note(self) -> None:
        """Keep what was used since the last look."""
        self._machine.append(psutil.cpu_percent() / 100)
        cpu_seconds, memory = self._look()
        now = time.monotonic()
        elapsed = now - self._looked_at
        self._deaths += len(self._cpu_seconds.keys() - cpu_seconds.keys())
        used = sum(
            seconds - self._cpu_seconds.get(process, 0.0)
            for process, seconds in cpu_seconds.items()
        )
        self._cpu_used += used
        self._cpu_seconds, self._looked_at = cpu_seconds, now
        if elapsed >= _SHORTEST or not self._moments:
            second = round(now - self._began, 2)
            cpu, memory = round(used / elapsed, 3), round(memory, 1)
            self._moments.append(UseMoment(second=second, cpu=cpu, memory=memory))

    def _look(self) -> tuple[dict[psutil.Process, float], float]:
        """Processor seconds of each living process so far, and the memory of all in MiB."""
        cpu_seconds, memory = {}, 0
        for process in self._processes():
            with suppress(psutil.Error, OSError):
                if not lives(process):
                    continue
                times = process.cpu_times()
                memory += self._memory(process)
                cpu_seconds[process] = times.user + times.system
        return cpu_seconds, memory / MEBI

    def _memory(self, process: psutil.Process) -> int:
        info = process.memory_full_info() if self._measure == "pss" else process.memory_info()
        return int(getattr(info, self._measure))
