"""``predict`` asks for one prediction, and shows the command that does so, too."""

import json
import re
import shlex

import pytest

from console.errors import AnswerError
from covertype.schema import FEATURE_NAMES
from stack.context import Stack
from stack.predict import ROW, predict
from tests.console.fake_web import FakeWeb
from tests.stack_commands.conftest import shown
from tests.support.servers import REPO

ANSWER = {"model": "CovertypeModel", "version": "1", "prediction": 5}


def test_sends_the_row_and_shows_command_and_answer(stack: Stack, gateway: FakeWeb) -> None:
    gateway.answers["POST /predict/"] = (200, ANSWER)
    predict(stack, None)
    assert gateway.requests[0].json() == ROW
    command, answer = shown(stack).splitlines()
    assert f"{gateway.url}/predict/" in shlex.split(command)
    assert json.loads(shlex.split(command)[-1]) == ROW
    assert json.loads(answer) == ANSWER


def test_another_service_can_be_asked(stack: Stack, gateway: FakeWeb, figures: FakeWeb) -> None:
    figures.answers["POST /predict/"] = (200, ANSWER)
    predict(stack, f"{figures.url}/")
    assert gateway.requests == []


@pytest.mark.parametrize(
    ("status", "advice"),
    [(503, "answered 503: .*`make up` waits for one"), (500, "answered 500: .*SERVICE=fastapi")],
)
def test_a_refusal_says_what_to_do(
    stack: Stack, gateway: FakeWeb, status: int, advice: str
) -> None:
    gateway.answers["POST /predict/"] = (status, {"detail": "no"})
    with pytest.raises(AnswerError, match=advice):
        predict(stack, None)


def test_a_gateway_that_is_down_is_told(stack: Stack) -> None:
    with pytest.raises(AnswerError, match=r"does not answer: .*`make up`"):
        predict(stack, "http://127.0.0.1:1")


def test_the_row_is_the_one_of_the_readme() -> None:
    assert tuple(ROW) == FEATURE_NAMES
    bodies = re.findall(r"-d '(\{.*?\})'", (REPO / "README.md").read_text(), re.DOTALL)
    assert [json.loads(body) for body in bodies] == [ROW] * len(bodies)
    assert bodies
