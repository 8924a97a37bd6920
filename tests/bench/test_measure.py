"""Servers are started, checked, loaded and ended; a faulty one gets no figures."""

import os
import sys
from dataclasses import replace
from pathlib import Path

import psutil
import pytest

from bench.errors import Refused
from bench.machine import choose_cores
from bench.measure import Bench, Load
from bench.rows import read_rows
from bench.server import running
from bench.targets import CEILING, TARGETS, Program, Site, Target
from console.errors import ProcessFailed
from console.processes import lives
from demo.supervisor import Supervisor
from tests.support.servers import REPO

SHORT = Load(warmup=0.2, seconds=0.5, connections=4)
BY_NAME = {target.name: target for target in TARGETS}
NO_INSTALLATION = [target for target in (*TARGETS, CEILING) if target.environment is None]

pytestmark = pytest.mark.skipif(
    not hasattr(os, "sched_getaffinity") or len(os.sched_getaffinity(0)) < 2,
    reason="needs Linux and two cores, as the benchmark does",
)


def app(name: str) -> Target:
    """An application of tests/bench/faulty.py, as a target that answers class 1."""

    def program(_: Site, port: int) -> Program:
        asgi = f"tests.bench.faulty:{name}"
        return Program((sys.executable, "-m", "uvicorn", asgi, "--port", str(port)))

    return Target(name, name, "/predict/", program, constant=1)


@pytest.fixture
def bench(site: Site, tmp_path: Path, supervisor: Supervisor) -> Bench:
    rows = read_rows(REPO / "Data" / "covertype.parquet", 200)
    return Bench(site, choose_cores(), rows, tmp_path / "logs", supervisor)


# MLflow's own loader wants a whole MLflow model, which the small champion is not.
@pytest.mark.parametrize(
    "target",
    [target for target in NO_INSTALLATION if target.name not in ("pyfunc", "mlflow-serve")],
    ids=lambda target: target.name,
)
def test_a_target_gets_figures(bench: Bench, target: Target) -> None:
    figures = bench.measure(target, SHORT)
    assert figures.requests > 100
    assert figures.rps == pytest.approx(figures.requests / SHORT.seconds, rel=0.05)
    assert 0 < figures.p50_ms <= figures.p99_ms <= figures.p999_ms
    assert 0 < figures.cpu_s_per_1000 <= 1000 / figures.rps * 1.5  # no more than its one core
    assert figures.rss_mb > 10
    assert figures.start_mb > 10
    assert 0 < figures.generator_cpu <= 1.05
    assert 0 < figures.server_cpu <= 1.2  # the last answers come after the span


def test_a_wrong_answer_gives_no_figures(bench: Bench) -> None:
    wrong = replace(BY_NAME["fastapi-constant"], name="wrong", constant=None)
    with pytest.raises(Refused, match=r"wrong answers class 1 with status 200 where \d is right"):
        bench.measure(wrong, SHORT)


def test_a_failed_request_under_load_gives_no_figures(bench: Bench) -> None:
    with pytest.raises(Refused, match=r"failed requests under load: .*'500'"):
        bench.measure(app("fails_sometimes"), SHORT)


def test_a_server_that_does_not_start_shows_its_log(bench: Bench) -> None:
    with pytest.raises(ProcessFailed) as caught:
        bench.measure(app("missing"), SHORT)
    assert 'Attribute "missing" not found' in caught.value.excerpt


def test_all_of_a_server_is_pinned_counted_and_ended(
    site: Site, tmp_path: Path, supervisor: Supervisor
) -> None:
    core, _ = choose_cores()
    with running(app("with_a_helper"), site, (core,), tmp_path, b"{}", supervisor) as server:
        processes = server.processes()
        names = [" ".join(process.cmdline()) for process in processes]
        assert any("uvicorn" in name for name in names)
        assert any("50_000_000" in name for name in names)
        assert {tuple(process.cpu_affinity()) for process in processes} == {(core,)}
        usage = server.usage()
        assert usage.peak_mb >= 50 + 20  # the helper's block, and both interpreters
    assert not any(map(lives, processes))
    assert psutil.Process().cpu_affinity() != [core]
