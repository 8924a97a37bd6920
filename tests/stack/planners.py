"""Planners as processes, and what a planner might leave changed of the stack."""

import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import psutil

from stack.docker import PROJECT
from tests.images.containers import ROOT, wait_until
from tests.stack.containers import Container, containers, docker

WORD_SECONDS = 120
RESTORE_SECONDS = 120
FOLDER = ROOT / "out" / "capacity"
CHANGED = {"fastapi", "gateway"}


def make_up(container: Container) -> dict[str, Any]:
    """Everything that a planner might change of a container."""
    details = container.details
    host, config = container.host_config, details["Config"]
    found = {
        "image": details["Image"],
        "cpus": host["NanoCpus"],
        "memory": (host["Memory"], host["MemorySwap"]),
        "environment": sorted(config["Env"]),
        "mounts": sorted(f"{each['Source']}:{each['Destination']}" for each in details["Mounts"]),
        "hash": config["Labels"]["com.docker.compose.config-hash"],
        "state": container.state["Status"],
        "unhealthy": container.state.get("Health", {}).get("Status") == "unhealthy",
    }
    if container.service not in CHANGED:
        found |= {"id": container.id, "started": container.state["StartedAt"]}
    return found


def all_make_ups() -> dict[str, dict[str, Any]]:
    return {each.name: make_up(each) for each in containers()}


def listed(*options: str) -> set[str]:
    """What a plain listing says of the stack; containers may be replaced while it is made."""
    project = ("--filter", f"label=com.docker.compose.project={PROJECT}")
    return set(docker("ps", "--all", *project, *options).split())


def paused() -> set[str]:
    service = '{{.Label "com.docker.compose.service"}}'
    return listed("--filter", "status=paused", "--format", service)


def ids() -> set[str]:
    return listed("--quiet")


@dataclass(frozen=True, slots=True)
class Planner:
    """A planner as a process of its own."""

    process: "subprocess.Popen[str]"

    def await_word(self) -> None:
        """Wait until it has got as far as it was told, and where it makes replicas, into that."""
        before = ids()
        assert self.process.stdout is not None
        reader = threading.Thread(target=self.process.stdout.readline, daemon=True)
        reader.start()
        reader.join(WORD_SECONDS)
        assert not reader.is_alive(), f"no word in {WORD_SECONDS} s"
        assert self.process.poll() is None, "it ended"
        wait_until(lambda: ids() != before, "the replicas change")

    def end(self, signum: int) -> int:
        """Send a signal; gives the exit code."""
        self.process.send_signal(signum)
        return self.process.wait(RESTORE_SECONDS)

    def watcher(self) -> psutil.Process:
        """The process that would put everything back."""
        children = psutil.Process(self.process.pid).children()
        return next(each for each in children if "capacity.services.restoring" in each.cmdline())


@contextmanager
def planner(when: str) -> Iterator[Planner]:
    """Start one, and end it at the latest when the block ends."""
    with subprocess.Popen(
        [sys.executable, "-m", "tests.stack.planner", when],
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        # As a shell does, so that Ctrl-C goes to Docker's commands as well.
        start_new_session=True,
    ) as process:
        found = Planner(process)
        try:
            found.await_word()
            yield found
        finally:
            if process.poll() is None:
                process.terminate()
            process.wait(RESTORE_SECONDS)
