"""The division of the rows: by place in the data alone, for ever."""

from collections.abc import Iterable
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from covertype import schema
from pipeline.dataset import Rows, Split, fingerprint, load_split
from pipeline.errors import NoData
from pipeline.store import BatchId, LedgerEntry, Store
from tests.pipeline.samples import load, received, text_rows

PLACE = schema.COLUMNS.index("Horizontal_Distance_To_Roadways")
IDS = [BatchId(1, 1), BatchId(1, 2), BatchId(10, 10)]
ROWS = 400


def _place(group: int, batch: int, row: int) -> int:
    """A number that names a row, and that float32 holds exactly."""
    return group * 1_000_000 + batch * 10_000 + row


def _fill(store: Store, ids: Iterable[BatchId], rows: int = ROWS) -> list[BatchId]:
    """Load batches whose rows carry their place as a feature."""
    for group, batch in ids:
        texts = text_rows(rows, seed=_place(group, batch, 0))
        for index, text in enumerate(texts):
            text[PLACE] = str(_place(group, batch, index))
        load(store, received(group, batch, texts))
    return list(ids)


def _places(rows: Rows) -> list[int]:
    return [int(place) for place in rows.features[:, PLACE]]


def _split(store: Store, ids: list[BatchId], sample_size: int = 0, seed: int = 42) -> Split:
    return load_split(store, ids, sample_size=sample_size, seed=seed)


def test_the_parts_of_these_rows_never_change(store: Store) -> None:
    # Were these to change, versions would be compared on rows that one of them has seen.
    _fill(store, IDS)
    split = _split(store, IDS)

    def first_rows(rows: Rows, group: int, batch: int) -> list[int]:
        start = _place(group, batch, 0)
        return [place - start for place in _places(rows) if start <= place < start + 40]

    assert first_rows(split.holdout, 1, 1) == [32, 35]
    assert first_rows(split.validation, 1, 1) == [0, 12, 22, 31, 38]
    assert first_rows(split.holdout, 10, 10) == [7]
    assert first_rows(split.validation, 10, 10) == [4, 5, 6, 10, 18, 22, 27]


def test_the_parts_are_disjoint_and_complete(store: Store) -> None:
    split = _split(store, _fill(store, IDS))

    fit, validation = set(_places(split.fit)), set(_places(split.validation))
    holdout = set(_places(split.holdout))
    assert not fit & validation
    assert not (fit | validation) & holdout
    assert fit | validation == set(_places(split.development))
    assert fit | validation | holdout == {_place(*id_, row) for id_ in IDS for row in range(ROWS)}
    assert len(split.fit) + len(split.validation) + len(split.holdout) == len(IDS) * ROWS


def test_about_a_fifth_is_held_out_and_a_fifth_of_the_rest_validates(store: Store) -> None:
    split = _split(store, _fill(store, IDS))

    assert len(split.holdout) / (len(IDS) * ROWS) == pytest.approx(1 / 5, abs=0.03)
    assert len(split.validation) / len(split.development) == pytest.approx(1 / 5, abs=0.03)


def _equal(one: Rows, other: Rows) -> bool:
    return all(
        np.array_equal(getattr(one, name), getattr(other, name))
        for name in ("features", "labels", "groups")
    )


@pytest.mark.parametrize(("sample_size", "seed"), [(0, 1), (300, 42), (300, 7), (10**9, 0)])
def test_the_holdout_depends_on_neither_seed_nor_sample(
    store: Store, sample_size: int, seed: int
) -> None:
    _fill(store, IDS)

    assert _equal(_split(store, IDS).holdout, _split(store, IDS, sample_size, seed).holdout)


def test_rows_keep_their_part_when_batches_arrive_later(store: Store) -> None:
    before = _split(store, _fill(store, IDS[:1]))
    after = _split(store, IDS[:1] + _fill(store, [BatchId(1, 2), BatchId(2, 1)]))

    for name in ("fit", "validation", "holdout"):
        earlier: Rows = getattr(before, name)
        later: Rows = getattr(after, name)
        assert set(_places(earlier)) <= set(_places(later))


def test_pinned_batches_give_the_same_rows_when_others_arrive(store: Store) -> None:
    ids = _fill(store, IDS[:2])
    before = _split(store, ids)
    _fill(store, IDS[2:])

    after = _split(store, ids)

    assert _equal(before.development, after.development)
    assert _equal(before.holdout, after.holdout)


def test_the_order_of_the_ids_does_not_matter(store: Store) -> None:
    _fill(store, IDS)

    assert _equal(_split(store, IDS).fit, _split(store, IDS[::-1]).fit)


