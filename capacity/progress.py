"""What a run shows while it works: a bar with the time left, or lines where no terminal is.

The estimates of the steps add up to the whole; how long finished steps took, compared with
their estimates, corrects the time left.
"""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from textwrap import shorten

from rich.console import Console
from rich.progress import BarColumn, Progress, SpinnerColumn, TaskID, TextColumn, TimeElapsedColumn

_SECONDS_BETWEEN_LINES = 5.0
_LONGEST_NEWS = 80


class RunProgress:
    """Counts estimated seconds, and shows news. Use as a context manager."""

    def __init__(self, console: Console) -> None:
        self.console = console
        self._expected = 0.0
        self._done = 0.0
        self._worked = 0.0
        self._began = time.monotonic()
        self._said_at = float("-inf")
        self._bar: Progress | None = None
        self._task = TaskID(0)

    @contextmanager
    def shown(self) -> Iterator[None]:
        """Show a bar for the length of the block, if this is a terminal."""
        if not self.console.is_terminal:
            yield
            return
        columns = (
            SpinnerColumn(),
            BarColumn(24),
            TextColumn("{task.fields[left]}"),
            TextColumn("{task.description}", markup=False),
            TimeElapsedColumn(),
        )
        with Progress(*columns, console=self.console, transient=True) as bar:
            self._bar, self._task = bar, bar.add_task("", total=1.0, left="")
            try:
                yield
            finally:
                self._bar = None

    def expect(self, seconds: float) -> None:
        """So much work is there in all, from the beginning."""
        self._expected = max(seconds, self._done)

    @contextmanager
    def working(self, title: str, seconds: float) -> Iterator["Work"]:
        """One piece of the work, estimated at ``seconds``."""
        work = Work(self, title)
        work.news("")
        began = time.monotonic()
        try:
            yield work
        finally:
            self._worked += time.monotonic() - began
            self._done += seconds
            self._expected = max(self._expected, self._done)

    def line(self, text: str) -> None:
        """Print one line, with the time since the beginning."""
        elapsed = time.monotonic() - self._began
        self.console.print(
            f"[{elapsed:6.0f} s] {text}", markup=False, highlight=False, soft_wrap=True
        )

    @property
    def left_seconds(self) -> float:
        """Estimate of the time left."""
        pace = self._worked / self._done if self._done else 1.0
        return (self._expected - self._done) * pace

    def show(self, text: str, *, is_new: bool) -> None:
        """Show what is under way; elsewhere than on a terminal now and then only."""
        text = shorten(text, _LONGEST_NEWS, placeholder=" ...")
        left = f"{duration(self.left_seconds)} left"
        if self._bar is not None:
            share = self._done / self._expected if self._expected else 0.0
            self._bar.update(self._task, completed=share, description=text, left=left)
        elif is_new or time.monotonic() - self._said_at >= _SECONDS_BETWEEN_LINES:
            self._said_at = time.monotonic()
            self.line(f"{text} (about {left})")


class Work:
    """The piece of work under way."""

    def __init__(self, progress: RunProgress, title: str) -> None:
        self._progress = progress
        self._title = title

    def news(self, text: str) -> None:
        """Tell what happens; cheap to call again and again."""
        is_new = not text
        self._progress.show(self._title if is_new else f"{self._title}: {text}", is_new=is_new)


def duration(seconds: float) -> str:
    """Such as ``45 s`` or ``12 min``."""
    return f"{seconds:.0f} s" if seconds < 90 else f"{seconds / 60:.0f} min"
