"""A plain FastAPI route that validates a row as this service does, and runs ONNX Runtime.

``uvicorn bench.apps.fastapi_onnx:app``
"""

from fastapi import FastAPI

from bench.apps.onnx_model import OnnxModel
from covertype.schema import COVER_TYPES, MODEL_NAME
from inference.schemas import Observation, Prediction

app = FastAPI()
model = OnnxModel.of_environment()


@app.post("/predict/")
async def predict(row: Observation) -> Prediction:
    """Predict on the event loop: a thread for 10 us of work would cost more."""
    label, probability = model.predict([getattr(row, name) for name in model.names])
    return Prediction(
        model=MODEL_NAME,
        version="1",
        prediction=label,
        cover_type=COVER_TYPES[label],
        probability=probability,
    )
