"""Command line of the demo."""

import argparse
import json
import logging
import re
import signal
import sys
from pathlib import Path
from typing import Any

from rich.console import Console

from demo.beside import ingest, rollback, train
from demo.errors import DemoError
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
    except DemoError as error:
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
    training.add_argument(
        "--params",
        default={},
        type=_params,
        metavar="JSON",
        help="""Params of the DAG covertype_training, such as '{"seed": 7}'""",
    )
    back = commands.add_parser("rollback", help="make an earlier version of `up` the champion")
    back.add_argument(
        "version",
        nargs="?",
        default="previous",
        type=_version,
        help="a version such as 3, or previous: the champion before today's (default)",
    )
    return parser


def _params(text: str) -> dict[str, Any]:
    try:
        params = json.loads(text)
    except ValueError as error:
        params, reason = None, f" ({error})"
    else:
        reason = ""
    if not isinstance(params, dict):
        raise argparse.ArgumentTypeError(
            f"""expected a JSON object such as '{{"seed": 7}}', found {text!r}{reason}"""
        )
    return params


def _version(text: str) -> str:
    if not re.fullmatch(r"[1-9][0-9]*|previous", text):
        raise argparse.ArgumentTypeError(f"{text!r} is neither a version such as 3 nor `previous`")
    return text


def explain(error: DemoError, console: Console) -> None:
    """Say what failed, in which phase, and what the log says."""

    def line(text: str) -> None:
        console.print(text, markup=False, highlight=False, soft_wrap=True)

    line(f"Failed in phase {error.phase}: {error}" if error.phase else f"Failed: {error}")
    if error.excerpt:
        for text in error.excerpt.splitlines():
            line(f"  | {text}")
    if error.log:
        line(f"The whole log: {error.log}")


if __name__ == "__main__":
    sys.exit(main())
