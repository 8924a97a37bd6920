"""The store: a batch goes in whole, once, and comes out as it went in."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy.exc import IntegrityError

from covertype import schema
from pipeline.errors import BatchConflict, PipelineError
from pipeline.source import ReceivedBatch
from pipeline.store import BatchId, LedgerEntry, Store
from pipeline.tables import metadata
from pipeline.validation import Observation, validate_rows
from tests.pipeline.samples import (
    NOTHING,
    counts,
    dump,
    load,
    received,
    text_rows,
    with_value,
)

BAD_ROWS: list[object] = [None, with_value("Slope", "91"), {"a": ["\ud800", 1e999]}]


def _read(store: Store, *ids: BatchId) -> list[tuple[Any, ...]]:
    return [tuple(row) for row in store.read(ids)]


@pytest.mark.parametrize("url", ["sqlite://", "sqlite:///", "sqlite:///:memory:"])
def test_a_store_that_would_forget_is_refused(url: str) -> None:
    with pytest.raises(PipelineError, match="write sqlite:"):
        Store(url)


def test_creating_tables_again_changes_nothing(store: Store) -> None:
    load(store, received())
    before = dump(store)

    store.create_tables()

    assert dump(store) == before


def test_a_batch_goes_in_with_its_body_its_rows_and_its_ledger_entry(store: Store) -> None:
    batch = received(3, 2, [*text_rows(4), *BAD_ROWS, *text_rows(1, seed=9)])

    assert load(store, batch)

    id_ = BatchId(3, 2)
    assert store.ledger() == {id_: LedgerEntry(id_, batch.sha256, 8, 5, 3)}
    tables = dump(store)
    assert tables["raw_batches"] == [(3, 2, batch.body)]
    assert [row[:3] for row in tables["observations"]] == [(3, 2, i) for i in (0, 1, 2, 3, 7)]
    assert [row[2:5] for row in tables["rejected_rows"]] == [
        (4, "not_a_list", "expected a list, got NoneType"),
        (5, "impossible", "Slope: '91' degree is outside 0 to 90"),
        (6, "not_a_list", "expected a list, got dict"),
    ]


def test_rows_come_out_as_they_went_in(store: Store) -> None:
    batches = [received(2, 1), received(1, 10), received(1, 2)]
    for batch in batches:
        load(store, batch)

    rows = _read(store, BatchId(2, 1), BatchId(1, 10), BatchId(1, 2))

    assert [row[:3] for row in rows] == sorted(row[:3] for row in rows)
    expected = {
        (batch.group, batch.batch, index): (*map(float, text[:10]), int(text[-1]))  # type: ignore[index]
        for batch in batches
        for index, text in enumerate(batch.rows)
    }
    assert {row[:3]: row[3:] for row in rows} == expected


def test_only_the_batches_asked_for_are_read(store: Store) -> None:
    for number in (1, 2, 3):
        load(store, received(1, number))

    rows = _read(store, BatchId(1, 1), BatchId(1, 3))
    assert {row[:2] for row in rows} == {(1, 1), (1, 3)}
    assert store.read([BatchId(9, 9)]) == []
    assert store.read([]) == []


def test_the_ledger_of_one_group_is_in_order(store: Store) -> None:
    for id_ in ((1, 10), (2, 1), (1, 9), (1, 1)):
        load(store, received(*id_))

    assert list(store.ledger(1)) == [(1, 1), (1, 9), (1, 10)]
    assert list(store.ledger()) == [(1, 1), (1, 9), (1, 10), (2, 1)]
    assert store.ledger(3) == {}


def test_the_same_batch_again_changes_nothing(store: Store) -> None:
    load(store, received(rows=[*text_rows(5), *BAD_ROWS]))
    before = dump(store)

    assert not load(store, received(rows=[*text_rows(5), *BAD_ROWS]))

    assert dump(store) == before


def test_a_known_batch_with_another_content_is_a_conflict(store: Store) -> None:
    load(store, received(rows=text_rows(5)))
    before = dump(store)

    with pytest.raises(BatchConflict) as raised:
        load(store, received(rows=text_rows(5, seed=1)))

    assert dump(store) == before
    message = str(raised.value)
    assert "batch 1 of group 1" in message
    assert received(rows=text_rows(5)).sha256[:12] in message
    assert received(rows=text_rows(5, seed=1)).sha256[:12] in message
    assert "DATA_SEED" in message
    assert "DATA_DB_URL" in message


def test_rows_in_another_json_layout_are_another_content(store: Store) -> None:
    batch = received()
    load(store, batch)

    with pytest.raises(BatchConflict):
        load(store, replace(batch, body=batch.body + b"\n"))


def test_a_batch_of_rejected_rows_only_is_loaded(store: Store) -> None:
    assert load(store, received(rows=BAD_ROWS))
    assert store.ledger()[BatchId(1, 1)][2:] == (3, 0, 3)


def _null(batch: ReceivedBatch) -> list[Observation]:
    clean, _ = validate_rows(batch.rows)
    values: tuple[object, ...] = (None, *clean[-1].values[1:])
    return [*clean[:-1], replace(clean[-1], values=values)]  # type: ignore[arg-type]


def _twice(batch: ReceivedBatch) -> list[Observation]:
    clean, _ = validate_rows(batch.rows)
    return [*clean[:-1], clean[0]]


def _lost(batch: ReceivedBatch) -> list[Observation]:
    clean, _ = validate_rows(batch.rows)
    return clean[:-1]


@pytest.mark.parametrize("broken", [_null, _twice, _lost])
def test_a_failure_in_the_middle_leaves_nothing(
    store: Store, broken: Callable[[ReceivedBatch], list[Observation]]
) -> None:
    batch = received()

    with pytest.raises(IntegrityError):
        store.load(batch, broken(batch), [])

    assert counts(store) == NOTHING
    assert load(store, batch)


def test_a_failure_while_rows_are_read_leaves_nothing(store: Store) -> None:
    batch = received()
    clean, _ = validate_rows(batch.rows)

    with pytest.raises(ValueError, match="zip"):
        store.load(batch, [*clean[:-1], Observation(99, (1.0,))], [])

    assert counts(store) == NOTHING


def test_rows_without_a_ledger_entry_cannot_exist(store: Store) -> None:
    clean, _ = validate_rows(text_rows(1))
    values = dict(zip(schema.COLUMNS, clean[0].values, strict=True))
    orphan = {"group_number": 1, "batch_number": 1, "row_index": 0} | values

    with store.engine.connect() as connection, pytest.raises(IntegrityError, match="FOREIGN"):
        connection.execute(metadata.tables["observations"].insert(), orphan)


def test_a_ledger_entry_with_rows_cannot_go(store: Store) -> None:
    load(store, received())

    with store.engine.connect() as connection, pytest.raises(IntegrityError, match="FOREIGN"):
        connection.execute(sa.delete(metadata.tables["batches"]))


_JSON_ROWS = st.lists(
    st.lists(st.text(st.characters(exclude_categories=()), max_size=5), max_size=14)
    | st.floats()
    | st.none()
    | st.sampled_from(text_rows(3)),
    min_size=1,
    max_size=6,
)


@settings(
    deadline=None,
    max_examples=40,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(rows=_JSON_ROWS)
def test_whatever_rows_arrive_can_be_stored(store: Store, rows: list[object]) -> None:
    with store.engine.begin() as connection:
        for table in reversed(metadata.sorted_tables):
            connection.execute(sa.delete(table))

    assert load(store, received(rows=rows))

    stored = counts(store)
    assert stored["observations"] + stored["rejected_rows"] == len(rows)
