"""``ps``: every container with its state, and what it uses next to what it may use."""

from collections.abc import Mapping, Sequence

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
    running = [one for one in found if one.state == "running"]
    used = usage(stack.docker, running)
    table = Table(box=box.SIMPLE, pad_edge=False)
    table.add_column("container", no_wrap=True)
    table.add_column("state", no_wrap=True)
    for title in ("CPU", "of", "memory", "of"):
        table.add_column(title, justify="right", no_wrap=True)
    for container in found:
        table.add_row(*_row(container, used.get(container.name)))
    table.add_section()
    table.add_row(*_sum(running, used))
    stack.console.print(table)
    stack.say("CPU is in percent of one core; - means no limit. The sum is of those that run.")


def _row(container: Container, used: Usage | None) -> tuple[str, ...]:
    return (
        container.name.removeprefix(f"{PROJECT}-"),
        container.condition,
        used.cpu if used else "",
        f"{container.cpus:.0%}" if container.cpus else "-",
        _size(used.memory) if used else "",
        _size(container.memory) if container.memory else "-",
    )


def _sum(running: Sequence[Container], used: Mapping[str, Usage]) -> tuple[str, ...]:
    limits = [one.memory for one in running]
    memory = sum(one.memory for one in used.values())
    # One without a limit may use all of the machine.
    return "sum", "", "", "", _size(memory), _size(sum(limits)) if all(limits) else "-"


def _size(memory: int) -> str:
    return f"{memory / _MIB:.0f}M"
