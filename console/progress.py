"""What the user sees while a command works: phases, their seconds, and a line of news.

On a terminal the running phase is one line that changes; elsewhere each change is a line,
at most one in two seconds.
"""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from textwrap import shorten

from rich.console import Console
from rich.markup import escape
from rich.progress import Progress as RichProgress
from rich.progress import SpinnerColumn, TextColumn, TimeElapsedColumn

from console.errors import CommandError

_SECONDS_BETWEEN_LINES = 2.0
_LONGEST_NEWS = 72


class Phase:
    """The running phase. ``status`` tells news, ``result`` what it came to."""

    def __init__(self, title: str, progress: "Progress", bar: RichProgress | None) -> None:
        self._title = title
        self._progress = progress
        self._bar = bar
        self._shown = ""
        self._shown_at = time.monotonic()
        self.result = ""

    def status(self, text: str) -> None:
        """Show news; cheap to call with the same text again and again."""
        text = shorten(text, _LONGEST_NEWS, placeholder=" ...")
        if not text or text == self._shown:
            return
        if self._bar is not None:
            self._bar.update(self._bar.task_ids[0], description=f"{self._title}: {escape(text)}")
        elif time.monotonic() - self._shown_at < _SECONDS_BETWEEN_LINES:
            return
        else:
            self._progress.line(f"{self._title}: {text}")
        self._shown, self._shown_at = text, time.monotonic()


class Progress:
    """Prints phases and keeps the seconds of each."""

    def __init__(self, console: Console) -> None:
        self.console = console
        self.seconds: dict[str, float] = {}
        self._start = time.monotonic()

    @contextmanager
    def phase(self, name: str, title: str) -> Iterator[Phase]:
        """Run a block as a phase. An error that leaves it learns the phase's name."""
        start = time.monotonic()
        try:
            if self.console.is_terminal:
                columns = (SpinnerColumn(), TextColumn("{task.description}"), TimeElapsedColumn())
                with RichProgress(*columns, console=self.console, transient=True) as bar:
                    bar.add_task(title)
                    phase = Phase(title, self, bar)
                    yield phase
            else:
                self.line(f"{title} ...")
                phase = Phase(title, self, None)
                yield phase
        except CommandError as error:
            error.phase = error.phase or name
            raise
        finally:
            self.seconds[name] = round(time.monotonic() - start, 1)
        result = f": {phase.result}" if phase.result else ""
        self.line(f"{title} done in {self.seconds[name]:.1f} s{result}")

    def line(self, text: str) -> None:
        """Print one line, with the seconds since the command began."""
        elapsed = time.monotonic() - self._start
        self.console.print(
            f"[{elapsed:6.1f} s] {text}", markup=False, highlight=False, soft_wrap=True
        )

    @property
    def total_seconds(self) -> float:
        return round(time.monotonic() - self._start, 1)
