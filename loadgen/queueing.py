"""How long this process was kept from running by others."""

from pathlib import Path
from typing import Final

_SCHEDSTAT: Final = Path("/proc/self/schedstat")


def queued_seconds() -> float:
    """Seconds so far in which the main thread could run but had no core; 0 where none can tell."""
    try:
        return int(_SCHEDSTAT.read_text(encoding="ascii").split()[1]) / 1e9
    except (OSError, IndexError, ValueError):
        return 0.0  # not Linux, or a kernel without this figure
