"""Small file helpers: writes that are whole or absent, and checksums."""

import hashlib
import os
import secrets
from pathlib import Path
from typing import BinaryIO


def sha256_of(path: Path) -> str:
    """Hex sha256 of a file. Raises OSError."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def write_whole(path: Path, content: bytes) -> None:
    """Replace a file in one step, so that a reader or a crash never meets half of it.

    Raises OSError.
    """
    temporary = temporary_beside(path)
    try:
        with temporary.open("xb") as file:
            file.write(content)
            sync_file(file)
        temporary.replace(path)
    except OSError:
        temporary.unlink(missing_ok=True)
        raise
    sync_folder(path.parent)


def sync_file(file: BinaryIO) -> None:
    """Flush a file down to the disk. Raises OSError."""
    file.flush()
    os.fsync(file.fileno())


def temporary_beside(path: Path) -> Path:
    """A free name in the same folder, hidden, for something that will be renamed to ``path``."""
    return path.with_name(f".{path.name}.{os.getpid()}-{secrets.token_hex(4)}")


def sync_folder(folder: Path) -> None:
    """Make renames inside a folder survive a power cut. Raises OSError."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
