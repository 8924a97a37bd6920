"""How the number of users changes over a run, free of Locust.

A profile says how many users there are to be, and how many more or fewer a second, at a point
of the run: ``part`` of its ``seconds`` are over.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

Tick = tuple[int, float]

CONSTANT: Final = "constant"

_STEPS: Final = 5
_MANY_USERS: Final = 10_000
_MANY_PER_SECOND: Final = 500.0


@dataclass(frozen=True, slots=True)
class Asked:
    """What Locust's options ask for: users at most, users more a second, and the run time."""

    users: int
    spawn_rate: float
    seconds: float


def steps(asked: Asked, part: float) -> Tick:
    """Five equal steps up to all users; each holds for a fifth of the run time."""
    step = min(_STEPS, int(part * _STEPS) + 1)
    return math.ceil(asked.users * step / _STEPS), asked.spawn_rate


def spike(asked: Asked, part: float) -> Tick:
    """A tenth of the users; all at once for the second third of the run time; a tenth again."""
    few = max(1, asked.users // 10)
    if part < 1 / 3:
        return few, asked.spawn_rate
    return (asked.users if part < 2 / 3 else few), float(asked.users)


def soak(asked: Asked, part: float) -> Tick:  # noqa: ARG001 - it is the same all the time
    """All users, started evenly over the first tenth of the run time: for long runs."""
    return asked.users, 10 * asked.users / asked.seconds


def ten_thousand(asked: Asked, part: float) -> Tick:  # noqa: ARG001 - whatever is asked for
    """10,000 users, 500 more each second."""
    return _MANY_USERS, _MANY_PER_SECOND


# LOCUST_SHAPE, and the profile that it stands for.
PROFILES: Final[dict[str, Callable[[Asked, float], Tick]]] = {
    "steps": steps,
    "spike": spike,
    "soak": soak,
    "ten-thousand": ten_thousand,
}
