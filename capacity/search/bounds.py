"""What measured configurations say about others, and whether they hold the target.

Capacity grows with resources: what holds a rate holds it with more of anything, and what does
not hold it does not with less. What a configuration was *shown* to hold is the lower bound of
its capacity, or nothing where it could not be had at all.
"""

from collections.abc import Iterable

from capacity.configuration import Configuration
from capacity.plan.model import Target
from capacity.records import ConfigurationResult


def shown(result: ConfigurationResult) -> float:
    """Requests a second that a configuration was shown to hold."""
    if result.error is not None or result.capacity is None:
        return 0.0
    return result.capacity.low


def needed(target: Target) -> float:
    """The capacity that leaves the headroom over at the target's rate, in requests a second."""
    return target.rate / (1 - target.headroom)


def left_after(configuration: Configuration, failures: int) -> Configuration | None:
    """The configuration with so many replicas fewer; None if none is left."""
    replicas = configuration.replicas - failures
    return configuration.model_copy(update={"replicas": replicas}) if replicas > 0 else None


def result_of(
    configuration: Configuration, results: Iterable[ConfigurationResult]
) -> ConfigurationResult | None:
    """Its own result, or None if it was not measured."""
    return next((one for one in results if one.configuration == configuration), None)


def holds(
    configuration: Configuration, target: Target, results: Iterable[ConfigurationResult]
) -> bool | None:
    """Does it hold the target with its headroom, also when the replicas fail that may?

    None if neither its own result nor those of others tell.
    """
    left = left_after(configuration, target.failures)
    if left is None:
        return False
    results = list(results)
    own = result_of(left, results)
    if own is not None:
        return shown(own) >= needed(target)
    if ruled_out_by(left, target, results) is not None:
        return False
    if any(left.covers(one.configuration) and shown(one) >= needed(target) for one in results):
        return True
    return None


def ruled_out_by(
    left: Configuration, target: Target, results: Iterable[ConfigurationResult]
) -> ConfigurationResult | None:
    """The result, its own or of something bigger, that shows that ``left`` is not enough.

    Where something else than the service was the limit, a bigger one shows nothing.
    """
    above = [
        one
        for one in results
        if one.configuration.covers(left)
        and shown(one) < needed(target)
        and (one.configuration == left or one.capacity is None or not one.capacity.is_bound)
    ]
    return min(above, key=shown, default=None)
