"""Units that a plan's texts may have."""

import re

_SECONDS = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0}


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
