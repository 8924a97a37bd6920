"""Wait on a condition with a deadline."""

import time
from collections.abc import Callable

from console.errors import NotReady


def wait_until(condition: Callable[[], bool], seconds: float, what: str, poll: float) -> None:
    """Return once the condition holds.

    Args:
        poll: seconds between two looks.
        what: completes "waited N s for ..." in the error's message.

    Raises:
        NotReady: it did not hold in time.
    """
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() >= deadline:
            raise NotReady(f"waited {seconds:.0f} s in vain for {what}")
        time.sleep(poll)
