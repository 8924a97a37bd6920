"""A stack in a folder of its own, and the figures that Locust would leave there."""

import json
from pathlib import Path
from typing import Any

from capacity.plan.load import Closed
from tests.stack_commands.conftest import (
    airflow,
    docker,
    figures,
    gateway,
    mlflow,
    page,
    repo,
    stack,
)

__all__ = ["airflow", "docker", "figures", "gateway", "mlflow", "page", "repo", "stack"]

LOAD = Closed(users=100, spawn_rate=50, wait=(1, 2), warmup=1, duration=10)
LATENCY = {"p50_ms": 20.0, "p90_ms": 30.0, "p95_ms": 40.0, "p99_ms": 60.0, "max_ms": 90.0}


def summary(**changes: Any) -> dict[str, Any]:
    """What Locust writes of `LOAD` against a service that answers in 20 ms."""
    moment: dict[str, float] = {"users": 100, "ok": 66, "refused": 0, "failed": 0}
    moment |= {"p50_ms": 20.0, "p95_ms": 40.0, "p99_ms": 60.0}
    return {
        "users": 100,
        "seconds": 10.0,
        "ok": 655,
        "refused": 0,
        "failed": 0,
        "failures": {},
        "accepted": LATENCY,
        "refusals": None,
        "goodput": 65.5,
        "timeline": [{"second": second, **moment} for second in range(10)],
        "generator": {"cpu": 0.2, "warnings": []},
        "balance": {"replica1": 655},
        "wait": [1.0, 2.0],
        "stopped_by": None,
        **changes,
    }


def written(path: Path, **changes: Any) -> Path:
    """The summary in a file."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(summary(**changes)))
    return path
