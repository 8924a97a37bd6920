"""Two loaders of one batch at once, and a loader that is killed."""

import signal
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path
from threading import Barrier

from pipeline.errors import BatchConflict
from pipeline.store import Store
from tests.pipeline.child import ROWS_KILLED
from tests.pipeline.processes import DEADLINE_SECONDS, child
from tests.pipeline.samples import NOTHING, counts, load, received, text_rows

THREADS = 4


def test_of_several_threads_one_loads_a_batch_and_the_others_find_it(
    store: Store, url: str
) -> None:
    barrier = Barrier(THREADS, timeout=DEADLINE_SECONDS)

    def race(_number: int) -> bool:
        with Store(url) as own:
            barrier.wait()
            return load(own, received(rows=text_rows(500)))

    with ThreadPoolExecutor(THREADS) as pool:
        outcomes = list(pool.map(race, range(THREADS)))

    assert sorted(outcomes) == [False, False, False, True]
    assert counts(store)["observations"] == 500


def test_threads_with_different_contents_leave_one_of_them(store: Store) -> None:
    barrier = Barrier(2, timeout=DEADLINE_SECONDS)

    def race(seed: int) -> bool:
        barrier.wait()
        return load(store, received(rows=text_rows(200, seed)))

    with ThreadPoolExecutor(2) as pool:
        futures = [pool.submit(race, seed) for seed in (1, 2)]
    errors = [future.exception() for future in futures]

    assert [type(error) for error in errors if error] == [BatchConflict]
    assert counts(store) == NOTHING | {"batches": 1, "raw_batches": 1, "observations": 200}


def test_threads_that_load_different_batches_all_succeed(store: Store) -> None:
    ids = [(group, batch) for group in range(1, 6) for batch in (1, 2)]

    with ThreadPoolExecutor(THREADS) as pool:
        outcomes = list(pool.map(lambda id_: load(store, received(*id_)), ids))

    assert all(outcomes)
    assert list(store.ledger()) == ids


def test_of_two_processes_one_loads_a_batch_and_the_other_finds_it(store: Store, url: str) -> None:
    with ExitStack() as stack:
        children = [stack.enter_context(child("load", url)) for _ in range(2)]
        assert [each.says() for each in children] == ["ready", "ready"]
        for each in children:
            each.go_on()
        outcomes = [each.says() for each in children]
        assert [each.ends() for each in children] == [0, 0]

    assert sorted(outcomes) == ["False", "True"]
    assert counts(store)["observations"] == len(received().rows)


def test_a_process_killed_inside_the_transaction_leaves_nothing(
    store: Store, url: str, tmp_path: Path
) -> None:
    with child("die", url) as dying:
        assert dying.ends() == -signal.SIGKILL

    # It was in the middle: rows were written to the file, and the journal undoes them.
    assert (tmp_path / "covertype.db-journal").exists()
    assert (tmp_path / "covertype.db").stat().st_size > 20 * ROWS_KILLED
    assert counts(store) == NOTHING
    assert load(store, received())
    assert counts(store)["observations"] == len(received().rows)


def test_a_reader_never_sees_half_a_batch(store: Store, url: str) -> None:
    def write() -> None:
        with Store(url) as own:
            for number in range(1, 6):
                load(own, received(1, number, text_rows(400)))

    halves = set()
    with ThreadPoolExecutor(1) as pool:
        writing = pool.submit(write)
        while not writing.done():
            rows = store.read(list(store.ledger()))
            halves.add(len(rows) % 400)
        writing.result(DEADLINE_SECONDS)

    assert halves == {0}
