"""How rows are divided: ten groups of a file, ten batches of a group, and seeded draws.

The draws come from SHAKE-256 (FIPS 202), not from a random generator of a library: NumPy may
change what ``Generator.permutation`` gives for a seed with any release, and a client that
stored a batch's sha256 would then meet other bytes for the same batch. A hash never changes.
"""

import hashlib
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from covertype import schema

MIN_ROWS: Final = len(schema.GROUPS) * schema.BATCHES_PER_GROUP
"""Fewest rows of a data set: one in each batch."""


def draw_bytes(purpose: str, *key: int, count: int) -> bytes:
    """Return ``count`` bytes that depend only on ``purpose`` and the numbers of ``key``."""
    label = "/".join(["covertype", purpose, *map(str, key)])
    return hashlib.shake_256(label.encode()).digest(count)


def share(rows: int, parts: int, part: int) -> range:
    """Return the positions of part 1..``parts`` of ``rows``; sizes differ by at most one."""
    size, longer = divmod(rows, parts)
    start = (part - 1) * size + min(part - 1, longer)
    return range(start, start + size + (part <= longer))


def group_rows(rows: int, group: int) -> range:
    """Return the row numbers of a group: a tenth of the file, in file order."""
    return share(rows, len(schema.GROUPS), group)


def batch_share(rows: int, group: int, batch: int) -> range:
    """Return the positions of a batch inside its shuffled group."""
    return share(len(group_rows(rows, group)), schema.BATCHES_PER_GROUP, batch)


def batch_rows(rows: int, seed: int, group: int, batch: int) -> NDArray[np.int64]:
    """Return the row numbers of a batch, a pure function of the arguments.

    The group's rows are sorted by one 64-bit draw each; a batch is a slice of that order.
    Equal draws keep file order, so that the order is fully determined.
    """
    tenth = group_rows(rows, group)
    draws = np.frombuffer(draw_bytes("batches", seed, group, count=8 * len(tenth)), dtype="<u8")
    order: NDArray[Any] = np.argsort(draws, kind="stable")
    positions = batch_share(rows, group, batch)
    return (order[positions.start : positions.stop] + tenth.start).astype(np.int64)
