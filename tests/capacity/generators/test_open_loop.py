"""The open loop in a process of its own: what it counts, and whom it blames."""

import os
import signal
import subprocess
import sys
from collections import Counter
from pathlib import Path

import psutil
import pytest

from capacity.errors import CannotMeasure
from capacity.generators.ceiling import constant_server
from capacity.generators.open_loop import OpenLoop, figures_of
from capacity.records import LoadFigures
from capacity.service import OpenLoad
from tests.loadgen.scripted_server import Answer, Pause, ScriptedServer, after, whole
from tests.support.busy import busy_core
from tests.support.servers import REPO, environment, free_port, wait_until

SHORT = OpenLoad(rate=100, warmup=0.2, duration=1.5, connections=8)


@pytest.fixture(scope="module")
def generator(tmp_path_factory: pytest.TempPathFactory) -> OpenLoop:
    return OpenLoop(REPO, tmp_path_factory.mktemp("generator"))


def run(generator: OpenLoop, answer: Answer, load: OpenLoad = SHORT) -> LoadFigures:
    with ScriptedServer(answer) as server:
        return generator.run(server.url, load)


def test_refusals_failures_and_predictions_are_told_apart(generator: OpenLoop) -> None:
    answers = [
        *(whole(), whole(), whole(), whole(status="503 Service Unavailable")),
        *(whole(status="500 Internal Server Error"), b""),
    ]

    def answer(number: int, _pause: Pause) -> bytes:
        return answers[number % len(answers)]

    figures = run(generator, answer)
    assert (figures.kind, figures.offered, figures.seconds) == ("open", 100, 1.5)
    assert figures.answered == 150
    assert figures.ok == pytest.approx(75, abs=2)
    assert figures.refused == pytest.approx(25, abs=2)
    assert set(figures.failures) == {"status 500", "no answer"}
    assert sum(figures.failures.values()) == figures.failed
    assert figures.goodput == pytest.approx(figures.ok / 1.5, abs=0.1)
    assert figures.accepted is not None
    assert figures.refusals is not None
    assert 0 < figures.generator.cpu < 0.9


def test_the_timeline_is_in_rates(generator: OpenLoop) -> None:
    figures = run(generator, lambda _number, _pause: whole())
    assert [moment.second for moment in figures.timeline] == [0, 1]
    assert [moment.ok for moment in figures.timeline] == pytest.approx([100, 100], abs=3)


def test_rows_are_different_and_of_the_data(generator: OpenLoop) -> None:
    with ScriptedServer() as server:
        generator.run(server.url, SHORT)
    assert server.received >= 150
    assert max(Counter(server.bodies).values()) == 1
    (file,) = generator.folder.glob("*.jsonl")
    assert len(set(file.read_bytes().splitlines())) >= 10_000


def test_what_was_never_sent_has_failed() -> None:
    figures = figures_of(
        {
            "statuses": {"200": 10},
            "dropped": 30,
            "offered": 20.0,
            "seconds": 2.0,
            "ok": 10,
            "goodput": 5.0,
            "requests": 10,
            "accepted": None,
            "refused": None,
            "timeline": [],
            "generator_cpu": 0.1,
            "generator_queued": 0.0,
            "late_sends": 5,
            "overslept": 0,
        }
    )
    assert figures.failed == figures.generator.dropped == 30
    assert figures.failures == {"never sent: no free connection in 10 s": 30}
    assert figures.generator.faults == ()


def test_a_slow_server_is_not_taken_for_a_slow_generator(generator: OpenLoop) -> None:
    load = OpenLoad(rate=100, warmup=0, duration=2, connections=4)
    figures = run(generator, after(0.08), load)  # at most 50 a second
    assert figures.ok == 200
    assert figures.accepted is not None
    assert figures.accepted.p95_ms > 1000
    assert figures.generator.late > 150
    assert figures.generator.faults == ()


def test_a_rate_beyond_its_own_ceiling_is_its_fault(generator: OpenLoop, tmp_path: Path) -> None:
    load = OpenLoad(rate=1_000_000, warmup=0, duration=0.2, connections=64)
    with constant_server(REPO, tmp_path) as url:
        figures = generator.run(url, load)
    assert figures.generator.faults
    assert "the load generator" in figures.generator.faults[0]


def test_a_generator_without_a_core_for_itself_says_so(tmp_path: Path) -> None:
    core = min(os.sched_getaffinity(0))
    load = OpenLoad(rate=20_000, warmup=0.2, duration=1.5, connections=64)
    with constant_server(REPO, tmp_path) as url, busy_core(core, programs=6):
        figures = OpenLoop(REPO, tmp_path, core).run(url, load)
    assert figures.generator.faults


def test_an_address_without_a_server_is_told(generator: OpenLoop) -> None:
    port = free_port()
    with pytest.raises(CannotMeasure, match="load generator ended with exit code 1") as caught:
        generator.run(f"http://127.0.0.1:{port}/", SHORT)
    assert f"127.0.0.1:{port} takes no connection" in caught.value.excerpt


@pytest.mark.parametrize("signum", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL])
def test_it_ends_with_the_planner(signum: signal.Signals, tmp_path: Path) -> None:
    code = (
        "import sys; from pathlib import Path\n"
        "from capacity.generators.open_loop import OpenLoop\n"
        "from capacity.service import OpenLoad\n"
        "from demo.errors import Interrupted\n"
        "try: OpenLoop(Path.cwd(), Path(sys.argv[1])).run(sys.argv[2], OpenLoad(20, 0, 60, 2))\n"
        "except Interrupted as error: sys.exit(error.exit_code)"
    )
    with ScriptedServer() as server:
        planner = subprocess.Popen(
            [sys.executable, "-c", code, str(tmp_path), server.url],
            cwd=REPO,
            env=environment({}),
        )
        wait_until(lambda: server.received > 0, 30, "the first request")
        planner.send_signal(signum)
        code_found = planner.wait(30)
        wait_until(lambda: not _generators(server.url), 30, "the end of the generator")
    assert code_found == (-signum if signum == signal.SIGKILL else 128 + signum)


def _generators(url: str) -> list[psutil.Process]:
    found = []
    for process in psutil.process_iter(["cmdline"]):
        argv = process.info["cmdline"] or []
        if url in argv and "loadgen" in argv:
            found.append(process)
    return found
