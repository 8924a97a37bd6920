"""The cost of serving is measured on a process of its own, which has ended afterwards."""

import sys
from dataclasses import replace
from pathlib import Path

import pytest

from console.errors import AnswerError
from console.web import Web
from demo.environment import Environments, Place, Ports
from demo.process import Command
from demo.services import Commands
from demo.serving import Serving, fault_of, measure_serving
from demo.supervisor import Supervisor
from tests.demo.conftest import REPO

# Holds some 60 MB once it has predicted, and answers 503 to the first look at its readiness.
SERVICE = """
import http.server, sys
looks, held = [], []

class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        looks.append(self.path)
        self.send_response(200 if len(looks) > 1 else 503)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def do_POST(self):
        self.rfile.read(int(self.headers["Content-Length"]))
        held.append(b"x" * 60_000_000)
        body = sys.argv[2].encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

http.server.HTTPServer(("127.0.0.1", int(sys.argv[1])), Handler).serve_forever()
"""


class Service(Commands):
    """Starts the small service above in place of inference."""

    answer = "{}"

    def second_inference(self, port: int) -> Command:
        argv = (sys.executable, "-c", SERVICE, str(port), self.answer)
        return replace(super().second_inference(port), argv=argv)


@pytest.fixture
def commands(tmp_path: Path) -> Service:
    place = Place(REPO, tmp_path / "work", tmp_path / "logs")
    return Service(Environments(place, Ports(1, 2, 3), {}))


def test_measures_start_and_memory(commands: Service, supervisor: Supervisor, web: Web) -> None:
    serving = measure_serving(commands, {"Slope": 3}, supervisor, web)
    assert 0 < serving.ready_seconds < 20
    assert 60 < serving.resident_mb < 120  # without the guard, after the prediction
    assert supervisor.children == []


def test_a_process_that_does_not_predict_is_no_success(
    commands: Service, supervisor: Supervisor, web: Web
) -> None:
    commands.answer = "no JSON"
    with pytest.raises(AnswerError, match="did not answer with JSON"):
        measure_serving(commands, {"Slope": 3}, supervisor, web)


def test_the_second_process_shares_the_models_only(commands: Service) -> None:
    first, second = commands.inference(), Commands.second_inference(commands, 9)
    differing = {key for key in first.env if first.env[key] != second.env[key]}
    assert differing == {"RUNTIME_DIR"}
    assert first.log != second.log


def test_too_much_memory_fails_the_run() -> None:
    assert fault_of(Serving(1.0, 250.0)) is None
    fault = fault_of(Serving(1.0, 251.0))
    assert fault is not None
    assert "251 MB resident, more than the 250 MB" in str(fault)
