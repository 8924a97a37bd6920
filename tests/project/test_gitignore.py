"""What the targets of the Makefile leave behind is no change of the project."""

import shutil
import subprocess
from pathlib import Path

from tests.support.servers import REPO

LEFT_BEHIND = [
    ".coverage",
    ".coverage.host.pid7.Xabcdef",  # one a process, until a run of the tests has ended
    ".venv/bin/python",
    "out/demo/summary.json",
    "Data/covertype.csv",
]
KEPT = [".coveragerc", "Data/covertype.parquet", "README.md"]


def test_git_ignores_what_the_targets_leave_behind(tmp_path: Path) -> None:
    shutil.copy(REPO / ".gitignore", tmp_path)
    subprocess.run(["git", "init", "-q", tmp_path], check=True)  # noqa: S607
    result = subprocess.run(
        ["git", "check-ignore", *LEFT_BEHIND, *KEPT],  # noqa: S607
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=True,
    )
    assert result.stdout.splitlines() == LEFT_BEHIND
