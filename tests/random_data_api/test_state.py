"""The state file: survives, is shared by threads and processes, and says when it is corrupt."""

import json
import subprocess
import sys
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import randomdata
from randomdata.clock import Opening, advance
from randomdata.errors import StateFileError
from randomdata.state import StateFile

API_DIR = Path(randomdata.__file__).parents[1]


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "state" / "state.json"


@pytest.fixture
def state(path: Path) -> StateFile:
    state = StateFile(path)
    assert state.prepare() == {}
    return state


def test_openings_survive(state: StateFile, path: Path) -> None:
    state.update(3, lambda _last: Opening(7, 123.5))
    assert StateFile(path).prepare() == {3: Opening(7, 123.5)}


def test_groups_do_not_touch_each_other(state: StateFile) -> None:
    state.update(1, lambda _last: Opening(1, 1.0))
    state.update(2, lambda _last: Opening(5, 2.0))
    state.forget(1)
    state.forget(9)
    assert state.openings() == {2: Opening(5, 2.0)}


def test_an_unchanged_opening_writes_nothing(state: StateFile, path: Path) -> None:
    state.update(1, lambda _last: Opening(1, 1.0))
    before = path.stat()
    assert state.update(1, lambda last: last) == Opening(1, 1.0)
    assert state.update(1, lambda _last: None) is None
    assert path.stat().st_ino == before.st_ino
    assert state.openings() == {1: Opening(1, 1.0)}


def test_a_removed_file_starts_all_groups_again(state: StateFile, path: Path) -> None:
    state.update(1, lambda _last: Opening(4, 1.0))
    path.unlink()
    assert state.openings() == {}


def test_only_the_state_and_its_lock_are_left_behind(state: StateFile, path: Path) -> None:
    state.update(1, lambda _last: Opening(1, 1.0))
    assert {item.name for item in path.parent.iterdir()} == {"state.json", "state.json.lock"}


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"{",
        b"[]",
        b"\xff\xfe",
        b'{"format":2,"groups":{}}',
        b'{"format":1,"groups":{"11":{"batch_number":1,"opened_at":1}}}',
        b'{"format":1,"groups":{"1":{"batch_number":0,"opened_at":1}}}',
        b'{"format":1,"groups":{"1":{"batch_number":1}}}',
        b'{"format":1,"groups":{"1":{"batch_number":1,"opened_at":NaN}}}',
    ],
)
def test_a_corrupt_file_is_an_error_that_says_what_to_do(
    content: bytes, state: StateFile, path: Path
) -> None:
    path.write_bytes(content)
    with pytest.raises(StateFileError, match=r"state\.json is corrupt: .* or remove it to start"):
        StateFile(path).prepare()
    with pytest.raises(StateFileError):
        state.update(1, lambda _last: Opening(1, 1.0))
    assert path.read_bytes() == content


@settings(deadline=None)  # the machine may be busy
@given(content=st.binary() | st.text().map(json.dumps).map(str.encode))
def test_no_content_raises_another_error(
    content: bytes, tmp_path_factory: pytest.TempPathFactory
) -> None:
    path = tmp_path_factory.mktemp("state") / "state.json"
    path.write_bytes(content)
    with pytest.raises(StateFileError):
        StateFile(path).prepare()


def test_a_folder_that_cannot_be_made_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("", encoding="utf-8")
    with pytest.raises(StateFileError, match="Give STATE_FILE a path"):
        StateFile(tmp_path / "file" / "state.json").prepare()


def test_a_folder_that_went_away_is_an_error(state: StateFile, path: Path) -> None:
    for item in path.parent.iterdir():
        item.unlink()
    path.parent.rmdir()
    with pytest.raises(StateFileError, match="cannot be used"):
        state.update(1, lambda _last: Opening(1, 1.0))


def test_threads_open_each_batch_once(path: Path, state: StateFile) -> None:
    def request(_: int) -> Opening | None:
        return StateFile(path).update(1, lambda last: advance(last, 5.0, 0.0))

    with ThreadPoolExecutor(16) as pool:
        openings = list(pool.map(request, range(40)))
    assert Counter(opening.batch for opening in openings if opening) == Counter(range(1, 11))
    assert openings.count(None) == 30
    assert state.openings() == {1: Opening(10, 5.0)}


REQUESTS = """
import json, sys
from pathlib import Path
from randomdata.clock import advance
from randomdata.state import StateFile
state = StateFile(Path(sys.argv[1]))
state.prepare()
print("ready", flush=True)
sys.stdin.readline()
found = []
for group in range(1, 11):
    for _ in range(10):
        opening = state.update(group, lambda last: advance(last, 5.0, 0.0))
        found.append([group, opening and opening.batch])
print(json.dumps(found))
"""


def test_two_processes_open_each_batch_once(path: Path) -> None:
    processes = [
        subprocess.Popen(
            [sys.executable, "-c", REQUESTS, str(path)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            env={"PYTHONPATH": f"{API_DIR}:{API_DIR.parent}"},
        )
        for _ in range(2)
    ]
    for process in processes:
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
    answers = []
    for process in processes:
        assert process.stdin is not None
        process.stdin.write("go\n")
        process.stdin.flush()
    for process in processes:
        out, _ = process.communicate(timeout=30)
        answers.extend(json.loads(out))
    opened = [(group, batch) for group, batch in answers if batch]
    assert sorted(opened) == [(group, batch) for group in range(1, 11) for batch in range(1, 11)]
