"""The answers in words: figures, units, what is an estimate, and what was not measured."""

import pytest

from capacity import words
from capacity.configuration import Configuration
from capacity.plan.model import Prices, Target
from capacity.records import Capacity, ConfigurationResult
from capacity.search.answers import NO_WINNER, Answer, answer_all
from capacity.search.cheapest import SearchOutcome, find_cheapest
from tests.capacity.search.simulated import broken, capacity_of, result_with
from tests.capacity.search.test_cheapest import GRID, likely_surface, measured_on
from tests.capacity.search.test_follow_up import everything

PRICES = Prices()
LEAST, MORE, SMALL, FAILED, LEFT = range(5)
ONE = Configuration(cpus=0.3, memory=250, replicas=1)
TWO = Configuration(cpus=0.15, memory=250, replicas=2)
THREE = Configuration(cpus=0.1, memory=250, replicas=3)


def outcome_of(cheapest: Configuration | None, *results: ConfigurationResult) -> SearchOutcome:
    return SearchOutcome(
        cheapest=cheapest,
        reason="None of 3 configurations was shown to hold 900/s.",
        biggest=None,
        measured=results,
        skipped=(),
    )


def answers_to(
    cheapest: Configuration | None,
    *results: ConfigurationResult,
    target: Target | None = None,
    candidates: tuple[Configuration, ...] = (ONE, TWO, THREE),
) -> list[Answer]:
    target = target or Target(rate=900, headroom=0)
    return answer_all(outcome_of(cheapest, *results), candidates, results, target, PRICES)


def test_a_whole_search_is_answered_without_estimates() -> None:
    target = Target(rate=1_000, headroom=0.2, failures=1)
    candidates = list(GRID)
    surface = likely_surface(5_000, 200)
    cheapest, results, _ = everything(surface, target, candidates)
    outcome = find_cheapest(candidates, target, PRICES, measured_on(surface, []))
    answers = answer_all(outcome, candidates, results, target, PRICES)
    left, whole = (words.capacity(capacity_of(rate, spread=0)) for rate in (1_500, 2_250))
    assert cheapest == Configuration(cpus=0.15, memory=250, replicas=3)
    assert [one.sentence for one in answers] == [
        "Take 3 x 0.15 CPU, 250 MB: the cheapest of the plan that holds 1,000/s with 20 % of the "
        "capacity to spare, also when 1 replica fails. That is 0.45 CPU and 750 MB in all, for "
        f"0.0182 USD an hour. The capacity when 1 replica fails: {left}, "
        "with 2 x 0.15 CPU, 250 MB.",
        answers[MORE].sentence,
        "0.15 CPU and 250 MB each hold 1,000/s with 20 % of the capacity to spare, also when 1 "
        "replica fails. "
        "2 x 0.1 CPU, 400 MB, which is left of 3 x 0.1 CPU, 400 MB when 1 replica fails, was shown "
        "to hold 1,000/s of the 1,250/s needed. "
        "2 x 0.15 CPU, 160 MB, which is left of 3 x 0.15 CPU, 160 MB when 1 replica fails, could "
        "not be had (fastapi-1 was killed for memory).",
        "When one of the 3 replicas of 3 x 0.15 CPU, 250 MB fails, 2 x 0.15 CPU, 250 MB is left: "
        f"{left}, 67 % of the 2,250/s of all. The load of 1,000/s is still "
        "held, with 33 % of that to spare.",
        "56 % (at least 56 %) of the capacity of 3 x 0.15 CPU, 250 MB at 1,000/s; the target asks "
        f"for 20 %. That capacity is {whole}.",
    ]
    assert not any(one.is_estimate for one in answers)


@pytest.mark.parametrize(
    ("alone", "three", "expected"),
    [
        (1_500, 1_000, "Bigger replicas hold more: 1 x 0.3 CPU, 250 MB holds 50 % more than 3 x"),
        (1_000, 1_500, "More replicas hold more: 3 x 0.1 CPU, 250 MB holds 50 % more than 1 x"),
        (1_000, 1_010, "That is no difference beyond the bounds."),
    ],
)
def test_more_replicas_or_bigger_ones(alone: float, three: float, expected: str) -> None:
    results = (
        result_with(ONE, capacity_of(alone)),
        result_with(THREE, capacity_of(three)),
        broken(TWO, "killed"),
    )
    sentence = answers_to(ONE, *results)[MORE].sentence
    assert sentence.startswith(f"With 0.3 CPU in all: {ONE.title}: {alone:,}/s")
    assert expected in sentence
    assert TWO.title not in sentence


