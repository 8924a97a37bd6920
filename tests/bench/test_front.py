"""The comparison of forests: its figures are of the model that would be served."""

import numpy as np
import pytest

from bench.front import BATCHES, Forest, measure, page, recipes
from pipeline.dataset import Rows


@pytest.fixture(scope="module")
def rows() -> Rows:
    """Random rows whose class a tree can find: it depends on the elevation."""
    random = np.random.default_rng(1)
    features = random.integers(0, 3000, (1500, 10)).astype(np.float32)
    labels = (features[:, 0] // 1000 + 1).astype(np.int64)
    return Rows(features, labels, np.ones(1500, dtype=np.int64))


def test_every_forest_has_a_name_of_its_own() -> None:
    names = [name for name, _ in recipes()]
    assert len(set(names)) == len(names)


def test_a_forest_gets_figures(rows: Rows) -> None:
    name, recipe = next(recipes())
    forest = measure(name, recipe, rows, rows)
    assert forest.accuracy == 1.0
    assert forest.megabytes < 0.1
    assert forest.row_us.keys() == set(BATCHES)
    assert all(us > 0 for us in forest.row_us.values())
    assert forest.row_us[256] < forest.row_us[1]


def test_the_page_shows_each_forest() -> None:
    row_us = dict.fromkeys(BATCHES, 4.25)
    text = page([Forest("a forest", 0.9, 0.8, 1.25, 12.0, row_us)], 1000)
    assert "1,000 rows" in text
    assert "| a forest | 0.900 | 0.800 | 1.2 | 12 | 4.2 | 4.2 | 4.2 |" in text
