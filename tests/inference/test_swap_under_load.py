"""Twenty promotions and rollbacks while clients ask: none fails, none waits long."""

import json
import os
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import httpx
import pytest

from covertype.schema import FEATURE_NAMES
from tests.inference.conftest import READY_SECONDS
from tests.inference.fake_registry import FakeRegistry
from tests.inference.forest import forest
from tests.inference.models import Package, golden_rows, sample_rows
from tests.support.servers import REPO, environment, free_port, serving, wait_until

SWAPS = 20
LEAVES = 6_000  # about as many a tree as today's champion has
CONVERGE_SECONDS = 10
ROUNDS = 2
SECONDS = 8
NOISE_MS = 10  # what another process on the same core costs now and then


@pytest.fixture(scope="module")
def bodies(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("swap") / "bodies.jsonl"
    rows = [dict(zip(FEATURE_NAMES, row, strict=True)) for row in sample_rows(2000)]
    path.write_text("\n".join(json.dumps(row) for row in rows))
    return path


def start_load(url: str, bodies: Path) -> "subprocess.Popen[str]":
    """A fixed rate far below capacity: what is seen is the swap, not a queue."""
    return subprocess.Popen(
        [
            *(sys.executable, "-m", "loadgen", f"{url}/predict/", "--bodies", str(bodies)),
            *("--rate", "300", "--connections", "16", "--seconds", str(SECONDS)),
            *("--count", "version"),
        ],
        cwd=REPO,
        env=environment({}),
        stdout=subprocess.PIPE,
        text=True,
    )


def figures(load: "subprocess.Popen[str]") -> dict[str, Any]:
    output, _ = load.communicate(timeout=SECONDS + 60)
    assert load.returncode == 0
    found: dict[str, Any] = json.loads(output)
    assert set(found["statuses"]) == {"200"}, found["statuses"]
    return found


def test_swaps_cost_no_request_and_little_time(
    registry: FakeRegistry, tmp_path: Path, bodies: Path
) -> None:
    onnx = forest(LEAVES)
    package = Package(onnx, golden_rows(onnx))
    registry.register("1", package)
    registry.register("2", package)
    port = free_port()
    url = f"http://127.0.0.1:{port}"
    env = {
        "PYTHONPATH": f"{REPO}{os.pathsep}{REPO / 'fastapi'}",
        "FASTAPI_HOST": "127.0.0.1",
        "FASTAPI_PORT": str(port),
        "MLFLOW_TRACKING_URI": registry.url,
        "MODELS_DIR": str(tmp_path / "models"),
        "RUNTIME_DIR": str(tmp_path / "runtime"),
        "MODEL_POLL_SECONDS": "0.1",
    }
    argv = [sys.executable, "-m", "inference"]
    with (
        serving("inference", argv, url, "/health/live", tmp_path / "log", env),
        httpx.Client(base_url=url, timeout=10, trust_env=False) as client,
    ):

        def promote(version: str) -> float:
            """Promote, or roll back; the seconds until it serves."""
            started = time.monotonic()
            registry.champion = version
            wait_until(
                lambda: client.get("/model").json()["version"] == version, READY_SECONDS, version
            )
            return time.monotonic() - started

        promote("2")
        alone, beside, slowest, swaps = [], [], 0.0, 0
        for _ in range(ROUNDS):  # in turns, because the machine is shared
            alone.append(figures(start_load(url, bodies))["accepted"]["p99_ms"])
            load = start_load(url, bodies)
            for _ in range(SWAPS // ROUNDS):
                slowest = max(slowest, promote("12"[swaps % 2]))
                swaps += 1
            swapped = figures(load)
            beside.append(swapped["accepted"]["p99_ms"])
            assert set(swapped["answers"]) == {"1", "2"}

    assert swaps == SWAPS
    assert slowest < CONVERGE_SECONDS
    assert min(beside) <= max(2 * max(alone), NOISE_MS), (alone, beside)
