"""A project folder of its own for each test, whose .env leads to fake services."""

import io
import os
import re
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest
from rich.console import Console

from console.settings import Settings
from stack.context import Stack
from tests.console.fake_web import FakeWeb
from tests.stack_commands.fake_airflow import PASSWORD, FakeAirflow
from tests.stack_commands.fake_docker import FakeDocker
from tests.support.servers import REPO, free_port

POLL = 0.02
MLFLOW_API = "/api/2.0/mlflow"


@pytest.fixture
def docker(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> FakeDocker:
    """A fake ``docker`` that comes first on PATH."""
    folder = tmp_path / "bin"
    folder.mkdir()
    monkeypatch.setenv("PATH", f"{folder}{os.pathsep}{os.environ['PATH']}")
    return FakeDocker(folder)


@pytest.fixture
def airflow() -> Iterator[FakeAirflow]:
    with FakeAirflow() as server:
        yield server


@pytest.fixture
def mlflow() -> Iterator[FakeWeb]:
    with FakeWeb({"GET /health": (200, {})}) as server:
        yield server


@pytest.fixture
def gateway() -> Iterator[FakeWeb]:
    with FakeWeb({}) as server:
        yield server


@pytest.fixture
def figures() -> Iterator[FakeWeb]:
    """The gateway's figures."""
    with FakeWeb({"GET /stats": (200, b"")}) as server:
        yield server


@pytest.fixture
def page() -> Iterator[FakeWeb]:
    """Locust's page."""
    with FakeWeb({"GET /": [(503, b""), (200, b"")]}) as server:
        yield server


@pytest.fixture
def repo(
    tmp_path: Path,
    airflow: FakeAirflow,
    mlflow: FakeWeb,
    gateway: FakeWeb,
    figures: FakeWeb,
    page: FakeWeb,
    monkeypatch: pytest.MonkeyPatch,
) -> Path:
    """A project folder with .env and the script that a build needs."""
    for name in Settings.model_fields:
        monkeypatch.delenv(name.upper(), raising=False)
    folder = tmp_path / "repo"
    (folder / "images").mkdir(parents=True)
    script = folder / "images" / "secrets.sh"
    script.write_text('#!/bin/sh\nmkdir -p "$1" && touch "$1/pip" "$1/ca"\n')
    script.chmod(0o755)
    write_env(
        folder,
        {
            "AIRFLOW_PORT": airflow.port,
            "MLFLOW_PORT": mlflow.port,
            "GATEWAY_PORT": gateway.port,
            "GATEWAY_STATS_PORT": figures.port,
            "LOCUST_PORT": page.port,
            "AIRFLOW_ADMIN_PASSWORD": PASSWORD,
        },
    )
    return folder


@pytest.fixture
def stack(repo: Path) -> Iterator[Stack]:
    made = Stack(repo, Console(file=io.StringIO(), width=200), POLL)
    yield made
    made.web.close()


def shown(stack: Stack) -> str:
    """What a command printed."""
    assert isinstance(stack.console.file, io.StringIO)
    return stack.console.file.getvalue()


def write_env(folder: Path, changes: Mapping[str, object]) -> None:
    """The project's .env with other values; no port is one that something listens on."""
    text = (REPO / ".env").read_text(encoding="utf-8")
    ports = {key: free_port() for key in re.findall(r"^([A-Z_]+_PORT)=", text, re.MULTILINE)}
    for key, value in {**ports, **changes}.items():
        text, found = re.subn(rf"(?m)^{key}=.*$", f"{key}={value}", text)
        assert found == 1, key
    (folder / ".env").write_text(text, encoding="utf-8")


def crown(mlflow: FakeWeb, version: str) -> None:
    """Make a version MLflow's champion."""
    tags = {"candidate": "extra_trees", "holdout_accuracy": "0.92", "holdout_macro_f1": "0.86"}
    pairs = [{"key": key, "value": value} for key, value in tags.items()]
    answer = {"model_version": {"version": version, "run_id": "run", "tags": pairs}}
    mlflow.answers[f"GET {MLFLOW_API}/registered-models/alias"] = (200, answer)
