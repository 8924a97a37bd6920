"""Signals that end the demo at its next wait, never in the middle of a step.

An exception raised by a signal handler could strike between the start of a process and
the note that it runs. So the handler only notes the signal, and every wait looks.
"""

import os
import select
import signal
from types import FrameType, TracebackType
from typing import Self

from demo.errors import Interrupted

_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


class Interrupts:
    """Context in which SIGINT, SIGTERM and SIGHUP end waits. Main thread only."""

    def __init__(self) -> None:
        self._noted: int | None = None
        self._previous: dict[int, signal.Handlers] = {}

    def __enter__(self) -> Self:
        self._read, self._write = os.pipe()
        os.set_blocking(self._write, False)
        # Python writes a byte here on each signal: that ends the select in wait() at once.
        self._previous_fd = signal.set_wakeup_fd(self._write, warn_on_full_buffer=False)
        for signum in _SIGNALS:
            self._previous[signum] = signal.signal(signum, self._note)  # type: ignore[assignment]
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        for signum, handler in self._previous.items():
            signal.signal(signum, handler)
        signal.set_wakeup_fd(self._previous_fd)
        os.close(self._read)
        os.close(self._write)

    def _note(self, signum: int, _frame: FrameType | None) -> None:
        if self._noted is None:
            self._noted = signum

    def check(self) -> None:
        """Raise `Interrupted` if a signal came."""
        if self._noted is not None:
            raise Interrupted(self._noted)

    def wait(self, seconds: float) -> None:
        """Wait; a signal ends the wait with `Interrupted`."""
        self.check()
        select.select([self._read], [], [], seconds)
        self.check()
