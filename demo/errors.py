"""What can go wrong in the demo.

DemoError
    SettingsError       a line of .env cannot be read, or a setting is missing, unknown or wrong
    AlreadyRunning      another demo command works in the same folder
    NotUp               the command needs the services that `up` leaves running
    StateError          the file that says what runs cannot be read
    Interrupted         Ctrl-C, or a request to end
    ProcessFailed       a process ended although it was needed, or with an error
    NotReady            something did not come up in time
    DagFailed           a DAG run ended in another state than success
    AnswerError         a service answered something that the demo cannot use
    TooLarge            a program needs more memory than it may

``phase`` is filled in by the phase that the error passed through.
"""

import signal
from pathlib import Path


class DemoError(Exception):
    """Any failure that the demo explains to its user."""

    exit_code = 1

    def __init__(self, message: str, *, log: Path | None = None, excerpt: str = "") -> None:
        super().__init__(message)
        self.log = log
        self.excerpt = excerpt
        self.phase: str | None = None


class SettingsError(DemoError):
    """A setting is missing, unknown or wrong, or cannot be read."""


class AlreadyRunning(DemoError):
    """Another demo command holds the folder."""


class NotUp(DemoError):
    """The services are not running."""


class StateError(DemoError):
    """The state file cannot be read."""


class ProcessFailed(DemoError):
    """A process ended although it was needed, or ended with an error."""


class NotReady(DemoError):
    """Something did not happen before its deadline."""


class DagFailed(DemoError):
    """A DAG run did not succeed."""


class AnswerError(DemoError):
    """A service gave an answer that cannot be used."""


class TooLarge(DemoError):
    """A program needs more memory than it may."""


class Interrupted(DemoError):
    """A signal asked the demo to end."""

    def __init__(self, signum: int) -> None:
        super().__init__(f"stopped by {signal.Signals(signum).name}")
        self.exit_code = 128 + signum  # what a shell reports for a signal
