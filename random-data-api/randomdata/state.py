"""The state file: each group's last opening, shared by threads and processes.

The file is small (ten groups), so every change writes it whole: to a temporary file, synced,
then renamed over the old one. A reader or a power cut meets the old state or the new one,
never a half. A lock file beside it keeps two writers apart.
"""

import fcntl
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Final, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from covertype import schema
from randomdata.clock import Opening
from randomdata.errors import StateFileError

GroupNumber = Annotated[int, Field(ge=schema.GROUPS[0], le=schema.GROUPS[-1])]
BatchNumber = Annotated[int, Field(ge=1, le=schema.BATCHES_PER_GROUP)]
Seconds = Annotated[float, Field(ge=0, allow_inf_nan=False)]

_FORMAT: Final = 1


class _StoredOpening(BaseModel):
    model_config = ConfigDict(extra="forbid")

    batch_number: BatchNumber
    opened_at: Seconds


class _StoredState(BaseModel):
    model_config = ConfigDict(extra="forbid")

    format: Literal[1] = _FORMAT
    groups: dict[GroupNumber, _StoredOpening] = {}


class StateFile:
    """Each group's last opening, kept in one JSON file.

    Every method raises ``StateFileError`` when the file is corrupt or cannot be read or
    written; the message says what to do.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._lock_path = path.with_name(path.name + ".lock")

    def prepare(self) -> dict[int, Opening]:
        """Make the folder, check that it can be written to, and return all openings."""
        with self._unless_os_fails():
            self._path.parent.mkdir(parents=True, exist_ok=True)
        with self._locked():
            stored = self._read()
            self._write(stored)
        return _openings(stored)

    def openings(self) -> dict[int, Opening]:
        """Return the last opening of each group that has one."""
        with self._unless_os_fails():
            return _openings(self._read())

    def update(
        self, group: int, change: Callable[[Opening | None], Opening | None]
    ) -> Opening | None:
        """Replace a group's opening by ``change(opening)`` and return the result.

        Nothing else reads or changes the state meanwhile. A result that is None or the same
        leaves the file alone.
        """
        with self._locked():
            stored = self._read()
            last = _openings(stored).get(group)
            opening = change(last)
            if opening is not None and opening != last:
                stored.groups[group] = _StoredOpening(
                    batch_number=opening.batch, opened_at=opening.at
                )
                self._write(stored)
        return opening

    def forget(self, group: int) -> None:
        """Drop a group's opening: its next request opens batch 1."""
        with self._locked():
            stored = self._read()
            if stored.groups.pop(group, None) is not None:
                self._write(stored)

    @contextmanager
    def _locked(self) -> Iterator[None]:
        """Hold the lock file. Each call opens it anew, so threads exclude each other too."""
        with self._unless_os_fails(), self._lock_path.open("ab") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield

    @contextmanager
    def _unless_os_fails(self) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            raise StateFileError(
                f"The state file {self._path} cannot be used: {error}. Give STATE_FILE a path in a "
                "folder that this service may write to, with free space."
            ) from error

    def _read(self) -> _StoredState:
        try:
            content = self._path.read_bytes()
        except FileNotFoundError:
            return _StoredState()
        try:
            return _StoredState.model_validate_json(content)
        except ValidationError as error:
            raise StateFileError(
                f"The state file {self._path} is corrupt: {error.errors()[0]['msg']}. Restore it "
                "from a copy, or remove it to start every group from batch 1 again."
            ) from error

    def _write(self, stored: _StoredState) -> None:
        """Replace the file in one step. The caller holds the lock, so one name is enough."""
        temporary = self._path.with_name(self._path.name + ".new")
        with temporary.open("wb") as out:
            out.write(stored.model_dump_json().encode())
            out.flush()
            os.fsync(out.fileno())
        temporary.replace(self._path)
        folder = os.open(self._path.parent, os.O_RDONLY)
        try:
            os.fsync(folder)  # the new name has to survive a power cut as well
        finally:
            os.close(folder)


def _openings(stored: _StoredState) -> dict[int, Opening]:
    return {
        group: Opening(opening.batch_number, opening.opened_at)
        for group, opening in stored.groups.items()
    }
