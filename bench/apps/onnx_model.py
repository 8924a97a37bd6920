"""The champion's ONNX file on one thread, with NumPy and ONNX Runtime alone.

The peers' environments hold no more of this project than this file.
"""

import json
import os
from pathlib import Path

import numpy as np
import onnxruntime as ort

MODEL_VARIABLE = "BENCH_MODEL"


class OnnxModel:
    """A session, and the names of its features in the order that it wants them."""

    def __init__(self, path: Path) -> None:
        options = ort.SessionOptions()
        options.intra_op_num_threads = 1
        options.inter_op_num_threads = 1
        session = ort.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])
        metadata = session.get_modelmeta().custom_metadata_map
        self._run = session.run
        self.names: list[str] = json.loads(metadata["feature_names"])
        self.classes: list[int] = json.loads(metadata["classes"])

    @classmethod
    def of_environment(cls) -> "OnnxModel":
        """The model that the benchmark names in an environment variable."""
        return cls(Path(os.environ[MODEL_VARIABLE]))

    def predict(self, row: list[float]) -> tuple[int, float]:
        """Class of one row, and the probability of that class."""
        features = np.array([row], dtype=np.float32)
        labels, probabilities = self._run(["label", "probabilities"], {"features": features})
        label = int(labels[0])
        return label, float(probabilities[0, self.classes.index(label)])
