"""A real HTTP service whose capacity is known: it answers so many requests a second, no more.

Requests stand in one queue, and the times at which they leave it are a matter of arithmetic: how
fast the machine is, and how busy, makes no difference to the capacity.
"""

import asyncio
import json
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, suppress
from dataclasses import dataclass, field
from types import TracebackType
from typing import Any, Final, Literal, Self

from capacity.configuration import Configuration
from capacity.errors import NotApplied
from capacity.records import AppliedLimits, ContainerUse
from capacity.service import Applied, News, Observation

PREDICTION: Final = json.dumps({"model": "CovertypeModel", "version": "3", "prediction": 2})
REFUSAL: Final = json.dumps({"detail": "all replicas are busy"})
_START_SECONDS: Final = 10


class PacedServer:
    """Answers any request like ``/predict/``, ``rate`` a second, in a thread of its own.

    With ``longest_wait``, in seconds, a request that would stand in the queue for longer is
    refused at once: 503 with Retry-After. ``rate`` may change at any time.
    """

    def __init__(self, rate: float, longest_wait: float | None = None) -> None:
        self.rate = rate
        self.longest_wait = longest_wait
        self.served = 0
        self.refused = 0
        self.url = ""
        self._free_at = 0.0
        self._loop: asyncio.AbstractEventLoop
        self._stop: asyncio.Event
        self._listens = threading.Event()
        self._thread: threading.Thread

    def __enter__(self) -> Self:
        self._listens.clear()
        self._thread = threading.Thread(target=lambda: asyncio.run(self._serve()))
        self._thread.start()
        assert self._listens.wait(_START_SECONDS), "the paced server does not listen"
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._loop.call_soon_threadsafe(self._stop.set)
        self._thread.join()

    async def _serve(self) -> None:
        self._loop, self._stop, self._free_at = asyncio.get_running_loop(), asyncio.Event(), 0.0
        talks: set[asyncio.Task[None]] = set()

        def connected(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            talk = asyncio.create_task(self._talk(reader, writer))
            talks.add(talk)
            talk.add_done_callback(talks.discard)

        server = await asyncio.start_server(connected, "127.0.0.1", 0, backlog=1024)
        self.url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/predict/"
        self._listens.set()
        await self._stop.wait()
        server.close()
        for talk in talks:
            talk.cancel()
        await asyncio.gather(*talks, return_exceptions=True)

    async def _talk(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Answer the requests of one connection until the client closes it."""
        try:
            with suppress(asyncio.IncompleteReadError, ConnectionError):
                while True:
                    head = await reader.readuntil(b"\r\n\r\n")
                    await reader.readexactly(_length(head))
                    writer.write(await self._answer())
        finally:
            writer.close()

    async def _answer(self) -> bytes:
        now = self._loop.time()
        begins = max(now, self._free_at)
        if self.longest_wait is not None and begins - now > self.longest_wait:
            self.refused += 1
            return _rendered("503 Service Unavailable", REFUSAL, "Retry-After: 1\r\n")
        self._free_at = begins + 1 / self.rate
        await asyncio.sleep(self._free_at - now)
        self.served += 1
        return _rendered("200 OK", PREDICTION)


def _length(head: bytes) -> int:
    for line in head.lower().splitlines():
        name, _, value = line.partition(b":")
        if name == b"content-length":
            return int(value)
    return 0


def _rendered(status: str, body: str, headers: str = "") -> bytes:
    return (
        f"HTTP/1.1 {status}\r\nContent-Type: application/json\r\n{headers}"
        f"Content-Length: {len(body)}\r\n\r\n{body}"
    ).encode()


def per_cpu(rate: float) -> Callable[[Configuration], float]:
    """A capacity in proportion to the CPUs of all replicas, in requests a second."""
    return lambda configuration: rate * configuration.total_cpus


@dataclass
class FakeService:
    """Replicas behind a gateway, as far as the planner can tell; really one `PacedServer`.

    ``capacity`` says what a configuration holds. With less than ``least_memory`` it cannot be
    had; with less than ``oom_below`` one replica is killed for memory in each observation.
    ``applied`` are the configurations so far, in order.
    """

    capacity: Callable[[Configuration], float] = field(default_factory=lambda: per_cpu(400.0))
    least_memory: int = 0
    oom_below: int = 0
    longest_wait: float | None = None
    kind: Literal["compose", "embedded"] = "compose"
    url: str = ""
    cannot_limit: tuple[str, ...] = ()
    applied: list[Configuration] = field(default_factory=list)
    is_taken_over: bool = False

    def __post_init__(self) -> None:
        self._server = PacedServer(1.0, self.longest_wait)

    def describe(self) -> dict[str, Any]:
        """No machine to speak of."""
        return {}

    def taken_over(self) -> AbstractContextManager[None]:
        """Serve for the length of the block."""
        return self._taken_over()

    @contextmanager
    def _taken_over(self) -> Iterator[None]:
        with self._server:
            self.url = self._server.url
            self.is_taken_over = True
            try:
                yield
            finally:
                self.is_taken_over = False

    def apply(self, configuration: Configuration, news: News) -> Applied:
        """Have the capacity of this configuration from now on."""
        assert self.is_taken_over, "apply outside of taken_over"
        news(f"{configuration.replicas} of {configuration.replicas} ready")
        if configuration.memory < self.least_memory:
            raise NotApplied(
                f"fastapi-1 was killed for memory at {configuration.memory} MB: give it at least "
                f"{self.least_memory} MB"
            )
        self.applied.append(configuration)
        self._server.rate = self.capacity(configuration)
        limits = tuple(
            AppliedLimits(name=name, cpus=configuration.cpus, memory=float(configuration.memory))
            for name in _names(configuration)
        )
        return Applied(limits, ready_seconds=0.1)

    def observed(self) -> AbstractContextManager[Observation]:
        """What replicas of this capacity would have used for the requests of the block."""
        return self._observed()

    @contextmanager
    def _observed(self) -> Iterator[Observation]:
        seen, started, before = Observation(), time.monotonic(), self._server.served
        yield seen
        configuration, served = self.applied[-1], self._server.served - before
        busy = min(1.0, served / (time.monotonic() - started) / self._server.rate)
        names = _names(configuration)
        replicas = tuple(
            _use(name, "fastapi", configuration.cpus, busy, float(configuration.memory))
            for name in names
        )
        if configuration.memory < self.oom_below:
            replicas = (replicas[0].model_copy(update={"oom_kills": 1}), *replicas[1:])
        seen.containers = (*replicas, _use("gateway-1", "gateway", 1.0, 0.1, 256.0))
        seen.machine_cpu = 0.3
        share, rest = divmod(served, len(names))
        seen.balance = {name: share + (place < rest) for place, name in enumerate(names)}


def _use(name: str, service: str, cpus: float, busy: float, memory: float) -> ContainerUse:
    return ContainerUse(
        name=name,
        service=service,
        cpu_limit=cpus,
        memory_limit=memory,
        cpu_mean=cpus * busy,
        cpu_max=cpus * busy,
        memory_max=memory * 0.8,
    )


def _names(configuration: Configuration) -> list[str]:
    return [f"fastapi-{number}" for number in range(1, configuration.replicas + 1)]
