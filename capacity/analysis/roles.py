"""Which container does what during a measurement."""

from collections.abc import Iterable
from statistics import fmean
from typing import Final

from capacity.records import ContainerUse

INFERENCE: Final = "fastapi"
GATEWAY: Final = "gateway"


def used_share(containers: Iterable[ContainerUse]) -> float | None:
    """CPU used by these containers, as a share of what they may use; None without a limit."""
    limited = [one for one in containers if one.cpu_limit > 0]
    if not limited:
        return None
    return sum(map(_busy_cpu, limited)) / sum(one.cpu_limit for one in limited)


def _busy_cpu(one: ContainerUse) -> float:
    """What it used while it was loaded: the mean of the busier half of the looks at it.

    The looks begin before the generator and end after it, and a short load is half of them.
    """
    looks = sorted((moment.cpu for moment in one.timeline), reverse=True)
    return fmean(looks[: (len(looks) + 1) // 2]) if looks else one.cpu_mean


def of_service(containers: Iterable[ContainerUse], service: str) -> list[ContainerUse]:
    """The containers of one service."""
    return [one for one in containers if one.service == service]
