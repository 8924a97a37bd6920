"""The rows that every target is asked about: real ones, all different, in one fixed order."""

from pathlib import Path
from typing import Final

import numpy as np
import pyarrow.parquet as pq

from bench.bodies import Form
from covertype.schema import FEATURE_NAMES

#: More than a processor's caches keep of the model's paths, and few enough to render in a second.
ROWS: Final = 20_000
_SEED: Final = 20


def read_rows(parquet: Path, count: int = ROWS) -> list[list[int]]:
    """Draw ``count`` rows of the data set, no two with the same features."""
    table = pq.read_table(parquet, columns=list(FEATURE_NAMES))
    features = np.column_stack([table[name].to_numpy() for name in FEATURE_NAMES])
    different = np.unique(features, axis=0)
    drawn = np.random.default_rng(_SEED).permutation(different)[:count]
    rows: list[list[int]] = drawn.tolist()
    return rows


def write_bodies(rows: list[list[int]], form: Form, folder: Path) -> Path:
    """Render the request bodies of a form, one a line."""
    file = folder / f"{form.name}.jsonl"
    file.write_bytes(b"\n".join(form.body(row) for row in rows) + b"\n")
    return file
