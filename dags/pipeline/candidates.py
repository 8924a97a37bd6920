"""The candidates: each a whole pipeline from the raw features to a class."""

from collections.abc import Callable

from sklearn.ensemble import (
    ExtraTreesClassifier,
    HistGradientBoostingClassifier,
    RandomForestClassifier,
)
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.tree import DecisionTreeClassifier

from pipeline.features import DerivedFeatures


def _logistic_regression(seed: int) -> Pipeline:
    return make_pipeline(StandardScaler(), LogisticRegression(max_iter=300, random_state=seed))


def _decision_tree(seed: int) -> Pipeline:
    return make_pipeline(DerivedFeatures(), DecisionTreeClassifier(random_state=seed))


def _random_forest(seed: int) -> Pipeline:
    return make_pipeline(
        DerivedFeatures(), RandomForestClassifier(n_estimators=10, n_jobs=-1, random_state=seed)
    )


def _extra_trees(seed: int) -> Pipeline:
    # Looking at every feature at each split makes fewer, better trees: 16 of them beat the
    # usual 100, and are cheap enough to serve.
    classifier = ExtraTreesClassifier(
        n_estimators=16, criterion="entropy", max_features=None, n_jobs=-1, random_state=seed
    )
    return make_pipeline(DerivedFeatures(), classifier)


def _hist_gradient_boosting(seed: int) -> Pipeline:
    # l2 at 1: with 1e-3 the fit diverges on this data without a warning.
    return make_pipeline(
        HistGradientBoostingClassifier(
            learning_rate=0.25,
            max_iter=100,
            max_leaf_nodes=63,
            l2_regularization=1.0,
            early_stopping=False,
            random_state=seed,
        )
    )


# A recipe takes the seed and gives a fresh, unfitted pipeline.
CANDIDATES: dict[str, Callable[[int], Pipeline]] = {
    "logistic_regression": _logistic_regression,
    "decision_tree": _decision_tree,
    "random_forest": _random_forest,
    "extra_trees": _extra_trees,
    "hist_gradient_boosting": _hist_gradient_boosting,
}
