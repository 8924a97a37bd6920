"""Make inference's containers anew through Compose, and wait until the gateway uses them."""

import time
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from capacity.analysis.roles import GATEWAY, INFERENCE
from capacity.services.engine_api import Engine, Seen
from console.errors import AnswerError
from stack.context import Stack
from stack.docker import NETWORK, PROJECT
from stack.scale import servers
from stack.waiting import wait_until

# A replica takes about one core second to start, and as much for each of its workers.
_CORE_SECONDS = 6.0
_OTHER_SECONDS = 60.0
_COMPOSE_SECONDS = 600.0
_GATEWAY_PORT = 8081
_WAY_SECONDS = 2.0


def compose_up(
    stack: Stack,
    log: str,
    environment: Mapping[str, str],
    *arguments: str,
    on_poll: Callable[[], object] = lambda: None,
) -> None:
    """Have services as Compose's file says with these variables, and nothing else touched.

    Raises:
        ProcessFailed: Compose failed.
        NotReady: it took too long.
    """
    command = ["compose", "up", "--detach", "--no-deps", "--no-build", *arguments]
    stack.docker.run_well(
        log, command, _COMPOSE_SECONDS, lambda _log: on_poll(), environment=environment
    )


def inference(engine: Engine) -> list[Seen]:
    """The containers that serve predictions and have not ended."""
    return [one for one in engine.listed({PROJECT}) if one.service == INFERENCE]


def direct_address(stack: Stack, engine: Engine) -> str | None:
    """The gateway's address on the stack's network; None where this machine has no way there.

    On Linux it has, when the engine runs on it and not in a virtual machine.
    """
    for one in engine.listed({PROJECT}):
        if one.service != GATEWAY or (details := engine.details(one.id)) is None:
            continue
        network = details["NetworkSettings"]["Networks"].get(NETWORK, {})
        url = f"http://{network.get('IPAddress')}:{_GATEWAY_PORT}"
        if network.get("IPAddress") and stack.web.is_ok(f"{url}/health/live", _WAY_SECONDS):
            return url
    return None


def await_use(
    stack: Stack,
    engine: Engine,
    replicas: int,
    seconds: float,
    on_poll: Callable[[str], object] = lambda _news: None,
) -> None:
    """Return once so many replicas run, all of them ready and used by the gateway.

    Raises:
        NotReady: they are not in time.
        CommandError: what ``on_poll`` raises, which is called with news at every look.
    """

    def in_use() -> bool:
        running = [one for one in inference(engine) if one.state == "running"]
        used = _used(stack, [engine.details(one.id) for one in running])
        on_poll(f"{len(running)} of {replicas} run, the gateway uses {used}")
        return len(running) == used == replicas

    what = f"the gateway to use exactly {replicas} replicas"
    wait_until(in_use, seconds, what, stack.poll)


def start_seconds(cpus: float, workers: int | None) -> float:
    """Patience with a start: a small share of a core makes it long."""
    processes = workers or max(1, int(cpus))
    return _OTHER_SECONDS + _CORE_SECONDS * processes / cpus


def started_at(details: Mapping[str, Any]) -> float:
    """When a container was started, in seconds since 1970."""
    return datetime.fromisoformat(details["State"]["StartedAt"]).timestamp()


def _used(stack: Stack, running: list[dict[str, Any] | None]) -> int:
    """How many replicas the gateway uses, without those that it believes in but are gone."""
    oldest = min((started_at(one) for one in running if one is not None), default=None)
    if oldest is None:
        return 0
    age = time.time() - oldest
    try:
        found = servers(stack)
    except AnswerError as error:
        if error.may_pass:  # it is being made anew itself
            return 0
        raise
    # A place that was taken before these containers were started is its predecessor's.
    return sum(row["status"].startswith("UP") and int(row["lastchg"]) <= age for row in found)
