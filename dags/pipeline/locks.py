"""One lock for all runs on one data store, wherever they run.

Both kinds are let go by the operating system or by MySQL when their process dies, so a
killed run never blocks the next.
"""

import fcntl
import hashlib
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sqlalchemy import Engine, text

from pipeline.errors import StoreBusy

_POLL_SECONDS = 0.05


@contextmanager
def exclusive(engine: Engine, name: str, timeout_seconds: float) -> Iterator[None]:
    """Hold the lock ``name`` of this data store.

    Raises StoreBusy when another holder keeps it for ``timeout_seconds``.
    """
    if engine.dialect.name == "sqlite":
        database = engine.url.database
        assert database is not None, "a Store refuses an in-memory database"  # noqa: S101
        lock = _file_lock(Path(f"{database}.{name}.lock"), timeout_seconds)
    else:
        lock = _server_lock(engine, name, timeout_seconds)
    with lock:
        yield


@contextmanager
def _file_lock(path: Path, timeout_seconds: float) -> Iterator[None]:
    deadline = time.monotonic() + timeout_seconds
    with path.open("w") as file:
        while True:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            except BlockingIOError:
                if time.monotonic() >= deadline:
                    raise _busy(path.name, timeout_seconds) from None
                time.sleep(_POLL_SECONDS)
        yield  # closing the file lets the lock go


@contextmanager
def _server_lock(engine: Engine, name: str, timeout_seconds: float) -> Iterator[None]:
    # MySQL's locks are server-wide and their names end at 64 characters.
    scope = hashlib.sha256(f"{engine.url.database}/{name}".encode()).hexdigest()
    with engine.connect() as connection:
        got = connection.scalar(
            text("SELECT GET_LOCK(:name, :seconds)"), {"name": scope, "seconds": timeout_seconds}
        )
        if got != 1:
            raise _busy(name, timeout_seconds)
        try:
            yield
        finally:
            connection.execute(text("DO RELEASE_LOCK(:name)"), {"name": scope})


def _busy(name: str, timeout_seconds: float) -> StoreBusy:
    return StoreBusy(
        f"another run has held the lock {name!r} for {timeout_seconds:g} s; "
        "wait for it to end, or stop it, and run this task again"
    )
