"""Fixtures of the tests against the running stack: `make up` first.

The files are numbered, because they run in this order: those that only look, those that take
replicas away, and at the end the one that takes the whole stack down and up again.
"""

from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from console.envfile import read_values
from console.settings import Settings
from tests.images.containers import ROOT
from tests.stack.containers import containers
from tests.stack.stack import Stack


def pytest_ignore_collect(
    collection_path: Path,  # noqa: ARG001  # pytest's name
    config: pytest.Config,
) -> bool | None:
    """Leave them out unless they are asked for: ``pytest -m stack tests/stack``."""
    asked = str(config.getoption("markexpr"))
    return None if "stack" in asked and "not stack" not in asked else True


@pytest.fixture(scope="session")
def settings() -> Settings:
    return Settings.of(read_values(ROOT / ".env"))


@pytest.fixture(scope="session")
def stack(settings: Settings) -> Iterator[Stack]:
    with httpx.Client(timeout=30, trust_env=False) as web:
        yield Stack(settings, web)


@pytest.fixture(scope="session", autouse=True)
def _is_up(stack: Stack) -> None:
    """End the run at once when there is nothing to test."""
    try:
        running = {each.service for each in containers() if each.state["Running"]}
        ready = stack.web.get(f"{stack.gateway}/health/ready").is_success
    except (AssertionError, FileNotFoundError, httpx.TransportError):
        running, ready = set(), False
    if not running or not ready:
        pytest.exit("the stack is not up, or serves no model: run `make up`", returncode=1)
