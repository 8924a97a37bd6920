"""Give inference the resources of a configuration, and prove that it has them."""

import time
from typing import Any

from capacity.analysis.roles import INFERENCE
from capacity.configuration import MEBI, Configuration
from capacity.errors import NotApplied
from capacity.records import AppliedLimits
from capacity.service import Applied, News
from capacity.services.engine_api import Engine, Event
from capacity.services.replicas import (
    await_use,
    compose_up,
    inference,
    start_seconds,
    started_at,
)
from console.errors import NotReady, ProcessFailed
from stack.containers import last_log_lines
from stack.context import Stack
from stack.docker import PROJECT
from stack.scale import replicas_of

_LEAST_CPUS = 0.01
_NANO = 1e9


def apply(stack: Stack, engine: Engine, configuration: Configuration, news: News) -> Applied:
    """Make the replicas anew with these limits alone, and wait until all are used.

    Raises:
        NotApplied: the engine refuses the limits, a replica is killed or ends while it starts, or
            they are not ready in time.
    """
    _check(engine, configuration)
    start = _Start(stack, engine, configuration)
    force = ("--force-recreate", "--scale", f"{INFERENCE}={configuration.replicas}", INFERENCE)
    try:
        news("making the replicas")
        compose_up(stack, "capacity-up", _environment(configuration), *force, on_poll=start.look)
        patience = start_seconds(configuration.cpus, configuration.workers)

        def look(text: str) -> None:
            news(text)
            start.look()

        await_use(stack, engine, configuration.replicas, patience, look)
    except (NotReady, ProcessFailed) as error:
        start.look()
        raise NotApplied(
            f"{configuration.title}: {error}", log=error.log, excerpt=error.excerpt
        ) from error
    found = [engine.details(one.id) for one in inference(engine)]
    running = [one for one in found if one is not None]
    seconds = time.time() - min(map(started_at, running))
    start.look()
    return Applied(tuple(_proven(one, configuration) for one in running), round(seconds, 1))


def _check(engine: Engine, configuration: Configuration) -> None:
    """Refuse what Docker would refuse, before the replicas that run are given up."""
    cores = engine.cores()
    if not _LEAST_CPUS <= configuration.cpus <= cores:
        raise NotApplied(
            f"{configuration.title}: Docker gives a container {_LEAST_CPUS} CPU at least, and at "
            f"most what this machine has: {cores} cores"
        )


def _environment(configuration: Configuration) -> dict[str, str]:
    return {
        "FASTAPI_CPUS": f"{configuration.cpus:.9f}".rstrip("0").rstrip("."),
        "FASTAPI_MEMORY": f"{configuration.memory}M",
        "FASTAPI_WORKERS": str(configuration.workers or ""),
        "FASTAPI_REPLICAS": str(configuration.replicas),
    }


def _proven(details: dict[str, Any], configuration: Configuration) -> AppliedLimits:
    """What the engine says that a replica may use.

    Raises:
        NotApplied: it is something else than what was asked for.
    """
    name, host = details["Name"].removeprefix("/"), details["HostConfig"]
    environment = dict(pair.split("=", 1) for pair in details["Config"]["Env"])
    found = AppliedLimits(
        name=name,
        cpus=host["NanoCpus"] / _NANO,
        memory=host["Memory"] / MEBI,
        workers=int(environment.get("FASTAPI_WORKERS") or 0) or None,
    )
    asked = AppliedLimits(
        name=name,
        cpus=round(configuration.cpus * _NANO) / _NANO,
        memory=float(configuration.memory),
        workers=configuration.workers,
    )
    if found != asked:
        raise NotApplied(
            f"{name} may use {found.cpus:g} CPU, {found.memory:g} MB and {found.workers} workers, "
            f"although {asked.cpus:g}, {asked.memory:g} and {asked.workers} were asked for: does a "
            "docker-compose.override.yml change them?"
        )
    return found


class _Start:
    """Watches new replicas while they start, so that one that is killed is noticed at once."""

    def __init__(self, stack: Stack, engine: Engine, configuration: Configuration) -> None:
        self._stack = stack
        self._engine = engine
        self._configuration = configuration
        # These are about to be stopped.
        self._old = {one.id for one in engine.listed({PROJECT}, ended=True)}
        self._asked_until = time.time()
        self._ended: Event | None = None

    def look(self) -> None:
        """Raise if a new replica was killed, or has ended.

        Raises:
            NotApplied: with what became of it.
        """
        now = time.time()
        events = [
            event
            for event in self._engine.events(self._asked_until, now)
            if event.service == INFERENCE and event.id not in self._old
        ]
        self._asked_until = now
        for event in events:
            if event.kind == "oom":
                memory = self._configuration.memory
                raise self._failure(event, f"was killed for memory at {memory} MB")
        # The word that memory was the reason may come after the end itself: one more look.
        if self._ended is not None:
            raise self._failure(self._ended, f"ended with exit code {self._ended.exit_code}")
        self._ended = next((event for event in events if event.kind == "die"), None)

    def _failure(self, event: Event, what: str) -> NotApplied:
        found = next((one for one in replicas_of(self._stack) if one.id == event.id), None)
        return NotApplied(
            f"{self._configuration.title}: {event.name} {what} while it started",
            excerpt=last_log_lines(self._stack.docker, found) if found else "",
        )
