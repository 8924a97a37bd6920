"""A planner that takes the stack over, gives it other limits, and waits to be stopped.

    python -m tests.stack.planner making     says so when it begins to make the replicas
    python -m tests.stack.planner applied    says so once they are ready

Its word is a line; then it waits for its input to end, which is its orderly end.
"""

import signal
import sys
from pathlib import Path

from rich.console import Console

from capacity.configuration import Configuration
from capacity.plan.model import Gateway, ServicePlan
from capacity.services.compose import ComposeService
from console.errors import CommandError, explain
from stack.context import Stack

ROOT = Path(__file__).resolve().parents[2]
CONFIGURATION = Configuration(cpus=0.2, memory=300, replicas=2)
PLAN = ServicePlan(gateway=Gateway(queue_timeout=5, queue_length=1000))


def main(when: str) -> int:
    """Run; the exit code."""
    # Ctrl-C, too: whatever was started in the background of a shell ignores it.
    for signum in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(signum, signal.default_int_handler)
    console = Console(stderr=True)
    service = ComposeService(Stack(ROOT, console), PLAN)

    def news(text: str) -> None:
        if text.startswith(when):
            _say(when)

    try:
        with service.taken_over():
            service.apply(CONFIGURATION, news)
            _say("applied")
            sys.stdin.read()
    except CommandError as error:
        explain(error, console)
        return error.exit_code
    except KeyboardInterrupt:
        return 128 + signal.SIGINT
    return 0


def _say(word: str) -> None:
    sys.stdout.write(f"{word}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
