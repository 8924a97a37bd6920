"""Notes of worker processes: only living ones count."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from inference.errors import RuntimeFolderError
from inference.processes import ProcessNotes
from tests.support.servers import wait_until


def test_a_process_notes_its_version_and_removes_the_note(tmp_path: Path) -> None:
    notes = ProcessNotes(tmp_path / "new/folder")
    notes.write(None)
    assert notes.read() == {str(os.getpid()): None}
    notes.write("4")
    assert notes.read() == {str(os.getpid()): "4"}
    notes.remove()
    notes.remove()
    assert notes.read() == {}


def test_note_of_a_dead_process_is_dropped(tmp_path: Path) -> None:
    process = subprocess.Popen([sys.executable, "-c", ""])
    process.wait()
    note = tmp_path / f"{process.pid}.json"
    note.write_text('{"version": "1", "started": ""}')
    assert ProcessNotes(tmp_path).read() == {}
    assert not note.exists()


@pytest.mark.skipif(sys.platform != "linux", reason="start times come from /proc")
def test_note_of_an_earlier_process_with_the_same_id_is_dropped(tmp_path: Path) -> None:
    notes = ProcessNotes(tmp_path)
    notes.write("1")
    path = tmp_path / f"{os.getpid()}.json"
    path.write_text(json.dumps({**json.loads(path.read_text()), "started": "1"}))
    assert notes.read() == {}


@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
def test_killed_process_that_nobody_has_buried_is_dropped(tmp_path: Path) -> None:
    process = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE)
    stat = Path(f"/proc/{process.pid}/stat")
    note = {"version": "1", "started": stat.read_text().rpartition(")")[2].split()[19]}
    (tmp_path / f"{process.pid}.json").write_text(json.dumps(note))
    notes = ProcessNotes(tmp_path)
    assert notes.read() == {str(process.pid): "1"}
    process.kill()
    wait_until(lambda: notes.read() == {}, 10, "the note to go")
    process.communicate()


def test_folder_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(RuntimeFolderError, match="notes cannot be written"):
        ProcessNotes(tmp_path / "file/notes").write("1")


@pytest.mark.parametrize("content", ["", "[]", "\ufffd"])
def test_other_files_are_left_alone(tmp_path: Path, content: str) -> None:
    (tmp_path / "1.json").write_text(content)
    (tmp_path / "12x.json").write_text('{"version": "1", "started": ""}')
    (tmp_path / "notes.txt").write_text("x")
    assert ProcessNotes(tmp_path).read() == {}
    assert len(list(tmp_path.iterdir())) == 3
