"""The end of a log file, for messages."""

import os
from pathlib import Path


def last_lines(path: Path, count: int = 15) -> str:
    """The end of a log file; empty when there is none."""
    try:
        with path.open("rb") as log:
            # Enough for lines of 500 bytes: the status line reads a growing log again and again.
            log.seek(max(0, log.seek(0, os.SEEK_END) - count * 500))
            lines = log.read().decode(errors="replace").splitlines()
    except FileNotFoundError:
        return ""
    return "\n".join(lines[-count:])
