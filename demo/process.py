"""One program that the demo started, and the processes below it."""

import os
import secrets
import subprocess
import sys
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import IO

import psutil

from demo.groups import GRACE_SECONDS, TOKEN_VARIABLE, Group

_GUARD = Path(__file__).with_name("guard.py")


@dataclass(frozen=True)
class Command:
    """What to run: the exact environment, and the file that takes what it prints."""

    name: str
    argv: tuple[str, ...]
    env: Mapping[str, str]
    cwd: Path
    log: Path


class Child:
    """A running command, behind a guard that ends it when the demo dies.

    With ``piped``, standard input and output are pipes to the demo; the log then takes
    only standard error.
    """

    def __init__(
        self, command: Command, *, piped: bool = False, grace: float = GRACE_SECONDS
    ) -> None:
        self.command = command
        token = secrets.token_hex(16)
        read, self._lifeline = os.pipe()
        guard = [sys.executable, "-I", "-S", str(_GUARD), str(read), str(grace)]
        command.log.parent.mkdir(parents=True, exist_ok=True)
        try:
            with command.log.open("ab") as sink:
                self._popen = subprocess.Popen(  # noqa: S603 - the demo names the program
                    [*guard, *command.argv],
                    stdin=subprocess.PIPE if piped else subprocess.DEVNULL,
                    stdout=subprocess.PIPE if piped else sink,
                    stderr=sink,
                    env={**command.env, TOKEN_VARIABLE: token},
                    cwd=command.cwd,
                    start_new_session=True,
                    pass_fds=(read,),
                )
        except OSError:
            os.close(self._lifeline)
            raise
        finally:
            os.close(read)
        # The guard leads a session of its own: its process id is the group's id.
        self.group = Group(self._popen.pid, token)

    @property
    def stdin(self) -> IO[bytes]:
        """The program's standard input; only of a piped child."""
        assert self._popen.stdin is not None, "the child was not started with piped=True"  # noqa: S101
        return self._popen.stdin

    @property
    def stdout(self) -> IO[bytes]:
        """The program's standard output; only of a piped child."""
        assert self._popen.stdout is not None, "the child was not started with piped=True"  # noqa: S101
        return self._popen.stdout

    @property
    def id(self) -> int:
        """The id of its process group."""
        return self.group.id

    def members(self) -> list[psutil.Process]:
        """The living processes of its group."""
        return self.group.members(surely_ours=self._popen.returncode is None)

    def poll(self) -> int | None:
        """The exit code, or None while it runs."""
        return self._popen.poll()

    def reap(self) -> None:
        """Take the exit code of a program whose group was ended; a moment may be left to it."""
        with suppress(subprocess.TimeoutExpired):
            self._popen.wait(5)

    def release(self) -> None:
        """Let the program outlive the demo."""
        os.write(self._lifeline, b"r")
        self.close()

    def close(self) -> None:
        """Give back the pipes. A program that was not released ends."""
        if self._lifeline >= 0:
            os.close(self._lifeline)
            self._lifeline = -1
        for pipe in (self._popen.stdin, self._popen.stdout):
            if pipe is not None:
                with suppress(BrokenPipeError):  # unsent input of a program that ended
                    pipe.close()
