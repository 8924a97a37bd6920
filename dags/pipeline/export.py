"""From a fitted pipeline to one ONNX file that says all about itself.

The graph takes the raw features and gives the class and its probabilities;
preprocessing is part of it. Its metadata name the features and the classes, so a server
can check it against the schema without any other file.
"""

import hashlib
import json
from dataclasses import dataclass
from typing import Any

import numpy as np
import onnx
import onnxruntime
from numpy.typing import NDArray
from sklearn.pipeline import Pipeline

from covertype import schema
from pipeline.dataset import Rows
from pipeline.errors import CorruptArtifact, ParityError
from pipeline.onnx_graph import INPUT, LABEL, PROBABILITIES, to_onnx

_TOLERANCE = 1e-4
_GOLDEN_ROWS = 64


@dataclass(frozen=True, slots=True)
class OnnxModel:
    """A model file in memory, ready to answer on one thread."""

    content: bytes
    session: onnxruntime.InferenceSession
    classes: NDArray[np.int64]

    @classmethod
    def load(cls, content: bytes) -> "OnnxModel":
        """Raises CorruptArtifact when ONNX Runtime cannot read the file."""
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = options.inter_op_num_threads = 1
        try:
            session = onnxruntime.InferenceSession(
                content, options, providers=["CPUExecutionProvider"]
            )
            classes = json.loads(session.get_modelmeta().custom_metadata_map["classes"])
        except (*_RUNTIME_ERRORS, KeyError, ValueError) as error:
            raise CorruptArtifact(f"not a model file of this pipeline: {error}") from error
        return cls(content, session, np.array(classes, dtype=np.int64))

    @property
    def sha256(self) -> str:
        """Hex digest of the file."""
        return hashlib.sha256(self.content).hexdigest()

    @property
    def megabytes(self) -> float:
        """Size of the file, in units of 1,000,000 bytes."""
        return len(self.content) / 1e6

    def predict(
        self, features: NDArray[np.float32]
    ) -> tuple[NDArray[np.int64], NDArray[np.float32]]:
        """(n, 10) features in; (n,) classes and (n, k) probabilities out."""
        label, probabilities = self.session.run([LABEL, PROBABILITIES], {INPUT: features})
        return label, probabilities


_RUNTIME_ERRORS = (
    onnxruntime.capi.onnxruntime_pybind11_state.Fail,
    onnxruntime.capi.onnxruntime_pybind11_state.InvalidArgument,
    onnxruntime.capi.onnxruntime_pybind11_state.InvalidGraph,
    onnxruntime.capi.onnxruntime_pybind11_state.InvalidProtobuf,
    onnxruntime.capi.onnxruntime_pybind11_state.NotImplemented,
    onnxruntime.capi.onnxruntime_pybind11_state.RuntimeException,
)


def export(model: Pipeline) -> OnnxModel:
    """Convert a fitted pipeline."""
    proto = to_onnx(model)
    proto.doc_string = "Forest cover type from ten cartographic variables."
    proto.producer_name = "covertype-mlops"
    onnx.helper.set_model_props(
        proto,
        {
            "feature_names": json.dumps(schema.FEATURE_NAMES),
            "classes": json.dumps([int(label) for label in model.classes_]),
        },
    )
    onnx.checker.check_model(proto)
    return OnnxModel.load(proto.SerializeToString())


def refuse_disparity(name: str, model: Pipeline, exported: OnnxModel, rows: Rows) -> None:
    """Raise ParityError unless the file answers like scikit-learn on every row.

    Probabilities may differ by rounding; a class only where its lead is as small as that.
    """
    label, got = exported.predict(rows.features)
    want = model.predict_proba(rows.features)
    worst = float(np.abs(got - want).max())
    top_two = np.sort(want, axis=1)[:, -2:]
    is_tie = top_two[:, 1] - top_two[:, 0] <= _TOLERANCE
    differs = (label != model.classes_[want.argmax(axis=1)]) & ~is_tie
    if not worst <= _TOLERANCE or differs.any():  # NaN is never below
        raise ParityError(
            f"{name}: the ONNX file differs from scikit-learn in {int(differs.sum())} of "
            f"{len(rows)} classes and by up to {worst:.2g} in a probability. It is not "
            "registered. Check the versions of scikit-learn and skl2onnx against the lock."
        )


def golden_rows(exported: OnnxModel, rows: Rows) -> bytes:
    """JSON with some rows and the file's own answers, for a server to run before it serves.

    Each class has its share of them, however rare it is.
    """
    classes = np.unique(rows.labels)
    share = -(-_GOLDEN_ROWS // len(classes))
    chosen = np.concatenate([np.flatnonzero(rows.labels == label)[:share] for label in classes])
    features = rows.features[chosen]
    label, probabilities = exported.predict(features)
    golden: dict[str, Any] = {
        "features": schema.FEATURE_NAMES,
        "rows": features.tolist(),
        "predictions": label.tolist(),
        "probabilities": probabilities.tolist(),
    }
    return json.dumps(golden).encode()
