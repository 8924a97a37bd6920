"""How the container starts the service: ``python -m inference``."""

import os
import subprocess
import sys
from pathlib import Path

import httpx
import pytest
from pydantic import ValidationError

from inference.__main__ import ServerSettings
from tests.support.servers import REPO, environment, free_port, serving, wait_until

PATH = {"PYTHONPATH": f"{REPO}{os.pathsep}{REPO / 'fastapi'}"}
COMMAND = [sys.executable, "-m", "inference"]


@pytest.mark.parametrize(
    ("cpus", "workers", "processes"),
    [("0.5", "", 1), ("1", "", 1), ("1.5", "", 1), ("2", "", 2), ("3.9", "", 3), ("0.5", "2", 2)],
)
def test_as_many_processes_as_whole_cpus_unless_told_otherwise(
    monkeypatch: pytest.MonkeyPatch, cpus: str, workers: str, processes: int
) -> None:
    monkeypatch.setenv("FASTAPI_CPUS", cpus)
    monkeypatch.setenv("FASTAPI_WORKERS", workers)

    assert ServerSettings().workers == processes


@pytest.mark.parametrize(
    ("name", "value"),
    [("FASTAPI_CPUS", "0"), ("FASTAPI_CPUS", "many"), ("FASTAPI_WORKERS", "0")],
)
def test_impossible_values_are_refused(
    monkeypatch: pytest.MonkeyPatch, name: str, value: str
) -> None:
    monkeypatch.setenv(name, value)

    with pytest.raises(ValidationError, match=name.lower()):
        ServerSettings()


@pytest.mark.parametrize(
    ("name", "value"), [("FASTAPI_CPUS", "none"), ("MODEL_POLL_SECONDS", "99")]
)
def test_a_mistake_ends_the_start_with_a_plain_message(name: str, value: str) -> None:
    """Of several processes, each that fails would be started over and over."""
    done = subprocess.run(
        COMMAND,
        cwd=REPO,
        env=environment({**PATH, "FASTAPI_WORKERS": "2", name: value}),
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )

    assert done.returncode == 1
    assert f"{name}='{value}'" in done.stderr
    assert "Traceback" not in done.stderr


def test_every_process_answers(tmp_path: Path) -> None:
    port = free_port()
    env = {
        **PATH,
        "FASTAPI_HOST": "127.0.0.1",
        "FASTAPI_PORT": str(port),
        "FASTAPI_CPUS": "2.5",
        "MLFLOW_TRACKING_URI": f"http://127.0.0.1:{free_port()}",
        "MODELS_DIR": str(tmp_path / "models"),
        "RUNTIME_DIR": str(tmp_path / "runtime"),
    }
    url = f"http://127.0.0.1:{port}"
    log = tmp_path / "inference.log"
    with serving("inference", COMMAND, url, "/health/live", log, env):
        wait_until(
            lambda: len(httpx.get(f"{url}/model", trust_env=False).json()["processes"]) == 2,
            30,
            "two processes",
        )
