"""One prediction is sent with curl, or with Python where curl is missing."""

import json
import shlex
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from console.curl import shown_command
from console.errors import AnswerError, ProcessFailed
from console.web import Web
from demo.environment import Environments, Place, Ports
from demo.prediction import Prediction, predict
from demo.services import Commands
from demo.supervisor import Supervisor
from tests.console.fake_web import FakeWeb
from tests.demo.conftest import REPO

ROW = {"Slope": 3, "Aspect": 0.5}
ANSWER = {"model": "CovertypeModel", "version": "1", "prediction": 2}


@pytest.fixture
def inference() -> Iterator[FakeWeb]:
    with FakeWeb({"POST /predict/": (200, ANSWER)}) as server:
        yield server


class Sender:
    def __init__(self, supervisor: Supervisor, web: Web, folder: Path) -> None:
        place = Place(REPO, folder, folder)
        self._commands = Commands(Environments(place, Ports(1, 2, 3), {}))
        self._supervisor, self._web, self._folder = supervisor, web, folder

    def send(self, url: str) -> Prediction:
        return predict(url, ROW, self._supervisor, self._commands, self._web, self._folder)


@pytest.fixture
def sender(supervisor: Supervisor, web: Web, tmp_path: Path) -> Sender:
    return Sender(supervisor, web, tmp_path)


needs_curl = pytest.mark.skipif(shutil.which("curl") is None, reason="curl is not installed")


@needs_curl
def test_curl_sends_the_row(sender: Sender, inference: FakeWeb) -> None:
    assert sender.send(inference.url) == Prediction(ROW, ANSWER, "curl")
    assert json.loads(inference.bodies[0]) == ROW


def test_python_sends_it_where_curl_is_missing(
    sender: Sender, inference: FakeWeb, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", "")
    prediction = sender.send(inference.url)
    assert prediction.answer == ANSWER
    assert "curl is not installed" in prediction.sent_by
    assert json.loads(inference.bodies[0]) == ROW


@needs_curl
@pytest.mark.parametrize(
    ("status", "answer", "message"),
    [
        (503, {"detail": "no model"}, "refused: .*no model"),
        (200, b"<html>", "is not JSON"),
        (200, {"model": "CovertypeModel"}, r"lacks \['prediction', 'version'\]"),
    ],
)
def test_an_answer_that_is_no_prediction_is_refused(
    sender: Sender, inference: FakeWeb, status: int, answer: object, message: str
) -> None:
    inference.answers["POST /predict/"] = (status, answer)
    with pytest.raises(AnswerError, match=message):
        sender.send(inference.url)


@needs_curl
def test_curls_own_failure_is_shown(sender: Sender) -> None:
    with pytest.raises(ProcessFailed, match="curl ended with exit code 7") as caught:
        sender.send("http://127.0.0.1:1")
    assert "curl: (7)" in caught.value.excerpt


def test_the_shown_command_can_be_copied() -> None:
    words = shlex.split(shown_command("http://127.0.0.1:8081", ROW))
    assert words[0] == "curl"
    assert "http://127.0.0.1:8081/predict/" in words
    assert json.loads(words[-1]) == ROW
