"""What the tests let another process do to a store: python child.py COMMAND URL."""

import os
import signal
import sys
from collections.abc import Iterator, Sequence
from typing import overload

from pipeline.store import Store
from pipeline.validation import Rejection, validate_rows
from tests.pipeline.samples import load, received, text_rows

# So many rows that SQLite writes to the database file before the commit.
ROWS_KILLED = 20_000


def _say(word: str) -> None:
    sys.stdout.write(word + "\n")
    sys.stdout.flush()


def hold(store: Store) -> None:
    """Hold the lock `held` until told to stop."""
    with store.exclusive("held", timeout_seconds=5):
        _say("ready")
        sys.stdin.readline()


def load_batch(store: Store) -> None:
    """Load the batch (1, 1) when told to; say whether it was new."""
    batch = received()
    _say("ready")
    sys.stdin.readline()
    _say(str(load(store, batch)))


class _DeathInTheMiddle(Sequence[Rejection]):
    """Kills the process when the store reads it, which is after it wrote the clean rows."""

    def __len__(self) -> int:
        return 1

    @overload
    def __getitem__(self, index: int) -> Rejection: ...
    @overload
    def __getitem__(self, index: slice) -> Sequence[Rejection]: ...
    def __getitem__(self, index: int | slice) -> Rejection | Sequence[Rejection]:
        raise IndexError(index)

    def __iter__(self) -> Iterator[Rejection]:
        os.kill(os.getpid(), signal.SIGKILL)
        return iter(())


def die(store: Store) -> None:
    """Be killed inside the transaction that loads the batch (1, 1)."""
    rows = text_rows(100) * (ROWS_KILLED // 100)
    clean, _ = validate_rows(rows)
    store.load(received(rows=[*rows, []]), clean, _DeathInTheMiddle())


COMMANDS = {"hold": hold, "load": load_batch, "die": die}

if __name__ == "__main__":
    with Store(sys.argv[2]) as own_store:
        COMMANDS[sys.argv[1]](own_store)
