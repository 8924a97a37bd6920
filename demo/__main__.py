"""Command line of the demo."""

import argparse
import logging
import signal
import sys
from pathlib import Path

from rich.console import Console

from console.arguments import add_params, add_version
from console.errors import CommandError, explain
from demo.beside import ingest, rollback, train
from demo.run import run
from demo.updown import down, up

REPO = Path(__file__).resolve().parents[1]


def main(arguments: list[str] | None = None) -> int:
    """Run one command; the exit code."""
    chosen = _parser().parse_args(arguments)
    logging.basicConfig(level=logging.WARNING, format="%(levelname)s %(name)s: %(message)s")
    console = Console()
    try:
        if chosen.command == "run":
            run(REPO, console)
        elif chosen.command == "up":
            up(REPO, console)
        elif chosen.command == "down":
            down(REPO, console)
        elif chosen.command == "ingest":
            ingest(REPO, console)
        elif chosen.command == "train":
            train(REPO, console, chosen.params)
        else:
            rollback(REPO, console, chosen.version)
    except CommandError as error:
        explain(error, Console(stderr=True))
        return error.exit_code
    except KeyboardInterrupt:  # before anything was started, or after all has ended
        return 128 + signal.SIGINT
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m demo",
        description="The main job on this machine without Docker: ingest, train, serve, load-test.",
    )
    commands = parser.add_subparsers(dest="command", required=True, metavar="command")
    commands.add_parser("run", help="run everything once and stop it; results in out/demo")
    commands.add_parser("up", help="leave the services running in the background, model served")
    commands.add_parser("down", help="stop what `up` left running; its data are kept")
    commands.add_parser("ingest", help="fetch the batches that are open now, beside `up`")
    training = commands.add_parser("train", help="train and promote again, beside `up`")
    add_params(training)
    back = commands.add_parser("rollback", help="make an earlier version of `up` the champion")
    add_version(back)
    return parser


if __name__ == "__main__":
    sys.exit(main())
