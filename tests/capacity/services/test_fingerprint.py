"""What can be told of machine and code, and what cannot."""

import shutil
from pathlib import Path

from capacity.services.fingerprint import code, machine
from tests.images.containers import ROOT


def test_a_folder_that_is_no_repository_has_a_version_but_no_commit(tmp_path: Path) -> None:
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    found = code(tmp_path)
    assert found["version"]
    assert found["commit"] is None
    assert found["has_uncommitted_changes"] is None


def test_the_machine_is_told_in_numbers() -> None:
    found = machine()
    assert found["cores"] >= 1
    assert found["memory_mib"] > 100
    assert found["cpu"]
