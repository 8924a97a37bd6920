"""Which configurations are worth a look: none is both cheaper and more capable than they are."""

from collections.abc import Iterable
from typing import TypeVar

Key = TypeVar("Key")


def front(points: Iterable[tuple[float, float, Key]]) -> list[Key]:
    """The keys of the Pareto front of (cost, capacity, key), the cheapest first.

    A point is off the front when another one costs no more and holds no less, and is better in
    one of both. Points that are equal in both stand on it together.
    """
    ordered = sorted(points, key=lambda point: (point[0], -point[1]))
    kept: list[tuple[float, float, Key]] = []
    for cost, capacity, key in ordered:
        if not kept or capacity > kept[-1][1] or (cost, capacity) == kept[-1][:2]:
            kept.append((cost, capacity, key))
    return [key for _, _, key in kept]
