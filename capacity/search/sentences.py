"""What the search's texts have in common: the target, and why something does not hold it."""

from collections.abc import Iterable

from capacity import words
from capacity.configuration import Configuration
from capacity.plan.model import Target
from capacity.records import ConfigurationResult
from capacity.search.bounds import left_after, needed, ruled_out_by, shown


def target_in_words(target: Target) -> str:
    """``1,500/s with 20 % of the capacity to spare, also when 1 replica fails``."""
    text = words.rate(target.rate)
    if target.headroom:
        text += f" with {words.share(target.headroom)} of the capacity to spare"
    return f"{text}, also {when_some_fail(target)}" if target.failures else text


def when_some_fail(target: Target) -> str:
    """``when 1 replica fails``."""
    verb = "fails" if target.failures == 1 else "fail"
    return f"when {words.count(target.failures, 'replica')} {verb}"


def why_not(
    configuration: Configuration, target: Target, results: Iterable[ConfigurationResult]
) -> str | None:
    """A sentence that says what shows that it does not hold the target; None if nothing does."""
    left = left_after(configuration, target.failures)
    if left is None:
        replicas = words.count(configuration.replicas, "replica")
        return f"{configuration.title} has {replicas}, and {target.failures} may fail."
    result = ruled_out_by(left, target, results)
    if result is None:
        return None
    title, rest = result.configuration.title, ""
    if result.configuration != left:
        rest = ", which has at least as much of everything as "
        rest += f"what is left of {configuration.title}," if target.failures else f"{left.title},"
    elif target.failures:
        rest = f", which is left of {configuration.title} {when_some_fail(target)},"
    return f"{title}{rest} {_not_enough(result, target)}."


def _not_enough(result: ConfigurationResult, target: Target) -> str:
    if result.error is not None:
        return f"could not be had ({result.error.rstrip('.')})"
    held, wanted = words.rate(shown(result)), words.rate(needed(target))
    text = f"was shown to hold {held} of the {wanted} needed"
    if result.capacity is not None and result.capacity.is_bound:
        text += f", where the limit was {words.LIMITED_BY[result.capacity.limited_by]}"
    return text
