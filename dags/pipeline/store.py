"""The data store: batches go in whole or not at all, and come out as one frame.

Works on MySQL and on SQLite; only the URL differs.
"""

import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import NamedTuple, Self

import sqlalchemy as sa
from sqlalchemy.exc import ArgumentError, IntegrityError

from covertype import schema
from pipeline.errors import BatchConflict, PipelineError
from pipeline.locks import exclusive
from pipeline.source import ReceivedBatch
from pipeline.tables import batches, metadata, observations, raw_batches, rejected_rows
from pipeline.validation import Observation, Rejection

_WRITE_TIMEOUT_SECONDS = 60


class BatchId(NamedTuple):
    """Names a batch; sorts in the order in which batches are read."""

    group: int
    batch: int


class LedgerEntry(NamedTuple):
    """What the ledger says of one loaded batch."""

    id: BatchId
    sha256: str
    rows_received: int
    rows_clean: int
    rows_rejected: int


class Store:
    """Owns the connection to the data store."""

    def __init__(self, url: str) -> None:
        """Connects lazily. Raises PipelineError for a URL that names no durable store."""
        try:
            self.engine = _engine(sa.make_url(url))
        except (ArgumentError, ModuleNotFoundError) as error:
            raise PipelineError(f"DATA_DB_URL cannot be used: {error}; {_URL_FORMS}") from error

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_exception: object) -> None:
        self.engine.dispose()

    @contextmanager
    def exclusive(self, name: str, timeout_seconds: float = 600) -> Iterator[None]:
        """Hold a lock that every run on this store respects; see pipeline.locks."""
        with exclusive(self.engine, name, timeout_seconds):
            yield

    def create_tables(self) -> None:
        """Create what is missing; changes nothing that exists."""
        with self.exclusive("create_tables"):
            metadata.create_all(self.engine)

    def load(
        self, batch: ReceivedBatch, clean: Sequence[Observation], rejected: Sequence[Rejection]
    ) -> bool:
        """Write a batch with its ledger entry in one transaction.

        Returns False, and changes nothing, when the batch was loaded before.
        Raises BatchConflict when it was loaded before with another content.
        """
        key = {"group_number": batch.group, "batch_number": batch.batch}
        entry = key | {
            "sha256": batch.sha256,
            "rows_received": len(batch.rows),
            "rows_clean": len(clean),
            "rows_rejected": len(rejected),
            "state": "loaded",
            "received_at": batch.received_at,
            "loaded_at": datetime.now(UTC),
        }
        try:
            with self.engine.begin() as connection:
                # First of all: a second loader of the same batch waits here, then fails here.
                connection.execute(batches.insert(), entry)
                connection.execute(raw_batches.insert(), key | {"body": batch.body})
                if clean:
                    connection.execute(
                        observations.insert(), [key | _observation(row) for row in clean]
                    )
                if rejected:
                    connection.execute(
                        rejected_rows.insert(), [key | _rejection(row) for row in rejected]
                    )
        except IntegrityError:
            known = self.ledger(batch.group).get(BatchId(batch.group, batch.batch))
            if known is None:
                raise
            self._refuse_other_content(batch, known)
            return False
        return True

    @staticmethod
    def _refuse_other_content(batch: ReceivedBatch, known: LedgerEntry) -> None:
        if known.sha256 != batch.sha256:
            raise BatchConflict(
                f"batch {batch.batch} of group {batch.group} is known with sha256 "
                f"{known.sha256[:12]}, but now came with {batch.sha256[:12]}. Nothing was changed. "
                "The random-data API probably runs with another DATA_SEED or DATA_SOURCE than "
                "before: set them back, or point DATA_DB_URL at an empty database."
            )

    def ledger(self, group: int | None = None) -> dict[BatchId, LedgerEntry]:
        """Every loaded batch, or those of one group, in order."""
        query = sa.select(
            batches.c.group_number,
            batches.c.batch_number,
            batches.c.sha256,
            batches.c.rows_received,
            batches.c.rows_clean,
            batches.c.rows_rejected,
        ).order_by(batches.c.group_number, batches.c.batch_number)
        if group is not None:
            query = query.where(batches.c.group_number == group)
        with self.engine.connect() as connection:
            rows = connection.execute(query).all()
        return {BatchId(g, b): LedgerEntry(BatchId(g, b), *rest) for g, b, *rest in rows}

    def announce(self, run_id: str) -> int:
        """Mark what no run has announced to training yet; return this run's number of rows.

        A second call by the same run finds the same rows again, so that a task which died
        after its commit announces them when it is retried.
        """
        mine = batches.c.announced_by == run_id
        with self.engine.begin() as connection:
            connection.execute(
                batches.update()
                .where(batches.c.state == "loaded")
                .values(state="announced", announced_by=run_id)
            )
            rows = connection.scalar(sa.select(sa.func.sum(batches.c.rows_clean)).where(mine))
        return int(rows or 0)

    def read(self, ids: Sequence[BatchId]) -> list[sa.Row[tuple[object, ...]]]:
        """The clean rows of some batches, in order: group, batch, row index, features, class."""
        columns = [
            observations.c[name] for name in (*_ROW_KEY, *schema.FEATURE_NAMES, schema.TARGET)
        ]
        key = sa.tuple_(observations.c.group_number, observations.c.batch_number)
        query = (
            sa.select(*columns)
            .where(key.in_([tuple(id_) for id_ in ids]))
            .order_by(*(observations.c[name] for name in _ROW_KEY))
        )
        with self.engine.connect() as connection:
            return list(connection.execute(query).all())


def _engine(url: sa.URL) -> sa.Engine:
    if url.get_backend_name() != "sqlite":
        return sa.create_engine(url, pool_pre_ping=True)
    path = Path(url.database or "")
    if path.name in ("", ":memory:") or url.query:
        raise PipelineError(f"DATA_DB_URL names no file: {_URL_FORMS}")
    if not path.parent.is_dir():
        raise PipelineError(f"DATA_DB_URL is in a folder that does not exist: {path.parent}")
    engine = sa.create_engine(url, connect_args={"timeout": _WRITE_TIMEOUT_SECONDS})
    sa.event.listen(engine, "connect", _enforce_foreign_keys)
    return engine


_URL_FORMS = "write sqlite:////path/to/file.db, or mysql+pymysql://user:password@host/database"
_ROW_KEY = ("group_number", "batch_number", "row_index")


def _enforce_foreign_keys(connection: object, _record: object) -> None:
    connection.execute("PRAGMA foreign_keys = ON")  # type: ignore[attr-defined]  # sqlite3's own


def _observation(row: Observation) -> dict[str, object]:
    return {"row_index": row.row_index, **dict(zip(schema.COLUMNS, row.values, strict=True))}


def _rejection(row: Rejection) -> dict[str, object]:
    return {
        "row_index": row.row_index,
        "reason": row.reason.value,
        "detail": row.detail,
        "row_as_received": json.dumps(row.row),
    }
