"""The two ways to load a server.

Closed: each connection sends its next request when the last one is answered, so a slow server
is asked less. Open: requests are due at a fixed rate, whatever the server does, as real
arrivals are; waiting for a free connection is part of their latency.
"""

import asyncio
import time
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import cycle
from typing import Final

from loadgen.connection import Connection
from loadgen.pool import Pool
from loadgen.queueing import queued_seconds
from loadgen.requests import Address
from loadgen.results import Recorder, Result

# A request that leaves later than this after it was due is counted as late.
LATE_SECONDS: Final = 0.005
# Event loops wake to the millisecond: what is due within one tick is sent together.
_TICK_SECONDS: Final = 0.001


@dataclass(frozen=True, slots=True)
class Timing:
    """Lengths in seconds: before the figures, of the figures, and for the last answers."""

    warmup: float = 1.0
    seconds: float = 10.0
    drain: float = 10.0


async def closed_loop(
    address: Address,
    requests: Sequence[bytes],
    connections: int,
    timing: Timing,
    recorder: Recorder,
) -> Result:
    """Keep each connection busy for the length of the run.

    Raises:
        CannotConnect: nothing takes connections at the address.
    """
    upcoming = cycle(requests)

    def send_next(connection: Connection) -> None:
        pool.send(connection, next(upcoming), time.perf_counter())

    pool = Pool(address, recorder, send_next)
    await pool.connect(connections)
    begin = time.perf_counter() + timing.warmup
    recorder.count_between(begin, begin + timing.seconds)
    pool.start()
    await _measure(timing, recorder)
    await pool.close(timing.drain)
    return recorder.result(offered=None)


async def open_loop(
    address: Address,
    requests: Sequence[bytes],
    connections: int,
    rate: float,
    timing: Timing,
    recorder: Recorder,
) -> Result:
    """Send ``rate`` requests a second, evenly spaced, over at most ``connections``.

    One that found no free connection for ``timing.drain`` seconds is dropped and counted.

    Raises:
        CannotConnect: nothing takes connections at the address.
    """
    upcoming = cycle(requests)
    free: deque[Connection] = deque()
    due: deque[float] = deque()

    def send_due() -> None:
        now = time.perf_counter()
        while due and free:
            scheduled, connection = due.popleft(), free.popleft()
            if not connection.is_open:  # the server closed it while it was idle
                due.appendleft(scheduled)
                pool.replace(connection)
                continue
            if now - scheduled > LATE_SECONDS and recorder.counts(scheduled):
                recorder.late_sends += 1
            pool.send(connection, next(upcoming), scheduled)
        while due and now - due[0] > timing.drain:
            recorder.drop(due.popleft())

    def on_free(connection: Connection) -> None:
        free.append(connection)
        if due:
            send_due()

    pool = Pool(address, recorder, on_free)
    await pool.connect(connections)
    pool.start()
    begin = time.perf_counter()
    recorder.count_between(begin + timing.warmup, begin + timing.warmup + timing.seconds)
    measuring = asyncio.create_task(_measure(timing, recorder))
    total = round(rate * (timing.warmup + timing.seconds))
    sent = 0
    while sent < total or due:
        now = time.perf_counter()
        while sent < total and (scheduled := begin + sent / rate) <= now:
            if now - scheduled > LATE_SECONDS and recorder.counts(scheduled):
                recorder.overslept += 1
            due.append(scheduled)
            sent += 1
        send_due()
        await asyncio.sleep(_TICK_SECONDS)
    await measuring
    await pool.close(timing.drain)
    return recorder.result(offered=rate)


async def _measure(timing: Timing, recorder: Recorder) -> None:
    """Note the generator's own processor time over the span that counts."""
    await asyncio.sleep(timing.warmup)
    cpu, queued = time.process_time(), queued_seconds()
    await asyncio.sleep(timing.seconds)
    recorder.cpu_seconds = time.process_time() - cpu
    recorder.queued_seconds = queued_seconds() - queued
