"""A closed load in Locust's words: the settings of one run."""

import math
from collections.abc import Mapping
from typing import Final

from capacity.plan.load import Closed

# Without a warm-up, Locust would count what it answered while its users were still coming.
_LEAST_WARMUP_SECONDS: Final = 1.0


def run_seconds(load: Closed) -> int:
    """Length of a run: the ramp, the warm-up, and what is measured."""
    return math.ceil(load.ramp_seconds + _warmup(load) + load.duration)


def settings_of(load: Closed) -> Mapping[str, str]:
    """The LOCUST_ variables of a run. What the planner judges itself has no limit there."""
    low, high = load.wait
    return {
        "LOCUST_USERS": str(load.scaled_users),
        "LOCUST_SPAWN_RATE": f"{load.scaled_spawn_rate:g}",
        "LOCUST_RUN_TIME": f"{run_seconds(load)}s",
        "LOCUST_WAIT": f"{low:g}-{high:g}",
        "LOCUST_WARMUP": f"{_warmup(load):g}",
        "LOCUST_SHAPE": "",
        "LOCUST_STOP_AT_LIMIT": "false",
        "LOCUST_MAX_FAILURE_RATIO": "1",
        "LOCUST_MAX_REFUSED_RATIO": "",
        "LOCUST_MAX_P95_MS": "",
        "LOCUST_MAX_P99_MS": "",
        "LOCUST_MIN_GOODPUT": "",
    }


def _warmup(load: Closed) -> float:
    return max(load.warmup, _LEAST_WARMUP_SECONDS)
