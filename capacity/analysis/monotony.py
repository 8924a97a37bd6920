"""Does capacity grow with resources, as the search and the estimates take for granted?"""

from collections.abc import Iterator, Sequence
from itertools import permutations

from capacity import words
from capacity.analysis.interval import Interval
from capacity.records import ConfigurationResult


def contradictions(results: Sequence[ConfigurationResult]) -> Iterator[str]:
    """A sentence for each two of which the one with more of everything surely holds less.

    Sure is what lies beyond both 95 % intervals; a bound says nothing from above.
    """
    known = [
        (one.configuration, one.capacity, Interval.of_capacity(one.capacity))
        for one in results
        if one.error is None and one.capacity is not None
    ]
    for (more, high, above), (less, low, below) in permutations(known, 2):
        if more.covers(less) and above.high < below.low:
            yield (
                f"Against expectation, {more.title} holds {words.rate(high.rate)}, less than "
                f"{less.title} with {words.rate(low.rate)}: more resources were no help there, "
                "so do not trust what was concluded from one of the two about others."
            )
