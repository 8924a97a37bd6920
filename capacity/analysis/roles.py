"""Which container does what during a measurement."""

from collections.abc import Iterable, Sequence
from typing import Final

from capacity.analysis.busy import busier_half
from capacity.records import ContainerUse, CpuShares, LoadFigures

INFERENCE: Final = "fastapi"
GATEWAY: Final = "gateway"


def used_share(containers: Iterable[ContainerUse], *, of_limit: bool = False) -> float | None:
    """CPU that they used under load, as a share of what they can use; None without a limit.

    One process cannot use more than a whole CPU; ``of_limit`` is the share of the limit itself.
    """
    limited = [one for one in containers if one.cpu_limit > 0]
    if not limited:
        return None
    used = sum(busier_half(look.cpu for look in one.timeline) or one.cpu_mean for one in limited)
    return used / sum(one.cpu_limit if of_limit else _usable(one) for one in limited)


def _usable(one: ContainerUse) -> float:
    """One process a whole CPU: half a CPU beyond that is of no use."""
    return one.cpu_limit if one.cpu_limit < 1 else float(int(one.cpu_limit))


def of_service(containers: Iterable[ContainerUse], service: str) -> list[ContainerUse]:
    """The containers of one service."""
    return [one for one in containers if one.service == service]


def cpu_shares(
    load: LoadFigures, containers: Sequence[ContainerUse], machine_cpu: float
) -> CpuShares:
    """Who had CPU left under a load, and how much."""
    return CpuShares(
        inference=used_share(of_service(containers, INFERENCE)),
        gateway=used_share(of_service(containers, GATEWAY)),
        generator=load.generator.cpu,
        machine=machine_cpu,
    )
