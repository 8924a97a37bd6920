"""The cheapest configuration that holds a load, from as few measurements as possible."""

from collections.abc import Callable, Mapping, Sequence

from capacity import words
from capacity.analysis.cost import price_per_hour
from capacity.analysis.estimate import estimate
from capacity.configuration import Configuration
from capacity.plan.model import Prices, Target
from capacity.records import ConfigurationResult, Record
from capacity.search.bounds import holds, left_after, needed, shown
from capacity.search.sentences import target_in_words, why_not
from capacity.service import News

Measure = Callable[[Configuration], ConfigurationResult]


class Skipped(Record):
    """A configuration that need not be measured, and why."""

    configuration: Configuration
    reason: str


class SearchOutcome(Record):
    """The cheapest configuration that holds the load, or None; ``reason`` says what it rests on.

    ``biggest`` is the result that was shown to hold most. Where replicas may fail, what was
    measured are the configurations that are left of the candidates when they do.
    """

    cheapest: Configuration | None
    reason: str
    biggest: ConfigurationResult | None
    measured: tuple[ConfigurationResult, ...]
    skipped: tuple[Skipped, ...]


def find_cheapest(
    candidates: Sequence[Configuration],
    target: Target,
    prices: Prices,
    measure: Measure,
    *,
    news: News = lambda _: None,
) -> SearchOutcome:
    """Measure until the cheapest candidate that holds the target is known.

    ``measure`` gives the result of a configuration, with its capacity; one that cannot be had
    has an error, and holds nothing. Of two that cost the same, the one with fewer CPUs, then
    with less memory, then with fewer replicas counts as the cheaper one.
    """
    ordered = sorted(
        candidates,
        key=lambda one: (
            round(price_per_hour(one, prices), 9),
            one.total_cpus,
            one.total_memory,
            one.replicas,
            one.slug,
        ),
    )
    measured: list[ConfigurationResult] = []
    cheapest: Configuration | None = None
    lefts = {one: left for one in ordered if (left := left_after(one, target.failures))}
    undecided = list(lefts)
    while undecided:
        news(f"{len(measured)} measured, {len(undecided)} of {len(ordered)} may still win")
        one = _next({one: lefts[one] for one in undecided}, target, measured)
        measured.append(measure(lefts[one]))
        if holds(one, target, measured):
            cheapest = one
            undecided = undecided[: undecided.index(one)]
        undecided = [one for one in undecided if holds(one, target, measured) is None]
    biggest = max(measured, key=shown, default=None)
    known = {one.configuration for one in measured}
    return SearchOutcome(
        cheapest=cheapest,
        reason=_reason(ordered, cheapest, biggest, target, len(measured)),
        biggest=biggest,
        measured=tuple(measured),
        skipped=tuple(
            Skipped(
                configuration=one,
                reason=_why_skipped(one, cheapest, measured, target, prices),
            )
            for one in ordered
            if not known & {one, left_after(one, target.failures)}
        ),
    )


def _next(
    undecided: Mapping[Configuration, Configuration],
    target: Target,
    measured: Sequence[ConfigurationResult],
) -> Configuration:
    """Which one to decide next, of candidates with what is left of each, the cheapest first.

    The cheapest of which enough is expected: if it holds, all that cost more are out. When
    nothing is expected of the rest, the one that takes most others with it when it does not
    hold. Before anything is known, the one whose answer is sure to settle most.
    """

    def covered(one: Configuration) -> int:
        return sum(one.covers(other) for other in undecided)

    expected = {one: estimate(measured, left) for one, left in undecided.items()}
    for one, figure in expected.items():
        if figure is not None and figure.rate >= needed(target):
            return one
    if any(expected.values()):
        return max(undecided, key=covered)
    dearer = {one: len(undecided) - place for place, one in enumerate(undecided)}
    return max(undecided, key=lambda one: min(covered(one), dearer[one]))


def _reason(
    ordered: Sequence[Configuration],
    cheapest: Configuration | None,
    biggest: ConfigurationResult | None,
    target: Target,
    measured: int,
) -> str:
    goal = target_in_words(target)
    if cheapest is not None:
        return (
            f"{cheapest.title} is the cheapest of {len(ordered)} that holds {goal}; "
            f"{words.count(measured, 'configuration')} had to be measured for that."
        )
    none = f"None of {words.count(len(ordered), 'configuration')} was shown to hold {goal}."
    if biggest is None:
        return f"{none} No replica is left of any of them."
    if shown(biggest) == 0:
        return f"{none} None held any rate."
    most = f" The most was {words.rate(shown(biggest))}, by {biggest.configuration.title}."
    if biggest.capacity is None or not biggest.capacity.is_bound:
        return none + most
    limit = words.LIMITED_BY[biggest.capacity.limited_by]
    return f"{none}{most} The limit there was {limit}, so it may hold more."


def _why_skipped(
    one: Configuration,
    cheapest: Configuration | None,
    measured: Sequence[ConfigurationResult],
    target: Target,
    prices: Prices,
) -> str:
    reason = why_not(one, target, measured)
    if reason is not None or cheapest is None:
        return reason or "Nothing is known of it."
    cost, best = (
        words.price(price_per_hour(each, prices), prices.currency) for each in (one, cheapest)
    )
    return f"It costs {cost} an hour, no less than {cheapest.title} for {best}, which holds."
