"""The forms in which the targets take a row and answer its class."""

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Final

from covertype.schema import FEATURE_NAMES


@dataclass(frozen=True)
class Form:
    """``render`` makes a request's JSON from a row, ``read`` takes the class from an answer's."""

    name: str
    render: Callable[[Sequence[int]], Any]
    read: Callable[[Any], int]

    def body(self, row: Sequence[int]) -> bytes:
        """The request body of one row."""
        return json.dumps(self.render(row), separators=(",", ":")).encode()

    def label(self, answer: bytes) -> int | None:
        """The class that an answer names; None when there is none in it."""
        try:
            return int(self.read(json.loads(answer)))
        except (ValueError, TypeError, KeyError, IndexError):
            return None


OBJECT: Final = Form(
    "object",
    lambda row: dict(zip(FEATURE_NAMES, row, strict=True)),
    lambda answer: answer["prediction"],
)
MLFLOW: Final = Form(
    "mlflow", lambda row: {"inputs": [row]}, lambda answer: answer["predictions"]["label"][0]
)
OPEN_INFERENCE: Final = Form(
    "open-inference",
    lambda row: {
        "inputs": [
            {"name": "features", "shape": [1, len(row)], "datatype": "FP32", "data": list(row)}
        ]
    },
    lambda answer: answer["outputs"][0]["data"][0],
)
FORMS: Final = (OBJECT, MLFLOW, OPEN_INFERENCE)
