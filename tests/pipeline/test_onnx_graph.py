"""The ONNX graphs: they answer like scikit-learn, whatever the pipeline and the input."""

from collections.abc import Callable

import numpy as np
import onnx
import pytest
from numpy.typing import NDArray
from sklearn.ensemble import ExtraTreesClassifier, RandomForestClassifier
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.tree import DecisionTreeClassifier

from covertype import schema
from pipeline.candidates import CANDIDATES
from pipeline.dataset import Rows
from pipeline.export import OnnxModel, export, refuse_disparity
from pipeline.features import DerivedFeatures
from pipeline.onnx_graph import to_onnx
from tests.pipeline.conftest import CONVERTER_WARNS, Trained

pytestmark = [pytest.mark.usefixtures("one_thread"), CONVERTER_WARNS]

COMPACT = ("decision_tree", "random_forest", "extra_trees")
LARGEST_FLOAT32 = float(np.finfo(np.float32).max)


def _operators(model: Pipeline) -> list[str]:
    return [node.op_type for node in to_onnx(model).graph.node]


def _agree(model: Pipeline, exported: OnnxModel, rows: Rows) -> None:
    """Classes and probabilities are scikit-learn's, on every row.

    Only a graph that sums in another order may break a tie the other way.
    """
    refuse_disparity("model", model, exported, rows)
    label, probabilities = exported.predict(rows.features)
    if "TreeEnsemble" in _operators(model):
        assert np.array_equal(label, model.predict(rows.features))
    assert np.allclose(probabilities, model.predict_proba(rows.features), rtol=0, atol=1e-5)


def test_every_candidate_answers_like_scikit_learn(trained: Trained) -> None:
    _agree(trained.model, trained.exported, trained.unseen)


def test_one_row_and_no_row_are_answered_too(trained: Trained) -> None:
    label, probabilities = trained.exported.predict(trained.unseen.features)

    one_by_one = [trained.exported.predict(trained.unseen.features[i : i + 1]) for i in range(20)]
    empty = trained.exported.predict(np.zeros((0, 10), np.float32))

    assert [int(one[0][0]) for one in one_by_one] == label[:20].tolist()
    assert np.allclose([one[1][0] for one in one_by_one], probabilities[:20], atol=1e-6)
    assert [len(part) for part in empty] == [0, 0]


def _extremes() -> NDArray[np.float32]:
    """Rows with one, every second or all features far away."""
    rows = []
    for value in (1e9, 1e12, 1e38, LARGEST_FLOAT32):
        for sign in (1, -1):
            rows += [np.full(10, sign * value), np.tile([value, -value], 5) * sign]
            rows += [np.where(np.arange(10) == place, sign * value, 100.0) for place in range(10)]
    return np.array(rows).astype(np.float32)


def test_every_finite_input_gets_a_class(trained: Trained) -> None:
    label, probabilities = trained.exported.predict(_extremes())

    assert set(label) <= set(trained.model.classes_)
    assert np.isfinite(probabilities).all()
    assert np.allclose(probabilities.sum(axis=1), 1, atol=1e-4)


# The sums of logistic regression overflow, and differently in float32 and float64.
@pytest.mark.parametrize("trained", [*COMPACT, "hist_gradient_boosting"], indirect=True)
def test_trees_agree_with_scikit_learn_on_extremes_too(trained: Trained) -> None:
    label, _ = trained.exported.predict(_extremes())

    assert np.array_equal(label, trained.model.predict(_extremes()))


@pytest.mark.parametrize("classes", [(1, 2), (2, 5), (2, 3, 7)], ids=str)
@pytest.mark.parametrize("name", CANDIDATES)
def test_fewer_classes_are_named_by_their_own_numbers(
    real_rows: Rows, name: str, classes: tuple[int, ...]
) -> None:
    rows = real_rows.take(np.isin(real_rows.labels, classes)).take(np.arange(400))
    is_unseen = np.arange(len(rows)) % 4 == 0
    seen = rows.take(~is_unseen)
    model = CANDIDATES[name](42).fit(seen.features, seen.labels)

    exported = export(model)

    assert exported.classes.tolist() == list(classes)
    _agree(model, exported, rows.take(is_unseen))


def test_pure_forests_get_the_compact_graph(trained: Trained) -> None:
    assert ("TreeEnsemble" in _operators(trained.model)) == (trained.name in COMPACT)


