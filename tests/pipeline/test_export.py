"""The model file: what it says about itself, and what is refused."""

import hashlib
import json
from dataclasses import dataclass
from typing import Any, cast

import numpy as np
import onnx
import pytest
from numpy.typing import NDArray
from sklearn.dummy import DummyClassifier
from sklearn.pipeline import make_pipeline

from covertype import schema
from pipeline.candidates import CANDIDATES
from pipeline.dataset import Rows
from pipeline.errors import CorruptArtifact, ParityError
from pipeline.export import OnnxModel, export, golden_rows, refuse_disparity
from tests.pipeline.conftest import CONVERTER_WARNS, Trained

pytestmark = [pytest.mark.usefixtures("one_thread"), CONVERTER_WARNS]


@dataclass
class FixedAnswers:
    """Stands in for a model file that gives certain answers."""

    label: NDArray[np.int64]
    probabilities: NDArray[np.float32]

    def predict(self, _features: object) -> tuple[NDArray[np.int64], NDArray[np.float32]]:
        return self.label, self.probabilities


def _answering(label: list[int], probabilities: list[list[float]]) -> OnnxModel:
    answers = FixedAnswers(np.array(label), np.array(probabilities, np.float32))
    return cast("OnnxModel", answers)


@pytest.fixture(scope="module")
def tree_rows(real_rows: Rows) -> Rows:
    return real_rows.take(np.arange(0, len(real_rows), 4))


@pytest.fixture(scope="module")
def tree(tree_rows: Rows) -> Any:
    return CANDIDATES["decision_tree"](0).fit(tree_rows.features, tree_rows.labels)


def test_the_file_says_what_goes_in_and_what_comes_out(trained: Trained) -> None:
    proto = onnx.load_from_string(trained.exported.content)
    onnx.checker.check_model(proto, full_check=True)

    metadata = {entry.key: json.loads(entry.value) for entry in proto.metadata_props}
    assert metadata == {
        "feature_names": list(schema.FEATURE_NAMES),
        "classes": trained.model.classes_.tolist(),
    }
    assert proto.producer_name == "covertype-mlops"
    assert proto.doc_string


def test_a_file_is_named_by_its_digest_and_answers_the_same_when_loaded(trained: Trained) -> None:
    again = OnnxModel.load(trained.exported.content)

    assert again.sha256 == hashlib.sha256(trained.exported.content).hexdigest()
    assert again.megabytes == len(trained.exported.content) / 1e6
    assert again.classes.tolist() == trained.model.classes_.tolist()
    label, probabilities = trained.exported.predict(trained.unseen.features)
    same_label, same_probabilities = again.predict(trained.unseen.features)
    assert np.array_equal(label, same_label)
    assert np.array_equal(probabilities, same_probabilities)


def test_the_same_model_gives_the_same_file(tree: Any) -> None:
    assert export(tree).content == export(tree).content


def _without_classes(content: bytes) -> bytes:
    proto = onnx.load_from_string(content)
    del proto.metadata_props[:]
    return cast("bytes", proto.SerializeToString())


def _with_classes(content: bytes, text: str) -> bytes:
    proto = onnx.load_from_string(content)
    onnx.helper.set_model_props(proto, {"classes": text})
    return cast("bytes", proto.SerializeToString())


def test_what_is_no_model_file_is_corrupt(tree: Any) -> None:
    content = export(tree).content
    broken = [
        b"",
        b"<html>not found</html>",
        content[: len(content) // 2],
        content[:-20],
        _without_classes(content),
        _with_classes(content, "1, 2, 3"),
    ]

    for each in broken:
        with pytest.raises(CorruptArtifact, match="not a model file"):
            OnnxModel.load(each)


def test_a_model_of_other_rows_is_refused(tree: Any, tree_rows: Rows, real_rows: Rows) -> None:
    other = CANDIDATES["decision_tree"](1).fit(tree_rows.features, tree_rows.labels[::-1])

    with pytest.raises(ParityError, match="decision_tree: the ONNX file differs") as raised:
        refuse_disparity("decision_tree", other, export(tree), real_rows)

    assert f"of {len(real_rows)} classes" in str(raised.value)
    assert "not registered" in str(raised.value)


def test_other_probabilities_with_the_same_classes_are_refused(real_rows: Rows) -> None:
    model = CANDIDATES["logistic_regression"](0).fit(real_rows.features, real_rows.labels)
    exported = export(model)
    refuse_disparity("logistic_regression", model, exported, real_rows)
    model.steps[-1][1].coef_ *= 1.001
    model.steps[-1][1].intercept_ *= 1.001

    with pytest.raises(ParityError, match="in a probability"):
        refuse_disparity("logistic_regression", model, exported, real_rows)


def _constant(labels: list[int]) -> Any:
    """A pipeline that gives every row the shares of the classes."""
    features = np.zeros((len(labels), 10))
    return make_pipeline(DummyClassifier(strategy="prior")).fit(features, labels)


ONE_ROW = Rows(np.zeros((1, 10), np.float32), np.array([1]), np.array([1]))


def test_either_class_of_a_tie_is_right() -> None:
    tie = _constant([1, 1, 2, 2])

    refuse_disparity("tie", tie, _answering([1], [[0.5, 0.5]]), ONE_ROW)
    refuse_disparity("tie", tie, _answering([2], [[0.49999, 0.50001]]), ONE_ROW)


def test_another_class_than_the_clear_one_is_refused() -> None:
    clear = _constant([1, 1, 1, 2])

    refuse_disparity("clear", clear, _answering([1], [[0.75, 0.25]]), ONE_ROW)
    with pytest.raises(ParityError, match="in 1 of 1 classes"):
        refuse_disparity("clear", clear, _answering([2], [[0.75, 0.25]]), ONE_ROW)


def test_golden_rows_are_rows_with_the_file_s_own_answers(trained: Trained) -> None:
    golden = json.loads(golden_rows(trained.exported, trained.unseen))

    assert golden["features"] == list(schema.FEATURE_NAMES)
    assert len(golden["rows"]) == len(golden["predictions"]) == len(golden["probabilities"]) == 64
    known = set(map(tuple, trained.unseen.features.tolist()))
    assert set(map(tuple, golden["rows"])) <= known
    # JSON loses nothing: what a server reads gives the same answers.
    label, probabilities = trained.exported.predict(np.array(golden["rows"], np.float32))
    assert label.tolist() == golden["predictions"]
    assert np.array_equal(probabilities, np.array(golden["probabilities"], np.float32))


def test_golden_rows_are_spread_over_the_classes(trained: Trained) -> None:
    rows = trained.unseen.take(np.argsort(trained.unseen.labels))

    golden = json.loads(golden_rows(trained.exported, rows))

    class_of = dict(zip(map(tuple, rows.features.tolist()), rows.labels, strict=True))
    found = {int(class_of[tuple(row)]) for row in golden["rows"]}
    labels, shares = np.unique(rows.labels, return_counts=True)
    assert {int(label) for label in labels[shares >= len(rows) / 64]} <= found


def test_few_rows_are_all_golden(trained: Trained) -> None:
    few = trained.unseen.take(np.arange(5))

    golden = json.loads(golden_rows(trained.exported, few))

    assert sorted(golden["rows"]) == sorted(few.features.tolist())
