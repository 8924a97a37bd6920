"""Programs under test are small Python scripts; a supervisor ends them quickly."""

import os
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from demo.interrupts import Interrupts
from demo.process import Command
from demo.supervisor import Supervisor
from tests.console.conftest import web

REPO = Path(__file__).resolve().parents[2]
DEADLINE_SECONDS = 20.0

__all__ = ["web"]  # a fixture that pytest finds here, too

Script = Callable[..., Command]


def wait_for(condition: Callable[[], object], what: str) -> None:
    """Wait until a condition holds; fail when it does not in time."""
    deadline = time.monotonic() + DEADLINE_SECONDS
    while not condition():
        assert time.monotonic() < deadline, f"waited in vain for {what}"
        threading.Event().wait(0.02)


@pytest.fixture
def script(tmp_path: Path) -> Script:
    """Make a command that runs Python code in tmp_path, logging to ``<name>.log`` there."""

    def make(code: str, name: str = "script", *arguments: str) -> Command:
        file = tmp_path / f"{name}.py"
        file.write_text(code, encoding="utf-8")
        return Command(
            name=name,
            argv=(sys.executable, "-u", str(file), *arguments),
            env={"PATH": os.environ["PATH"], "PYTHONPATH": str(REPO)},
            cwd=tmp_path,
            log=tmp_path / f"{name}.log",
        )

    return make


@pytest.fixture
def interrupts() -> Iterator[Interrupts]:
    with Interrupts() as context:
        yield context


@pytest.fixture
def supervisor(interrupts: Interrupts) -> Iterator[Supervisor]:
    with Supervisor(interrupts, grace=0.5) as context:
        yield context
