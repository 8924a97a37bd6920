"""Predictions to the JSON of an answer.

What never changes while a version serves is encoded once, so that one prediction only adds
its probability.
"""

import json
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray
from pydantic_core import to_json

from covertype.schema import COVER_TYPES

from .errors import ModelOutputError

_DIGITS: Final = 6  # all that float32 holds
# A forest's probabilities are few: 20 trees that each choose one class give 140 answers.
_MOST_KNOWN: Final = 4096


class AnswerEncoder:
    """Encodes the answers of one version of one model with the given classes."""

    def __init__(self, model: str, version: str, classes: tuple[int, ...]) -> None:
        self._head = {"model": model, "version": version}
        self._classes = list(classes)
        self._columns = {label: column for column, label in enumerate(classes)}
        self._beginnings = {label: _beginning(self._head, label) for label in classes}
        self._known: dict[tuple[int, float], bytes] = {}

    def each(self, labels: list[int], probabilities: NDArray[Any]) -> list[bytes]:
        """An answer for each row, with probabilities [N, K]. Raises ModelOutputError."""
        try:
            columns = [self._columns[label] for label in labels]
        except KeyError as error:
            raise unknown_class(error.args[0]) from error
        chosen = probabilities[range(len(labels)), columns].tolist()
        return [
            self._known.get(pair) or self._encode(*pair)
            for pair in zip(labels, chosen, strict=True)
        ]

    def _encode(self, label: int, probability: float) -> bytes:
        # Rounding first: a forest's sum of float32 shares may be 1.0000001.
        rounded = round(probability, _DIGITS)
        text = repr(rounded) if 0.0 <= rounded <= 1.0 else "null"  # NaN is no JSON
        body = b"%b%b}" % (self._beginnings[label], text.encode())
        if len(self._known) < _MOST_KNOWN and probability == probability:  # NaN equals nothing
            self._known[label, probability] = body
        return body

    def many(self, labels: list[int], probabilities: NDArray[Any] | None) -> bytes:
        """The answer for N rows, with probabilities [N, K] when there are any."""
        answer: dict[str, Any] = {
            **self._head,
            "predictions": labels,
            "cover_types": [COVER_TYPES[label] for label in labels],
        }
        if probabilities is not None:
            answer["classes"] = self._classes
            answer["probabilities"] = np.round(probabilities.astype(np.float64), _DIGITS).tolist()
        return to_json(answer, inf_nan_mode="null")


def scoring_answer(labels: list[int]) -> bytes:
    """The answer of MLflow's scoring protocol."""
    return to_json({"predictions": labels})


def unknown_class(label: int) -> ModelOutputError:
    """The model answered with a class that its metadata does not list."""
    return ModelOutputError(
        f"The model answered class {label}, which its metadata does not list: register it again"
    )


def _beginning(head: dict[str, str], label: int) -> bytes:
    answer = {**head, "prediction": label, "cover_type": COVER_TYPES[label], "probability": 0}
    return json.dumps(answer, separators=(",", ":")).removesuffix("0}").encode()
