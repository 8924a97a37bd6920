"""Latencies are exact to half a percent, and figures add up, however they arrive."""

from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from loadtest.histogram import bucket, latency, milliseconds_of, percentile
from loadtest.tally import Row, Tally


@given(st.floats(min_value=0.001, max_value=100_000))
def test_a_bucket_is_half_a_percent_wide(milliseconds: float) -> None:
    assert bucket(milliseconds) / 1000 == pytest.approx(milliseconds, rel=0.005, abs=0.0006)


@pytest.mark.parametrize(
    ("exact", "rounded"), [(0.4, 0), (147.3, 147), (999.4, 999), (1234, 1230), (58_760, 58_800)]
)
def test_locusts_own_figures_keep_three_digits(exact: float, rounded: int) -> None:
    assert milliseconds_of(exact) == rounded


def test_a_percentile_is_a_latency_that_so_many_kept() -> None:
    hundred = Counter({bucket(ms): 1 for ms in range(1, 101)})
    assert percentile(hundred, 0.5) == 50
    assert percentile(hundred, 0.99) == 99
    assert percentile({}, 0.5) is None
    assert latency(Counter()) is None
    assert latency(hundred) == {
        "p50_ms": 50,
        "p90_ms": 90,
        "p95_ms": 95,
        "p99_ms": 99,
        "max_ms": 100,
    }


def test_goodput_and_users_are_of_the_seconds_asked_for() -> None:
    tally = Tally()
    tally.users |= {0: 2, 1: 4, 3: 60}
    for second in range(4):
        tally.merge(rows(second, 5.0, count=10 + second))
    tally.close_old(31)
    tally.merge(rows(40, 5.0, count=100))
    assert tally.ok_within(2) == 21
    assert tally.ok_within(41) == 146
    assert tally.mean_users(0, 3) == 3, "a second that nobody looked at does not count"
    assert tally.mean_users(50, 60) == 0


def rows(second: int, ms: float, count: int = 1) -> list[list[object]]:
    return [[second, {bucket(ms): count}, {}, {}, {}]]


def test_what_workers_send_adds_up() -> None:
    tally = Tally()
    tally.merge(rows(0, 5, 2))
    tally.merge(rows(0, 7))
    tally.merge([[1, {}, {bucket(1): 4}, {bucket(90): 1}, {"broken": 1}]])
    tally.users = {0: 3, 1: 3}

    first, second = tally.timeline(2)
    assert (first["ok"], first["p50_ms"], first["users"]) == (3, 5, 3)
    assert (second["ok"], second["refused"], second["failed"]) == (0, 4, 1)
    assert second["p95_ms"] is None, "nothing was accepted"
    assert tally.total.messages == {"broken": 1}
    assert tally.between(0, 1).accepted.total() == 3


def test_seconds_long_past_keep_their_place_in_the_timeline() -> None:
    tally = Tally()
    tally.merge(rows(0, 5))
    tally.users = {0: 9}
    tally.close_old(60)
    tally.merge(rows(0, 6))  # late news

    assert tally.total.accepted.total() == 2
    assert tally.timeline(1)[0] | {"users": 9, "ok": 1, "p50_ms": 5} == tally.timeline(1)[0]
    assert tally.between(0, 1).accepted.total() == 0, "no row of it is kept"


def test_refusals_count_as_failures_unless_they_are_counted_apart() -> None:
    row = Row(accepted=Counter({5000: 8}), refused=Counter({100: 2}), failed=Counter({90_000: 1}))
    together, apart = row.figures(refused_apart=False), row.figures(refused_apart=True)
    assert (together.requests, together.failures, together.refused) == (11, 3, 2)
    assert (apart.requests, apart.failures, apart.refused) == (11, 1, 2)
    assert apart.p95_ms == 90, "slow failures count, quick refusals do not"
