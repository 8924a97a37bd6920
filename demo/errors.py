"""What can go wrong in the demo besides the errors of `console.errors`.

CommandError
    AlreadyRunning      another demo command works in the same folder
    StateError          the file that says what runs cannot be read
    Interrupted         Ctrl-C, or a request to end
    TooLarge            a program needs more memory than it may
"""

import signal

from console.errors import CommandError


class AlreadyRunning(CommandError):
    """Another demo command holds the folder."""


class StateError(CommandError):
    """The state file cannot be read."""


class TooLarge(CommandError):
    """A program needs more memory than it may."""


class Interrupted(CommandError):
    """A signal asked the demo to end."""

    def __init__(self, signum: int) -> None:
        super().__init__(f"stopped by {signal.Signals(signum).name}")
        self.exit_code = 128 + signum  # what a shell reports for a signal
