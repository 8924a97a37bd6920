"""A planner that the tests end: ``python -m tests.capacity.embedded.planner PROJECT``.

It says what news there are, then ``ready``, and then watches an idle service for ever.
"""

import signal
import sys
import threading
from pathlib import Path

from rich.console import Console

from capacity.services.embedded import EmbeddedService
from console.progress import Progress
from tests.capacity.embedded.conftest import TWO_WORKERS


def say(text: str) -> None:
    """One line for the test that waits for it."""
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


def main(project: Path) -> None:
    """Start a service, and watch it until a signal comes."""
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    service = EmbeddedService(project, project / "embedded", Progress(Console(stderr=True)))
    with service.taken_over():
        service.apply(TWO_WORKERS, say)
        say("ready")
        with service.observed():
            threading.Event().wait()


if __name__ == "__main__":
    try:
        main(Path(sys.argv[1]))
    except KeyboardInterrupt:
        sys.exit(130)
