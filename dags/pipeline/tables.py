"""The data tables, derived from the schema.

``batches`` is the ledger. The other tables hold what one batch brought, and reference
it: a row without its ledger entry cannot exist.
"""

from sqlalchemy import (
    CheckConstraint,
    Column,
    DateTime,
    Double,
    ForeignKeyConstraint,
    Integer,
    LargeBinary,
    MetaData,
    SmallInteger,
    String,
    Table,
    Text,
)

from covertype import schema

metadata = MetaData()

_LONGEST = 2**32 - 1  # makes MySQL choose LONGBLOB and LONGTEXT: BLOB and TEXT end at 64 kB


def _batch_key() -> tuple[Column[int], Column[int]]:
    return (
        Column("group_number", SmallInteger, primary_key=True, autoincrement=False),
        Column("batch_number", SmallInteger, primary_key=True, autoincrement=False),
    )


def _row_key() -> tuple[Column[int], ...]:
    """A row is named by its batch and its place in the body, from 0."""
    return (*_batch_key(), Column("row_index", Integer, primary_key=True, autoincrement=False))


def _of_batch() -> ForeignKeyConstraint:
    key = ["group_number", "batch_number"]
    return ForeignKeyConstraint(key, [f"batches.{column}" for column in key])


batches = Table(
    "batches",
    metadata,
    *_batch_key(),
    Column("sha256", String(64), nullable=False, comment="of the body as received"),
    Column("rows_received", Integer, nullable=False),
    Column("rows_clean", Integer, nullable=False),
    Column("rows_rejected", Integer, nullable=False),
    Column("state", String(16), nullable=False, comment="loaded, then announced to training"),
    Column("announced_by", String(250), comment="the run that announced it"),
    Column("received_at", DateTime, nullable=False, comment="UTC"),
    Column("loaded_at", DateTime, nullable=False, comment="UTC"),
    CheckConstraint("rows_clean + rows_rejected = rows_received", name="no_row_lost"),
    CheckConstraint("state IN ('loaded', 'announced')", name="known_state"),
)

raw_batches = Table(
    "raw_batches",
    metadata,
    *_batch_key(),
    Column("body", LargeBinary(_LONGEST), nullable=False, comment="as received"),
    _of_batch(),
)

observations = Table(
    "observations",
    metadata,
    *_row_key(),
    *(
        Column(feature.name, Double, nullable=False, comment=feature.unit)
        for feature in schema.FEATURES
    ),
    *(
        Column(category.name, String(max(map(len, category.values))), nullable=False)
        for category in schema.CATEGORIES
    ),
    Column(schema.TARGET, SmallInteger, nullable=False),
    _of_batch(),
)

rejected_rows = Table(
    "rejected_rows",
    metadata,
    *_row_key(),
    Column("reason", String(32), nullable=False, comment="a pipeline.validation.Reason"),
    Column("detail", Text(_LONGEST), nullable=False),
    Column("row_as_received", Text(_LONGEST), nullable=False, comment="JSON"),
    _of_batch(),
)
