"""The cheapest configuration: the same as by measuring all of them, from fewer measurements."""

import random
from collections.abc import Callable
from itertools import product

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from capacity import words
from capacity.analysis.cost import price_per_hour
from capacity.configuration import Configuration
from capacity.plan.model import Prices, Target
from capacity.records import ConfigurationResult
from capacity.search.bounds import left_after
from capacity.search.cheapest import find_cheapest
from tests.capacity.search.simulated import broken, capacity_of, result_with

CPUS, MEMORY, REPLICAS = (0.05, 0.1, 0.15, 0.2, 0.3, 0.5), (160, 250, 400), (1, 2, 3)
GRID = [
    Configuration(cpus=cpus, memory=memory, replicas=replicas)
    for cpus, memory, replicas in product(CPUS, MEMORY, REPLICAS)
]
PRICES = Prices()
Surface = Callable[[Configuration], float]


def measured_on(
    surface: Surface, asked: list[Configuration]
) -> Callable[[Configuration], ConfigurationResult]:
    """Measurements of a known surface: shown to hold exactly what it says; 0 cannot be had."""

    def measure(one: Configuration) -> ConfigurationResult:
        assert one not in asked, f"{one.title} is measured twice"
        asked.append(one)
        rate = surface(one)
        if rate == 0:
            return broken(one, "fastapi-1 was killed for memory.")
        return result_with(one, capacity_of(rate, spread=0))

    return measure


def by_brute_force(surface: Surface, target: Target, prices: Prices) -> float | None:
    """The price of the cheapest that holds the target, found by looking at all."""
    enough = [
        price_per_hour(one, prices)
        for one in GRID
        if (left := left_after(one, target.failures)) is not None
        and surface(left) >= target.rate / (1 - target.headroom)
    ]
    return min(enough, default=None)


def random_surface(seed: int) -> Surface:
    """Grows with resources, and that is all that is certain about it."""
    draw = random.Random(seed)
    own = {one: draw.random() * 5_000 for one in GRID}
    grown = {one: max(rate for other, rate in own.items() if one.covers(other)) for one in GRID}
    return grown.__getitem__


def likely_surface(a_cpu: float, least_memory: int) -> Surface:
    """In proportion to CPUs, once there is enough memory."""
    return lambda one: a_cpu * one.total_cpus if one.memory >= least_memory else 0.0


@settings(max_examples=150)
@given(
    seed=st.integers(0, 2**32),
    rate=st.floats(1, 6_000),
    headroom=st.sampled_from([0, 0.2, 0.5]),
    failures=st.integers(0, 2),
    prices=st.builds(
        Prices,
        cpu_hour=st.sampled_from([0, 0.0332]),
        gib_hour=st.sampled_from([0, 0.0045, 0.5]),
        replica_hour=st.sampled_from([0, 0.0005, 0.1]),
    ),
)
def test_it_is_as_cheap_as_by_brute_force(
    seed: int, rate: float, headroom: float, failures: int, prices: Prices
) -> None:
    surface, asked = random_surface(seed), list[Configuration]()
    target = Target(rate=rate, headroom=headroom, failures=failures)
    outcome = find_cheapest(GRID, target, prices, measured_on(surface, asked))
    cost = outcome.cheapest and price_per_hour(outcome.cheapest, prices)
    expected = by_brute_force(surface, target, prices)
    assert cost == (None if expected is None else pytest.approx(expected))
    assert [one.configuration for one in outcome.measured] == asked
    assert len(asked) < len(GRID) / 2
    decided = {one.configuration for one in outcome.skipped} | set(asked)
    assert decided | {one for one in GRID if left_after(one, failures) in asked} >= set(GRID)


@pytest.mark.parametrize("least_memory", [100, 200, 300])
@pytest.mark.parametrize("a_cpu", [3_000.0, 9_000.0, 17_000.0])
def test_a_surface_like_the_real_one_needs_few_measurements(
    a_cpu: float, least_memory: int
) -> None:
    surface, asked = likely_surface(a_cpu, least_memory), list[Configuration]()
    target = Target(rate=1_500, headroom=0.2, failures=1)
    outcome = find_cheapest(GRID, target, PRICES, measured_on(surface, asked))
    assert outcome.cheapest is not None
    assert price_per_hour(outcome.cheapest, PRICES) == pytest.approx(
        by_brute_force(surface, target, PRICES)
    )
    assert len(asked) <= 9


