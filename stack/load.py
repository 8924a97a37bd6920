"""``locust``: the load test in containers, with its page or without."""

import os
from collections.abc import Callable, Mapping
from pathlib import Path

from rich import box
from rich.table import Table

from console.errors import AnswerError, NotUp, ProcessFailed
from console.load import Load, read_load, read_notes, read_progress
from console.logs import last_lines
from console.progress import Progress
from console.results import have_folder
from stack.containers import Container, containers
from stack.context import Stack
from stack.docker import LOAD_FILE, NETWORK, Docker
from stack.images import build_load, remove_replaced
from stack.updown import stop_load
from stack.waiting import wait_until

_FILE = ("--file", LOAD_FILE)
_START_SECONDS = 300.0
_EXTRA_SECONDS = 300.0  # to connect the workers, and to wait for the last answers


class LoadFailed(ProcessFailed):
    """Locust ended with another exit code than 0; the command ends with the same one."""

    def __init__(self, message: str, code: int, log: Path) -> None:
        super().__init__(message, log=log, excerpt=last_lines(log))
        self.exit_code = code


def run_load(stack: Stack, workers: int, *, headless: bool) -> None:
    """Start the load test; without its page, see it to its end.

    Args:
        workers: containers besides the first, which brings one worker process of its own.
        headless: run at once and without a page; LOCUST_HEADLESS of .env says it, too.

    Raises:
        NotUp: the stack does not run.
        LoadFailed: a limit was passed.
        NotReady: it did not end in time.
        NotWritable: ``out/`` belongs to somebody else.
    """
    docker = stack.docker
    docker.check()
    if not docker.ids("network", "ls", "--quiet", "--filter", f"name=^{NETWORK}$"):
        raise NotUp(f"the network {NETWORK} is missing: start the stack with `make up`")
    stop_load(docker)
    reports = stack.repo / "out" / "locust"
    have_folder(reports)
    build_load(docker, stack.progress)
    remove_replaced(docker)
    headless = headless or stack.settings.locust_headless == "true"
    url = stack.settings.url(stack.settings.locust_port)
    with stack.progress.phase("locust", "Start Locust"):
        start_load(docker, workers, headless=headless)
        if not headless:
            _await_page(stack, url)
    if headless:
        try:
            _see_to_its_end(stack, reports)
        finally:
            stop_load(docker)
        return
    stack.say(f"Locust: {url}")
    stack.say("`make locust-down` stops it; its reports are in out/locust.")


def start_load(
    docker: Docker, workers: int, *, headless: bool, environment: Mapping[str, str] | None = None
) -> None:
    """Start the containers; ``environment`` overrides settings of ``.env``.

    Raises:
        ProcessFailed: Compose failed.
    """
    owner = {
        "LOCUST_OWNER": f"{os.getuid()}:{os.getgid()}",
        "LOCUST_HEADLESS": "true" if headless else "false",
        # Without its page, Locust starts when so many workers are there.
        "LOCUST_EXPECT_WORKERS": str(workers + 1),
    }
    command = ["compose", *_FILE, "up", "--detach", "--no-build", "--scale", f"worker={workers}"]
    docker.run_well(
        "locust-up", command, _START_SECONDS, environment={**(environment or {}), **owner}
    )


def await_end(
    docker: Docker, seconds: float, poll: float, on_poll: Callable[[], None]
) -> Container:
    """Wait until Locust has ended by itself; ``seconds`` are those of its run.

    Raises:
        NotReady: it did not end in time.
    """
    ended: Container | None = None

    def has_ended() -> bool:
        nonlocal ended
        on_poll()
        ended = _ended(docker)
        return ended is not None

    wait_until(has_ended, seconds + _EXTRA_SECONDS, "the end of the load test", poll)
    assert ended is not None, "wait_until returned, so it has ended"  # noqa: S101
    return ended


def end_load(stack: Stack) -> None:
    """Stop the load test; nothing to stop is fine, too."""
    stack.docker.check()
    stack.say("Locust is stopped" if stop_load(stack.docker) else "Locust does not run")


def _await_page(stack: Stack, url: str) -> None:
    def is_there() -> bool:
        if ended := _ended(stack.docker):
            raise failure(stack.docker, ended)
        return stack.web.is_ok(url)

    wait_until(is_there, _START_SECONDS, f"Locust's page at {url}", stack.poll)


def _see_to_its_end(stack: Stack, reports: Path) -> None:
    docker, settings = stack.docker, stack.settings
    shape = f" in {settings.locust_shape}" if settings.locust_shape else ""
    title = f"Load test, {settings.locust_users} users{shape} for {settings.locust_run_time}"
    with stack.progress.phase("load", title) as phase:
        ended = await_end(
            docker,
            settings.run_seconds,
            stack.poll,
            lambda: phase.status(read_progress(reports / "stats")),
        )
    try:
        _show(stack.progress, read_load(reports / "stats"))
    except AnswerError:
        if ended.exit_code == 0:
            raise
    for note in read_notes(reports / "summary.json"):
        stack.say(note)
    stack.say(f"Report: {reports / 'report.html'}")
    if ended.exit_code != 0:
        raise failure(docker, ended)


def _ended(docker: Docker) -> Container | None:
    """Locust's own container, if it has ended."""
    found = [one for one in containers(docker, *_FILE) if one.service == "locust"]
    return found[0] if found and found[0].state == "exited" else None


def failure(docker: Docker, ended: Container) -> LoadFailed:
    """The error that shows what Locust said; its whole log outlives the container."""
    docker.run("locust", ["logs", ended.id], _START_SECONDS)
    return LoadFailed(
        f"the load test failed: Locust ended with exit code {ended.exit_code}",
        ended.exit_code or 1,
        docker.log("locust"),
    )


def _show(progress: Progress, load: Load) -> None:
    table = Table(box=box.SIMPLE, pad_edge=False)
    figures = {
        "requests": f"{load.requests:,}",
        "failed": f"{load.failures:,}",
        "requests/s": f"{load.rps:.1f}",
        "p50 ms": f"{load.p50_ms:.0f}",
        "p95 ms": f"{load.p95_ms:.0f}",
        "p99 ms": f"{load.p99_ms:.0f}",
    }
    for title in figures:
        table.add_column(title, justify="right")
    table.add_row(*figures.values())
    progress.console.print(table)
