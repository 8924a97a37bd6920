"""What else is worth measuring once the cheapest configuration is known, to explain it."""

from collections.abc import Iterator, Sequence
from itertools import takewhile

from capacity.configuration import Configuration
from capacity.plan.model import Target
from capacity.records import ConfigurationResult
from capacity.search.bounds import holds, left_after

#: The question about the size of each replica is asked for so many of them.
SEVERAL = 3
_DIGITS = 3  # of a CPU limit that is in no plan


def follow_ups(
    cheapest: Configuration | None,
    candidates: Sequence[Configuration],
    target: Target,
    results: Sequence[ConfigurationResult],
) -> tuple[Configuration, ...]:
    """The next few to measure; ask again with their results, until there are none.

    These are the cheapest itself, what is left of it when a replica fails, the same CPUs in
    other numbers of replicas, and one that tells more about the smallest of three replicas.
    """
    if cheapest is None:
        return ()
    _, undecided = smallest_of_several(candidates, target, results)
    known = {one.configuration for one in results}
    wanted = (
        cheapest,
        left_after(cheapest, 1),
        *_as_many_cpus(cheapest, candidates),
        undecided and left_after(undecided, target.failures),
    )
    return tuple(dict.fromkeys(one for one in wanted if one is not None and one not in known))


def smallest_of_several(
    candidates: Sequence[Configuration], target: Target, results: Sequence[ConfigurationResult]
) -> tuple[Configuration | None, Configuration | None]:
    """Of the candidates with three replicas: the smallest known to hold, and one to decide next.

    The smallest has the fewest CPUs that do with the most memory, and then the least memory
    that does with those. There is one to decide until that is certain.
    """
    several = [one for one in candidates if one.replicas == SEVERAL]
    memory = max((one.memory for one in several), default=0)
    by_cpus = sorted((one for one in several if one.memory == memory), key=lambda one: one.cpus)
    smallest, undecided = _along(by_cpus, target, results)
    if smallest is None or undecided is not None:
        return smallest, undecided
    by_memory = sorted(
        (one for one in several if (one.cpus, one.workers) == (smallest.cpus, smallest.workers)),
        key=lambda one: one.memory,
    )
    return _along(by_memory, target, results)


def _along(
    line: Sequence[Configuration], target: Target, results: Sequence[ConfigurationResult]
) -> tuple[Configuration | None, Configuration | None]:
    """The first of a line that is known to hold, and the middle one of those before it that may."""
    verdicts = [(one, holds(one, target, results)) for one in line]
    first = next((one for one, verdict in verdicts if verdict), None)
    before = takewhile(lambda one: not one[1], verdicts)
    undecided = [one for one, verdict in before if verdict is None]
    return first, undecided[len(undecided) // 2] if undecided else None


def _as_many_cpus(
    cheapest: Configuration, candidates: Sequence[Configuration]
) -> Iterator[Configuration]:
    """As many CPUs in all, in other numbers of replicas: from the candidates, or else made up."""
    others = [one for one in candidates if one.replicas != cheapest.replicas]
    equal = [
        one
        for one in others
        if (one.total_cpus, one.workers) == (cheapest.total_cpus, cheapest.workers)
    ]
    for replicas in sorted({one.replicas for one in equal}):
        same = [one for one in equal if one.replicas == replicas]
        yield min(same, key=lambda one: abs(one.memory - cheapest.memory))
    if others and not equal:
        replicas = min(one.replicas for one in others)
        cpus = round(cheapest.total_cpus / replicas, _DIGITS)
        made = cheapest.model_copy(update={"replicas": replicas, "cpus": cpus})
        if made.total_cpus == cheapest.total_cpus:
            yield made
