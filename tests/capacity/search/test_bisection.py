"""The highest rate that meets the objective: exact, noisy, bounded by something else, or none."""

import math
import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from capacity.errors import CannotMeasure
from capacity.plan.load import Limit
from capacity.records import Capacity, LimitedBy, Probe
from capacity.search.bisection import MOST_RATES_A_SAMPLE, find_capacity
from tests.capacity.search.simulated import answered, exact, noisy

ONCE = Limit(start=100, samples=1)
THRICE = Limit(start=100, samples=3)
SEEDS = 200
ROUNDING = 1 + 1e-9


@given(limit=st.floats(2, 20_000), start=st.floats(1, 30_000), samples=st.integers(1, 4))
def test_an_exact_limit_lies_between_the_bound_and_a_tolerance_above(
    limit: float, start: float, samples: int
) -> None:
    found = find_capacity(exact(limit), Limit(start=start, samples=samples), 50_000)
    assert found.rate == pytest.approx(limit, rel=0.05)
    assert found.low <= limit * ROUNDING
    assert found.low <= found.rate
    assert len(found.samples) == samples
    assert not found.is_bound
    assert found.limited_by == "service"


def test_one_sample_is_bounded_by_the_highest_rate_that_was_met() -> None:
    found = find_capacity(exact(730), ONCE, 50_000)
    highest = max(one.rate for one in found.probes if one.met)
    assert found.low == pytest.approx(highest)
    assert found.low < found.rate < 730 * 1.05


def test_noise_leaves_the_rate_near_and_the_bound_below() -> None:
    near, below = 0, 0
    for seed in range(SEEDS):
        limit = math.exp(random.Random(-seed - 1).uniform(math.log(20), math.log(5_000)))
        found = find_capacity(noisy(limit, seed, spread=0.03, hiccups=0.03), THRICE, 50_000)
        near += abs(found.rate / limit - 1) < 0.1
        below += found.low <= limit
    assert near >= 0.97 * SEEDS
    # The bound is a 95 % one; fewer than 90 % of 200 are 3 standard deviations away from that.
    assert below >= 0.90 * SEEDS


def test_a_single_failure_below_what_is_held_is_asked_again() -> None:
    failures = {"left": 1}

    def hiccup(rate: float) -> Probe:
        if rate == 200 and failures["left"]:
            failures["left"] -= 1
            return answered(rate, met=False)
        return exact(1000)(rate)

    found = find_capacity(hiccup, ONCE, 50_000)
    assert found.rate == pytest.approx(1000, rel=0.05)
    assert [one.met for one in found.probes if one.rate == 200] == [False, True]


def test_a_later_sample_widens_its_bracket_when_the_limit_has_moved() -> None:
    asked, first = 0, len(find_capacity(exact(400), ONCE, 50_000).probes)

    def moving(rate: float) -> Probe:
        nonlocal asked
        asked += 1
        return exact(400 if asked <= first else 1000)(rate)

    found = find_capacity(moving, Limit(start=100, samples=2), 50_000)
    assert found.samples == pytest.approx((400, 1000), rel=0.05)
    assert found.low < 400  # two samples that disagree say next to nothing


@pytest.mark.parametrize("other", ["generator", "gateway", "machine"])
def test_a_limit_of_something_else_is_a_bound(other: LimitedBy) -> None:
    found = find_capacity(exact(900, other), THRICE, 50_000)
    assert found.is_bound
    assert found.limited_by == other
    assert found.rate == found.low == max(one.rate for one in found.probes if one.met)
    assert found.rate == pytest.approx(900, rel=0.05)
    assert len(found.samples) == 1  # there is nothing to be sure of


def test_what_the_generator_spoiled_does_not_count_as_met() -> None:
    def spoiled(rate: float) -> Probe:
        return answered(rate, met=True, limited_by="nothing" if rate < 300 else "generator")

    found = find_capacity(spoiled, THRICE, 50_000)
    assert found.is_bound
    assert found.limited_by == "generator"
    assert found.rate < 300


