"""``ps``: every container with its state, and what it uses next to what it may use."""

from rich import box
from rich.table import Table

from stack.containers import Container, Usage, containers, usage
from stack.context import Stack
from stack.docker import PROJECT

_MIB = 2**20


def show_containers(stack: Stack) -> None:
    """Print the table.

    Raises:
        NotUp: there is no Docker Engine.
    """
    stack.docker.check()
    found = containers(stack.docker)
    if not found:
        stack.say("There are no containers: `make up` starts the stack.")
        return
    used = usage(stack.docker, [one for one in found if one.state == "running"])
    table = Table(box=box.SIMPLE, pad_edge=False)
    table.add_column("container", no_wrap=True)
    table.add_column("state", no_wrap=True)
    for title in ("CPU", "of", "memory", "of"):
        table.add_column(title, justify="right", no_wrap=True)
    for container in found:
        table.add_row(*_row(container, used.get(container.name)))
    stack.console.print(table)
    stack.say("CPU is in percent of one core; - means no limit.")


def _row(container: Container, used: Usage | None) -> tuple[str, ...]:
    return (
        container.name.removeprefix(f"{PROJECT}-"),
        container.condition,
        used.cpu if used else "",
        f"{container.cpus:.0%}" if container.cpus else "-",
        used.memory if used else "",
        f"{container.memory / _MIB:.0f}M" if container.memory else "-",
    )
