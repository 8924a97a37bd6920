"""Watch all containers of the stack and of the load test for the length of a block.

A thread of its own listens to the engine. Whatever it cannot see is missing from the result; a
measurement does not fail for that.
"""

import asyncio
import logging
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

import httpx
import psutil

from capacity.analysis.busy import busier_half
from capacity.configuration import MEBI
from capacity.records import ContainerUse
from capacity.service import Observation
from capacity.services.engine_api import Engine, Event, Seen
from capacity.services.sampling import Series, sample
from console.errors import AnswerError
from stack.context import Stack
from stack.docker import LOAD_PROJECT, PROJECT
from stack.scale import servers

logger = logging.getLogger(__name__)

_LOOK_SECONDS = 1.0
_ENDING_SECONDS = 30.0


@contextmanager
def observed(stack: Stack, engine: Engine) -> Iterator[Observation]:
    """Fill in an observation when the block ends, however it ends."""
    seen = Observation()
    answered = _answered(stack)
    watch = Watch(engine, {PROJECT, LOAD_PROJECT})
    watch.start()
    try:
        yield seen
    finally:
        seen.containers = watch.stop()
        seen.machine_cpu = round(busier_half(watch.machine), 4)
        seen.balance = _more(answered, _answered(stack))


class Watch:
    """Looks at the containers of some Compose projects until it is stopped.

    ``machine`` has the share of the machine's processors in use between each two looks.
    """

    def __init__(self, engine: Engine, projects: set[str]) -> None:
        self._engine = engine
        self._projects = projects
        self._processors = psutil.cpu_times()._asdict()
        self.machine: list[float] = []
        self._begin = time.time()
        self._asked_until = self._begin
        self._series: dict[str, tuple[Seen, Series]] = {}
        self._events: dict[tuple[int, str, str], Event] = {}
        self._listeners: set[asyncio.Task[None]] = set()
        self._loop = asyncio.new_event_loop()
        self._stop = asyncio.Event()
        self._thread = threading.Thread(target=self._run, name="containers", daemon=True)

    def start(self) -> None:
        """Begin."""
        self._thread.start()

    def stop(self) -> tuple[ContainerUse, ...]:
        """End, and say what each container used, by name."""
        self._loop.call_soon_threadsafe(self._stop.set)
        self._thread.join(_ENDING_SECONDS)
        events = sorted(self._events.values(), key=lambda event: event.at)
        found = [
            series.use(
                self._begin,
                [event for event in events if event.id == id_],
                must_run=seen.project == PROJECT,
            )
            for id_, (seen, series) in self._series.items()
        ]
        return tuple(sorted(found, key=lambda use: use.name))

    def _run(self) -> None:
        try:
            self._loop.run_until_complete(self._watch())
        finally:
            self._loop.close()

    async def _watch(self) -> None:
        async with self._engine.streams() as client:
            while not self._stop.is_set():
                self._look(client)
                try:
                    await asyncio.wait_for(self._stop.wait(), _LOOK_SECONDS)
                except TimeoutError:
                    continue
            self._ask_events()
            for listener in self._listeners:
                listener.cancel()
            await asyncio.gather(*self._listeners, return_exceptions=True)

    def _look(self, client: httpx.AsyncClient) -> None:
        """Listen to the containers that are new, and ask what happened to all of them."""
        before, self._processors = self._processors, psutil.cpu_times()._asdict()
        self.machine.append(busy_share(before, self._processors))
        try:
            for seen in self._engine.listed(self._projects):
                # One that is paused uses nothing.
                if seen.id not in self._series and seen.state != "paused":
                    self._series[seen.id] = (seen, self._series_of(seen))
                    self._listeners.add(asyncio.create_task(self._listen(client, seen.id)))
        except AnswerError as error:
            logger.warning("no look at the containers: %s", error)
        self._ask_events()

    def _series_of(self, seen: Seen) -> Series:
        limits = (self._engine.details(seen.id) or {}).get("HostConfig", {})
        return Series(
            name=seen.name,
            service=seen.service,
            cpu_limit=limits.get("NanoCpus", 0) / 1e9,
            memory_limit=limits.get("Memory", 0) / MEBI,
        )

    def _ask_events(self) -> None:
        now = time.time()
        try:
            for event in self._engine.events(self._asked_until, now):
                self._events[event.at, event.id, event.kind] = event
        except AnswerError as error:
            logger.warning("no events of the containers: %s", error)
        else:
            self._asked_until = now

    async def _listen(self, client: httpx.AsyncClient, container: str) -> None:
        _, series = self._series[container]
        try:
            async for stats in self._engine.stats(client, container):
                if (found := sample(stats)) is not None:
                    series.samples.append(found)
        except (httpx.HTTPError, ValueError, KeyError) as error:
            logger.info("no more figures of %s: %s", series.name, error)


def busy_share(before: dict[str, float], after: dict[str, float]) -> float:
    """Share of the machine's processor time between two looks that was not idle."""
    spent = {name: after[name] - before[name] for name in after}
    # On Linux, guests' time is part of user time.
    guests = spent.get("guest", 0.0) + spent.get("guest_nice", 0.0)
    whole = sum(spent.values()) - guests
    idle = spent["idle"] + spent.get("iowait", 0.0)
    return round(min(1.0, max(0.0, 1 - idle / whole)), 4) if whole > 0 else 0.0


def _answered(stack: Stack) -> dict[str, int]:
    """Predictions that each replica has answered, by its place in the gateway.

    HAProxy's count of answers with a status of 2xx. Its count of requests, ``stot``, has those
    as well that a replica left unanswered and another one got. Refusals are in neither: the
    gateway gives them by itself.
    """
    try:
        return {row["svname"]: int(row["hrsp_2xx"] or 0) for row in servers(stack)}
    except (AnswerError, KeyError, ValueError) as error:
        logger.warning("the gateway does not say which replica answered how often: %s", error)
        return {}


def _more(before: dict[str, int], after: dict[str, int]) -> dict[str, int]:
    """What was answered in between, without places that answered nothing."""
    # Counts begin anew when the gateway does.
    more = {
        name: count - then if (then := before.get(name, 0)) <= count else count
        for name, count in after.items()
    }
    return {name: count for name, count in more.items() if count}