IMPURE: dict[str, Callable[[], Pipeline]] = {
    "shallow_tree": lambda: make_pipeline(DerivedFeatures(), DecisionTreeClassifier(max_depth=4)),
    "shallow_forest": lambda: make_pipeline(
        DerivedFeatures(), RandomForestClassifier(5, max_depth=6, random_state=0)
    ),
    "large_leaves": lambda: make_pipeline(
        DerivedFeatures(), ExtraTreesClassifier(5, min_samples_leaf=5, random_state=0)
    ),
    "other_preparation": lambda: make_pipeline(
        StandardScaler(), ExtraTreesClassifier(5, random_state=0)
    ),
    "no_preparation": lambda: make_pipeline(ExtraTreesClassifier(5, random_state=0)),
}


@pytest.mark.parametrize("make", IMPURE.values(), ids=IMPURE)
def test_what_the_compact_graph_cannot_hold_is_converted_all_the_same(
    real_rows: Rows, make: Callable[[], Pipeline]
) -> None:
    seen = real_rows.take(np.arange(0, 1600))
    model = make().fit(seen.features, seen.labels)

    assert "TreeEnsembleClassifier" in _operators(model)
    _agree(model, export(model), real_rows.take(np.arange(1600, len(real_rows))))


def test_equal_rows_of_two_classes_make_an_impure_forest(real_rows: Rows) -> None:
    seen = real_rows.take(np.arange(300))
    features = np.repeat(seen.features, 2, axis=0)
    labels = np.repeat(seen.labels, 2)
    labels[0] = labels[0] % 7 + 1
    model = make_pipeline(DerivedFeatures(), DecisionTreeClassifier(random_state=0))
    model.fit(features, labels)

    assert "TreeEnsembleClassifier" in _operators(model)
    exported = export(model)
    _, probabilities = exported.predict(seen.features[:1])
    assert sorted(probabilities[0])[-2:] == [0.5, 0.5]
    refuse_disparity("tree", model, exported, seen)


def test_a_tree_that_is_one_leaf_is_converted(real_rows: Rows) -> None:
    # One row of the rare class: a bootstrap without it grows a tree of a single leaf.
    rows = real_rows.take(real_rows.labels == 2).take(np.arange(60))
    labels = np.where(np.arange(60) == 0, 4, 2)
    model = make_pipeline(DerivedFeatures(), RandomForestClassifier(10, random_state=0))
    model.fit(rows.features, labels)
    assert min(tree.tree_.node_count for tree in model.steps[-1][1].estimators_) == 1

    _agree(model, export(model), rows)


@pytest.mark.parametrize("value", [300.25, 1000.0, 4097.3, 70_000.0, -12.7, -5000.1])
def test_neighbouring_floats_stay_on_their_sides_of_a_threshold(value: float) -> None:
    # Halfway between two neighbours is a float64 that float32 has to round: the wrong way,
    # it would take the upper one along.
    column = np.array([value], np.float32)
    for _ in range(7):
        column = np.append(column, np.nextafter(column[-1], np.float32(np.inf)))
    features = np.zeros((len(column), 10), np.float32)
    features[:, 0] = column
    labels = np.arange(len(column)) % 2 + 1
    model = make_pipeline(DerivedFeatures(), DecisionTreeClassifier(random_state=0))
    model.fit(features, labels)

    assert "TreeEnsemble" in _operators(model)
    label, _ = export(model).predict(features)
    assert label.tolist() == model.predict(features).tolist() == labels.tolist()


def test_the_compact_file_is_much_smaller(real_rows: Rows) -> None:
    model = CANDIDATES["extra_trees"](0).fit(real_rows.features, real_rows.labels)
    impure = CANDIDATES["extra_trees"](0)
    impure.set_params(extratreesclassifier__min_samples_split=3)
    impure.fit(real_rows.features, real_rows.labels)
    assert "TreeEnsembleClassifier" in _operators(impure)

    assert 3 * export(model).megabytes < export(impure).megabytes


def test_the_graph_names_its_input_and_outputs(trained: Trained) -> None:
    graph = onnx.load_from_string(trained.exported.content).graph

    shapes = {
        value.name: [d.dim_value for d in value.type.tensor_type.shape.dim][1:]
        for value in (*graph.input, *graph.output)
    }
    assert shapes["features"] == [len(schema.FEATURES)]
    assert list(shapes) == ["features", "label", "probabilities"]
    features, label, probabilities = (
        value.type.tensor_type.elem_type for value in (*graph.input, *graph.output)
    )
    assert (features, label, probabilities) == (
        onnx.TensorProto.FLOAT,
        onnx.TensorProto.INT64,
        onnx.TensorProto.FLOAT,
    )
