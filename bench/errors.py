"""What can go wrong in the benchmark besides the errors of `console.errors`.

CommandError
    CannotMeasure       this machine has no second core, or cannot pin programs
    CannotInstall       a peer's environment cannot be made: the peer is skipped
    Refused             a target answers wrongly or fails requests: it gets no figures
"""

from console.errors import CommandError


class CannotMeasure(CommandError):
    """This machine cannot give figures that mean something."""


class CannotInstall(CommandError):
    """A peer's environment cannot be made."""


class Refused(CommandError):
    """A target whose figures would mean nothing."""
