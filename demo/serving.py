"""What serving the champion costs: measured on a process of its own."""

import time
from dataclasses import dataclass

import psutil

from console.web import Web
from demo.errors import TooLarge
from demo.ports import LOOPBACK, free_port
from demo.process import Child
from demo.services import Commands
from demo.supervisor import Supervisor

MOST_RESIDENT_MB = 250.0
_READY_SECONDS = 60.0


@dataclass(frozen=True)
class Serving:
    """Seconds from the start of a process to its readiness; memory in use, in 1e6 bytes."""

    ready_seconds: float
    resident_mb: float


def measure_serving(
    commands: Commands, row: dict[str, float], supervisor: Supervisor, web: Web
) -> Serving:
    """Start a second inference process, let it predict once, stop it.

    It finds the champion in the folder of models, as a process that is started again does.

    Raises:
        NotReady: it was not ready in time.
        AnswerError: it did not predict.
    """
    port = free_port()
    url = f"http://{LOOPBACK}:{port}"
    command = commands.second_inference(port)
    start = time.monotonic()
    child = supervisor.start(command)
    supervisor.wait_until(
        lambda: web.is_ok(f"{url}/health/ready"),
        _READY_SECONDS,
        f"{command.name} at {url}",
        command,
    )
    seconds = time.monotonic() - start
    web.json("POST", f"{url}/predict/", json=row)
    serving = Serving(round(seconds, 1), round(resident_mb(child), 1))
    supervisor.stop(child)
    return serving


def resident_mb(child: Child) -> float:
    """Resident memory of a program and what it started, without its guard, in 1e6 bytes."""
    programs = (process for process in child.members() if process.pid != child.id)
    return sum(_resident_bytes(process) for process in programs) / 1e6


def _resident_bytes(process: psutil.Process) -> int:
    return int(process.memory_info().rss)


def fault_of(serving: Serving) -> TooLarge | None:
    """The error to end with when the process needs more memory than it may."""
    if serving.resident_mb <= MOST_RESIDENT_MB:
        return None
    return TooLarge(
        f"an inference process has {serving.resident_mb:.0f} MB resident, more than the "
        f"{MOST_RESIDENT_MB:.0f} MB that it may have: lower MAX_ONNX_MB in .env, so that only "
        "smaller models are promoted"
    )
