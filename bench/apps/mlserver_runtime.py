"""MLServer with the champion's ONNX file, as a custom runtime in the server's own process."""

# mypy: disable-error-code="misc"
# MLServer is not installed where types are checked.

from mlserver import MLModel
from mlserver.types import InferenceRequest, InferenceResponse, ResponseOutput

from bench.apps.onnx_model import OnnxModel


class ForestRuntime(MLModel):
    """One row in, its class out, in the Open Inference Protocol."""

    async def load(self) -> bool:
        """Load the model."""
        self._model = OnnxModel.of_environment()
        return True

    async def predict(self, payload: InferenceRequest) -> InferenceResponse:
        """Predict on the event loop: a thread for 10 us of work would cost more."""
        label, probability = self._model.predict(list(payload.inputs[0].data))
        return InferenceResponse(
            model_name=self.name,
            outputs=[
                ResponseOutput(name="prediction", shape=[1], datatype="INT64", data=[label]),
                ResponseOutput(name="probability", shape=[1], datatype="FP32", data=[probability]),
            ],
        )
