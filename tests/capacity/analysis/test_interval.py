"""Intervals are those of the textbooks."""

import random
from math import inf

import pytest

from capacity.analysis.interval import Interval
from tests.capacity.analysis.samples import capacity


def test_an_interval_by_hand() -> None:
    """Standard deviation 10, three values, t = 4.3027."""
    found = Interval.of([90.0, 100.0, 110.0])
    assert found.mean == pytest.approx(100)
    assert found.high - 100 == pytest.approx(4.3027 * 10 / 3**0.5, rel=1e-4)
    assert 100 - found.low == pytest.approx(found.high - 100)


def test_one_measurement_says_nothing_about_chance() -> None:
    assert Interval.of([5.0]) == Interval(5.0, -inf, inf, 1)


def test_it_holds_the_truth_as_often_as_it_says() -> None:
    held = 0
    for seed in range(1000):
        draw = random.Random(seed)
        found = Interval.of([draw.gauss(50, 5) for _ in range(4)])
        held += found.low <= 50 <= found.high
    assert 0.93 <= held / 1000 <= 0.97


def test_a_capacity_is_no_surer_than_its_search() -> None:
    found = Interval.of_capacity(capacity(100.0, 100.0, low=96.0))
    assert (found.low, found.mean, found.high) == (96.0, 100.0, 104.0)


def test_a_bound_has_no_upper_end() -> None:
    assert Interval.of_capacity(capacity(100.0, 101.0, is_bound=True)).high == inf


def test_overlapping_intervals_are_not_apart() -> None:
    low, high = Interval(1.0, 0.0, 2.0, 3), Interval(3.0, 2.0, 4.0, 3)
    assert not low.is_apart_from(high)
    assert not high.is_apart_from(low)
    higher = Interval(3.0, 2.1, 4.0, 3)
    assert low.is_apart_from(higher)
    assert higher.is_apart_from(low)
