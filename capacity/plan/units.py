"""Texts of a plan that stand for numbers: units, and ``auto``."""

import os
import re
from typing import Final

_SECONDS = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0}

AUTO: Final = "auto"
_CPUS: Final = (0.05, 0.1, 0.15, 0.2, 0.3, 0.5, 0.75, 1.0, 1.5, 2.0, 3.0, 4.0, 6.0, 8.0, 12.0, 16.0)
# With three replicas of such a limit, a quarter of the cores is left to gateway and generator.
_LARGEST_SHARE: Final = 0.25


def suited_cpus(value: object) -> object:
    """For ``auto``, CPU limits that suit this machine; a list as a tuple."""
    if value == AUTO:
        return cpus_for(_cores())
    return tuple(value) if isinstance(value, list) else value


def cpus_for(cores: int) -> tuple[float, ...]:
    """CPU limits up to a quarter of the cores, at most 16, the smallest first."""
    return tuple(one for one in _CPUS if one <= cores * _LARGEST_SHARE)


def _cores() -> int:
    """Those that this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def seconds(value: object) -> float:
    """Read ``250ms``, ``30s``, ``2m``, ``1h`` or ``1m30s``; a bare number is seconds.

    Raises:
        ValueError: it is none of them.
    """
    if isinstance(value, int | float) and not isinstance(value, bool):
        return float(value)
    text = str(value).strip()
    parts = re.findall(r"([0-9]+(?:\.[0-9]+)?)(ms|s|m|h)", text)
    if not parts or "".join(number + unit for number, unit in parts) != text:
        raise ValueError(f"expected a duration such as 30s or 1m30s, found {value!r}")
    return sum(float(number) * _SECONDS[unit] for number, unit in parts)
