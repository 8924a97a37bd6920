"""Make files and folders under ``out/``; the error that says what to do where they cannot be."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import BinaryIO

from console.errors import NotWritable


def have_folder(path: Path) -> None:
    """Make a folder, with those above it, unless it is there.

    Raises:
        NotWritable: it cannot be made.
    """
    with _explained(path):
        path.mkdir(parents=True, exist_ok=True)


def new_file(path: Path) -> BinaryIO:
    """An empty file to write to, in a folder that is made when it is missing.

    Raises:
        NotWritable: one of the two cannot be made.
    """
    have_folder(path.parent)
    with _explained(path):
        return path.open("wb")


@contextmanager
def temporary_folder(parent: Path, prefix: str) -> Iterator[Path]:
    """A new folder inside another, for this user alone (mode 700); it is removed at the end.

    Raises:
        NotWritable: it cannot be made.
    """
    have_folder(parent)
    with _explained(parent):
        made = TemporaryDirectory(prefix=prefix, dir=parent)
    with made as name:
        yield Path(name)


@contextmanager
def _explained(path: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise NotWritable(
            f"{path} cannot be written ({error.strerror}). If another user made it, such as root "
            'with sudo, make it yours: sudo chown -R "$(id -u):$(id -g)" out'
        ) from error
