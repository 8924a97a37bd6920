"""The observations as arrays, and how they are divided.

A row's part is decided by a hash of its place in the data, so it never changes: not
with the seed, not when batches arrive later, not between versions. That makes the
holdout a fair referee between any two versions.
"""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pipeline.errors import NoData
from pipeline.store import BatchId, LedgerEntry, Store

_PARTS = 5  # a fifth is held out; of the rest, a fifth validates


@dataclass(frozen=True, slots=True)
class Rows:
    """n rows: features (n, 10) float32 in schema order, labels (n,) int64, groups (n,) int64."""

    features: NDArray[np.float32]
    labels: NDArray[np.int64]
    groups: NDArray[np.int64]

    def __len__(self) -> int:
        return len(self.labels)

    def take(self, index: NDArray[np.bool_] | NDArray[np.int64]) -> "Rows":
        """The rows at some places, or where a mask holds."""
        return Rows(self.features[index], self.labels[index], self.groups[index])


@dataclass(frozen=True, slots=True)
class Split:
    """``development`` (all but the holdout) is ``fit`` and ``validation`` together."""

    fit: Rows
    validation: Rows
    development: Rows
    holdout: Rows


def fingerprint(entries: Mapping[BatchId, LedgerEntry]) -> str:
    """Hex digest that changes when any batch, its content or its clean rows change."""
    lines = [
        f"{entry.id.group} {entry.id.batch} {entry.sha256} {entry.rows_clean}\n"
        for _, entry in sorted(entries.items())
    ]
    return hashlib.sha256("".join(lines).encode()).hexdigest()


def load_split(store: Store, ids: Sequence[BatchId], sample_size: int, seed: int) -> Split:
    """Read some batches and divide them.

    ``sample_size`` limits the development rows (0: all), drawn with ``seed``; the holdout
    is always whole. Raises NoData when a part would be empty or has a single class.
    """
    records = store.read(ids)
    if not records:
        raise NoData("the data store has no clean rows: run covertype_ingest first")
    table = np.array([tuple(record) for record in records], dtype=np.float64)
    rows = Rows(
        features=table[:, 3:-1].astype(np.float32),
        labels=table[:, -1].astype(np.int64),
        groups=table[:, 0].astype(np.int64),
    )
    part = np.array([_hash(int(g), int(b), int(r)) for g, b, r in table[:, :3]], dtype=np.uint64)
    held_out = part % _PARTS == 0
    validates = part // _PARTS % _PARTS == 0
    development = np.flatnonzero(~held_out)
    if 0 < sample_size < len(development):
        chosen = np.random.default_rng(seed).choice(len(development), sample_size, replace=False)
        development = development[np.sort(chosen)]
    split = Split(
        fit=rows.take(development[~validates[development]]),
        validation=rows.take(development[validates[development]]),
        development=rows.take(development),
        holdout=rows.take(held_out),
    )
    _refuse_unusable(split)
    return split


def _hash(group: int, batch: int, row: int) -> int:
    digest = hashlib.sha256(f"{group}/{batch}/{row}".encode()).digest()
    return int.from_bytes(digest[:8], "big")


def _refuse_unusable(split: Split) -> None:
    for name, rows in (
        ("fit", split.fit),
        ("validation", split.validation),
        ("holdout", split.holdout),
    ):
        if len(rows) == 0:
            raise NoData(
                f"the {name} part would be empty: ingest more batches or raise sample_size"
            )
    if len(np.unique(split.fit.labels)) < 2:
        raise NoData("all rows have the same Cover_Type: ingest more batches before training")
