"""What the open-loop generator itself reaches, before it measures anything."""

import socket
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Final

from capacity.errors import CannotMeasure
from capacity.records import Ceiling, LoadFigures
from capacity.service import OpenLoad
from console.results import new_file
from demo.interrupts import Interrupts
from demo.ports import LOOPBACK, free_port
from demo.process import Command
from demo.supervisor import Supervisor

_FIRST_RATE: Final = 8000.0
_LEAST_RATE: Final = 100.0
_START_SECONDS: Final = 30.0
_TRIES: Final = 2  # another program may disturb one of them


def measure_ceiling(run: Callable[[str, OpenLoad], LoadFigures], url: str) -> Ceiling:
    """Find the highest rate that a generator keeps up with.

    The rate is doubled until the generator is at its limit, then half a step is tried: what
    is found is at least two thirds of what it reaches. It takes some ten seconds.

    Args:
        run: the generator.
        url: of a server that costs next to nothing: `constant_server`.

    Raises:
        CannotMeasure: it does not keep up with 100 requests a second.
    """
    rate = _FIRST_RATE
    found = _held(run, url, rate)
    while found is None and rate > _LEAST_RATE:
        rate /= 2
        found = _held(run, url, rate)
    if found is None:
        raise CannotMeasure(
            f"the load generator does not keep up with {rate:.0f} requests a second here: other "
            "programs take the processor; end them and try again"
        )
    if rate >= _FIRST_RATE:
        while higher := _held(run, url, rate * 2):
            rate, found = rate * 2, higher
    if higher := _held(run, url, rate * 1.5):
        rate, found = rate * 1.5, higher
    return Ceiling(rate=rate, cpu=found.generator.cpu)


def _held(run: Callable[[str, OpenLoad], LoadFigures], url: str, rate: float) -> LoadFigures | None:
    """The figures at a rate, if the generator kept up with it."""
    load = OpenLoad(rate, warmup=0.2, duration=0.8, connections=64)
    for _ in range(_TRIES):
        figures = run(url, load)
        if not figures.generator.faults and not figures.failed:
            return figures
    return None


@contextmanager
def constant_server(repo: Path, folder: Path) -> Iterator[str]:
    """Run a server that gives every request the same answer, at next to no cost; its URL.

    Raises:
        ProcessFailed, NotReady: it does not come up.
    """
    port = free_port()
    argv = (sys.executable, "-m", "bench.apps.raw_protocol", str(port))
    log = folder / "constant-server.log"
    new_file(log).close()
    command = Command("the constant server", argv, {"PYTHONPATH": str(repo)}, repo, log)
    with Interrupts() as interrupts, Supervisor(interrupts) as supervisor:
        supervisor.start(command)
        supervisor.wait_until(
            lambda: _is_listening(port), _START_SECONDS, f"{command.name} to listen", command
        )
        yield f"http://{LOOPBACK}:{port}/"


def _is_listening(port: int) -> bool:
    with suppress(OSError), socket.create_connection((LOOPBACK, port), 1):
        return True
    return False
