"""The name of the code: the same for the same code, another for another."""

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from pipeline.code_version import code_version
from tests.pipeline.processes import DEADLINE_SECONDS, ROOT, environment

COMMAND = "from pipeline.code_version import code_version; print(code_version())"


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    """A copy of the sources in another folder, with compiled files among them."""
    shutil.copytree(ROOT / "dags" / "pipeline", tmp_path / "pipeline")
    ignored = shutil.ignore_patterns("__pycache__")
    shutil.copytree(ROOT / "covertype", tmp_path / "covertype", ignore=ignored)
    return tmp_path


def _version_of(folder: Path) -> str:
    done = subprocess.run(
        [sys.executable, "-c", COMMAND],
        cwd=folder,
        env=environment(folder),
        capture_output=True,
        check=True,
        timeout=DEADLINE_SECONDS,
    )
    return done.stdout.decode().strip()


def test_it_is_a_digest_and_stays_the_same() -> None:
    assert re.fullmatch("[0-9a-f]{64}", code_version())
    code_version.cache_clear()
    assert code_version() == code_version()


def test_the_same_sources_elsewhere_have_the_same_name(copy: Path) -> None:
    assert _version_of(copy) == code_version()


@pytest.mark.parametrize("changed", ["pipeline/candidates.py", "covertype/schema.py"])
def test_another_source_has_another_name(copy: Path, changed: str) -> None:
    with (copy / changed).open("a", encoding="utf-8") as file:
        file.write("# changed\n")

    assert _version_of(copy) != code_version()


def test_other_files_do_not_count(copy: Path) -> None:
    (copy / "pipeline" / "notes.txt").write_text("x", encoding="utf-8")

    assert _version_of(copy) == code_version()
