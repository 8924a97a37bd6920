"""Pictures of a classifier's scores."""

import numpy as np
from matplotlib.figure import Figure
from numpy.typing import NDArray
from sklearn.metrics import confusion_matrix, precision_recall_fscore_support

from covertype import schema

_LABELS = list(schema.COVER_TYPES)
_NAMES = [f"{label} {name}" for label, name in schema.COVER_TYPES.items()]


def plot_confusion_matrix(labels: NDArray[np.int64], predicted: NDArray[np.int64]) -> Figure:
    """Rows are true cover types and add up to 100 %; the cells hold counts as well."""
    counts = confusion_matrix(labels, predicted, labels=_LABELS)
    shares = counts / np.maximum(counts.sum(axis=1, keepdims=True), 1)
    figure = Figure(figsize=(8.5, 7.5), layout="constrained")
    axes = figure.subplots()
    image = axes.imshow(shares, cmap="cividis", vmin=0, vmax=1)
    for (row, column), share in np.ndenumerate(shares):
        axes.text(
            column,
            row,
            f"{share:.0%}\n{counts[row, column]:,}",
            ha="center",
            va="center",
            fontsize=8,
            color="black" if share > 0.5 else "white",
        )
    axes.set_xticks(range(len(_NAMES)), _NAMES, rotation=40, ha="right")
    axes.set_yticks(range(len(_NAMES)), _NAMES)
    axes.set_xlabel("predicted")
    axes.set_ylabel("true")
    axes.set_title(f"Confusion matrix on {len(labels):,} holdout rows")
    figure.colorbar(image, label="share of the true class", shrink=0.8)
    return figure


def plot_per_class(labels: NDArray[np.int64], predicted: NDArray[np.int64]) -> Figure:
    """Precision, recall and F1 for each cover type, with its number of rows."""
    *measures, support = precision_recall_fscore_support(
        labels, predicted, labels=_LABELS, zero_division=0
    )
    figure = Figure(figsize=(9, 5), layout="constrained")
    axes = figure.subplots()
    place = np.arange(len(_NAMES))
    # Okabe and Ito's colours stay apart for colour-blind readers, and in grey.
    bars = zip(
        ("precision", "recall", "F1"), measures, ("#0072B2", "#E69F00", "#999999"), strict=True
    )
    for offset, (name, values, colour) in enumerate(bars):
        axes.bar(place + (offset - 1) * 0.27, values, 0.25, label=name, color=colour)
    axes.set_xticks(
        place,
        [f"{name}\n{rows:,} rows" for name, rows in zip(_NAMES, support, strict=True)],
        rotation=30,
        ha="right",
    )
    axes.set_ylim(0, 1)
    axes.grid(axis="y", alpha=0.3)
    axes.set_title("Scores on the holdout, by cover type")
    axes.legend(loc="upper right", ncols=3)
    return figure
