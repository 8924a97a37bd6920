"""The command: figures as JSON, mistakes as a sentence."""

import json
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from tests.loadgen.scripted_server import ScriptedServer
from tests.support.servers import REPO, environment, free_port, wait_until


def loadgen(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "loadgen", *arguments],
        cwd=REPO,
        env=environment({}),
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def test_it_prints_figures(tmp_path: Path) -> None:
    bodies = tmp_path / "bodies"
    bodies.write_bytes(b'{"row":1}\n{"row":2}\n')
    with ScriptedServer() as server:
        arguments = ("--bodies", str(bodies), "--seconds", "0.5", "--warmup", "0.2")
        run = loadgen(server.url, *arguments, "--connections", "3", "--count", "version")
    assert run.returncode == 0, run.stderr
    result = json.loads(run.stdout)
    assert result["ok"] == result["requests"] > 0
    assert result["answers"] == {"7": result["ok"]}
    assert result["seconds"] == 0.5
    assert result["offered"] is None
    assert result["saturated"] is (result["generator_cpu"] > 0.9)
    assert server.received > result["requests"]  # the warm-up is not counted
    assert set(server.bodies) == {b'{"row":1}', b'{"row":2}'}


def test_it_sends_at_a_rate() -> None:
    with ScriptedServer() as server:
        run = loadgen(server.url, "--rate", "50", "--seconds", "1", "--warmup", "0")
    assert json.loads(run.stdout)["requests"] == 50
    assert server.bodies == [b""] * 50


def test_it_writes_to_a_file_with_a_timeline(tmp_path: Path) -> None:
    output = tmp_path / "figures.json"
    arguments = ("--rate", "50", "--seconds", "2", "--warmup", "0", "--timeline")
    with ScriptedServer() as server:
        run = loadgen(server.url, *arguments, "--output", str(output))
    assert run.stdout == ""
    figures = json.loads(output.read_text())
    assert [second["ok"] for second in figures["timeline"]] == [50, 50]
    assert 0 <= figures["generator_queued"] < 1
    assert figures["overslept"] <= figures["late_sends"]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("https://127.0.0.1/",), "is no address such as http://127.0.0.1:8081/predict/"),
        (("http://127.0.0.1:99999/",), "has no valid port"),
        ((f"http://127.0.0.1:{free_port()}/",), "takes no connection"),
        (("http://127.0.0.1:1/", "--bodies", "/nowhere"), "/nowhere"),
        (("http://127.0.0.1:1/", "--bodies", "/dev/null"), "must hold one request body a line"),
    ],
)
def test_a_run_that_cannot_take_place_says_why(arguments: tuple[str, ...], message: str) -> None:
    run = loadgen(*arguments)
    assert run.returncode == 1
    assert message in run.stderr
    assert "Traceback" not in run.stderr


@pytest.mark.parametrize(
    ("option", "value"),
    [("--connections", "0"), ("--seconds", "0"), ("--rate", "inf"), ("--header", "plain")],
)
def test_a_wrong_option_is_refused(option: str, value: str) -> None:
    run = loadgen("http://127.0.0.1:1/", option, value)
    assert run.returncode == 2
    assert f"argument {option}" in run.stderr


def test_ctrl_c_ends_it_without_a_traceback() -> None:
    with ScriptedServer() as server:
        process = subprocess.Popen(
            [sys.executable, "-m", "loadgen", server.url, "--seconds", "60"],
            cwd=REPO,
            env=environment({}),
            stderr=subprocess.PIPE,
            text=True,
        )
        wait_until(lambda: server.received > 0, 30, "the first request")
        process.send_signal(signal.SIGINT)
        _, stderr = process.communicate(timeout=20)
    assert process.returncode == 128 + signal.SIGINT
    assert "Traceback" not in stderr
