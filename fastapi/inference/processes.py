"""What each worker process of this service serves, noted in small files.

A container may run several workers behind one port, so one request reaches only one of them.
Each keeps ``<runtime_dir>/<pid>.json`` up to date and any of them can answer for all.
"""

import logging
import os
from contextlib import suppress
from pathlib import Path

from pydantic import BaseModel, ValidationError

from .errors import RuntimeFolderError
from .files import write_whole

logger = logging.getLogger(__name__)


class _Note(BaseModel):
    """One process: the version that it serves, and when the process itself was started."""

    version: str | None
    started: str


class ProcessNotes:
    """This process's note, and the notes of its siblings."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._pid = os.getpid()

    def write(self, version: str | None) -> None:
        """Note which version this process serves; None while nothing is loaded.

        Raises RuntimeFolderError.
        """
        note = _Note(version=version, started=_started(self._pid))
        try:
            self._folder.mkdir(parents=True, exist_ok=True)
            write_whole(self._path(self._pid), note.model_dump_json().encode())
        except OSError as error:
            raise RuntimeFolderError(
                f"{self._folder} cannot be written ({error}): check its permissions"
            ) from error

    def remove(self) -> None:
        """Forget this process: it is about to end."""
        with suppress(OSError):  # a note that stays is dropped by the next reader
            self._path(self._pid).unlink()

    def read(self) -> dict[str, str | None]:
        """Process id to version for each living process; notes of dead ones are removed."""
        versions: dict[str, str | None] = {}
        for path in sorted(self._folder.glob("[0-9]*.json")):
            try:
                note = _Note.model_validate_json(path.read_bytes())
                pid = int(path.stem)
            except OSError:
                continue  # its process ended just now
            except (ValidationError, ValueError):
                logger.warning("%s is no process note: delete it", path)
                continue
            # The start time tells a process from a later one that was given the same id.
            if _alive(pid) and note.started == _started(pid):
                versions[str(pid)] = note.version
            else:
                with suppress(OSError):  # another reader was faster
                    path.unlink()
        return versions

    def _path(self, pid: int) -> Path:
        return self._folder / f"{pid}.json"


def _alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except (PermissionError, OverflowError):
        return True  # it exists but belongs to someone else; the start time decides
    return True


def _started(pid: int) -> str:
    """When a process was started, in clock ticks since boot.

    "ended" for one that only waits to be buried, "" where there is no /proc.
    """
    try:
        stat = Path(f"/proc/{pid}/stat").read_text()
    except OSError:
        return ""
    # The second field is the command in brackets, which may hold blanks and brackets itself.
    state, *fields = stat.rpartition(")")[2].split()
    return "ended" if state == "Z" else fields[18]
