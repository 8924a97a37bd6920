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


class AnswerEncoder:
    """Encodes the answers of one version of one model with the given classes."""

    def __init__(self, model: str, version: str, classes: tuple[int, ...]) -> None:
        self._head = {"model": model, "version": version}
        self._classes = list(classes)
        self._beginnings = {
            label: (index, _beginning(self._head, label)) for index, label in enumerate(classes)
        }

    def one(self, label: int, probabilities: NDArray[Any]) -> bytes:
        """The answer for one row; ``probabilities`` is [K]. Raises ModelOutputError."""
        try:
            index, beginning = self._beginnings[label]
        except KeyError as error:
            raise unknown_class(label) from error
        # Rounding first: a forest's sum of float32 shares may be 1.0000001.
        probability = round(float(probabilities[index]), _DIGITS)
        text = repr(probability) if 0.0 <= probability <= 1.0 else "null"  # NaN is no JSON
        return b"%b%b}" % (beginning, text.encode())

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
