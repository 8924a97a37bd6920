"""A server under test: pinned to its cores, watched, and ended with all that it started."""

import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import httpx
import psutil

from bench.targets import LOOPBACK, Site, Target
from demo.ports import free_port
from demo.process import Child, Command
from demo.supervisor import Supervisor

_PINNED: Final = Path(__file__).with_name("pinned.py")
_START_SECONDS: Final = 90.0
_END_SECONDS: Final = 5.0
_FORGET_PEAK: Final = "5"  # Linux's word for it


@dataclass(frozen=True)
class Usage:
    """Processor seconds so far, and the peak of resident memory in 1e6 bytes.

    All processes of the server are added up; what they share counts for each.
    """

    cpu_seconds: float
    peak_mb: float


class Server:
    """A running server."""

    def __init__(self, target: Target, child: Child, port: int) -> None:
        self.target = target
        self.url = f"http://{LOOPBACK}:{port}{target.path}"
        self._child = child

    def processes(self) -> list[psutil.Process]:
        """All processes of the server, wherever they went, without the guard."""
        with suppress(psutil.NoSuchProcess):
            return psutil.Process(self._child.id).children(recursive=True)
        return []

    def usage(self) -> Usage:
        """What the server has used since its start; its peak since ``forget_peak``."""
        cpu, peak = 0.0, 0.0
        for process in self.processes():
            with suppress(psutil.NoSuchProcess, FileNotFoundError, ProcessLookupError):
                times = process.cpu_times()
                cpu += times.user + times.system
                peak += _peak_bytes(process.pid) / 1e6
        return Usage(cpu, peak)

    def forget_peak(self) -> None:
        """Let the peak of memory begin anew: what a start takes for a moment is no load."""
        for process in self.processes():
            with suppress(FileNotFoundError, ProcessLookupError):
                Path(f"/proc/{process.pid}/clear_refs").write_text(_FORGET_PEAK, encoding="utf-8")


@contextmanager
def running(
    target: Target,
    site: Site,
    cores: Iterable[int],
    logs: Path,
    body: bytes,
    supervisor: Supervisor,
    preferred_port: int | None = None,
) -> Iterator[Server]:
    """Start a server and wait until it answers ``body`` with status 200; end it afterwards.

    Raises:
        ProcessFailed: it ended by itself.
        NotReady: it did not answer in time.
    """
    port = free_port(preferred_port)
    program = target.program(site, port)
    argv = (sys.executable, "-I", "-S", str(_PINNED), ",".join(map(str, cores)), *program.argv)
    log = logs / f"{target.name}.log"
    command = Command(target.name, argv, program.environment(site), site.repo, log)
    child = supervisor.start(command)
    server = Server(target, child, port)
    try:
        with httpx.Client(timeout=5, trust_env=False) as client:

            def answers() -> bool:
                try:
                    return post(client, server.url, body).status_code == httpx.codes.OK
                except httpx.TransportError:
                    return False

            supervisor.wait_until(answers, _START_SECONDS, f"{target.name} to answer", command)
        yield server
    finally:
        # Looked up first: a process that has left the group is found through its parent only.
        processes = server.processes()
        supervisor.stop(child)
        _end(processes)


def post(client: httpx.Client, url: str, body: bytes) -> httpx.Response:
    """Ask once, as the load generator does."""
    return client.post(url, content=body, headers={"Content-Type": "application/json"})


def _end(processes: list[psutil.Process]) -> None:
    """End what outlived its process group: some servers give their workers one of their own."""
    for end in (psutil.Process.terminate, psutil.Process.kill):
        _, processes = psutil.wait_procs(processes, timeout=_END_SECONDS)
        for process in processes:
            with suppress(psutil.NoSuchProcess):
                end(process)
    psutil.wait_procs(processes, timeout=_END_SECONDS)


def _peak_bytes(pid: int) -> int:
    """The largest resident size that a process had; Linux keeps it."""
    for line in Path(f"/proc/{pid}/status").read_text(encoding="utf-8").splitlines():
        name, _, value = line.partition(":")
        if name == "VmHWM":
            return int(value.split()[0]) * 1024
    return 0
