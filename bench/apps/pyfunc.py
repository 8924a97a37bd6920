"""What tutorials show: a DataFrame and a call of the MLflow pyfunc model in each request.

``uvicorn bench.apps.pyfunc:app``, the folder of the registered model in BENCH_MLFLOW_MODEL.
"""

import os

import mlflow.pyfunc
import numpy as np
import pandas as pd
from fastapi import FastAPI
from pydantic import BaseModel

from covertype.schema import FEATURE_NAMES
from inference.schemas import Observation


class Answer(BaseModel):
    """The class alone."""

    prediction: int


app = FastAPI()
model = mlflow.pyfunc.load_model(os.environ["BENCH_MLFLOW_MODEL"])


@app.post("/predict/")
async def predict(row: Observation) -> Answer:
    """Predict one row."""
    frame = pd.DataFrame([row.model_dump()], columns=list(FEATURE_NAMES), dtype=np.float32)
    return Answer(prediction=int(model.predict(frame)["label"][0]))
