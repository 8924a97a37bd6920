"""What a person may ask of a training run. Light to import: the DAG file does."""

from dataclasses import dataclass

CANDIDATE_NAMES = (
    "extra_trees",
    "random_forest",
    "hist_gradient_boosting",
    "decision_tree",
    "logistic_regression",
)

LARGEST_SEED = 2**32 - 1  # NumPy's limit

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
        chosen = set(self.candidates)
        if not chosen or not chosen <= set(CANDIDATE_NAMES) or len(chosen) < len(self.candidates):
            raise ValueError(
                f"candidates must be some of {', '.join(CANDIDATE_NAMES)}, each once; "
                f"got {self.candidates}"
            )
        if self.selection_metric not in SELECTION_METRICS:
            raise ValueError(
                f"selection_metric must be one of {', '.join(SELECTION_METRICS)}; "
                f"got {self.selection_metric!r}"
            )
        if self.sample_size < 0:
            raise ValueError("sample_size must be 0 (all rows) or more")
        if not 0 <= self.seed <= LARGEST_SEED:
            raise ValueError(f"seed must be from 0 to {LARGEST_SEED}")
