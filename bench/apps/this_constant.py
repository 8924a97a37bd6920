"""This service as it is, with a constant in place of ONNX Runtime.

``python -m bench.apps.this_constant`` takes the same environment as ``python -m inference``.
A version is still found, verified and run on its golden rows; only what then serves is replaced.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from inference.__main__ import main
from inference.model import ServedModel
from inference.serving import Serving, Source
from inference.versions import ModelVersion


class ConstantSession:
    """Answers class 1 for every row, where ONNX Runtime's session would run the model."""

    def __init__(self, classes: Sequence[int]) -> None:
        self._label = np.ones(1, dtype=np.int64)
        self._probabilities = np.array([[float(label == 1) for label in classes]], dtype=np.float32)

    def run(self, _outputs: Sequence[str], inputs: Mapping[str, NDArray[Any]]) -> list[Any]:
        """Classes [N] and probabilities [N, K], as the model's outputs."""
        (features,) = inputs.values()
        if len(features) == 1:
            return [self._label, self._probabilities]
        return [self._label.repeat(len(features)), self._probabilities.repeat(len(features), 0)]


_begin = Serving.begin


def _begin_with_a_constant(model: ServedModel, version: ModelVersion, source: Source) -> Serving:
    constant = ServedModel(ConstantSession(model.classes), model.classes)
    return _begin(constant, version, source)


if __name__ == "__main__":
    Serving.begin = _begin_with_a_constant  # type: ignore[method-assign]
    main()
