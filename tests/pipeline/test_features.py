"""Derived features: which there are, and that float32 computes them exactly."""

from itertools import combinations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.base import clone

from covertype import schema
from pipeline.dataset import Rows
from pipeline.features import DERIVED, LARGEST_INPUT, DerivedFeatures, weight_matrix

RAW = len(schema.FEATURES)
DISTANCES = {
    "Horizontal_Distance_To_Hydrology",
    "Horizontal_Distance_To_Roadways",
    "Horizontal_Distance_To_Fire_Points",
}


def test_the_raw_features_pass_and_the_derived_ones_follow() -> None:
    weights = weight_matrix()

    assert weights.shape == (RAW, RAW + len(DERIVED))
    assert weights.dtype == np.float32
    assert np.array_equal(weights[:, :RAW], np.eye(RAW))


def test_46_combine_two_or_three_distances() -> None:
    combined = [weights for weights in DERIVED if set(weights) <= DISTANCES]

    assert len(combined) == 46
    assert all(sum(weight != 0 for weight in weights.values()) >= 2 for weights in combined)
    assert all(max(map(abs, weights.values())) <= 2 for weights in combined)


def test_no_two_features_say_the_same() -> None:
    directions = weight_matrix().T.astype(np.float64)
    directions /= np.linalg.norm(directions, axis=1, keepdims=True)

    for one, other in combinations(directions, 2):
        assert abs(one @ other) < 1 - 1e-9


def test_the_weights_are_whole_and_name_columns_of_the_schema() -> None:
    for weights in DERIVED:
        assert set(weights) <= set(schema.FEATURE_NAMES)
        assert all(type(weight) is int for weight in weights.values())


def test_a_row_by_hand() -> None:
    row = dict.fromkeys(schema.FEATURE_NAMES, 0) | {
        "Elevation": 2596,
        "Vertical_Distance_To_Hydrology": -7,
        "Horizontal_Distance_To_Hydrology": 258,
        "Horizontal_Distance_To_Roadways": 510,
        "Horizontal_Distance_To_Fire_Points": 6279,
    }
    features = np.array([list(row.values())], dtype=np.float32)

    derived = DerivedFeatures().fit_transform(features)[0, RAW:]

    assert 2596 + 7 in derived
    assert 258 + 510 in derived
    assert 258 - 510 in derived
    assert 2 * 258 - 2 * 510 + 6279 in derived


_ROW = st.tuples(*(st.integers(int(f.seen.low), int(f.seen.high)) for f in schema.FEATURES)).map(
    list
)


@settings(deadline=None)
@given(st.lists(_ROW, min_size=1, max_size=20))
def test_float32_is_exact_in_the_range_seen(rows: list[list[int]]) -> None:
    exact = np.array(rows, dtype=np.int64) @ weight_matrix().astype(np.int64)

    derived = DerivedFeatures().fit_transform(np.array(rows, dtype=np.float32))

    assert np.array_equal(derived.astype(np.int64), exact)
    assert np.array_equal(derived, exact)


def test_float32_is_exact_for_real_rows(real_rows: Rows) -> None:
    exact = real_rows.features.astype(np.int64) @ weight_matrix().astype(np.int64)

    assert np.array_equal(DerivedFeatures().fit_transform(real_rows.features), exact)


def test_the_largest_sum_in_the_range_seen_is_a_whole_float32() -> None:
    # Above 2**24 float32 skips whole numbers.
    highest = np.array([max(abs(f.seen.low), abs(f.seen.high)) for f in schema.FEATURES])

    assert (highest @ np.abs(weight_matrix())).max() < 2**24


@pytest.mark.parametrize("extreme", [LARGEST_INPUT, 1e38, np.finfo(np.float32).max, np.inf])
def test_extreme_values_stay_finite(extreme: float) -> None:
    signs = np.array([[1] * RAW, [-1] * RAW, [1, -1] * (RAW // 2), [-1, 1] * (RAW // 2)])
    features = (signs * extreme).astype(np.float32)

    derived = DerivedFeatures().fit_transform(features)

    assert np.isfinite(derived).all()
    assert np.array_equal(derived[:, :RAW], signs * LARGEST_INPUT)


def test_nothing_is_learned_and_the_input_is_left_alone(real_rows: Rows) -> None:
    features = real_rows.features[:50].copy()
    one = DerivedFeatures().fit(features)
    other = clone(one).fit(features[::-1] * 2)

    assert np.array_equal(one.transform(features), other.transform(features))
    assert np.array_equal(features, real_rows.features[:50])


def test_wider_types_give_the_same(real_rows: Rows) -> None:
    features = real_rows.features[:50]

    assert np.array_equal(
        DerivedFeatures().fit_transform(features.astype(np.float64)),
        DerivedFeatures().fit_transform(features),
    )
