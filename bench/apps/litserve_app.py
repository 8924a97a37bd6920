"""LitServe with the champion's ONNX file: ``python -m bench.apps.litserve_app PORT``."""

# mypy: disable-error-code="misc"
# LitServe is not installed where types are checked.

import sys
from typing import Any

import litserve

from bench.apps.onnx_model import OnnxModel


class Forest(litserve.LitAPI):
    """One row in, its class out."""

    def setup(self, device: str) -> None:  # noqa: ARG002 - LitServe's name
        """Load the model in the process that predicts."""
        self._model = OnnxModel.of_environment()

    def decode_request(self, request: dict[str, float]) -> list[float]:
        """The row in the model's order; unlike this service, nothing is checked."""
        return [request[name] for name in self._model.names]

    def predict(self, x: list[float]) -> tuple[int, float]:
        """Class and probability."""
        return self._model.predict(x)

    def encode_response(self, output: tuple[int, float]) -> dict[str, Any]:
        """The answer's fields."""
        return {"prediction": output[0], "probability": output[1]}


if __name__ == "__main__":
    server = litserve.LitServer(Forest(), accelerator="cpu", workers_per_device=1, fast_queue=True)
    server.run(
        host="127.0.0.1",
        port=int(sys.argv[1]),
        num_api_servers=1,
        log_level="warning",
        generate_client_file=False,
        access_log=False,
    )
