"""Small ONNX models that keep the training pipeline's contract, or break it on purpose."""

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

import numpy as np
import onnxruntime as ort
from onnx import ModelProto, TensorProto, helper

from covertype.schema import COVER_TYPES, FEATURE_NAMES, FEATURES

CLASSES = tuple(COVER_TYPES)
THRESHOLD = 2500.0  # metres of Elevation: the only thing that these models look at


def tree_model(
    low: int = 2,
    high: int = 1,
    *,
    feature_names: Sequence[str] = FEATURE_NAMES,
    classes: Sequence[int] = CLASSES,
    input_name: str = "features",
    width: int | None = None,
) -> ModelProto:
    """A tree with one split: class ``low`` up to THRESHOLD, ``high`` above it."""
    tree = helper.make_node(
        "TreeEnsembleClassifier",
        [input_name],
        ["label", "probabilities"],
        domain="ai.onnx.ml",
        nodes_treeids=[0, 0, 0],
        nodes_nodeids=[0, 1, 2],
        nodes_featureids=[0, 0, 0],
        nodes_modes=["BRANCH_LEQ", "LEAF", "LEAF"],
        nodes_values=[THRESHOLD, 0.0, 0.0],
        nodes_truenodeids=[1, 0, 0],
        nodes_falsenodeids=[2, 0, 0],
        class_treeids=[0] * (2 * len(classes)),
        class_nodeids=[1] * len(classes) + [2] * len(classes),
        class_ids=[*range(len(classes))] * 2,
        class_weights=[
            *(0.75 if label == low else 0.25 / (len(classes) - 1) for label in classes),
            *(0.75 if label == high else 0.25 / (len(classes) - 1) for label in classes),
        ],
        classlabels_int64s=list(classes),
        post_transform="NONE",
    )
    graph = helper.make_graph(
        [tree],
        "tree",
        [
            helper.make_tensor_value_info(
                input_name,
                TensorProto.FLOAT,
                [None, len(FEATURE_NAMES) if width is None else width],
            )
        ],
        [
            helper.make_tensor_value_info("label", TensorProto.INT64, [None]),
            helper.make_tensor_value_info("probabilities", TensorProto.FLOAT, [None, len(classes)]),
        ],
    )
    model = helper.make_model(
        graph,
        opset_imports=[helper.make_opsetid("", 17), helper.make_opsetid("ai.onnx.ml", 3)],
        ir_version=9,
    )
    helper.set_model_props(
        model,
        {"feature_names": json.dumps(list(feature_names)), "classes": json.dumps(list(classes))},
    )
    return model


def sample_rows(count: int = 20) -> list[list[float]]:
    """Rows inside the training range, on both sides of THRESHOLD."""
    random = np.random.default_rng(7)
    low = [feature.seen.low for feature in FEATURES]
    high = [feature.seen.high for feature in FEATURES]
    rows: list[list[float]] = np.round(random.uniform(low, high, (count, len(low)))).tolist()
    return rows


def golden_rows(model: bytes) -> bytes:
    """The golden rows of a model that ONNX Runtime can run."""
    rows = sample_rows()
    session = ort.InferenceSession(model, providers=["CPUExecutionProvider"])
    (name,) = (node.name for node in session.get_inputs())
    labels, probabilities = session.run(None, {name: np.array(rows, dtype=np.float32)})
    return json.dumps(
        {
            "features": list(FEATURE_NAMES),
            "rows": rows,
            "predictions": labels.tolist(),
            "probabilities": probabilities.astype(float).tolist(),
        }
    ).encode()


@dataclass(frozen=True)
class Package:
    """A version's two files and its tags, as the training pipeline would register them."""

    onnx: bytes
    golden: bytes
    extra_tags: dict[str, str] = field(default_factory=dict)

    @property
    def tags(self) -> dict[str, str]:
        return {
            "onnx_sha256": hashlib.sha256(self.onnx).hexdigest(),
            "golden_sha256": hashlib.sha256(self.golden).hexdigest(),
            "mlflow_version": "3.17.2",
            "holdout_accuracy": "0.906",
            **self.extra_tags,
        }

    def tagged(self, **tags: str) -> "Package":
        return replace(self, extra_tags={**self.extra_tags, **tags})


def package(low: int = 2, high: int = 1) -> Package:
    """A version that passes every check; it predicts ``low`` or ``high``."""
    onnx = tree_model(low, high).SerializeToString()
    return Package(onnx, golden_rows(onnx))
