"""Runs of the load generator inside the test, on the event loop that its command uses."""

from collections.abc import Sequence

import uvloop

from loadgen.loops import Timing, closed_loop, open_loop
from loadgen.requests import Address, render
from loadgen.results import Recorder, Result

BODIES = (b'{"row":1}', b'{"row":2}', b'{"row":3}')


def closed(
    url: str, seconds: float, connections: int, *, label: str | None = None, drain: float = 5.0
) -> Result:
    """A closed loop without warm-up."""
    address = Address.of(url)
    timing = Timing(warmup=0, seconds=seconds, drain=drain)
    run = closed_loop(address, render(address, BODIES), connections, timing, Recorder(label=label))
    return uvloop.run(run)


def opened(
    url: str,
    seconds: float,
    connections: int,
    rate: float,
    *,
    drain: float = 5.0,
    bodies: Sequence[bytes] = BODIES,
    timeline: bool = False,
) -> Result:
    """An open loop without warm-up."""
    address = Address.of(url)
    timing = Timing(warmup=0, seconds=seconds, drain=drain)
    requests = render(address, bodies)
    recorder = Recorder(has_timeline=timeline)
    return uvloop.run(open_loop(address, requests, connections, rate, timing, recorder))
