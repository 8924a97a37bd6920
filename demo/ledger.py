"""Figures from the data store's ledger of batches."""

import sqlite3
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from console.errors import AnswerError


@dataclass(frozen=True)
class Rows:
    """What was ingested so far."""

    groups: int = 0
    received: int = 0
    clean: int = 0
    rejected: int = 0


def count_rows(database: Path) -> Rows:
    """Read the ledger; zeros while it does not exist yet, or while a batch is being written."""
    query = """
        SELECT count(DISTINCT group_number), coalesce(sum(rows_received), 0),
               coalesce(sum(rows_clean), 0), coalesce(sum(rows_rejected), 0)
        FROM batches"""
    try:
        with closing(_open(database)) as connection:
            return Rows(*connection.execute(query).fetchone())
    except sqlite3.OperationalError:
        return Rows()


def one_observation(database: Path, columns: tuple[str, ...]) -> dict[str, float]:
    """The named columns of the first row of the data store.

    Raises:
        AnswerError: there is no row.
    """
    wanted = ", ".join(f'"{column}"' for column in columns)  # names from the schema
    query = (
        f"SELECT {wanted} FROM observations "  # noqa: S608
        "ORDER BY group_number, batch_number, row_index LIMIT 1"
    )
    try:
        with closing(_open(database)) as connection:
            row = connection.execute(query).fetchone()
    except sqlite3.OperationalError as error:
        raise AnswerError(f"the data store cannot be read: {error}") from error
    if row is None:
        raise AnswerError("the data store holds no row: the ingestion added none")
    # 3267.0 is 3267 for a reader; as JSON both are the same number.
    whole = (int(value) if float(value).is_integer() else value for value in row)
    return dict(zip(columns, whole, strict=True))


def _open(database: Path) -> sqlite3.Connection:
    """Read-only, so that looking never creates a file or holds up a writer for long."""
    return sqlite3.connect(f"{database.as_uri()}?mode=ro", uri=True, timeout=0.2)
