"""The lock of a store: exclusive, patient for a while, and let go by the dead."""

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Event

import pytest

from pipeline.errors import StoreBusy
from pipeline.store import Store
from tests.pipeline.processes import DEADLINE_SECONDS, child

SOON = 0.1


def _is_free(store: Store, name: str) -> bool:
    try:
        with store.exclusive(name, timeout_seconds=SOON):
            return True
    except StoreBusy:
        return False


def test_a_second_holder_gives_up_and_says_what_to_do(store: Store, url: str) -> None:
    with (
        store.exclusive("training"),
        Store(url) as other,
        pytest.raises(StoreBusy, match="wait for it to end, or stop it") as raised,
        other.exclusive("training", timeout_seconds=SOON),
    ):
        pytest.fail("two hold the lock")

    assert "training" in str(raised.value)
    assert "0.1 s" in str(raised.value)


def test_the_lock_is_free_afterwards(store: Store) -> None:
    with store.exclusive("training"):
        assert not _is_free(store, "training")

    assert _is_free(store, "training")


def test_an_error_inside_lets_the_lock_go(store: Store) -> None:
    with pytest.raises(ZeroDivisionError), store.exclusive("training"):
        raise ZeroDivisionError

    assert _is_free(store, "training")


def test_names_and_stores_do_not_block_each_other(store: Store, tmp_path: Path) -> None:
    with Store(f"sqlite:///{tmp_path}/other.db") as other, store.exclusive("training"):
        assert _is_free(store, "promotion")
        assert _is_free(other, "training")


def test_one_that_waits_gets_the_lock_when_it_is_let_go(store: Store) -> None:
    started, release = Event(), Event()

    def hold() -> None:
        with store.exclusive("training"):
            started.set()
            release.wait(DEADLINE_SECONDS)

    def wait() -> bool:
        with store.exclusive("training", timeout_seconds=DEADLINE_SECONDS):
            return release.is_set()

    with ThreadPoolExecutor(2) as pool:
        holding = pool.submit(hold)
        assert started.wait(DEADLINE_SECONDS)
        waiting = pool.submit(wait)
        assert not _is_free(store, "training")
        release.set()
        assert waiting.result(DEADLINE_SECONDS)
        holding.result(DEADLINE_SECONDS)


def test_there_is_never_more_than_one_inside(store: Store, url: str) -> None:
    inside: list[int] = []
    most: list[int] = []

    def enter(number: int) -> None:
        with Store(url) as own, own.exclusive("training", timeout_seconds=DEADLINE_SECONDS):
            inside.append(number)
            most.append(len(inside))
            Event().wait(0.002)
            inside.remove(number)

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(enter, range(12)))

    assert most == [1] * 12
    assert _is_free(store, "training")


def test_another_process_holds_the_lock_until_it_is_done(store: Store, url: str) -> None:
    with child("hold", url) as holder:
        assert holder.says() == "ready"
        assert not _is_free(store, "held")
        holder.go_on()
        assert holder.ends() == 0

        assert _is_free(store, "held")


def test_a_killed_process_lets_the_lock_go(store: Store, url: str) -> None:
    with child("hold", url) as holder:
        assert holder.says() == "ready"
        assert not _is_free(store, "held")
        holder.process.kill()
        holder.ends()

        with store.exclusive("held", timeout_seconds=DEADLINE_SECONDS):
            pass
