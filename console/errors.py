"""What can go wrong in a command.

CommandError
    SettingsError       a line of .env cannot be read, or a setting is missing, unknown or wrong
    NotUp               the command needs services that do not run
    ProcessFailed       a process ended although it was needed, or with an error
    NotReady            something did not come up in time
    DagFailed           a DAG run ended in another state than success
    AnswerError         a service answered something that the command cannot use
    NotWritable         a file or folder of the results cannot be written

``phase`` is filled in by the phase that the error passed through.
"""

from pathlib import Path

import httpx
from rich.console import Console


class CommandError(Exception):
    """Any failure that a command explains to its user."""

    exit_code = 1

    def __init__(self, message: str, *, log: Path | None = None, excerpt: str = "") -> None:
        super().__init__(message)
        self.log = log
        self.excerpt = excerpt
        self.phase: str | None = None


class SettingsError(CommandError):
    """A setting is missing, unknown or wrong, or cannot be read."""


class NotUp(CommandError):
    """The services are not running."""


class ProcessFailed(CommandError):
    """A process ended although it was needed, or ended with an error."""


class NotReady(CommandError):
    """Something did not happen before its deadline."""


class DagFailed(CommandError):
    """A DAG run did not succeed."""


class NotWritable(CommandError):
    """A file or folder of the results cannot be written."""


class AnswerError(CommandError):
    """A service gave no answer, or one that cannot be used.

    ``status`` is its HTTP status, or None when there was no answer at all.
    """

    def __init__(
        self, message: str, *, log: Path | None = None, excerpt: str = "", status: int | None = 200
    ) -> None:
        super().__init__(message, log=log, excerpt=excerpt)
        self.status = status

    @property
    def may_pass(self) -> bool:
        """Is it worth asking again? A service that is starting gives no answer, or a 5xx."""
        return self.status is None or self.status >= httpx.codes.INTERNAL_SERVER_ERROR


def explain(error: CommandError, console: Console) -> None:
    """Say what failed, in which phase, and what the log says."""

    def line(text: str) -> None:
        console.print(text, markup=False, highlight=False, soft_wrap=True)

    line(f"Failed in phase {error.phase}: {error}" if error.phase else f"Failed: {error}")
    for text in error.excerpt.splitlines():
        line(f"  | {text}")
    if error.log:
        line(f"The whole log: {error.log}")
