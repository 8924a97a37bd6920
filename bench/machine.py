"""The machine and the software that the figures belong to."""

import os
import platform
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any, Final

import psutil

from bench.environments import pinned_version
from bench.errors import CannotMeasure

_PACKAGES: Final = (
    *("fastapi", "httptools", "mlflow", "numpy", "onnxruntime", "pydantic", "uvicorn", "uvloop"),
)
_PEERS: Final = ("bentoml", "litserve", "mlserver")


def choose_cores(who: str = "the benchmark") -> tuple[int, int]:
    """The server's core and the load generator's: far apart, so that no core is shared.

    Args:
        who: asks, for the error's message.

    Raises:
        CannotMeasure: there is only one, or the system cannot pin programs to a core.
    """
    if not hasattr(os, "sched_getaffinity"):
        raise CannotMeasure(
            f"{platform.system()} cannot pin a program to a core: run {who} on Linux, "
            "in a virtual machine if need be"
        )
    cores = sorted(os.sched_getaffinity(0))
    if len(cores) < 2:
        raise CannotMeasure(
            f"{who} needs two processor cores, one for the server and one for the load "
            f"generator, and may use only {len(cores)} here: give the machine another one"
        )
    return cores[-1], cores[0]


@contextmanager
def on_core(core: int) -> Iterator[None]:
    """Keep this process, which mostly sleeps, off the server's cores."""
    before = os.sched_getaffinity(0)
    os.sched_setaffinity(0, {core})
    try:
        yield
    finally:
        os.sched_setaffinity(0, before)


def describe(peers: Sequence[str] = _PEERS) -> dict[str, Any]:
    """What a reader has to know to compare with another machine."""
    return {
        "date": datetime.now(UTC).strftime("%Y-%m-%d"),
        "cpu": _cpu_model(),
        "cores": len(os.sched_getaffinity(0)),
        "memory_gb": round(psutil.virtual_memory().total / 1e9, 1),
        "kernel": f"{platform.system()} {platform.release()}",
        "python": platform.python_version(),
        "versions": {name: version(name) for name in _PACKAGES}
        | {name: pinned_version(name) for name in peers},
        "load_before": round(os.getloadavg()[0], 2),
    }


def _cpu_model() -> str:
    for line in Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines():
        name, _, value = line.partition(":")
        if name.strip() == "model name":
            return value.strip()
    return platform.machine()  # ARM kernels name no model
