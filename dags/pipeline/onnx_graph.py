"""Two ways from a fitted pipeline to an ONNX graph.

skl2onnx converts any pipeline. Forests grown until every leaf is pure, which are the
ones worth serving, get a graph of their own: the `TreeEnsemble` operator of ai.onnx.ml 5
stores a leaf as one class instead of a weight a class. The file is a sixth of
skl2onnx's, and ONNX Runtime needs a quarter of the memory for it.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import TensorProto, helper, numpy_helper
from skl2onnx import convert_sklearn, update_registered_converter
from skl2onnx.algebra.onnx_ops import OnnxClip, OnnxMatMul
from skl2onnx.common.data_types import FloatTensorType
from sklearn.ensemble import ExtraTreesClassifier, RandomForestClassifier
from sklearn.pipeline import Pipeline
from sklearn.tree import DecisionTreeClassifier

from covertype import schema
from pipeline.features import LARGEST_INPUT, DerivedFeatures, weight_matrix

INPUT, LABEL, PROBABILITIES = "features", "label", "probabilities"

_OPSET = helper.make_opsetid("", 21)
_IR_VERSION = 10  # the first that has opset 21
_AVERAGE, _NO_TRANSFORM, _LESS_OR_EQUAL = 0, 0, 0  # as TreeEnsemble numbers them


def to_onnx(model: Pipeline) -> onnx.ModelProto:
    """A graph with input `features` (n, 10), outputs `label` (n,) and `probabilities` (n, k)."""
    trees = _pure_trees(model)
    return _by_skl2onnx(model) if trees is None else _forest(model, trees)


def _pure_trees(model: Pipeline) -> Sequence[Any] | None:
    """The fitted trees, if the compact graph can hold them."""
    *preparation, (_, classifier) = model.steps
    if [type(step) for _, step in preparation] != [DerivedFeatures]:
        return None
    if isinstance(classifier, ExtraTreesClassifier | RandomForestClassifier):
        trees = [estimator.tree_ for estimator in classifier.estimators_]
    elif isinstance(classifier, DecisionTreeClassifier):
        trees = [classifier.tree_]
    else:
        return None
    return trees if all(_is_pure(tree) for tree in trees) else None


def _is_pure(tree: Any) -> bool:
    is_leaf = tree.children_left < 0
    shares = tree.value[is_leaf, 0]
    return bool(not is_leaf[0] and (shares.max(axis=1) == shares.sum(axis=1)).all())


def _forest(model: Pipeline, trees: Sequence[Any]) -> onnx.ModelProto:
    classes = np.asarray(model.classes_, dtype=np.int64)
    nodes = [
        helper.make_node("Clip", [INPUT, "low", "high"], ["clipped"]),
        helper.make_node("MatMul", ["clipped", "weights"], ["derived"]),
        helper.make_node(
            "TreeEnsemble",
            ["derived"],
            [PROBABILITIES],
            domain="ai.onnx.ml",
            aggregate_function=_AVERAGE,
            post_transform=_NO_TRANSFORM,
            n_targets=len(classes),
            **_tree_attributes(trees),
        ),
        helper.make_node("ArgMax", [PROBABILITIES], ["best"], axis=1, keepdims=0),
        helper.make_node("Gather", ["classes", "best"], [LABEL]),
    ]
    graph = helper.make_graph(
        nodes,
        "covertype",
        [helper.make_tensor_value_info(INPUT, TensorProto.FLOAT, [None, len(schema.FEATURES)])],
        [
            helper.make_tensor_value_info(LABEL, TensorProto.INT64, [None]),
            helper.make_tensor_value_info(PROBABILITIES, TensorProto.FLOAT, [None, len(classes)]),
        ],
        [
            numpy_helper.from_array(np.array(-LARGEST_INPUT, np.float32), "low"),
            numpy_helper.from_array(np.array(LARGEST_INPUT, np.float32), "high"),
            numpy_helper.from_array(weight_matrix(), "weights"),
            numpy_helper.from_array(classes, "classes"),
        ],
    )
    opsets = [_OPSET, helper.make_opsetid("ai.onnx.ml", 5)]
    return helper.make_model(graph, opset_imports=opsets, ir_version=_IR_VERSION)


def _tree_attributes(trees: Sequence[Any]) -> dict[str, Any]:
    """The trees as TreeEnsemble wants them: branches and leaves are numbered apart.

    Each leaf adds 1 to its class, and the operator averages over the trees.
    """
    features, splits, leaf_classes, roots = [], [], [], []
    true_ids, false_ids, true_is_leaf, false_is_leaf = [], [], [], []
    branches = leaves = 0
    for tree in trees:
        is_leaf = tree.children_left < 0
        number = np.where(
            is_leaf, leaves + np.cumsum(is_leaf) - 1, branches + np.cumsum(~is_leaf) - 1
        )
        left, right = tree.children_left[~is_leaf], tree.children_right[~is_leaf]
        roots.append(branches)
        features.append(tree.feature[~is_leaf])
        splits.append(_round_down(tree.threshold[~is_leaf]))
        true_ids.append(number[left])
        false_ids.append(number[right])
        true_is_leaf.append(is_leaf[left])
        false_is_leaf.append(is_leaf[right])
        leaf_classes.append(tree.value[is_leaf, 0].argmax(axis=1))
        branches += int((~is_leaf).sum())
        leaves += int(is_leaf.sum())

    def joined(parts: list[NDArray[Any]]) -> list[int]:
        return [int(value) for value in np.concatenate(parts)]

    modes = np.full(branches, _LESS_OR_EQUAL, np.uint8)
    return {
        "tree_roots": roots,
        "nodes_featureids": joined(features),
        "nodes_splits": numpy_helper.from_array(np.concatenate(splits)),
        "nodes_modes": numpy_helper.from_array(modes),
        "nodes_truenodeids": joined(true_ids),
        "nodes_falsenodeids": joined(false_ids),
        "nodes_trueleafs": joined(true_is_leaf),
        "nodes_falseleafs": joined(false_is_leaf),
        "leaf_targetids": joined(leaf_classes),
        "leaf_weights": numpy_helper.from_array(np.ones(leaves, np.float32)),
    }


def _round_down(thresholds: NDArray[np.float64]) -> NDArray[np.float32]:
    """The largest float32 that is not above: `x <= t` then means the same for a float32 x."""
    rounded = thresholds.astype(np.float32)
    too_high = rounded.astype(np.float64) > thresholds
    rounded[too_high] = np.nextafter(rounded[too_high], np.float32(-np.inf))
    return rounded


def _by_skl2onnx(model: Pipeline) -> onnx.ModelProto:
    proto: onnx.ModelProto = convert_sklearn(
        model,
        initial_types=[(INPUT, FloatTensorType([None, len(schema.FEATURES)]))],
        target_opset={"": _OPSET.version, "ai.onnx.ml": 3},
        options={id(model.steps[-1][1]): {"zipmap": False}},
    )
    names = {
        output.name: name
        for output, name in zip(proto.graph.output, (LABEL, PROBABILITIES), strict=True)
    }
    for node in proto.graph.node:
        node.input[:] = [names.get(name, name) for name in node.input]
        node.output[:] = [names.get(name, name) for name in node.output]
    for output in proto.graph.output:
        output.name = names[output.name]
    return proto


def _derived_shape(operator: Any) -> None:
    rows = operator.inputs[0].get_first_dimension()
    operator.outputs[0].type = FloatTensorType([rows, weight_matrix().shape[1]])


def _convert_derived(scope: Any, operator: Any, container: Any) -> None:
    low, high = (np.array(sign * LARGEST_INPUT, dtype=np.float32) for sign in (-1, 1))
    opset = container.target_opset
    clipped = OnnxClip(operator.inputs[0], low, high, op_version=opset)
    derived = OnnxMatMul(
        clipped, weight_matrix(), op_version=opset, output_names=operator.outputs[:1]
    )
    derived.add_to(scope, container)


update_registered_converter(
    DerivedFeatures, "CovertypeDerivedFeatures", _derived_shape, _convert_derived
)
