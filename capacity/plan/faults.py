"""What is wrong with a plan, where it stands, and what was expected instead."""

from collections.abc import Iterable
from dataclasses import dataclass

from capacity.errors import BadPlan


@dataclass(frozen=True, slots=True, order=True)
class Fault:
    """A fault of a line. ``field`` is its path, such as load.closed.users; empty for none."""

    line: int
    field: str
    message: str

    def __str__(self) -> str:
        return ", ".join(filter(None, (f"line {self.line}", self.field))) + f": {self.message}"


class Malformed(Exception):
    """A text that is no YAML, or YAML that plans do without; nothing of it can be used."""

    def __init__(self, line: int, message: str) -> None:
        super().__init__(message)
        self.fault = Fault(line, "", message)


def bad_plan(source: str, faults: Iterable[Fault]) -> BadPlan:
    """The error that lists all faults, a line each, in the order of the file."""
    return BadPlan("\n".join(f"{source}, {fault}" for fault in sorted(set(faults))))
