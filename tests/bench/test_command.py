"""The command: what it measures, how it refuses, and how it ends."""

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import psutil
import pytest

from bench.__main__ import plan_of
from bench.champion import provide
from bench.targets import NAMES, QUICK
from console.processes import lives
from demo.supervisor import Supervisor
from tests.bench.conftest import Output, finished_demo
from tests.inference.models import package
from tests.support.servers import REPO, environment, wait_until

needs_two_cores = pytest.mark.skipif(
    not hasattr(os, "sched_getaffinity") or len(os.sched_getaffinity(0)) < 2,
    reason="needs Linux and two cores, as the benchmark does",
)


def start(*arguments: str, core: int | None = None, **settings: str) -> subprocess.Popen[str]:
    pinned = () if core is None else ("-I", "-S", str(REPO / "bench" / "pinned.py"), str(core))
    command = (sys.executable, "-m", "bench", *arguments)
    return subprocess.Popen(
        [sys.executable, *pinned, *command] if pinned else command,
        cwd=REPO,
        env=environment(settings),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


@pytest.fixture
def folder(tmp_path: Path, supervisor: Supervisor, output: Output) -> Path:
    """A folder for results that holds a champion, so that none has to be trained."""
    finished_demo(tmp_path, "1", package())
    folder = tmp_path / "out"
    provide(tmp_path, folder / "champion", supervisor, output.progress)
    return folder


def test_a_full_run_takes_all_targets_and_writes_the_page() -> None:
    plan = plan_of(["run"])
    assert [target.name for target in plan.targets] == list(NAMES)
    assert plan.mode == "full"
    assert plan.folder == REPO / "out" / "bench"
    assert plan.repeats >= 3


def test_a_quick_run_takes_a_few() -> None:
    plan = plan_of(["quick"])
    assert {target.name for target in plan.targets} == set(QUICK) >= {"this", "this-constant"}
    assert plan.mode == "quick"


def test_some_targets_leave_the_page_alone() -> None:
    plan = plan_of(["run", "--targets", "this,bentoml", "--repeats", "1", "--seconds", "2"])
    assert [target.name for target in plan.targets] == ["bentoml", "this"]
    assert (plan.mode, plan.repeats, plan.load.seconds) == ("some", 1, 2.0)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["run", "--targets", "this,triton"], "'triton' is none of bare-asgi, "),
        (["quick", "--repeats", "0"], "'0' is not a whole number from 1"),
        (["quick", "--seconds", "-1"], "'-1' is not a number of seconds above 0"),
        ([], "the following arguments are required: command"),
    ],
)
def test_a_wrong_command_line_is_explained(
    arguments: list[str], message: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as caught:
        plan_of(arguments)
    assert caught.value.code == 2
    assert message in capsys.readouterr().err


@needs_two_cores
def test_one_core_is_too_few(tmp_path: Path) -> None:
    run = start("quick", "--out", str(tmp_path), core=min(os.sched_getaffinity(0)))
    _, stderr = run.communicate(timeout=60)
    assert run.returncode == 1
    assert "the benchmark needs two processor cores" in stderr
    assert "may use only 1 here" in stderr
    assert not (tmp_path / "results.json").exists()


@needs_two_cores
def test_it_measures_what_was_asked_for_and_skips_what_cannot_be_installed(folder: Path) -> None:
    run = start(
        *("run", "--targets", "bare-asgi,this,litserve", "--out", str(folder)),
        *("--repeats", "1", "--seconds", "0.5", "--warmup", "0.2"),
        UV_OFFLINE="1",
        UV_CACHE_DIR=str(folder / "cache"),
    )
    stdout, stderr = run.communicate(timeout=120)
    assert run.returncode == 0, stderr
    assert "SKIPPED litserve: litserve" in stdout
    assert "Round 1 of 1, this done" in stdout
    results = json.loads((folder / "results.json").read_bytes())
    assert results["complete"] is True
    assert results["mode"] == "some"
    assert set(results["targets"]) == {"bare-asgi", "this"}
    assert set(results["skipped"]) == {"litserve"}
    assert results["generator"]["ceiling_rps"] > 0
    assert results["ratios"]["rps"]["this"]["bare-asgi"] > 0


def _arguments(process: psutil.Process) -> list[str]:
    try:
        return process.cmdline()
    except psutil.Error:  # it has just ended
        return []


@needs_two_cores
def test_ctrl_c_ends_every_process(folder: Path) -> None:
    run = start(
        *("quick", "--targets", "bare-asgi", "--out", str(folder), "--seconds", "60"),
    )
    processes: list[psutil.Process] = []

    def under_load() -> bool:
        processes[:] = psutil.Process(run.pid).children(recursive=True)
        return any("loadgen" in _arguments(process) for process in processes)

    try:
        wait_until(under_load, 90, "the load")
    finally:
        run.send_signal(signal.SIGINT)
        _, stderr = run.communicate(timeout=30)
    assert run.returncode == 128 + signal.SIGINT
    assert "stopped by SIGINT" in stderr
    assert "Traceback" not in stderr
    assert len(processes) >= 2
    wait_until(lambda: not any(map(lives, processes)), 10, "the end of all")