def test_a_sample_is_a_part_of_the_development_rows_and_repeatable(store: Store) -> None:
    _fill(store, IDS)
    everything = _split(store, IDS)

    sample = _split(store, IDS, sample_size=200, seed=7)

    assert len(sample.development) == 200
    assert len(sample.fit) + len(sample.validation) == 200
    assert set(_places(sample.fit)) <= set(_places(everything.fit))
    assert set(_places(sample.validation)) <= set(_places(everything.validation))
    assert _places(sample.development) == sorted(_places(sample.development))
    assert _equal(sample.development, _split(store, IDS, sample_size=200, seed=7).development)
    assert not _equal(sample.development, _split(store, IDS, sample_size=200, seed=8).development)


def test_a_sample_larger_than_the_data_is_the_data(store: Store) -> None:
    _fill(store, IDS)

    assert _equal(_split(store, IDS, sample_size=10**9).fit, _split(store, IDS).fit)


def test_arrays_are_in_schema_order(store: Store) -> None:
    load(store, received(4, 1, text_rows(ROWS, seed=5)))

    split = _split(store, [BatchId(4, 1)])

    rows = split.development
    assert rows.features.dtype == np.float32
    assert rows.labels.dtype == rows.groups.dtype == np.int64
    assert rows.features.shape == (len(rows), len(schema.FEATURES))
    assert set(rows.groups) == {4}
    texts = np.array(text_rows(ROWS, seed=5))
    stored = np.column_stack([texts[:, :10], texts[:, -1]]).astype(np.float64)
    loaded: NDArray[Any] = np.concatenate(
        [
            np.column_stack([part.features, part.labels])
            for part in (split.development, split.holdout)
        ]
    )
    assert sorted(map(tuple, loaded)) == sorted(map(tuple, stored))


def test_rows_are_taken_by_mask_and_by_place() -> None:
    rows = Rows(np.eye(3, 10, dtype=np.float32), np.array([1, 2, 3]), np.array([4, 5, 6]))

    assert _equal(rows.take(np.array([True, False, True])), rows.take(np.array([0, 2])))
    assert list(rows.take(np.array([2, 0])).labels) == [3, 1]
    assert len(rows) == 3


def test_an_empty_store_has_no_data(store: Store) -> None:
    for ids in ([], [BatchId(1, 1)]):
        with pytest.raises(NoData, match="run covertype_ingest first"):
            _split(store, ids)


def test_rejected_rows_are_no_data(store: Store) -> None:
    load(store, received(1, 1, [None, None]))

    with pytest.raises(NoData, match="no clean rows"):
        _split(store, [BatchId(1, 1)])


@pytest.mark.parametrize(
    ("rows", "sample_size", "part"),
    [(12, 0, "holdout"), (ROWS, 1, "validation")],
)
def test_a_part_without_rows_is_no_data(
    store: Store, rows: int, sample_size: int, part: str
) -> None:
    ids = _fill(store, [BatchId(1, 1)], rows)

    with pytest.raises(NoData, match=f"the {part} part would be empty"):
        _split(store, ids, sample_size)


def test_a_single_class_is_no_data(store: Store) -> None:
    texts = text_rows(ROWS)
    for text in texts:
        text[-1] = "2"
    load(store, received(1, 1, texts))

    with pytest.raises(NoData, match="same Cover_Type"):
        _split(store, [BatchId(1, 1)])


def _entry(group: int, batch: int, sha256: str = "aa", clean: int = 5) -> LedgerEntry:
    return LedgerEntry(BatchId(group, batch), sha256, 6, clean, 6 - clean)


def _fingerprint(*entries: LedgerEntry) -> str:
    return fingerprint({entry.id: entry for entry in entries})


def test_the_fingerprint_names_batches_contents_and_clean_rows() -> None:
    variants = [
        [],
        [_entry(1, 1)],
        [_entry(1, 2)],
        [_entry(2, 1)],
        [_entry(1, 1, sha256="ab")],
        [_entry(1, 1, clean=4)],
        [_entry(1, 1), _entry(1, 2)],
        [_entry(11, 1)],
        [_entry(1, 11)],
    ]

    assert len({_fingerprint(*entries) for entries in variants}) == len(variants)


def test_the_fingerprint_does_not_depend_on_order_or_time(store: Store) -> None:
    for number in (2, 1):
        load(store, received(1, number))
    before = fingerprint(store.ledger())
    store.announce("run")

    assert fingerprint(store.ledger()) == before
    assert _fingerprint(_entry(1, 1), _entry(1, 2)) == _fingerprint(_entry(1, 2), _entry(1, 1))
