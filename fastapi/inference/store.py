"""The models folder: verified versions on disk, and which of them was verified last.

    <models_dir>/<model>/
        <version>-<first 12 of the model file's sha256>/
            model.onnx, golden_rows.json    what the registry holds
            verified.json                   version and tags, written when it was verified
        last_good.json                      the same of the version that was verified last

A version's folder appears whole, by a rename, and its model never changes; both notes are
replaced in one step. So any number of processes and containers may share the folder without a
lock: the worst that two of them can do to each other is to download the same version twice.
"""

import errno
import logging
import shutil
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Final

from pydantic import BaseModel, ValidationError

from .errors import LoadError, StoreError
from .files import sync_folder, temporary_beside, write_whole
from .versions import ModelVersion, model_version

logger = logging.getLogger(__name__)

_POINTER: Final = "last_good.json"
_NOTE: Final = "verified.json"  # in a version's folder
_STALE_SECONDS: Final = 3600  # a download is long over by then


class _Note(BaseModel):
    """What last_good.json and verified.json hold; the checksums are among the tags."""

    version: str
    tags: dict[str, str]


class ModelStore:
    """The versions of one model under ``root``; the newest ``keep`` survive a prune.

    Every method may raise StoreError, which names the folder.
    """

    def __init__(self, root: Path, name: str, keep: int) -> None:
        self._name = name
        self._folder = root / name
        self._keep = keep

    def folder_of(self, version: ModelVersion) -> Path:
        """Where the version lives once it is installed."""
        return self._folder / version.folder

    def has(self, version: ModelVersion) -> bool:
        """Whether the version is installed; its content is checked at each load, not here."""
        with self._reporting():
            return self.folder_of(version).is_dir()

    def stage(self, version: ModelVersion) -> Path:
        """Make an empty hidden folder to download into."""
        with self._reporting():
            self._folder.mkdir(parents=True, exist_ok=True)
            staging = temporary_beside(self.folder_of(version))
            staging.mkdir()
            return staging

    def install(self, staging: Path, version: ModelVersion) -> None:
        """Give a staged folder its final name; another process may have been faster."""
        with self._reporting():
            sync_folder(staging)
            try:
                staging.rename(self.folder_of(version))
            except OSError as error:
                if error.errno not in (errno.ENOTEMPTY, errno.EEXIST):
                    raise
                shutil.rmtree(staging, ignore_errors=True)
            sync_folder(self._folder)

    def discard(self, version: ModelVersion) -> None:
        """Remove a version whose files turned out to be damaged."""
        folder = self.folder_of(version)
        with self._reporting():
            self._remove(folder)

    def last_good(self) -> ModelVersion | None:
        """The version that was verified last by any process, or None when there is none yet."""
        path = self._folder / _POINTER
        with self._reporting():
            try:
                content = path.read_bytes()
            except FileNotFoundError:
                return None
        try:
            return self._noted(content)
        except (ValidationError, LoadError) as error:
            raise StoreError(
                f"{path} is damaged: delete it; it is written again when the registry answers"
            ) from error

    def verified(self) -> list[ModelVersion]:
        """Every installed version that was verified once, the last verified one first.

        A folder whose note is gone or damaged is left out: without its tags nothing says which
        checksums its files must have.
        """
        found: list[tuple[float, ModelVersion]] = []
        with self._reporting():
            for path in self._folder.glob(f"*/{_NOTE}"):
                try:
                    version = self._noted(path.read_bytes())
                    changed = path.stat().st_mtime
                except FileNotFoundError:
                    continue  # another process removed it
                except (ValidationError, LoadError):
                    logger.warning("%s is damaged: its folder is left out", path)
                    continue
                if version.folder == path.parent.name:
                    found.append((changed, version))
        found.sort(key=lambda pair: (pair[0], int(pair[1].version)), reverse=True)
        return [version for _, version in found]

    def remember(self, version: ModelVersion) -> None:
        """Note the version as the last verified one, in its own folder too."""
        note = _Note(version=version.version, tags=dict(version.tags)).model_dump_json().encode()
        with self._reporting():
            self._folder.mkdir(parents=True, exist_ok=True)
            with suppress(FileNotFoundError):  # another process removed the version's folder
                write_whole(self.folder_of(version) / _NOTE, note)
            write_whole(self._folder / _POINTER, note)

    def _noted(self, content: bytes) -> ModelVersion:
        """The version that a note is about. Raises ValidationError or LoadError."""
        note = _Note.model_validate_json(content)
        return model_version(self._name, note.version, note.tags)

    def prune(self, serving: ModelVersion) -> None:
        """Remove all but the newest versions, the serving one and the last verified one."""
        protected = {serving.folder}
        last_good = self.last_good()
        if last_good is not None:
            protected.add(last_good.folder)
        with self._reporting():
            entries = list(self._folder.iterdir())
            versions = sorted(
                (entry for entry in entries if entry.is_dir() and _number(entry) is not None),
                key=lambda entry: (_number(entry) or 0, entry.name),
                reverse=True,
            )
            for entry in versions[self._keep :]:
                if entry.name not in protected:
                    logger.info("Pruning %s", entry)
                    self._remove(entry)
            for entry in entries:
                if entry.name.startswith(".") and _age_seconds(entry) > _STALE_SECONDS:
                    _delete(entry)

    def _remove(self, folder: Path) -> None:
        """Rename first: no reader then finds a folder with half of its files gone."""
        doomed = temporary_beside(folder)
        try:
            folder.rename(doomed)
        except FileNotFoundError:
            return  # another process removed it
        _delete(doomed)

    @contextmanager
    def _reporting(self) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            raise StoreError(
                f"The models folder {self._folder} cannot be used ({error}): check its "
                "permissions and the free space"
            ) from error


def _number(folder: Path) -> int | None:
    """The version number in a version folder's name."""
    number, dash, _ = folder.name.partition("-")
    return int(number) if dash and number.isdecimal() else None


def _age_seconds(path: Path) -> float:
    try:
        return time.time() - path.stat().st_mtime
    except FileNotFoundError:
        return 0  # another process removed it


def _delete(path: Path) -> None:
    if path.is_dir():
        shutil.rmtree(path, ignore_errors=True)
    else:
        path.unlink(missing_ok=True)
