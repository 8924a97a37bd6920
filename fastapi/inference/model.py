"""A loaded model: ONNX in, classes and probabilities out."""

import json
from pathlib import Path
from typing import Any, Final

import numpy as np
import onnxruntime as ort
from numpy.typing import NDArray
from onnxruntime.capi import onnxruntime_pybind11_state as ort_errors

from covertype.schema import COVER_TYPES, FEATURE_NAMES

from .errors import InvalidModelError, SignatureError

INPUT: Final = "features"
OUTPUTS: Final = ("label", "probabilities")

# ONNX Runtime has no common base class for its errors. Other C++ errors arrive as the last
# three: texts of a damaged file need not be UTF-8.
_RUNTIME_ERRORS: Final = (
    ort_errors.EPFail,
    ort_errors.EngineError,
    ort_errors.Fail,
    ort_errors.InvalidArgument,
    ort_errors.InvalidGraph,
    ort_errors.InvalidProtobuf,
    ort_errors.NotImplemented,
    ort_errors.NoSuchFile,
    ort_errors.NotFound,
    ort_errors.RuntimeException,
    RuntimeError,
    MemoryError,
    UnicodeDecodeError,
)


class ServedModel:
    """One ONNX model on one thread. Several threads may call ``predict`` at once."""

    def __init__(self, session: Any, classes: tuple[int, ...]) -> None:
        self._run = session.run
        self.classes = classes

    @classmethod
    def load(cls, path: Path) -> "ServedModel":
        """Load a model file and check that it speaks the schema.

        Raises InvalidModelError when ONNX Runtime cannot load it, SignatureError when its
        inputs, outputs or metadata differ from what the schema says.
        """
        options = ort.SessionOptions()
        # One request is one row: more threads only add hand-overs, and replicas scale better.
        options.intra_op_num_threads = 1
        options.inter_op_num_threads = 1
        options.execution_mode = ort.ExecutionMode.ORT_SEQUENTIAL
        # Both keep buffers of the largest batch ever seen; the gain is below 1 us a request.
        options.enable_cpu_mem_arena = False
        options.enable_mem_pattern = False
        options.log_severity_level = 3  # errors: warnings would repeat at every load
        try:
            # By path, not by bytes: the session would keep a copy of the bytes.
            session = ort.InferenceSession(
                str(path),
                options,
                providers=["CPUExecutionProvider"],
                enable_fallback=False,  # it would load a bad file a second time
            )
            return cls(session, checked_classes(session))
        except _RUNTIME_ERRORS as error:
            raise InvalidModelError(f"ONNX Runtime cannot load {path.name}: {error}") from error

    def predict(self, features: NDArray[np.float32]) -> tuple[NDArray[np.int64], NDArray[Any]]:
        """Classes [N] and probabilities [N, K] of float32 [N, 10] in schema order."""
        label, probabilities = self._run(OUTPUTS, {INPUT: features})
        return label, probabilities

    def try_predict(self, features: NDArray[np.float32]) -> tuple[NDArray[np.int64], NDArray[Any]]:
        """As ``predict``, for a model that is not trusted yet. Raises InvalidModelError."""
        try:
            return self.predict(features)
        except _RUNTIME_ERRORS as error:
            raise InvalidModelError(f"ONNX Runtime cannot run the model: {error}") from error


def checked_classes(session: Any) -> tuple[int, ...]:
    """The classes that the model lists, once its whole signature fits the schema.

    Raises SignatureError.
    """
    inputs = [(node.name, node.type) for node in session.get_inputs()]
    if inputs != [(INPUT, "tensor(float)")]:
        raise SignatureError(f"The model's inputs are {inputs}, not one float tensor {INPUT}")
    shape = session.get_inputs()[0].shape
    if len(shape) != 2 or isinstance(shape[0], int) or shape[1] != len(FEATURE_NAMES):
        raise SignatureError(f"The model's input has shape {shape}, not [N, {len(FEATURE_NAMES)}]")
    outputs = {node.name: node.type for node in session.get_outputs()}
    wanted = dict(zip(OUTPUTS, ("tensor(int64)", "tensor(float)"), strict=True))
    if {name: outputs.get(name) for name in wanted} != wanted:
        raise SignatureError(f"The model's outputs are {outputs}, not {wanted}")
    metadata = session.get_modelmeta().custom_metadata_map
    names = _json_list(metadata, "feature_names")
    if names != list(FEATURE_NAMES):
        raise SignatureError(f"The model was trained on {names}, not on {list(FEATURE_NAMES)}")
    classes = _json_list(metadata, "classes")
    if not classes or len(set(classes)) != len(classes) or not set(classes) <= set(COVER_TYPES):
        raise SignatureError(f"The model's classes are {classes}, not some of {list(COVER_TYPES)}")
    return tuple(classes)


def _json_list(metadata: dict[str, str], key: str) -> list[Any]:
    try:
        value = json.loads(metadata[key])
        hash(tuple(value))  # a list of lists could not be compared with a set
    except (KeyError, TypeError, ValueError, RecursionError) as error:
        raise SignatureError(f"The model's metadata has no JSON list {key}") from error
    return list(value)
