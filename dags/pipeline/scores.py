"""How good predictions are, and whether a fit went wrong."""

import numpy as np
from numpy.typing import NDArray
from sklearn.metrics import accuracy_score, f1_score, log_loss, recall_score
from sklearn.model_selection import GroupKFold
from sklearn.pipeline import Pipeline

from pipeline.dataset import Rows
from pipeline.errors import DivergedModel

# Raw scores are log-odds: healthy models stay within a few dozen.
_LARGEST_RAW_SCORE = 1_000.0
_FOLDS = 5


def score(
    labels: NDArray[np.int64],
    probabilities: NDArray[np.floating],
    classes: NDArray[np.int64],
) -> dict[str, float]:
    """Accuracy, macro-F1, balanced accuracy and log loss.

    ``labels`` is (n,), ``probabilities`` (n, k) with a column for each of ``classes`` (k,).
    A class that the model has never seen counts as probability 0.
    """
    predicted = classes[probabilities.argmax(axis=1)]
    present = np.unique(labels)
    known = np.union1d(classes, present)
    full = np.zeros((len(labels), len(known)))
    full[:, np.searchsorted(known, classes)] = probabilities
    full /= full.sum(axis=1, keepdims=True)  # float32 columns add up to 1 only roughly
    return {
        "accuracy": float(accuracy_score(labels, predicted)),
        "macro_f1": float(f1_score(labels, predicted, average="macro", zero_division=0)),
        "balanced_accuracy": float(
            recall_score(labels, predicted, labels=present, average="macro", zero_division=0)
        ),
        "log_loss": float(log_loss(labels, full, labels=known)),
    }


def refuse_diverged(name: str, model: Pipeline, rows: Rows) -> None:
    """Raise DivergedModel when a fitted model is not worth scoring.

    HistGradientBoosting can diverge without a warning. Its accuracy may still look
    plausible then, but its raw scores reach the tens of thousands.
    """
    what_to_do = (
        "Lower its learning rate or raise its l2_regularization in pipeline/candidates.py, "
        "or leave it out by the Param candidates."
    )
    if hasattr(model, "decision_function"):
        largest = float(np.abs(model.decision_function(rows.features)).max())
        if not largest < _LARGEST_RAW_SCORE:  # also catches NaN
            raise DivergedModel(
                f"{name} diverged: its raw scores reach {largest:.3g}, and a healthy model's "
                f"stay below {_LARGEST_RAW_SCORE:g}. {what_to_do}"
            )
    if not np.isfinite(model.predict_proba(rows.features)).all():
        raise DivergedModel(f"{name} diverged: some probabilities are not finite. {what_to_do}")


def score_unseen_groups(model: Pipeline, rows: Rows) -> dict[str, float]:
    """Pooled GroupKFold: each row is predicted by a model that saw nothing of its group.

    A group is a stretch of the source file, so this says what the model is worth in a
    place that it was not trained on; a random split flatters. Empty with one group only.
    """
    groups = np.unique(rows.groups)
    if len(groups) < 2:
        return {}
    classes = np.unique(rows.labels)
    pooled = np.zeros((len(rows), len(classes)))
    folds = GroupKFold(n_splits=min(_FOLDS, len(groups)))
    for seen, unseen in folds.split(rows.features, rows.labels, rows.groups):
        model.fit(rows.features[seen], rows.labels[seen])
        columns = np.searchsorted(classes, model.classes_)
        pooled[np.ix_(unseen, columns)] = model.predict_proba(rows.features[unseen])
    return score(rows.labels, pooled, classes)
