"""Announcing: which rows a run tells training of, once."""

from pipeline.store import BatchId, Store
from tests.pipeline.samples import dump, load, received, text_rows


def test_a_run_announces_what_no_run_has_announced(store: Store) -> None:
    assert store.announce("first") == 0
    load(store, received(1, 1, text_rows(5)))
    load(store, received(2, 1, [*text_rows(7), None]))

    assert store.announce("second") == 12
    assert store.announce("third") == 0

    load(store, received(1, 2, text_rows(3)))
    assert store.announce("third") == 3


def test_the_same_run_announces_the_same_rows_again(store: Store) -> None:
    load(store, received(1, 1, text_rows(5)))

    assert store.announce("run") == 5
    before = dump(store)
    assert store.announce("run") == 5

    assert dump(store) == before


def test_announcing_changes_no_rows_and_no_fingerprinted_value(store: Store) -> None:
    load(store, received())
    ledger, rows = store.ledger(), store.read([BatchId(1, 1)])

    store.announce("run")

    assert store.ledger() == ledger
    assert store.read([BatchId(1, 1)]) == rows


def test_a_batch_that_was_announced_is_still_known(store: Store) -> None:
    load(store, received())
    store.announce("run")

    assert not load(store, received())
    assert store.announce("next") == 0