def test_one_sample_shows_no_difference() -> None:
    capacity = capacity_of(1_000)
    single = capacity.model_copy(update={"samples": (1_000.0,)})
    results = (result_with(ONE, single), result_with(THREE, capacity_of(2_000)))
    assert answers_to(ONE, *results)[MORE].sentence.endswith(
        "One sample shows no difference for certain."
    )


def test_what_was_not_measured_is_said() -> None:
    results = (result_with(ONE, capacity_of(1_500)),)
    answers = answers_to(ONE, *results)
    assert answers[MORE].sentence.startswith("Not measured: there are no two capacities")
    assert answers[SMALL].sentence.startswith("Not measured: 3 x 0.1 CPU, 250 MB may hold 900/s")
    assert answers[FAILED].sentence == "Nothing: 1 x 0.3 CPU, 250 MB has one replica only."
    only_one = answers_to(ONE, *results, candidates=(ONE,))
    assert only_one[SMALL].sentence == "Not measured: the plan has no configuration of 3 replicas."


def test_what_is_left_after_a_failure_is_an_estimate_unless_it_was_measured() -> None:
    results = (result_with(THREE, capacity_of(1_500)), result_with(ONE, capacity_of(1_600)))
    answer = answers_to(THREE, *results)[FAILED]
    assert answer.is_estimate
    assert "2 x 0.1 CPU, 250 MB is left, which was not measured. An estimate" in answer.sentence


def test_headroom_of_a_configuration_that_was_not_measured_is_an_estimate() -> None:
    left = Configuration(cpus=0.1, memory=250, replicas=2)
    answer = answers_to(THREE, result_with(left, capacity_of(1_000)))[LEFT]
    assert answer.is_estimate
    assert answer.sentence.startswith("3 x 0.1 CPU, 250 MB itself was not measured. An estimate")


def test_a_failure_that_the_load_does_not_survive() -> None:
    left = Configuration(cpus=0.1, memory=250, replicas=2)
    results = (result_with(THREE, capacity_of(1_200)), result_with(left, capacity_of(800)))
    sentence = answers_to(THREE, *results)[FAILED].sentence
    assert "67 % of the 1,200/s of all. The load of 900/s is then not held" in sentence
    killed = broken(left, "fastapi-1 was killed for memory")
    sentence = answers_to(THREE, results[0], killed)[FAILED].sentence
    assert sentence.endswith("is left, which could not be had: fastapi-1 was killed for memory")


def test_the_generators_limit_is_a_bound_and_no_capacity() -> None:
    bound = capacity_of(1_200, bound="generator")
    answers = answers_to(ONE, result_with(ONE, bound))
    assert answers[LEAST].sentence.endswith(f"Its capacity: {words.capacity(bound)}.")
    assert answers[LEFT].sentence.startswith("At least 25 % of the capacity of 1 x 0.3 CPU, 250 MB")


def test_three_replicas_that_do_not_hold() -> None:
    results = (result_with(ONE, capacity_of(1_500)), result_with(THREE, capacity_of(700)))
    assert answers_to(ONE, *results)[SMALL].sentence == (
        "No 3 replicas of the plan were shown to hold 900/s. 3 x 0.1 CPU, 250 MB was shown to hold "
        "679/s of the 900/s needed."
    )


def test_more_memory_of_three_may_be_all_that_is_known() -> None:
    least = Configuration(cpus=0.1, memory=160, replicas=3)
    results = (result_with(THREE, capacity_of(1_500)),)
    sentence = answers_to(THREE, *results, candidates=(THREE, least))[SMALL].sentence
    assert sentence == (
        "0.1 CPU and 250 MB each hold 900/s. Whether 3 x 0.1 CPU, 160 MB does as well was not "
        "measured."
    )
    alone = answers_to(THREE, *results, candidates=(THREE,))[SMALL].sentence
    assert alone == "0.1 CPU and 250 MB each hold 900/s. The plan has none smaller."


def test_nothing_is_known_of_a_configuration_without_any_result() -> None:
    answer = answers_to(THREE)[LEFT]
    assert answer.sentence == "3 x 0.1 CPU, 250 MB itself was not measured."
    assert not answer.is_estimate


def test_no_winner() -> None:
    nothing = Capacity(rate=0, low=0, is_bound=False, limited_by="service", samples=(0,), probes=())
    answers = answers_to(None, result_with(THREE, nothing))
    assert answers[LEAST].sentence == "None of 3 configurations was shown to hold 900/s."
    assert answers[FAILED].sentence == answers[LEFT].sentence == NO_WINNER
    question, sentence, is_estimate = answers[MORE]
    assert question == "More replicas, or bigger ones?"
    assert sentence.startswith("Not measured")
    assert not is_estimate
