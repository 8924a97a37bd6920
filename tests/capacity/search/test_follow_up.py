"""What is measured besides, once the cheapest is known."""

import pytest

from capacity.configuration import Configuration
from capacity.plan.model import Prices, Target
from capacity.records import ConfigurationResult
from capacity.search.cheapest import find_cheapest
from capacity.search.follow_up import follow_ups, smallest_of_several
from tests.capacity.search.test_cheapest import GRID, Surface, likely_surface, measured_on


def everything(
    surface: Surface, target: Target, candidates: list[Configuration]
) -> tuple[Configuration | None, list[ConfigurationResult], int]:
    """The search and all follow-ups: the cheapest, all results, and how many of them followed."""
    asked: list[Configuration] = []
    measure = measured_on(surface, asked)
    outcome = find_cheapest(candidates, target, Prices(), measure)
    results = list(outcome.measured)
    while more := follow_ups(outcome.cheapest, candidates, target, results):
        results += [measure(one) for one in more]
    return outcome.cheapest, results, len(results) - len(outcome.measured)


@pytest.mark.parametrize("failures", [0, 1])
@pytest.mark.parametrize("least_memory", [100, 200, 300])
@pytest.mark.parametrize("a_cpu", [3_000.0, 9_000.0, 17_000.0])
def test_the_smallest_of_three_is_certain_in_the_end(
    a_cpu: float, least_memory: int, failures: int
) -> None:
    surface, target = likely_surface(a_cpu, least_memory), Target(rate=1_500, failures=failures)
    _, results, followed = everything(surface, target, GRID)
    smallest, undecided = smallest_of_several(GRID, target, results)
    enough = [
        one
        for one in GRID
        if one.replicas == 3
        and surface(one.model_copy(update={"replicas": 3 - failures})) >= 1_500 / 0.8
    ]
    assert undecided is None
    assert smallest == min(enough, key=lambda one: (one.cpus, one.memory))
    assert followed <= 7


def test_equal_cpus_in_other_numbers_of_replicas_are_taken_from_the_plan() -> None:
    target = Target(rate=1_500, headroom=0.2)
    cheapest, results, _ = everything(likely_surface(7_000, 100), target, GRID)
    assert cheapest == Configuration(cpus=0.3, memory=160, replicas=1)
    measured = {one.configuration for one in results}
    assert {
        cheapest,
        Configuration(cpus=0.15, memory=160, replicas=2),
        Configuration(cpus=0.1, memory=160, replicas=3),
    } <= measured


def test_equal_cpus_that_the_plan_lacks_are_made_up() -> None:
    candidates = [
        Configuration(cpus=cpus, memory=250, replicas=replicas)
        for cpus in (0.11, 0.25)
        for replicas in (1, 3)
    ]
    target = Target(rate=1_000, headroom=0)
    cheapest, results, _ = everything(likely_surface(3_500, 100), target, candidates)
    assert cheapest == Configuration(cpus=0.11, memory=250, replicas=3)
    made = Configuration(cpus=0.33, memory=250, replicas=1)
    assert made in [one.configuration for one in results]


def test_what_is_left_after_a_failure_is_measured_and_the_cheapest_itself() -> None:
    target = Target(rate=1_000, headroom=0, failures=1)
    cheapest, results, _ = everything(likely_surface(5_000, 100), target, GRID)
    assert cheapest is not None
    measured = {one.configuration for one in results}
    assert cheapest in measured
    assert cheapest.model_copy(update={"replicas": cheapest.replicas - 1}) in measured


def test_no_cpus_are_made_up_that_are_not_quite_equal() -> None:
    candidates = [Configuration(cpus=0.1, memory=250, replicas=replicas) for replicas in (1, 3)]
    target = Target(rate=900, headroom=0)
    cheapest, results, _ = everything(likely_surface(10_000, 100), target, candidates)
    assert cheapest == candidates[0]
    assert {one.configuration for one in results} <= set(candidates)


def test_three_replicas_of_which_three_may_fail_hold_nothing() -> None:
    assert smallest_of_several(GRID, Target(rate=1, failures=3), []) == (None, None)


def test_without_a_cheapest_nothing_follows() -> None:
    assert follow_ups(None, GRID, Target(rate=1_000), []) == ()
