"""Starts child.py and talks to it."""

import os
import select
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

ROOT = Path(__file__).parents[2]
DEADLINE_SECONDS = 30


def environment(*paths: Path) -> dict[str, str]:
    """This process's environment, with some folders to import from."""
    return os.environ | {"PYTHONPATH": os.pathsep.join(map(str, paths))}


class Child:
    """A running child.py."""

    def __init__(self, process: "subprocess.Popen[bytes]") -> None:
        self.process = process

    def says(self) -> str:
        """Its next line."""
        assert self.process.stdout is not None
        ready, _, _ = select.select([self.process.stdout], [], [], DEADLINE_SECONDS)
        assert ready, "the child process said nothing"
        return self.process.stdout.readline().decode().strip()

    def go_on(self) -> None:
        assert self.process.stdin is not None
        self.process.stdin.write(b"\n")
        self.process.stdin.flush()

    def ends(self) -> int:
        return self.process.wait(DEADLINE_SECONDS)


@contextmanager
def child(command: str, url: str) -> Iterator[Child]:
    """Run one of child.py's commands; the process is gone at the end."""
    with subprocess.Popen(
        [sys.executable, str(Path(__file__).with_name("child.py")), command, url],
        env=environment(ROOT, ROOT / "dags"),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        bufsize=0,
    ) as process:
        try:
            yield Child(process)
        finally:
            process.kill()
