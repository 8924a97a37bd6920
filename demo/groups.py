"""Process groups that the demo started, and how to end them.

A process id is used again after its process has ended, after a reboot at the latest. So a
group is known by a random token in the environment of its processes, not by its id alone;
start times would do as well until somebody sets the clock.
"""

import logging
import os
import signal
import time
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import psutil

from console.processes import lives

log = logging.getLogger(__name__)

GRACE_SECONDS = 8.0
TOKEN_VARIABLE = "COVERTYPE_DEMO_TOKEN"  # noqa: S105 - a name, not a secret
# The folder that a program works for: another clone, or `run`, has another one.
WORK_VARIABLE = "COVERTYPE_DEMO_WORK"


@dataclass(frozen=True)
class Group:
    """A process group: the id of its leader, and the token that its processes carry."""

    id: int
    token: str

    def members(self, *, surely_ours: bool = False) -> list[psutil.Process]:
        """The living processes of the group; none when the id now belongs to somebody else.

        ``surely_ours`` spares the look at the token: the id of a child that its parent has
        not waited for is not given to anybody else. A program that has just been started
        shows no environment for a moment.
        """
        members = []
        for process in psutil.process_iter():
            with suppress(ProcessLookupError, PermissionError, psutil.Error):
                if os.getpgid(process.pid) == self.id and lives(process):
                    members.append(process)
        # One that carries the token is enough: a program may give another environment
        # to a process that it starts.
        ours = surely_ours or any(self._carries_token(process) for process in members)
        return members if ours else []

    def _carries_token(self, process: psutil.Process) -> bool:
        with suppress(psutil.Error):
            return process.environ().get(TOKEN_VARIABLE) == self.token
        return False


def groups_of(work: Path) -> list[Group]:
    """The living groups whose programs work for this folder, found without a state file."""
    found = set()
    for process in psutil.process_iter():
        with suppress(ProcessLookupError, PermissionError, psutil.Error):
            environment = process.environ()
            token = environment.get(TOKEN_VARIABLE)
            if token and environment.get(WORK_VARIABLE) == str(work) and lives(process):
                found.add(Group(os.getpgid(process.pid), token))
    return sorted(found, key=lambda group: group.id)


class Target(Protocol):
    """What `end_groups` ends."""

    @property
    def id(self) -> int: ...

    def members(self) -> list[psutil.Process]: ...


def end_groups(groups: Iterable[Target], grace: float = GRACE_SECONDS) -> None:
    """End process groups: SIGTERM, and SIGKILL for what still runs after ``grace`` seconds."""
    left = [group for group in groups if group.members()]
    for signum, seconds in ((signal.SIGTERM, grace), (signal.SIGKILL, 5.0)):
        for group in left:
            with suppress(ProcessLookupError, PermissionError):
                os.killpg(group.id, signum)
        left = _wait_for_end(left, seconds)
    if left:
        log.warning("process groups %s still run after SIGKILL", [group.id for group in left])


def _wait_for_end(groups: list[Target], seconds: float) -> list[Target]:
    """Wait until the groups are empty; those that are not after ``seconds``."""
    deadline = time.monotonic() + seconds
    left = groups
    while (left := [group for group in left if group.members()]) and time.monotonic() < deadline:
        time.sleep(0.05)
    return left
