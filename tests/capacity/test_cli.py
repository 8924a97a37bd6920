"""The command line: help worth reading, and bad input refused before anything is touched."""

import subprocess
import sys
from pathlib import Path

import pytest

from tests.images.containers import ROOT


def capacity(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "capacity", *arguments],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
        env={"PATH": "/usr/bin:/bin", "COLUMNS": "100", "NO_COLOR": "1", "HOME": "/"},
    )


def test_help_names_the_commands_and_the_plans() -> None:
    text = capacity("--help").stdout
    for word in ("run", "search", "report", "compare", "seed", "ten-thousand", "smoke", "embedded"):
        assert word in text


@pytest.mark.parametrize("command", ["run", "search", "report", "compare"])
def test_each_command_explains_itself(command: str) -> None:
    done = capacity(command, "--help")
    assert done.returncode == 0
    assert len(done.stdout.splitlines()) > 8


def test_a_plan_that_is_not_there_is_refused_with_those_that_are() -> None:
    done = capacity("run", "sede")
    assert done.returncode == 2
    assert "sede" in done.stderr
    assert "seed" in done.stderr


def test_a_wrong_line_is_named(tmp_path: Path) -> None:
    plan = tmp_path / "mine.yaml"
    plan.write_text(
        "name: mine\nconfigurations:\n  - {cpus: 1, memory: 400M}\n"
        "load:\n  closed: {users: many, spawn_rate: 10}\nobjective: {p95_ms: 1000}\n"
    )
    done = capacity("run", str(plan))
    assert done.returncode == 2
    assert "line 5" in done.stderr
    assert "load.closed.users" in done.stderr


def test_a_plan_for_containers_is_refused_for_local_processes() -> None:
    done = capacity("run", "seed", "--embedded")
    assert done.returncode == 2
    assert "kind: embedded" in done.stderr


def test_a_plan_without_a_target_cannot_be_searched() -> None:
    done = capacity("search", "embedded")
    assert done.returncode == 2
    assert "--rate" in done.stderr


@pytest.mark.parametrize(
    "arguments", [("run", "--scale", "2"), ("run", "--scale", "0"), ("search", "--rate", "0")]
)
def test_numbers_out_of_range_are_refused(arguments: tuple[str, ...]) -> None:
    assert capacity(*arguments).returncode == 2


@pytest.mark.parametrize("command", ["report", "compare"])
def test_a_run_that_is_not_there_is_refused(command: str) -> None:
    done = capacity(command, "no-such-run")
    assert done.returncode == 2
    assert "no-such-run" in done.stderr
