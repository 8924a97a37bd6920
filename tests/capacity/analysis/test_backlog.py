"""A growing queue is found, and noise is not taken for one."""

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from capacity.analysis.backlog import find_backlog
from tests.capacity.analysis.samples import moments


def median_latencies(rate: float, capacity: float, seconds: int) -> list[float]:
    """Of a queue in order of arrival that is empty at first, in ms."""
    lag = max(0.0, rate / capacity - 1)
    return [2 + lag * (second + 0.5) * 1000 for second in range(seconds)]


@pytest.mark.parametrize("seconds", [3, 5, 10])
@given(over=st.floats(1.06, 20.0))
def test_a_rate_above_capacity_is_found(over: float, seconds: int) -> None:
    backlog = find_backlog(moments(*median_latencies(over * 300, 300, seconds)))
    assert backlog is not None
    assert backlog.lag == pytest.approx(over - 1, rel=1e-6)


@pytest.mark.parametrize(
    "medians",
    [
        (),
        (5.0, 500.0),
        (5.0, None, 500.0),
        (5.0, 5.0, 5.0, 5.0),
        (5.0, 20.0, 40.0, 60.0),
        (500.0, 300.0, 100.0),
        (5.0, 900.0, 5.0, 900.0),
        (5.0, 5.0, 400.0),
        tuple(median_latencies(309, 300, 5)),
    ],
    ids=[
        "none",
        "two",
        "two and a gap",
        "steady",
        "slightly slower",
        "recovering",
        "up and down",
        "a pause at the end",
        "3 % too much",
    ],
)
def test_no_backlog(medians: tuple[float | None, ...]) -> None:
    assert find_backlog(moments(*medians)) is None


def test_jitter_below_capacity_is_hardly_ever_a_backlog() -> None:
    found = 0
    for seed in range(1000):
        draw = random.Random(seed)
        found += find_backlog(moments(*(draw.uniform(2, 95) for _ in range(5)))) is not None
    assert found == 0, "medians below 100 ms cannot grow by 100 ms"
    for seed in range(1000):
        draw = random.Random(seed)
        found += find_backlog(moments(*(draw.uniform(2, 300) for _ in range(5)))) is not None
    assert found < 20
