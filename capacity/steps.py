"""The steps of a plan for each configuration, in their order, and about how long each takes."""

from dataclasses import dataclass

from capacity.plan.load import Closed, Limit, Load
from capacity.service import OpenLoad

# Estimates for the time left; a run corrects them by how long its steps really take.
APPLY_SECONDS = 25.0
_LOCUST_SECONDS = 15.0
_PROCESS_SECONDS = 1.5
_PROBES_A_SAMPLE = 7


@dataclass(frozen=True, slots=True)
class Step:
    """One measurement. ``name`` is unique within the plan; ``seconds`` is an estimate."""

    name: str
    load: Closed | OpenLoad
    seconds: float

    @property
    def title(self) -> str:
        """What happens, for people."""
        if isinstance(self.load, Closed):
            return f"{self.load.scaled_users:,} users"
        return f"{self.load.rate:,g} requests/s"


def steps(load: Load, repeats: int) -> list[Step]:
    """All measurements of a configuration but the search for its limit."""
    found = []
    for number in range(1, repeats + 1):
        if closed := load.closed:
            lasts = closed.ramp_seconds + closed.warmup + closed.duration + _LOCUST_SECONDS
            found.append(Step(f"closed-{number}", closed, lasts))
        if load.open:
            for rate in load.open.rates:
                one = OpenLoad(rate, load.open.warmup, load.open.duration, load.open.connections)
                lasts = one.warmup + one.duration + _PROCESS_SECONDS
                found.append(Step(f"open-{rate:g}-{number}", one, lasts))
    return found


def limit_seconds(limit: Limit) -> float:
    """About how long the search for a configuration's limit takes."""
    probe = limit.warmup + limit.duration + _PROCESS_SECONDS
    return probe * (4 + _PROBES_A_SAMPLE * limit.samples)
