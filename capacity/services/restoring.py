"""Put the stack back to how a planner found it: ``python -m capacity.services.restoring FILE``.

That command is started before the first change, in a session of its own, with a pipe as its
input that the planner alone holds open. When the pipe ends, however the planner ended, it puts
everything back. A planner that comes to its end says so before; one that was killed cannot, and
leaves processes and a load test behind. Should even this process die, the next planner finds the
file and does it.
"""

import logging
import os
import sys
from contextlib import suppress
from pathlib import Path

import psutil
from rich.console import Console

from capacity.analysis.roles import GATEWAY, INFERENCE
from capacity.services import before as found_before
from capacity.services.before import Before
from capacity.services.engine_api import Engine
from capacity.services.pausing import resume
from capacity.services.replicas import await_use, compose_up, start_seconds
from console.errors import CommandError, NotReady, explain
from stack.context import Stack
from stack.docker import PROJECT
from stack.updown import stop_load
from stack.waiting import wait_until

logger = logging.getLogger(__name__)

# In the environment of every process that a planner starts; its value is the planner's id.
MARK = "CAPACITY_PLANNER"
FAREWELL = b"done"
_GRACE_SECONDS = 20.0
_REMOVE_SECONDS = 60.0
_HEALTHY_SECONDS = 150.0


def restore(stack: Stack, engine: Engine, file: Path, *, was_killed: bool) -> list[str]:
    """Put everything back that the file tells of, and remove it; doing it twice is fine.

    Args:
        was_killed: the planner could not clean up after itself.

    Returns:
        What is not as it was nonetheless, a sentence each: the values are those of .env.

    Raises:
        CommandError: something could not be put back; the file stays.
    """
    before = found_before.read(file)
    if was_killed:
        _end_orphans(before.planner)
        # No planner begins while a load test runs, so this one is its own.
        if stop_load(stack.docker):
            logger.info("stopped the load test")
    logger.info("resumed %d containers", resume(stack, engine, before))
    _remove_strangers(stack, engine, before)
    logger.info("making the gateway and %d replicas as .env says", before.replicas)
    scale = ("--scale", f"{INFERENCE}={before.replicas}")
    compose_up(stack, "capacity-restore", before.settings, *scale, INFERENCE, GATEWAY)
    cpus, workers = before.settings["FASTAPI_CPUS"], before.settings["FASTAPI_WORKERS"]
    patience = start_seconds(float(cpus), int(workers) if workers else None)
    await_use(stack, engine, before.replicas, patience)
    _await_health(stack, engine, before)
    changed = found_before.differences(before, found_before.containers(engine))
    file.unlink()
    return changed


def main(file: Path) -> int:
    """Wait until the planner ends, then restore; the exit code."""
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(message)s")
    logging.getLogger("httpx").setLevel(logging.WARNING)
    logger.info("waiting for the end of process %d", os.getppid())
    was_killed = sys.stdin.buffer.read() != FAREWELL
    how = "was killed" if was_killed else "ended"
    logger.info("it %s: putting back what %s tells of", how, file)
    try:
        stack = Stack(Path(found_before.read(file).repo), Console())
        engine = Engine(stack.docker)
        changed = restore(stack, engine, file, was_killed=was_killed)
    except CommandError as error:
        explain(error, Console())
        return error.exit_code
    for difference in changed:
        logger.warning("not as before: %s", difference)
    if changed:
        return 1
    logger.info("everything is put back")
    return 0


def _end_orphans(planner: int) -> None:
    """End what a killed planner left running: Compose in the middle of its work, a generator."""
    orphans = [
        process
        for process in psutil.process_iter(["environ"])
        if (process.info["environ"] or {}).get(MARK) == str(planner)
        and process.pid not in (os.getpid(), planner)
    ]
    for process in orphans:
        logger.info("ending process %d, which process %d left", process.pid, planner)
        with suppress(psutil.NoSuchProcess):
            process.terminate()
    for process in psutil.wait_procs(orphans, _GRACE_SECONDS)[1]:
        with suppress(psutil.NoSuchProcess):
            process.kill()


def _await_health(stack: Stack, engine: Engine, before: Before) -> None:
    """Wait for new health checks: to the engine, a paused container is an unhealthy one."""

    def are_back() -> bool:
        now = found_before.containers(engine)
        return not any(
            now[name].is_unhealthy and not look.is_unhealthy
            for name, look in before.containers.items()
            if name in now
        )

    with suppress(NotReady):  # then the comparison names them
        wait_until(are_back, _HEALTHY_SECONDS, "healthy containers", stack.poll)


def _remove_strangers(stack: Stack, engine: Engine, before: Before) -> None:
    """Remove what Compose would keep under another name than before.

    Stopped in the middle, it leaves containers that have not got their names yet; and of
    replicas that it scales down it may keep any, and count on from there.
    """
    made = [
        one for one in engine.listed({PROJECT}, ended=True) if one.service in (INFERENCE, GATEWAY)
    ]
    old = {name for name, look in before.containers.items() if look.service == INFERENCE}
    is_same = {one.name for one in made if one.service == INFERENCE} == old
    doomed = [
        one.id
        for one in made
        if one.name not in before.containers or (one.service == INFERENCE and not is_same)
    ]
    if doomed:
        stack.docker.run_well("capacity-remove", ["rm", "--force", *doomed], _REMOVE_SECONDS)


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1])))
