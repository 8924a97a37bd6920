"""What a person may ask of a training run. Light to import: the DAG file does."""

from dataclasses import dataclass

CANDIDATE_NAMES = (
    "extra_trees",
    "random_forest",
    "hist_gradient_boosting",
    "decision_tree",
    "logistic_regression",
)

# Of each, more is better.
SELECTION_METRICS = ("macro_f1", "accuracy", "balanced_accuracy")


@dataclass(frozen=True, slots=True)
class Request:
    """The training DAG's Params. Raises ValueError for what they would not let through."""

    sample_size: int
    candidates: list[str]
    selection_metric: str
    seed: int

    def __post_init__(self) -> None:
        if not self.candidates or not set(self.candidates) <= set(CANDIDATE_NAMES):
            raise ValueError(
                f"candidates must be some of {', '.join(CANDIDATE_NAMES)}; got {self.candidates}"
            )
        if self.selection_metric not in SELECTION_METRICS:
            raise ValueError(
                f"selection_metric must be one of {', '.join(SELECTION_METRICS)}; "
                f"got {self.selection_metric!r}"
            )
        if self.sample_size < 0:
            raise ValueError("sample_size must be 0 (all rows) or more")
