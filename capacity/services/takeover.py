"""Have the stack for one planner alone, and put it back at the end, whatever the end is."""

import fcntl
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO

from capacity.analysis.roles import GATEWAY
from capacity.plan.model import ServicePlan
from capacity.services import before as found_before
from capacity.services.before import Before
from capacity.services.engine_api import Engine
from capacity.services.pausing import pause_training
from capacity.services.replicas import await_use, compose_up, start_seconds
from capacity.services.restoring import FAREWELL, MARK, restore
from console.errors import AnswerError, CommandError, NotUp, ProcessFailed
from console.logs import last_lines
from console.processes import lives
from console.results import have_folder, new_file
from stack.context import Stack
from stack.docker import LOAD_PROJECT, PROJECT
from stack.following import INGESTION, TRAINING
from stack.scale import servers_in_use
from stack.waiting import wait_until

_CHECK_SECONDS = 30.0
_RESTORE_SECONDS = 600.0


class Busy(CommandError):
    """Somebody else uses the stack: another planner, a load test, a DAG run."""


@contextmanager
def taken_over(stack: Stack, engine: Engine, plan: ServicePlan) -> Iterator[None]:
    """Have the stack as the plan wants it for the length of a block.

    Raises:
        NotUp: it does not run, or serves no model.
        Busy: somebody else uses it.
        ProcessFailed: it could not be changed, or not be put back.
    """
    folder = stack.repo / "out" / "capacity"
    file, log = folder / "restore.json", folder / "restore.log"
    with _lock(stack, folder / "lock") as lock:
        if file.exists():
            stack.say("An earlier run did not put everything back: doing that first.")
            restore(stack, engine, file, was_killed=True)
        _check(stack, engine)
        before = found_before.look_at(stack, engine)
        found_before.write(file, before)
        with _watched(stack, file, log, lock):
            if plan.pause_training and (paused := pause_training(stack, engine)):
                stack.say(f"{paused} services that only training needs rest meanwhile.")
            _change_gateway(stack, engine, plan, before)
            yield


def _check(stack: Stack, engine: Engine) -> None:
    """See that the stack serves, and that nobody else uses it."""
    if not stack.web.is_ok(f"{stack.stats_url}/stats", _CHECK_SECONDS):
        raise NotUp(f"the gateway gives no answer at {stack.stats_url}: run `make up`")
    if not servers_in_use(stack):
        raise NotUp("no replica is ready: `make up` waits until a model is served")
    if any(one.service != "reports" for one in engine.listed({LOAD_PROJECT})):
        raise Busy("a load test runs, or its page is up: stop it with `make locust-down`")
    states = {one.service: one.state for one in engine.listed({PROJECT})}
    if states.get("airflow-apiserver") != "running":
        return
    for dag in (INGESTION, TRAINING):
        try:
            runs = stack.airflow.runs(dag)
        except AnswerError as error:
            raise NotUp(f"Airflow does not say whether it trains: {error}") from error
        for run in runs:
            if run.is_unfinished:
                raise Busy(
                    f"Airflow runs {dag}, which would be stopped in the middle: wait until it has "
                    f"ended, see {stack.airflow.page(run)}"
                )


def gateway_settings(plan: ServicePlan) -> dict[str, str]:
    """The settings of the gateway that a plan replaces."""
    changes = {}
    if plan.gateway.queue_timeout is not None:
        changes["GATEWAY_QUEUE_TIMEOUT"] = f"{round(plan.gateway.queue_timeout * 1000)}ms"
    if plan.gateway.queue_length is not None:
        changes["GATEWAY_QUEUE_LENGTH"] = str(plan.gateway.queue_length)
    return changes


def _change_gateway(stack: Stack, engine: Engine, plan: ServicePlan, before: Before) -> None:
    """Give the gateway the plan's queue, if that is another than .env's."""
    if changes := gateway_settings(plan):
        compose_up(stack, "capacity-gateway", before.settings | changes, GATEWAY)
        await_use(stack, engine, before.replicas, start_seconds(1, None))


@contextmanager
def _watched(stack: Stack, file: Path, log: Path, lock: IO[str]) -> Iterator[None]:
    """Run a block under the eyes of a process that puts everything back after it.

    It does so, too, when this process is killed; and a second Ctrl-C does not disturb it.
    """
    hears, tells = os.pipe()
    with new_file(log) as sink:
        watcher = subprocess.Popen(  # noqa: S603 - the arguments are ours
            [sys.executable, "-m", "capacity.services.restoring", str(file)],
            cwd=Path(__file__).resolve().parents[2],
            stdin=hears,
            stdout=sink,
            stderr=subprocess.STDOUT,
            # The lock is held until everything is put back, and by whoever does it.
            pass_fds=[lock.fileno()],
            start_new_session=True,
        )
    os.close(hears)
    os.environ[MARK] = str(os.getpid())
    try:
        yield
    finally:
        del os.environ[MARK]
        with suppress(BrokenPipeError):  # it is dead: its exit code says so
            os.write(tells, FAREWELL)
        os.close(tells)
        stack.say(f"Putting the stack back as it was; {log} tells how.")
        _await(watcher, log)


def _await(watcher: "subprocess.Popen[bytes]", log: Path) -> None:
    advice = "the next run tries again, and `make up` puts the containers back, too"
    try:
        code = watcher.wait(_RESTORE_SECONDS)
    except subprocess.TimeoutExpired as error:
        raise ProcessFailed(f"the stack is still not back as it was: {advice}", log=log) from error
    if code != 0:
        raise ProcessFailed(
            f"the stack could not be put back as it was: {advice}",
            log=log,
            excerpt=last_lines(log),
        )


@contextmanager
def _lock(stack: Stack, path: Path) -> Iterator[IO[str]]:
    """Be the only planner.

    Raises:
        Busy: there is another one.
    """
    have_folder(path.parent)
    with path.open("a+") as file:
        if not _try(file):
            file.seek(0)
            holder = file.read().strip()
            if holder.isdecimal() and lives(int(holder)):
                raise Busy(f"another planner runs, process {holder}: wait until it has ended")
            stack.say("An earlier run is putting the stack back: waiting for that.")
            wait_until(lambda: _try(file), _RESTORE_SECONDS, "that", stack.poll)
        file.truncate(0)
        file.write(str(os.getpid()))
        file.flush()
        yield file


def _try(file: IO[str]) -> bool:
    with suppress(BlockingIOError):
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        return True
    return False
