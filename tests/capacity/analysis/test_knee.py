"""The knee of a curve is where one would point to."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from capacity.analysis.knee import find


def test_a_queue_that_grows_without_bounds_bends_where_it_begins_to() -> None:
    rates = [100.0, 200.0, 300.0, 400.0, 500.0, 600.0]
    knee = find(rates, [5.0, 5.1, 5.3, 6.0, 900.0, 2500.0])
    assert knee is not None
    assert (knee.rate, knee.latency_ms) == (400.0, 6.0)
    assert knee.why == (
        "Latency bends most at 400/s: of all measured rates, it lies farthest below the line "
        "from 100/s to 600/s."
    )


def test_the_knee_of_a_hyperbola_is_that_of_its_formula() -> None:
    """Latency 1 / (1 - x) on [0, 0.9]: farthest from its chord where its slope is the chord's."""
    rates = [at * 0.9 / 900 for at in range(901)]
    knee = find(rates, [1 / (1 - rate) for rate in rates])
    assert knee is not None
    assert knee.rate == pytest.approx(1 - 0.1**0.5, abs=0.001)


def test_a_straight_line_is_judged_by_doubling() -> None:
    knee = find([100.0, 200.0, 300.0, 400.0], [10.0, 15.0, 20.0, 25.0])
    assert knee is not None
    assert (knee.rate, knee.latency_ms) == (300.0, 20.0)
    assert knee.why == (
        "300/s is the last measured rate before latency passes twice the 10.0 ms that it has "
        "at 100/s."
    )


def test_a_curve_that_falls_at_its_end_is_judged_by_doubling() -> None:
    knee = find([1.0, 2.0, 3.0], [10.0, 50.0, 9.0])
    assert knee is not None
    assert knee.rate == 1.0


@pytest.mark.parametrize(
    ("rates", "latencies"),
    [
        ([], []),
        ([100.0, 200.0], [5.0, 500.0]),
        ([100.0, 200.0, 200.0], [5.0, 400.0, 600.0]),
        ([100.0, 200.0, 300.0], [5.0, 6.0, float("inf")]),
    ],
    ids=["nothing", "two", "two with a repeat", "two with figures"],
)
def test_too_few_points_have_no_knee(rates: list[float], latencies: list[float]) -> None:
    assert find(rates, latencies) is None


def test_latency_that_never_doubles_has_no_knee_yet() -> None:
    assert find([100.0, 200.0, 300.0, 400.0], [5.0, 5.5, 6.0, 9.9]) is None


def test_the_order_of_points_does_not_matter_and_repeats_are_one_point() -> None:
    ordered = find([1.0, 2.0, 3.0, 4.0], [5.0, 5.0, 6.0, 90.0])
    mixed = find([3.0, 1.0, 4.0, 3.0, 2.0, 3.0], [7.0, 5.0, 90.0, 6.0, 5.0, 1.0])
    assert ordered is not None
    assert ordered == mixed


@given(st.lists(st.tuples(st.integers(1, 50), st.floats(0.1, 1e4)), max_size=20))
def test_a_knee_is_one_of_the_points(points: list[tuple[int, float]]) -> None:
    rates = [float(rate) for rate, _ in points]
    knee = find(rates, [latency for _, latency in points])
    assert knee is None or knee.rate in rates
