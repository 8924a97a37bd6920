"""Answers stay valid JSON whatever the model gives."""

import json

import numpy as np
import pytest

from inference.encoding import AnswerEncoder
from inference.errors import ModelOutputError

ENCODER = AnswerEncoder('Some "model"', "3", (1, 2, 7))


@pytest.mark.parametrize(
    ("given", "shown"),
    [
        (0.25, 0.25),
        (1 / 3, 0.333333),
        (1.0000001, 1.0),
        (0.0, 0.0),
        (float("nan"), None),
        (float("inf"), None),
        (-2.0, None),
    ],
)
def test_one_answer(given: float, shown: float | None) -> None:
    probabilities = np.array([[0.0, 0.0, given], [0.5, 0.0, 0.0]], dtype=np.float32)
    for _ in range(2):  # an answer that is known already is the same
        first, second = (json.loads(body) for body in ENCODER.each([7, 1], probabilities))
        assert first == {
            "model": 'Some "model"',
            "version": "3",
            "prediction": 7,
            "cover_type": "Krummholz",
            "probability": shown,
        }
        assert (second["prediction"], second["probability"]) == (1, 0.5)


def test_memory_for_known_answers_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("inference.encoding._MOST_KNOWN", 5)
    encoder = AnswerEncoder("model", "1", (1, 2, 7))
    for number in range(20):
        (body,) = encoder.each([2], np.array([[0.0, number / 32, 0.0]]))
        assert json.loads(body)["probability"] == number / 32
    assert len(encoder._known) == 5


def test_many_answers_with_a_probability_that_is_none() -> None:
    probabilities = np.array([[0.1, 0.2, 0.7], [np.nan, 1, np.inf]], dtype=np.float32)
    answer = json.loads(ENCODER.many([7, 1], probabilities))
    assert answer["classes"] == [1, 2, 7]
    assert answer["probabilities"] == [[0.1, 0.2, 0.7], [None, 1.0, None]]


def test_class_that_the_model_does_not_list_is_an_error() -> None:
    with pytest.raises(ModelOutputError, match="class 3"):
        ENCODER.each([1, 3], np.zeros((2, 3), dtype=np.float32))