def test_what_is_skipped_has_its_reason() -> None:
    asked: list[Configuration] = []
    target = Target(rate=1_000, headroom=0.2)
    measure = measured_on(likely_surface(5_000, 200), asked)
    outcome = find_cheapest(GRID, target, PRICES, measure)
    assert outcome.cheapest == Configuration(cpus=0.3, memory=250, replicas=1)
    assert outcome.reason.startswith("1 x 0.3 CPU, 250 MB is the cheapest of 54 that holds 1,000/s")
    assert outcome.reason.endswith(f"{len(asked)} configurations had to be measured for that.")
    reasons = {one.configuration: one.reason for one in outcome.skipped}
    assert not reasons.keys() & set(asked)
    dearest = reasons[Configuration(cpus=0.5, memory=400, replicas=3)]
    assert dearest == (
        "It costs 0.0551 USD an hour, no less than 1 x 0.3 CPU, 250 MB for 0.0111 USD, which holds."
    )
    tiny = reasons[Configuration(cpus=0.05, memory=160, replicas=1)]
    assert "which has at least as much of everything as 1 x 0.05 CPU, 160 MB, " in tiny
    assert "could not be had (fastapi-1 was killed for memory)." in " ".join(reasons.values())
    assert " of the 1,250/s needed." in " ".join(reasons.values())


def test_with_a_failure_what_is_left_has_to_hold() -> None:
    asked: list[Configuration] = []
    target = Target(rate=1_000, headroom=0, failures=1)
    measure = measured_on(likely_surface(5_000, 100), asked)
    outcome = find_cheapest(GRID, target, PRICES, measure)
    # 2 x 0.1 CPU hold 1,000 requests/s: the third replica is the one that may fail.
    assert outcome.cheapest == Configuration(cpus=0.1, memory=160, replicas=3)
    assert Configuration(cpus=0.1, memory=160, replicas=2) in asked
    assert "also when 1 replica fails" in outcome.reason
    reasons = {one.configuration: one.reason for one in outcome.skipped}
    alone = Configuration(cpus=0.5, memory=400, replicas=1)
    assert reasons[alone] == "1 x 0.5 CPU, 400 MB has 1 replica, and 1 may fail."


def test_when_nothing_holds_the_biggest_is_named() -> None:
    asked: list[Configuration] = []
    measure = measured_on(likely_surface(1_000, 100), asked)
    outcome = find_cheapest(GRID, Target(rate=5_000), PRICES, measure)
    assert outcome.cheapest is None
    assert asked[-1] == Configuration(cpus=0.5, memory=400, replicas=3)
    assert len(asked) == 2
    assert outcome.biggest == outcome.measured[-1]
    assert outcome.reason == (
        "None of 54 configurations was shown to hold 5,000/s with 20 % of the capacity to spare. "
        "The most was 1,500/s, by 3 x 0.5 CPU, 400 MB."
    )
    assert len(outcome.skipped) == 52


def test_a_weak_generator_is_not_taken_for_a_weak_service() -> None:
    def measure(one: Configuration) -> ConfigurationResult:
        return result_with(one, capacity_of(900, bound="generator"))

    outcome = find_cheapest(GRID, Target(rate=1_000), PRICES, measure)
    assert outcome.cheapest is None
    limit = words.LIMITED_BY["generator"]
    assert outcome.reason.endswith(f"The limit there was {limit}, so it may hold more.")
    assert not outcome.skipped, "what the generator limited rules nothing out"


def test_no_configuration_survives_more_failures_than_it_has_replicas() -> None:
    asked: list[Configuration] = []
    measure = measured_on(likely_surface(9_000, 100), asked)
    outcome = find_cheapest(GRID, Target(rate=1, failures=3), PRICES, measure)
    assert outcome.cheapest is None
    assert outcome.biggest is None
    assert not asked
    assert outcome.reason.endswith("No replica is left of any of them.")


def test_when_none_can_be_had_the_reason_says_so() -> None:
    outcome = find_cheapest(GRID, Target(rate=1), PRICES, lambda one: broken(one, "killed"))
    assert outcome.cheapest is None
    assert outcome.reason.endswith("None held any rate.")


def test_news_tells_how_many_are_left() -> None:
    news: list[str] = []
    measure = measured_on(likely_surface(5_000, 100), [])
    find_cheapest(GRID, Target(rate=1_000), PRICES, measure, news=news.append)
    assert news[0] == "0 measured, 54 of 54 may still win"
