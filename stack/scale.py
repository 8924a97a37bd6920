"""``scale``: more or fewer containers that serve predictions, while they serve."""

import csv
import io

from console.errors import NotReady, NotUp, ProcessFailed
from stack.containers import Container, containers, last_log_lines
from stack.context import Stack
from stack.waiting import wait_until

MOST_REPLICAS = 20
READY_SECONDS = 180.0
_COMPOSE_SECONDS = 300.0
_CHECK_SECONDS = 30.0
_SERVICE, _BACKEND = "fastapi", "predictions"


def scale(stack: Stack, replicas: int, seconds: float = READY_SECONDS) -> None:
    """Have this many replicas, all of them ready and used by the gateway.

    Args:
        replicas: from 1 to 20, which is as many as the gateway finds.

    Raises:
        NotUp: the stack does not run.
        NotReady: they are not all in use in time.
    """
    docker = stack.docker
    docker.check()
    if not stack.web.is_ok(f"{stack.stats_url}/stats", _CHECK_SECONDS):
        raise NotUp(f"the gateway gives no answer at {stack.stats_url}: run `make up`")
    with stack.progress.phase("scale", f"Have {replicas} replicas") as phase:
        command = ["compose", "up", "--detach", "--no-build", "--no-deps", "--no-recreate"]
        command += ["--scale", f"{_SERVICE}={replicas}", _SERVICE]
        docker.run_well("scale", command, _COMPOSE_SECONDS)

        def in_use() -> bool:
            found = [one for one in replicas_of(stack) if one.state == "running"]
            used = servers_in_use(stack)
            phase.status(f"{len(found)} run, the gateway uses {used}")
            return len(found) == used == replicas

        try:
            what = f"the gateway to use exactly {replicas} replicas"
            wait_until(in_use, seconds, what, stack.poll)
        except NotReady as error:
            newest = replicas_of(stack)[-1:]
            raise NotReady(
                f"{error}: it uses those that have a model; `make ps` shows them, and "
                f"{stack.stats_url}/stats which of them are up",
                excerpt=last_log_lines(docker, newest[0]) if newest else "",
            ) from error
        phase.result = "the gateway uses all of them"
    for one in replicas_of(stack):
        stack.say(f"  {one.name}: {one.condition}")
    stack.say(f"`make up` goes back to FASTAPI_REPLICAS={stack.settings.fastapi_replicas} of .env.")


def replicas_of(stack: Stack) -> list[Container]:
    """The containers that serve predictions."""
    try:
        return [one for one in containers(stack.docker) if one.service == _SERVICE]
    except ProcessFailed:  # one was removed between two questions
        return []


def servers_in_use(stack: Stack) -> int:
    """How many ready replicas the gateway sends predictions to.

    Raises:
        AnswerError: the gateway does not answer.
    """
    return sum(row["status"].startswith("UP") for row in servers(stack))


def servers(stack: Stack) -> list[dict[str, str]]:
    """The gateway's figures about each place for a replica, by HAProxy's names.

    Raises:
        AnswerError: the gateway does not answer.
    """
    text = stack.web.content(f"{stack.stats_url}/stats;csv").decode()
    rows = csv.DictReader(io.StringIO(text.removeprefix("# ")))
    return [
        row
        for row in rows
        if row["pxname"] == _BACKEND and row["svname"] not in ("BACKEND", "FRONTEND")
    ]