@pytest.mark.parametrize("other", ["generator", "machine"])
def test_a_busy_moment_of_the_machine_is_no_limit(other: LimitedBy) -> None:
    asked: list[float] = []

    def at_first(rate: float) -> Probe:
        asked.append(rate)
        return answered(rate, met=False, limited_by=other) if len(asked) == 1 else ask(rate)

    ask = exact(900)
    found = find_capacity(at_first, ONCE, 50_000)
    assert asked[:2] == [100, 100]
    assert not found.is_bound
    assert found.rate == pytest.approx(900, rel=0.05)


@pytest.mark.parametrize(
    ("ceiling", "planned", "limited_by"),
    [(640, None, "generator"), (5_000, 640, "nothing")],
    ids=["the generator's", "the plan's"],
)
def test_no_rate_above_the_ceilings_is_asked_for(
    ceiling: float, planned: float | None, limited_by: LimitedBy
) -> None:
    limit = Limit(start=100, ceiling=planned, samples=3)
    found = find_capacity(exact(1e9), limit, ceiling)
    assert max(one.rate for one in found.probes) == 640
    assert found == Capacity(
        rate=640,
        low=640,
        is_bound=True,
        limited_by=limited_by,
        samples=(640,),
        probes=found.probes,
    )


def test_a_service_that_holds_nothing_has_no_capacity() -> None:
    found = find_capacity(exact(0), THRICE, 50_000)
    assert (found.rate, found.low, found.is_bound, found.samples) == (0, 0, False, (0,))
    assert found.limited_by == "service"
    assert min(one.rate for one in found.probes) == 1


def test_a_service_that_breaks_between_samples_has_no_capacity() -> None:
    asked, first = 0, len(find_capacity(exact(500), ONCE, 50_000).probes)

    def breaking(rate: float) -> Probe:
        nonlocal asked
        asked += 1
        return exact(500 if asked <= first else 0)(rate)

    found = find_capacity(breaking, THRICE, 50_000)
    assert (found.rate, found.low) == (0, 0)


def test_a_good_guess_saves_probes() -> None:
    guessed = find_capacity(exact(9_000), ONCE, 50_000, guess=8_500)
    assert guessed.probes[0].rate == 8_500
    assert len(guessed.probes) < len(find_capacity(exact(9_000), ONCE, 50_000).probes)


def test_a_generator_that_reaches_nothing_is_refused() -> None:
    with pytest.raises(CannotMeasure, match="by hand"):
        find_capacity(exact(100), ONCE, 0)


def test_news_says_what_is_asked() -> None:
    news: list[str] = []
    find_capacity(exact(3_000), Limit(start=2_000, samples=2), 50_000, news=news.append)
    assert news[0] == "sample 1 of 2: 2,000 requests/s"
    assert news[-1].startswith("sample 2 of 2: ")


@settings(max_examples=200)
@given(
    seed=st.integers(0, 2**32),
    tolerance=st.sampled_from([1e-300, 1e-9, 0.01, 0.05, 0.5]),
    ceiling=st.floats(1e-3, 1e6),
    samples=st.integers(1, 5),
)
def test_it_ends_whatever_the_answers_are(
    seed: int, tolerance: float, ceiling: float, samples: int
) -> None:
    draw = random.Random(seed)
    limits: list[LimitedBy] = ["service", "generator", "gateway", "machine"]

    def at_random(rate: float) -> Probe:
        if draw.random() < 0.5:
            return answered(rate, met=True)
        return answered(rate, met=False, limited_by=draw.choice(limits))

    limit = Limit(start=draw.uniform(1, 1e6), tolerance=tolerance, samples=samples)
    found = find_capacity(at_random, limit, ceiling)
    assert len(found.probes) <= 2 * samples * MOST_RATES_A_SAMPLE
    assert all(0 < one.rate <= ceiling for one in found.probes)
    assert 0 <= found.low <= found.rate <= ceiling * ROUNDING
