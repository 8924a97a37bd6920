"""The clock of a group: what each moment of a request opens."""

import math

from hypothesis import given, settings
from hypothesis import strategies as st

from randomdata.clock import Opening, advance

TIMES = st.floats(0, 1e10)


def test_the_first_request_opens_batch_1() -> None:
    assert advance(None, 50.0, 300.0) == Opening(1, 50.0)


def test_the_open_batch_stays_until_the_interval_is_over() -> None:
    last = Opening(3, 100.0)
    assert advance(last, 100.0, 300.0) == last
    assert advance(last, math.nextafter(400.0, 0), 300.0) == last
    assert advance(last, 400.0, 300.0) == Opening(4, 400.0)
    assert advance(last, 401.0, 300.0) == Opening(4, 401.0)


def test_a_long_pause_opens_one_batch_only() -> None:
    assert advance(Opening(3, 100.0), 1e9, 300.0) == Opening(4, 1e9)


def test_the_last_batch_is_open_for_the_interval_too() -> None:
    last = Opening(10, 100.0)
    assert advance(last, 399.0, 300.0) == last
    assert advance(last, 400.0, 300.0) is None


def test_no_interval_opens_a_batch_with_each_request() -> None:
    opening = None
    for batch in range(1, 11):
        opening = advance(opening, 100.0, 0.0)
        assert opening == Opening(batch, 100.0)
    assert advance(opening, 100.0, 0.0) is None


def test_a_clock_that_was_set_back_keeps_the_batch_for_one_interval_more() -> None:
    back = advance(Opening(3, 1e9), 500.0, 300.0)
    assert back == Opening(3, 500.0)
    assert advance(back, 800.0, 300.0) == Opening(4, 800.0)


@settings(deadline=None)  # the machine may be busy
@given(times=st.lists(TIMES, min_size=1, max_size=60), interval=st.floats(0, 1e6))
def test_batches_open_in_order_and_never_early(times: list[float], interval: float) -> None:
    opening: Opening | None = None
    for now in sorted(times):
        following = advance(opening, now, interval)
        if following is None:
            assert opening is not None
            assert opening.batch == 10
            assert now - opening.at >= interval
            break
        if opening is None:
            assert following.batch == 1
        elif following != opening:
            assert following.batch == opening.batch + 1
            assert following.at - opening.at >= interval
        opening = following


@settings(deadline=None)  # the machine may be busy
@given(times=st.lists(TIMES, min_size=1, max_size=60), interval=st.floats(0, 1e6))
def test_no_clock_makes_batches_go_back(times: list[float], interval: float) -> None:
    opening: Opening | None = None
    for now in times:
        following = advance(opening, now, interval) or opening
        assert following is not None
        assert following.at <= now
        if opening is not None:
            assert following.batch in (opening.batch, opening.batch + 1)
        opening = following
