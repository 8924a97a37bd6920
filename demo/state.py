"""What ``up`` left running: a file that ``up`` and ``down`` read."""

import fcntl
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from pydantic import BaseModel, ConfigDict, ValidationError

from demo.environment import Ports
from demo.errors import AlreadyRunning, StateError
from demo.groups import Group


class Service(BaseModel):
    """One service: its process group, and where to look at it."""

    model_config = ConfigDict(frozen=True)

    name: str
    group: int
    token: str
    url: str
    log: Path

    def process_group(self) -> Group:
        return Group(self.group, self.token)

    def is_alive(self) -> bool:
        """False too when the process id belongs to another program by now."""
        return bool(self.process_group().members())


class State(BaseModel):
    """All services of ``up``."""

    model_config = ConfigDict(frozen=True)

    started_at: str
    ports: Ports
    services: tuple[Service, ...]

    def gone(self) -> list[str]:
        """The names of the services that run no longer."""
        return [service.name for service in self.services if not service.is_alive()]


def read_state(path: Path) -> State | None:
    """The state, or None when nothing was left running.

    Raises:
        StateError: the file is damaged.
    """
    try:
        return State.model_validate_json(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return None
    except ValidationError as error:
        raise StateError(
            f"{path} is damaged: `make demo-down` ends what is left and removes the file"
        ) from error


def write_state(path: Path, state: State) -> None:
    """Replace the file in one step, so that no reader sees half of it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_suffix(".partial")
    partial.write_text(state.model_dump_json(indent=2) + "\n", encoding="utf-8")
    partial.replace(path)


@contextmanager
def exclusive(path: Path, what: str) -> Iterator[None]:
    """Hold a lock file; the system frees it however the process ends.

    Raises:
        AlreadyRunning: another process holds it.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w", encoding="utf-8") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise AlreadyRunning(f"{what}: wait until it ends, or stop it with Ctrl-C") from error
        yield
