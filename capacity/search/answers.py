"""What the search says about the questions behind it, a sentence or two each."""

from collections.abc import Sequence
from typing import NamedTuple

from capacity import words
from capacity.analysis.cost import price_per_hour
from capacity.analysis.estimate import estimate
from capacity.configuration import Configuration
from capacity.plan.model import Prices, Target
from capacity.records import ConfigurationResult
from capacity.search.bounds import left_after, result_of
from capacity.search.cheapest import SearchOutcome
from capacity.search.sentences import target_in_words, when_some_fail
from capacity.search.sizes import more_or_bigger, smallest_each

NO_WINNER = "Not answered: no configuration was shown to hold the load."


class Answer(NamedTuple):
    """A question, and what the measurements say; ``is_estimate`` when they only suggest it."""

    question: str
    sentence: str
    is_estimate: bool = False


def answer_all(
    outcome: SearchOutcome,
    candidates: Sequence[Configuration],
    results: Sequence[ConfigurationResult],
    target: Target,
    prices: Prices,
) -> list[Answer]:
    """All answers, the recommendation first. ``results`` are the search's and the follow-ups'."""
    best = outcome.cheapest
    return [
        Answer("What are the least resources for the load?", _least(outcome, target, prices)),
        Answer("More replicas, or bigger ones?", more_or_bigger(best, results)),
        Answer(
            "How small can each of three replicas be?", smallest_each(candidates, target, results)
        ),
        _when_one_fails(best, results, target),
        _headroom(best, results, target),
    ]


def _least(outcome: SearchOutcome, target: Target, prices: Prices) -> str:
    best = outcome.cheapest
    if best is None:
        return outcome.reason
    cost = words.price(price_per_hour(best, prices), prices.currency)
    memory = f"{best.total_memory:,} MB"
    text = (
        f"Take {best.title}: the cheapest of the plan that holds {target_in_words(target)}. That "
        f"is {best.total_cpus:g} CPU and {memory} in all, for {cost} an hour."
    )
    left = left_after(best, target.failures)
    result = result_of(left, outcome.measured) if left is not None else None
    if left is None or result is None:
        return text
    figures = words.capacity(result.capacity)
    if not target.failures:
        return f"{text} Its capacity: {figures}."
    return f"{text} The capacity {when_some_fail(target)}: {figures}, with {left.title}."


def _when_one_fails(
    best: Configuration | None, results: Sequence[ConfigurationResult], target: Target
) -> Answer:
    question = "What is left when one replica fails?"
    if best is None:
        return Answer(question, NO_WINNER)
    left = left_after(best, 1)
    if left is None:
        return Answer(question, f"Nothing: {best.title} has one replica only.")
    start = f"When one of the {best.replicas} replicas of {best.title} fails, {left.title} is left"
    result = result_of(left, results)
    if result is not None and result.error is not None:
        return Answer(question, f"{start}, which could not be had: {result.error}")
    if result is None or result.capacity is None:
        return _estimated(question, f"{start}, which was not measured.", left, results)
    capacity, whole = result.capacity, result_of(best, results)
    of_all = ""
    if whole and whole.capacity and whole.capacity.rate and not whole.capacity.is_bound:
        share = words.share(capacity.rate / whole.capacity.rate)
        of_all = f", {share} of the {words.rate(whole.capacity.rate)} of all"
    verdict = (
        f"The load of {words.rate(target.rate)} is still held, with "
        f"{words.share(1 - target.rate / capacity.rate)} of that to spare."
        if capacity.low >= target.rate
        else f"The load of {words.rate(target.rate)} is then not held for certain."
    )
    return Answer(question, f"{start}: {words.capacity(capacity)}{of_all}. {verdict}")


def _headroom(
    best: Configuration | None, results: Sequence[ConfigurationResult], target: Target
) -> Answer:
    question = "How much is left over at the load?"
    if best is None:
        return Answer(question, NO_WINNER)
    result = result_of(best, results)
    if result is None or result.capacity is None or result.capacity.rate == 0:
        return _estimated(question, f"{best.title} itself was not measured.", best, results)
    capacity = result.capacity
    least = words.share(max(0.0, 1 - target.rate / capacity.low))
    spare = words.share(max(0.0, 1 - target.rate / capacity.rate))
    amount = f"At least {least}" if capacity.is_bound else f"{spare} (at least {least})"
    return Answer(
        question,
        f"{amount} of the capacity of {best.title} at {words.rate(target.rate)}; the target asks "
        f"for {words.share(target.headroom)}. That capacity is {words.capacity(capacity)}.",
    )


def _estimated(
    question: str,
    missing: str,
    configuration: Configuration,
    results: Sequence[ConfigurationResult],
) -> Answer:
    figure = estimate(results, configuration)
    if figure is None:
        return Answer(question, missing)
    return Answer(question, f"{missing} {figure.sentence}", is_estimate=True)
