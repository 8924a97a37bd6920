"""Which configuration to take, in one sentence, and the figures behind it."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from capacity import words
from capacity.analysis.cost import price_per_hour
from capacity.analysis.monotony import contradictions
from capacity.plan.model import Objective, Plan
from capacity.records import ConfigurationResult
from capacity.report.selection import Held, held

Answer = tuple[str, str, bool]


@dataclass(frozen=True, slots=True)
class Recommendation:
    """The sentence, and further ones with the figures that it rests on."""

    sentence: str
    evidence: tuple[str, ...] = ()


def recommend(
    plan: Plan, results: Sequence[ConfigurationResult], answers: Sequence[Answer]
) -> Recommendation:
    """From the search's first answer; without answers, from what was measured."""
    found = _recommended(plan, results, answers)
    return replace(found, evidence=(*found.evidence, *contradictions(results)))


def _recommended(
    plan: Plan, results: Sequence[ConfigurationResult], answers: Sequence[Answer]
) -> Recommendation:
    if answers:
        _, sentence, is_estimate = answers[0]
        return Recommendation(f"Estimate: {sentence}" if is_estimate else sentence)
    if plan.load.closed is None and plan.load.open is None:
        return _by_capacity(plan, results)
    return _by_load(plan, results)


def load_in_words(plan: Plan) -> str:
    """What the configurations had to hold."""
    closed = plan.load.closed
    if closed is None:
        return "the highest rate of the plan"
    users = words.count(closed.scaled_users, "user")
    if closed.scale == 1:
        return users
    return f"{users} ({words.share(closed.scale)} of the {closed.users:,} in the plan)"


def objective_in_words(objective: Objective) -> str:
    """What counts as held."""
    parts = [
        f"{name} up to {words.latency(limit)}"
        for name, limit in (("p95", objective.p95_ms), ("p99", objective.p99_ms))
        if limit is not None
    ]
    for name, most in (("failed", objective.failed), ("refused", objective.refused)):
        parts.append(f"{name} up to {words.share(most)}" if most else f"none {name}")
    if objective.goodput is not None:
        parts.append(f"goodput from {words.share(objective.goodput)}")
    return words.joined(parts)


def _by_load(plan: Plan, results: Sequence[ConfigurationResult]) -> Recommendation:
    measured = [
        (result, load)
        for result in results
        if not result.error and (load := held(plan, result)) is not None
    ]
    good = [(result, load) for result, load in measured if load.is_held]
    if good:
        result, load = min(good, key=lambda one: _price(plan, one[0]))
        configuration, figures = result.configuration, load.shown.load
        rate = f" at {words.rate(figures.offered)}" if figures.kind == "open" else ""
        what = load_in_words(plan) if plan.load.closed else f"its load{rate}"
        return Recommendation(
            f"Take {configuration.title}: the cheapest measured one that held {what}, with "
            f"{words.rate(figures.goodput)}, {_latencies(load)}, {load.failed:,} failed and "
            f"{load.refused:,} refused, for {_price_text(plan, result)} an hour.",
            _evidence(plan, result, load, len(results)),
        )
    judged = [(result, load) for result, load in measured if load.is_held is False]
    if judged:
        result, load = min(judged, key=lambda one: _distance(plan.objective, one[1]))
        return Recommendation(
            f"None of the measured configurations held {load_in_words(plan)}; "
            f"{result.configuration.title} came nearest, with "
            f"{words.rate(load.shown.load.goodput)}, {_latencies(load)}, {load.failed:,} failed "
            f"and {load.refused:,} refused.",
            load.shown.judgement.reasons,
        )
    if measured:
        return Recommendation(
            "No recommendation: the load generator was the limit, or measurements are missing, "
            "wherever there are figures, so none of them says what the service holds.",
            ("Drive the load from a bigger machine, or from several.",),
        )
    return Recommendation("No recommendation: no configuration was measured under the load.")


def _by_capacity(plan: Plan, results: Sequence[ConfigurationResult]) -> Recommendation:
    found = [
        (result, result.capacity)
        for result in results
        if not result.error and result.capacity and result.capacity.rate
    ]
    if plan.target is not None:
        return Recommendation(
            "No recommendation yet: the search for the cheapest configuration for "
            f"{words.rate(plan.target.rate)} is not finished."
        )
    own = [one for one in found if not one[1].is_bound]
    if not own:
        return Recommendation(
            "No recommendation: the service's own limit was not found for any configuration."
        )
    result, capacity = max(own, key=lambda one: one[1].rate / (_price(plan, one[0]) or 1))
    return Recommendation(
        f"{result.configuration.title} serves most for its price: {words.capacity(capacity)} "
        f"for {_price_text(plan, result)} an hour.",
        (f"The objective: {objective_in_words(plan.objective)}.",),
    )


def _evidence(
    plan: Plan, result: ConfigurationResult, load: Held, measured: int
) -> tuple[str, ...]:
    sentences = [
        f"The objective: {objective_in_words(plan.objective)}.",
        f"Its capacity: {words.capacity(result.capacity)}.",
        f"It is one of {words.count(measured, 'configuration')} measured, "
        f"{words.count(len(load.measurements), 'time')} under this load.",
    ]
    return tuple(sentences)


def _distance(objective: Objective, load: Held) -> tuple[float, float]:
    """How far from held: the share of unanswered requests first, then latency to its limit."""
    figures = load.shown.load
    accepted = figures.accepted
    lost = (figures.failed + figures.refused) / max(1, figures.answered)
    if accepted is None:
        return lost, float("inf")
    ratios = [
        seen / limit
        for seen, limit in (
            (accepted.p95_ms, objective.p95_ms),
            (accepted.p99_ms, objective.p99_ms),
        )
        if limit is not None
    ]
    return round(lost, 2), max(ratios)


def _latencies(load: Held) -> str:
    accepted = load.shown.load.accepted
    if accepted is None:
        return "no prediction answered"
    return f"p95 {words.latency(accepted.p95_ms)}, p99 {words.latency(accepted.p99_ms)}"


def _price(plan: Plan, result: ConfigurationResult) -> float:
    return price_per_hour(result.configuration, plan.prices)


def _price_text(plan: Plan, result: ConfigurationResult) -> str:
    return words.price(_price(plan, result), plan.prices.currency)
