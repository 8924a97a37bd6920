"""What is known of other processes of this machine."""

from contextlib import suppress

import psutil


def lives(process: psutil.Process | int) -> bool:
    """Whether a process, or the one with this id, still runs.

    A zombie does not, though it has its id until somebody takes its exit code: an init that
    never does is common in containers.
    """
    with suppress(psutil.NoSuchProcess):
        known = psutil.Process(process) if isinstance(process, int) else process
        return known.is_running() and known.status() != psutil.STATUS_ZOMBIE
    return False
