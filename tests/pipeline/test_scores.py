"""Scores on cases small enough to compute by hand, and models that went wrong."""

from math import log
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.tree import DecisionTreeClassifier

from pipeline.candidates import CANDIDATES
from pipeline.dataset import Rows
from pipeline.errors import DivergedModel
from pipeline.scores import refuse_diverged, score, score_unseen_groups
from tests.pipeline.conftest import CONVERTER_WARNS, Trained

pytestmark = [pytest.mark.usefixtures("one_thread"), CONVERTER_WARNS]


def _score(
    labels: list[int], probabilities: list[list[float]], classes: list[int]
) -> dict[str, float]:
    return score(np.array(labels), np.array(probabilities, np.float32), np.array(classes))


def test_perfect_predictions() -> None:
    assert _score([1, 2, 7], np.eye(3).tolist(), [1, 2, 7]) == pytest.approx(
        {"accuracy": 1, "macro_f1": 1, "balanced_accuracy": 1, "log_loss": 0}, abs=1e-6
    )


def test_a_case_by_hand() -> None:
    # Predicted 1 2 2 3 for 1 1 2 3. F1 of the classes: 2/3, 2/3, 1; recalls: 1/2, 1, 1.
    scores = _score(
        [1, 1, 2, 3],
        [[0.8, 0.1, 0.1], [0.25, 0.5, 0.25], [0.1, 0.8, 0.1], [0.1, 0.4, 0.5]],
        [1, 2, 3],
    )

    assert scores == pytest.approx(
        {
            "accuracy": 3 / 4,
            "macro_f1": (2 / 3 + 2 / 3 + 1) / 3,
            "balanced_accuracy": (1 / 2 + 1 + 1) / 3,
            "log_loss": -(log(0.8) + log(0.25) + log(0.8) + log(0.5)) / 4,
        }
    )


def test_a_class_that_the_model_never_saw_counts_as_wrong() -> None:
    # Predicted 1 2 for 1 4. F1: class 1 has 1, classes 2 and 4 have 0.
    scores = _score([1, 4], [[0.9, 0.1], [0.3, 0.7]], [1, 2])

    assert scores["accuracy"] == 1 / 2
    assert scores["macro_f1"] == pytest.approx(1 / 3)
    assert scores["balanced_accuracy"] == 1 / 2
    assert 10 < scores["log_loss"] < 50


def test_a_class_that_no_row_has_costs_nothing_unless_predicted() -> None:
    labels, classes = [1, 1, 2], [1, 2, 6]

    right = _score(labels, [[0.8, 0.1, 0.1], [0.8, 0.1, 0.1], [0.1, 0.8, 0.1]], classes)
    wrong = _score(labels, [[0.8, 0.1, 0.1], [0.1, 0.1, 0.8], [0.1, 0.8, 0.1]], classes)

    assert (right["macro_f1"], right["balanced_accuracy"]) == (1, 1)
    assert wrong["macro_f1"] == pytest.approx((2 / 3 + 1 + 0) / 3)
    assert wrong["balanced_accuracy"] == pytest.approx((1 / 2 + 1) / 2)


def test_float32_probabilities_that_miss_1_by_rounding_are_no_warning() -> None:
    probabilities = np.full((3, 7), 1 / 7, np.float32) * np.float32(1.0000005)

    scores = score(np.array([1, 2, 3]), probabilities, np.arange(1, 8))

    assert scores["log_loss"] == pytest.approx(log(7), rel=1e-5)


def test_scores_of_a_model_are_between_0_and_1(trained: Trained) -> None:
    _, probabilities = trained.exported.predict(trained.unseen.features)

    scores = score(trained.unseen.labels, probabilities, trained.exported.classes)

    assert scores["accuracy"] > 0.6
    assert all(0 < scores[name] < 1 for name in ("accuracy", "macro_f1", "balanced_accuracy"))


def test_a_healthy_candidate_is_not_refused(trained: Trained) -> None:
    refuse_diverged(trained.name, trained.model, trained.unseen)


def test_boosting_with_too_little_regularization_is_refused(real_rows: Rows) -> None:
    model = CANDIDATES["hist_gradient_boosting"](42)
    model.set_params(histgradientboostingclassifier__l2_regularization=1e-3)
    model.fit(real_rows.features, real_rows.labels)

    with pytest.raises(DivergedModel, match="boosting diverged: its raw scores reach") as raised:
        refuse_diverged("boosting", model, real_rows)

    assert "l2_regularization" in str(raised.value)
    assert "Param candidates" in str(raised.value)


