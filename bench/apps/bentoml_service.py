"""BentoML with the champion's ONNX file: ``bentoml serve bench.apps.bentoml_service:Forest``."""

# mypy: disable-error-code="misc,untyped-decorator"
# BentoML is not installed where types are checked.

from typing import Any

import bentoml

from bench.apps.onnx_model import OnnxModel


@bentoml.service(
    workers=1,
    logging={"access": {"enabled": False}},
    metrics={"enabled": False},
)
class Forest:
    """One row in, its class out."""

    def __init__(self) -> None:
        self._model = OnnxModel.of_environment()

    @bentoml.api(route="/predict")
    async def predict(self, row: dict[str, float], /) -> dict[str, Any]:
        """Predict on the event loop: a thread for 10 us of work would cost more."""
        label, probability = self._model.predict([row[name] for name in self._model.names])
        return {"prediction": label, "probability": probability}
