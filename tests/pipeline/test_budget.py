"""The serving budget: what is over it, and how a model is measured."""

from typing import cast

import numpy as np
import pytest
from numpy.typing import NDArray

from pipeline.budget import Budget, Cost, measure
from pipeline.dataset import Rows
from pipeline.export import OnnxModel
from tests.pipeline.conftest import CONVERTER_WARNS, Trained

pytestmark = CONVERTER_WARNS

BUDGET = Budget(megabytes=20, row_us=60)


@pytest.mark.parametrize(
    ("cost", "words"),
    [
        (Cost(1, 10), []),
        (Cost(20, 60), []),
        (Cost(20.1, 60), ["20.1 MB is over MAX_ONNX_MB=20"]),
        (Cost(20, 60.1), ["60.1 us a row is over MAX_ROW_US=60"]),
        (Cost(99, 600), ["99.0 MB is over MAX_ONNX_MB=20", "600.0 us a row is over MAX_ROW_US=60"]),
    ],
)
def test_each_limit_is_named_when_it_is_passed(cost: Cost, words: list[str]) -> None:
    assert BUDGET.objections(cost) == words


def test_a_model_is_measured(trained: Trained) -> None:
    cost = measure(trained.exported, trained.unseen)

    assert cost.megabytes == trained.exported.megabytes
    assert 0.5 < cost.row_us < 100_000


class Recorder:
    """Stands in for a model; keeps the rows that it is asked for."""

    megabytes = 3.5

    def __init__(self) -> None:
        self.asked: list[NDArray[np.float32]] = []

    def predict(self, features: NDArray[np.float32]) -> None:
        self.asked.append(features)


@pytest.mark.parametrize("rows", [1, 40, 1500])
def test_different_rows_are_predicted_one_at_a_time(real_rows: Rows, rows: int) -> None:
    recorder = Recorder()

    cost = measure(cast("OnnxModel", recorder), real_rows.take(np.arange(rows)))

    assert {features.shape for features in recorder.asked} == {(1, 10)}
    different = {features.tobytes() for features in recorder.asked}
    assert len(different) == rows
    assert cost.megabytes == 3.5
    assert cost.row_us > 0