class FixedScores(ClassifierMixin, BaseEstimator):  # type: ignore[misc]  # sklearn is untyped
    """A classifier with certain raw scores and probabilities."""

    def __init__(self, raw: float = 0.0, probability: float = 0.5) -> None:
        self.raw = raw
        self.probability = probability

    def fit(self, _features: NDArray[Any], labels: NDArray[Any]) -> "FixedScores":
        self.classes_ = np.unique(labels)
        return self

    def decision_function(self, features: NDArray[Any]) -> NDArray[Any]:
        raw = np.zeros(len(features))
        raw[-1] = self.raw
        return raw

    def predict_proba(self, features: NDArray[Any]) -> NDArray[Any]:
        shares = np.full((len(features), 2), 0.5)
        shares[-1] = self.probability
        return shares


TWO_ROWS = Rows(np.zeros((2, 10), np.float32), np.array([1, 2]), np.array([1, 1]))


@pytest.mark.parametrize("raw", [1000.0, -5e4, np.inf, -np.inf, np.nan])
def test_one_row_with_absurd_raw_scores_is_enough(raw: float) -> None:
    model = make_pipeline(FixedScores(raw)).fit(TWO_ROWS.features, TWO_ROWS.labels)

    with pytest.raises(DivergedModel, match="raw scores reach"):
        refuse_diverged("model", model, TWO_ROWS)


def test_probabilities_that_are_not_finite_are_refused() -> None:
    model = make_pipeline(FixedScores(999.0, np.nan)).fit(TWO_ROWS.features, TWO_ROWS.labels)

    with pytest.raises(DivergedModel, match="not finite"):
        refuse_diverged("model", model, TWO_ROWS)


def test_one_group_has_no_unseen_group(real_rows: Rows) -> None:
    rows = real_rows.take(real_rows.groups == 3)

    assert score_unseen_groups(CANDIDATES["decision_tree"](0), rows) == {}


def test_each_of_two_groups_is_predicted_from_the_other() -> None:
    # A group says its own most frequent class of the other's rows: right for one in ten.
    groups = np.repeat([1, 2], 10)
    labels = np.array([1] * 9 + [2] + [2] * 9 + [1])
    features = np.zeros((20, 10), np.float32)
    features[:, 0] = groups
    rows = Rows(features, labels, groups)

    scores = score_unseen_groups(make_pipeline(DecisionTreeClassifier()), rows)

    assert scores["accuracy"] == pytest.approx(0.1)
    assert scores["balanced_accuracy"] == pytest.approx(0.1)


def test_ten_groups_are_harder_unseen_than_seen(real_rows: Rows) -> None:
    is_unseen = np.arange(len(real_rows)) % 5 == 0
    seen, unseen = real_rows.take(~is_unseen), real_rows.take(is_unseen)
    model = CANDIDATES["extra_trees"](0).fit(seen.features, seen.labels)
    at_random = score(unseen.labels, model.predict_proba(unseen.features), model.classes_)

    scores = score_unseen_groups(CANDIDATES["extra_trees"](0), real_rows)

    assert scores.keys() == at_random.keys()
    assert 0.2 < scores["accuracy"] < at_random["accuracy"] - 0.02


def test_a_class_of_one_group_only_is_never_guessed_there() -> None:
    # Group 3 alone has class 4: no model that predicts group 3 knows it.
    groups = np.repeat([1, 2, 3], 6)
    labels = np.array([1, 1, 1, 2, 2, 2] * 2 + [4, 4, 4, 1, 2, 1])
    features = np.zeros((18, 10), np.float32)
    features[:, 0] = labels
    rows = Rows(features, labels, groups)

    scores = score_unseen_groups(make_pipeline(DecisionTreeClassifier()), rows)

    # The other 15 rows are right, and so the recalls are 1, 1 and 0.
    assert scores["accuracy"] == pytest.approx(15 / 18)
    assert scores["balanced_accuracy"] == pytest.approx(2 / 3)
    assert np.isfinite(scores["log_loss"])


def test_linear_models_are_scored_too(real_rows: Rows) -> None:
    rows = real_rows.take(np.isin(real_rows.labels, [1, 2]))

    scores = score_unseen_groups(make_pipeline(LogisticRegression(max_iter=2000)), rows)

    assert 0.3 < scores["accuracy"] < 1
