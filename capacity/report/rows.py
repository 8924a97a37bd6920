"""The table of all configurations: the same texts for HTML, Markdown and the terminal."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from capacity import words
from capacity.analysis.cost import price_per_hour
from capacity.analysis.estimate import Estimate, estimate
from capacity.plan.model import Plan, Reference
from capacity.records import ConfigurationResult
from capacity.report.selection import Held, held

HEADINGS: Final = (
    "Configuration",
    "Reference",
    "Requests/s",
    "p95",
    "Refused (503)",
    "Failed",
    "Verdict",
    "Load limited by",
    "Capacity",
    "Estimate",
    "Price an hour",
)


@dataclass(frozen=True, slots=True)
class Row:
    """One configuration, in words; ``cells`` are in the order of the headings."""

    slug: str
    cells: tuple[str, ...]

    @property
    def title(self) -> str:
        """The configuration."""
        return self.cells[0]

    @property
    def verdict(self) -> str:
        """Whether it held the plan's load."""
        return self.cells[HEADINGS.index("Verdict")]


def rows(plan: Plan, results: Sequence[ConfigurationResult]) -> list[Row]:
    """A row for each result, in their order."""
    references = {one.configuration: one.reference for one in plan.candidates()}
    return [
        _row(plan, result, references.get(result.configuration), estimated(results, result))
        for result in results
    ]


def estimated(
    results: Sequence[ConfigurationResult], result: ConfigurationResult
) -> Estimate | None:
    """What the others let expect of one whose own limit was not found, or None.

    An estimate below what was seen already is refuted, and is not given.
    """
    if result.error or result.capacity is None or not result.capacity.is_bound:
        return None
    guess = estimate(results, result.configuration)
    seen = max(
        one.capacity.rate
        for one in results
        if one.capacity is not None and result.configuration.covers(one.configuration)
    )
    return guess if guess is not None and guess.rate > seen else None


def verdict(plan: Plan, result: ConfigurationResult, load: Held | None) -> str:
    """Did it hold the plan's load?"""
    if result.error:
        return "broke"
    if load is None:
        has_load = plan.load.closed is not None or plan.load.open is not None
        return "not finished" if has_load and not result.is_complete else words.NOT_MEASURED
    if load.is_held is None:
        of_generator = load.shown.judgement.limited_by == "generator"
        return "not judged" if of_generator else "not finished"
    return "held" if load.is_held else "not held"


def reference_in_words(reference: Reference | None) -> str:
    """What the earlier system did."""
    if reference is None:
        return words.NONE
    parts = [words.rate(reference.rps)] if reference.rps else []
    if reference.answer_seconds:
        parts.append(f"answers after {reference.answer_seconds:g} s")
    if reference.remark:
        parts.append(reference.remark)
    return ", ".join(parts) or words.NONE


def _row(
    plan: Plan,
    result: ConfigurationResult,
    reference: Reference | None,
    guess: Estimate | None,
) -> Row:
    load = held(plan, result)
    capacity = words.NONE if result.error else words.capacity(result.capacity)
    cells = (
        result.configuration.title,
        reference_in_words(reference),
        *_load_cells(load),
        verdict(plan, result, load),
        words.LIMITED_BY[load.shown.judgement.limited_by] if load else words.NONE,
        capacity,
        _estimate_in_words(guess),
        words.price(price_per_hour(result.configuration, plan.prices), plan.prices.currency),
    )
    return Row(result.configuration.slug, cells)


def _estimate_in_words(guess: Estimate | None) -> str:
    if guess is None:
        return words.NONE
    if guess.low is None or guess.high is None:
        return f"about {words.rate(guess.rate)} (from one)"
    return f"about {words.rate(guess.rate)} ({words.number(guess.low)}-{words.rate(guess.high)})"


def _load_cells(load: Held | None) -> tuple[str, str, str, str]:
    if load is None:
        return (words.NONE,) * 4
    accepted = load.shown.load.accepted
    return (
        words.rate(load.shown.load.goodput),
        words.latency(accepted.p95_ms if accepted else None),
        f"{load.refused:,}",
        f"{load.failed:,}",
    )
