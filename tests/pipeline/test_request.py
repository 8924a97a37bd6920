"""What may be asked of a training run, and that the light lists are the real ones."""

from typing import Any

import numpy as np
import pytest

from pipeline.candidates import CANDIDATES
from pipeline.request import CANDIDATE_NAMES, SELECTION_METRICS, Request
from pipeline.scores import score

GOOD: dict[str, Any] = {
    "sample_size": 0,
    "candidates": ["extra_trees"],
    "selection_metric": "macro_f1",
    "seed": 42,
}


def test_every_name_has_a_recipe_and_the_other_way_round() -> None:
    assert sorted(CANDIDATE_NAMES) == sorted(CANDIDATES)


def test_a_recipe_gives_a_fresh_pipeline_that_follows_the_seed() -> None:
    for recipe in CANDIDATES.values():
        one, other = recipe(1), recipe(1)
        assert one is not other
        assert one.steps[-1][1].random_state == 1
        assert recipe(2).steps[-1][1].random_state == 2


def test_every_selection_metric_is_a_score() -> None:
    scores = score(np.array([1, 2]), np.eye(2), np.array([1, 2]))

    assert set(SELECTION_METRICS) <= scores.keys()


def test_what_the_params_let_through_is_accepted() -> None:
    assert Request(**GOOD).candidates == ["extra_trees"]
    for metric in SELECTION_METRICS:
        Request(**GOOD | {"candidates": list(CANDIDATE_NAMES), "selection_metric": metric})


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"candidates": []}, "candidates must be some of"),
        ({"candidates": ["extra_trees", "svm"]}, "svm"),
        ({"candidates": "extra_trees"}, "candidates must be some of"),
        ({"selection_metric": "log_loss"}, "'log_loss'"),
        ({"sample_size": -1}, "0 \\(all rows\\) or more"),
    ],
)
def test_what_makes_no_sense_is_refused(change: dict[str, Any], words: str) -> None:
    with pytest.raises(ValueError, match=words):
        Request(**GOOD | change)
