"""Run a generator's program to its end; whatever happens to the planner, it ends, too."""

from collections.abc import Callable

from capacity.errors import CannotMeasure
from console.errors import NotReady, ProcessFailed
from console.logs import last_lines
from console.results import new_file
from demo.interrupts import Interrupts
from demo.process import Command
from demo.supervisor import Supervisor


def run_to_its_end(
    command: Command, seconds: float, on_poll: Callable[[], None] = lambda: None
) -> None:
    """Run a program; its log is written anew. Main thread only.

    Args:
        seconds: after which it is given up.
        on_poll: called at each look, some ten times a second.

    Raises:
        CannotMeasure: it ended with an error, took too long, or cannot be started.
        Interrupted: a signal came; the program is ended.
        NotWritable: its log cannot be written.
    """
    new_file(command.log).close()
    try:
        with Interrupts() as interrupts, Supervisor(interrupts) as supervisor:
            code = supervisor.run(command, seconds, on_poll)
    except (NotReady, ProcessFailed) as error:
        raise CannotMeasure(str(error), log=command.log, excerpt=error.excerpt) from error
    if code != 0:
        raise CannotMeasure(
            f"{command.name} ended with exit code {code}",
            log=command.log,
            excerpt=last_lines(command.log),
        )
