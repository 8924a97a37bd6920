"""Two answers about the size of replicas: more or bigger ones, and how small each can be."""

from collections.abc import Iterator, Mapping, Sequence

from capacity import words
from capacity.analysis.interval import Interval
from capacity.configuration import Configuration
from capacity.plan.model import Target
from capacity.records import Capacity, ConfigurationResult
from capacity.search.follow_up import SEVERAL, smallest_of_several
from capacity.search.sentences import target_in_words, why_not


def more_or_bigger(best: Configuration | None, results: Sequence[ConfigurationResult]) -> str:
    """Compare equal CPUs in different numbers of replicas, those of the cheapest first of all."""
    groups = list(_groups(best, results))
    if not groups:
        return (
            "Not measured: there are no two capacities for the same CPUs in different numbers "
            "of replicas."
        )
    group = max(
        groups,
        key=lambda one: (
            best is not None and _total(one) == best.total_cpus,
            len(one),
            _total(one),
        ),
    )
    ranked = sorted(group, key=lambda one: group[one].rate, reverse=True)
    most, least = ranked[0], ranked[-1]
    figures = words.joined([f"{one.title}: {words.capacity(group[one])}" for one in group])
    start = f"With {_total(group):g} CPU in all: {figures}."
    intervals = [Interval.of_capacity(group[one]) for one in (most, least)]
    if not intervals[0].is_apart_from(intervals[1]):
        if any(len(group[one].samples) == 1 for one in (most, least)):
            return f"{start} One sample shows no difference for certain."
        return f"{start} That is no difference beyond the bounds."
    kind = "Bigger replicas hold" if most.replicas < least.replicas else "More replicas hold"
    ratio = group[most].rate / group[least].rate - 1
    return f"{start} {kind} more: {most.title} holds {words.share(ratio)} more than {least.title}."


def smallest_each(
    candidates: Sequence[Configuration],
    target: Target,
    results: Sequence[ConfigurationResult],
) -> str:
    """The fewest CPUs, and the least memory with them, that three replicas hold the target with."""
    several = [one for one in candidates if one.replicas == SEVERAL]
    if not several:
        return f"Not measured: the plan has no configuration of {SEVERAL} replicas."
    smallest, undecided = smallest_of_several(candidates, target, results)
    goal = target_in_words(target)
    if smallest is None and undecided is not None:
        return f"Not measured: {undecided.title} may hold {goal}, or may not."
    if smallest is None:
        biggest = max(several, key=_by_cpus)
        reason = why_not(biggest, target, results)
        return f"No {SEVERAL} replicas of the plan were shown to hold {goal}. {reason}"
    text = f"{smallest.cpus:g} CPU and {smallest.memory:,} MB each hold {goal}."
    if undecided is not None:
        return f"{text} Whether {undecided.title} does as well was not measured."
    smaller = [
        max(ones, key=key)
        for ones, key in (
            ([one for one in several if one.cpus < smallest.cpus], _by_cpus),
            ([one for one in several if _has_less_memory(one, smallest)], _by_memory),
        )
        if ones
    ]
    reasons = " ".join(why_not(one, target, results) or "" for one in smaller)
    return f"{text} {reasons}" if smaller else f"{text} The plan has none smaller."


def _groups(
    best: Configuration | None, results: Sequence[ConfigurationResult]
) -> Iterator[Mapping[Configuration, Capacity]]:
    """Capacities for the same CPUs in all, one for each number of replicas, if there are two."""
    known = {
        one.configuration: one.capacity
        for one in results
        if one.error is None and one.capacity is not None and one.capacity.rate > 0
    }
    memory = max((one.memory for one in known), default=0) if best is None else best.memory
    for total, workers in dict.fromkeys((one.total_cpus, one.workers) for one in known):
        group: dict[int, Configuration] = {}
        for one in sorted(known, key=lambda one: (one.replicas, abs(one.memory - memory))):
            if (one.total_cpus, one.workers) == (total, workers):
                group.setdefault(one.replicas, one)
        if len(group) > 1:
            yield {one: known[one] for one in group.values()}


def _total(group: Mapping[Configuration, Capacity]) -> float:
    return next(iter(group)).total_cpus


def _by_cpus(one: Configuration) -> tuple[float, int]:
    return one.cpus, one.memory


def _by_memory(one: Configuration) -> tuple[int, float]:
    return one.memory, one.cpus


def _has_less_memory(one: Configuration, other: Configuration) -> bool:
    return one.memory < other.memory and one.cpus == other.cpus
