"""What can go wrong in the planner, besides what can go wrong in any command.

CommandError
    BadPlan         a plan cannot be read, or a line of it is wrong
    BadRun          a run's files are missing, damaged, or do not fit together
    NotApplied      a configuration cannot be had: it is killed, or does not become ready
    CannotMeasure   the generator could not do its work at all
"""

from console.errors import CommandError


class BadPlan(CommandError):
    """A plan cannot be read, or is wrong; the message names line and field."""

    exit_code = 2


class BadRun(CommandError):
    """The files of a run are missing, damaged, or do not fit together."""

    exit_code = 2


class NotApplied(CommandError):
    """The service cannot be had with these resources; the run goes on with the next."""


class CannotMeasure(CommandError):
    """The load generator could not do its work."""
