"""Start programs, wait on conditions while all of them are watched, stop them all."""

import time
from collections.abc import Callable
from contextlib import suppress
from types import TracebackType
from typing import Self

from console.errors import NotReady, ProcessFailed
from console.logs import last_lines
from demo.groups import GRACE_SECONDS, end_groups
from demo.interrupts import Interrupts
from demo.process import Child, Command

_POLL_SECONDS = 0.1


class Supervisor:
    """Owns every process of one demo command; leaving the context stops them."""

    def __init__(self, interrupts: Interrupts, grace: float = GRACE_SECONDS) -> None:
        self._interrupts = interrupts
        self._grace = grace
        self._children: list[Child] = []

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.stop(*self._children)

    @property
    def children(self) -> list[Child]:
        """The programs that run, in the order of their start."""
        return list(self._children)

    def start(self, command: Command, *, piped: bool = False) -> Child:
        """Start a program that must run until it is stopped.

        Raises:
            ProcessFailed: the program cannot be started.
        """
        self._interrupts.check()
        try:
            child = Child(command, piped=piped, grace=self._grace)
        except OSError as error:
            raise ProcessFailed(f"{command.name} cannot be started: {error}") from error
        self._children.append(child)
        return child

    def run(
        self, command: Command, timeout: float, on_poll: Callable[[], None] = lambda: None
    ) -> int:
        """Run a program to its end and answer its exit code.

        Raises:
            NotReady: it still runs after ``timeout`` seconds.
        """
        child = self.start(command)
        code: int | None = None

        def ended() -> bool:
            nonlocal code
            on_poll()
            code = child.poll()
            return code is not None

        self.wait_until(ended, timeout, f"{command.name} to end", command, besides=child)
        self.stop(child)
        return -1 if code is None else code

    def wait_until(
        self,
        ready: Callable[[], bool],
        timeout: float,
        what: str,
        command: Command | None = None,
        *,
        besides: Child | None = None,
    ) -> None:
        """Wait until ``ready`` answers True.

        Args:
            timeout: seconds.
            what: completes "waited N s for ..." in the error's message.
            command: whose log explains a timeout.
            besides: a child whose end is no failure.

        Raises:
            NotReady: the deadline passed.
            ProcessFailed: a program that must run has ended.
            Interrupted: a signal came.
        """
        deadline = time.monotonic() + timeout
        while not ready():
            self.check(besides)
            if time.monotonic() >= deadline:
                raise NotReady(
                    f"waited {timeout:.0f} s for {what}, in vain",
                    log=command.log if command else None,
                    excerpt=last_lines(command.log) if command else "",
                )
            self._interrupts.wait(_POLL_SECONDS)

    def check(self, besides: Child | None = None) -> None:
        """Raise if a signal came, or if a program that must run has ended."""
        self._interrupts.check()
        for child in self._children:
            code = child.poll()
            if code is not None and child is not besides:
                command = child.command
                raise ProcessFailed(
                    f"{command.name} ended unexpectedly with exit code {code}",
                    log=command.log,
                    excerpt=last_lines(command.log),
                )

    def stop(self, *children: Child) -> None:
        """End programs and all that they started. Signals do not cut this short."""
        end_groups(children, self._grace)
        for child in children:
            child.reap()
            child.close()
            with suppress(ValueError):
                self._children.remove(child)

    def release(self) -> None:
        """Let all programs outlive the demo; the supervisor forgets them."""
        for child in self._children:
            child.release()
        self._children.clear()
