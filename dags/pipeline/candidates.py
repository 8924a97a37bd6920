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
    # Derived features are linear in the raw ones: a linear model cannot gain by them.
    return make_pipeline(StandardScaler(), LogisticRegression(max_iter=300, random_state=seed))


def _decision_tree(seed: int) -> Pipeline:
    classifier = DecisionTreeClassifier(criterion="entropy", random_state=seed)
    return make_pipeline(DerivedFeatures(), classifier)


def _random_forest(seed: int) -> Pipeline:
    classifier = RandomForestClassifier(n_estimators=20, n_jobs=-1, random_state=seed)
    return make_pipeline(DerivedFeatures(), classifier)


def _extra_trees(seed: int) -> Pipeline:
    # Looking at every feature at each split makes fewer, better trees: 20 of them beat the
    # usual 100, and are cheap enough to serve.
    classifier = ExtraTreesClassifier(
        n_estimators=20, criterion="entropy", max_features=None, n_jobs=-1, random_state=seed
    )
    return make_pipeline(DerivedFeatures(), classifier)


def _hist_gradient_boosting(seed: int) -> Pipeline:
    # l2 at 1: with 1e-3 the fit diverges on this data without a warning. Few, large trees:
    # boosting grows one a class and iteration, and each costs time in every prediction.
    classifier = HistGradientBoostingClassifier(
        learning_rate=0.3,
        max_iter=40,
        max_leaf_nodes=127,
        l2_regularization=1.0,
        early_stopping=False,
        random_state=seed,
    )
    return make_pipeline(DerivedFeatures(), classifier)


# A recipe takes the seed and gives a fresh, unfitted pipeline.
CANDIDATES: dict[str, Callable[[int], Pipeline]] = {
    "logistic_regression": _logistic_regression,
    "decision_tree": _decision_tree,
    "random_forest": _random_forest,
    "extra_trees": _extra_trees,
    "hist_gradient_boosting": _hist_gradient_boosting,
}
