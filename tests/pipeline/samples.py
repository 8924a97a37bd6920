"""Rows, batches and looks into the store that several tests share."""

import json
import random
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

import sqlalchemy as sa

from covertype import schema
from pipeline.source import ReceivedBatch
from pipeline.store import Store
from pipeline.tables import metadata
from pipeline.validation import validate_rows

Row = list[str]


def text_rows(count: int, seed: int = 0) -> list[Row]:
    """Rows as the random-data API sends them, every value inside the range seen."""
    draw = random.Random(seed)
    return [
        [
            *(str(draw.randint(int(f.seen.low), int(f.seen.high))) for f in schema.FEATURES),
            *(draw.choice(category.values) for category in schema.CATEGORIES),
            str(draw.choice(list(schema.COVER_TYPES))),
        ]
        for _ in range(count)
    ]


def with_value(column: str, value: str) -> Row:
    """A good row but for one value."""
    row = text_rows(1)[0]
    row[schema.COLUMNS.index(column)] = value
    return row


def body(group: int, batch: int, rows: Sequence[object]) -> bytes:
    return json.dumps({"group_number": group, "batch_number": batch, "data": rows}).encode()


def received(group: int = 1, batch: int = 1, rows: Sequence[object] | None = None) -> ReceivedBatch:
    """A batch as the source hands it on; by default with rows of its own."""
    rows = text_rows(20, seed=100 * group + batch) if rows is None else rows
    return ReceivedBatch(group, batch, body(group, batch, rows), list(rows), datetime.now(UTC))


def load(store: Store, batch: ReceivedBatch) -> bool:
    return store.load(batch, *validate_rows(batch.rows))


def dump(store: Store) -> dict[str, list[tuple[Any, ...]]]:
    """Every row of every table."""
    with store.engine.connect() as connection:
        return {
            table.name: [
                tuple(row)
                for row in connection.execute(sa.select(table).order_by(*table.primary_key))
            ]
            for table in metadata.sorted_tables
        }


def counts(store: Store) -> dict[str, int]:
    return {name: len(rows) for name, rows in dump(store).items()}


NOTHING = {table.name: 0 for table in metadata.sorted_tables}
