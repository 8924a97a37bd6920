"""How busy something was while it was loaded, from looks at it that began before and end after."""

from collections.abc import Iterable
from statistics import fmean


def busier_half(looks: Iterable[float]) -> float:
    """Mean of the larger half of them; 0 without any.

    The looks include the start of the generator and its wait for the last answers. A load of a
    few seconds is half of them.
    """
    ordered = sorted(looks, reverse=True)
    return fmean(ordered[: (len(ordered) + 1) // 2]) if ordered else 0.0
