"""The tables as MySQL gets them. A store that is really there is the stack's test."""

import pytest
import sqlalchemy as sa
from sqlalchemy.dialects import mysql
from sqlalchemy.schema import CreateTable

from covertype import schema
from pipeline.tables import metadata

# Reserved in MySQL 8.4 and 9, of the words that a table of this kind may want.
RESERVED = {
    *("group", "groups", "row", "rows", "row_number", "key", "keys", "range", "rank", "index"),
    *("read", "write", "system", "table", "order", "condition", "manual", "parallel", "library"),
}


def _ddl(table: str) -> str:
    return str(CreateTable(metadata.tables[table]).compile(dialect=mysql.dialect()))


def _quoted(name: str) -> str:
    return mysql.dialect().identifier_preparer.quote(name)


@pytest.mark.parametrize("table", metadata.tables)
def test_every_table_compiles_with_a_primary_key_that_is_not_counted_up(table: str) -> None:
    ddl = _ddl(table)

    assert "PRIMARY KEY (group_number, batch_number" in ddl
    assert "AUTO_INCREMENT" not in ddl


def test_a_body_may_be_longer_than_a_blob() -> None:
    # For a BLOB with a length, MySQL chooses the smallest type that holds it: a LONGBLOB.
    assert f"body BLOB({2**32 - 1}) NOT NULL" in _ddl("raw_batches")


def test_numbers_are_doubles_and_times_have_no_zone() -> None:
    assert "`Elevation` DOUBLE NOT NULL COMMENT 'm'" in _ddl("observations")
    assert "received_at DATETIME NOT NULL" in _ddl("batches")


def test_no_name_is_a_reserved_word_of_mysql() -> None:
    names = {table.name for table in metadata.sorted_tables}
    names |= {column.name for table in metadata.sorted_tables for column in table.columns}

    assert not {name.lower() for name in names} & RESERVED
    # SQLAlchemy quotes what it knows to be reserved, and names in capitals.
    assert {name for name in names if _quoted(name) != name} == {
        name for name in names if name != name.lower()
    }


def test_every_column_of_the_schema_is_stored_and_wide_enough() -> None:
    columns = metadata.tables["observations"].columns

    assert set(schema.COLUMNS) <= set(columns.keys())
    for category in schema.CATEGORIES:
        kind = columns[category.name].type
        assert isinstance(kind, sa.String)
        assert kind.length is not None
        assert max(map(len, category.values)) <= kind.length


def test_rows_hang_on_their_batch() -> None:
    for name in ("raw_batches", "observations", "rejected_rows"):
        assert "REFERENCES batches (group_number, batch_number)" in _ddl(name)
