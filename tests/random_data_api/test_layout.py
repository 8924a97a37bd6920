"""Groups and batches divide the rows, the same way for ever."""

import hashlib
from itertools import pairwise

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from randomdata import layout

NUMBERS = range(1, 11)
GROUPS = st.sampled_from(NUMBERS)
SEEDS = st.integers(min_value=0, max_value=2**70)


@settings(deadline=None)  # the machine may be busy
@given(rows=st.integers(100, 2_000_000))
def test_groups_are_the_tenths_of_the_file_in_order(rows: int) -> None:
    groups = [layout.group_rows(rows, group) for group in NUMBERS]
    assert groups[0].start == 0
    assert groups[-1].stop == rows
    assert all(a.stop == b.start for a, b in pairwise(groups))
    sizes = {len(group) for group in groups}
    assert max(sizes) - min(sizes) <= 1


@settings(deadline=None)  # the machine may be busy
@given(rows=st.integers(100, 5_000), seed=SEEDS, group=GROUPS)
def test_batches_are_disjoint_and_make_up_the_group(rows: int, seed: int, group: int) -> None:
    batches = [layout.batch_rows(rows, seed, group, batch) for batch in NUMBERS]
    everything = np.concatenate(batches)
    assert sorted(everything.tolist()) == list(layout.group_rows(rows, group))
    sizes = {len(batch) for batch in batches}
    assert max(sizes) - min(sizes) <= 1
    assert min(sizes) >= 1


def test_the_published_file_gives_batches_of_5810_or_5811_rows() -> None:
    sizes = {
        len(layout.batch_share(581_012, group, batch)) for group in NUMBERS for batch in NUMBERS
    }
    assert sizes == {5_810, 5_811}


def test_seed_and_group_change_the_order() -> None:
    orders = {
        tuple(layout.batch_rows(10_000, seed, group, 1) - layout.group_rows(10_000, group).start)
        for seed in (0, 1, 42)
        for group in NUMBERS
    }
    assert len(orders) == 30


def test_a_batch_is_no_run_of_neighbours() -> None:
    rows = np.sort(layout.batch_rows(581_012, 42, 5, 3))
    assert np.median(np.diff(rows)) > 3
    assert abs(rows.mean() - np.mean(layout.group_rows(581_012, 5))) < 1_000


def test_the_order_is_pinned() -> None:
    """A change here makes every client's stored sha256 wrong."""
    rows = layout.batch_rows(581_012, 42, 7, 4).astype("<i8").tobytes()
    assert hashlib.sha256(rows).hexdigest() == (
        "b7973bf8547caedc90c9bad8a8a795a8701291c3ef84fc92408d004cdc4b0666"
    )
