"""Command line of the stack."""

import argparse
import logging
import signal
import sys
from pathlib import Path

from rich.console import Console

from console.arguments import add_params, add_version
from console.errors import CommandError, explain
from stack import credentials, load, overview, predict, scale, training, updown
from stack.context import Stack

REPO = Path(__file__).resolve().parents[1]


def main(arguments: list[str] | None = None, repo: Path = REPO) -> int:
    """Run one command; the exit code."""
    chosen = _parser().parse_args(arguments)
    logging.basicConfig(level=logging.WARNING, format="%(levelname)s %(name)s: %(message)s")
    try:
        _run(chosen, Stack(repo, Console()))
    except CommandError as error:
        explain(error, Console(stderr=True))
        return error.exit_code
    except KeyboardInterrupt:
        Console(stderr=True).print("Stopped; containers that run go on.")
        return 128 + signal.SIGINT
    return 0


def _run(chosen: argparse.Namespace, stack: Stack) -> None:
    match chosen.command:
        case "up":
            updown.up(stack)
        case "down":
            updown.down(stack, volumes=chosen.volumes)
        case "ps":
            overview.show_containers(stack)
        case "ingest":
            training.ingest(stack)
        case "train":
            training.train(stack, chosen.params)
        case "rollback":
            training.roll_back(stack, chosen.version)
        case "predict":
            predict.predict(stack, chosen.url)
        case "scale":
            scale.scale(stack, chosen.replicas)
        case "locust" if chosen.down:
            load.end_load(stack)
        case "locust":
            load.run_load(stack, chosen.workers, headless=chosen.headless)
        case "secrets":
            credentials.write_secrets(stack)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m stack",
        description="The Compose stack: start and stop it, train, predict, scale, load-test.",
        epilog="Settings are in .env; logs of Docker's commands go to out/stack.",
    )
    commands = parser.add_subparsers(dest="command", required=True, metavar="command")
    commands.add_parser("up", help="build and start the stack, and wait until it serves a model")
    down = commands.add_parser("down", help="stop the stack and the load test; data are kept")
    down.add_argument("--volumes", action="store_true", help="delete all data, too")
    commands.add_parser("ps", help="show each container, what it uses and what it may use")
    commands.add_parser("ingest", help="fetch the batches that are open now")
    training_parser = commands.add_parser("train", help="ingest, train, and say what came of it")
    add_params(training_parser)
    back = commands.add_parser("rollback", help="make an earlier version the champion")
    add_version(back)
    asking = commands.add_parser("predict", help="ask for one prediction, and show the command")
    asking.add_argument("--url", help="of the service to ask (default: the gateway)")
    scaling = commands.add_parser("scale", help="have more or fewer containers that predict")
    scaling.add_argument("replicas", type=_replicas, help=f"1 to {scale.MOST_REPLICAS}")
    loading = commands.add_parser("locust", help="start the load test beside the stack")
    loading.add_argument(
        "--workers",
        type=_workers,
        default=0,
        metavar="N",
        help="containers that share the users with the first one (default 0)",
    )
    kind = loading.add_mutually_exclusive_group()
    kind.add_argument(
        "--headless", action="store_true", help="no page: run at once, and end with Locust's code"
    )
    kind.add_argument("--down", action="store_true", help="stop it")
    commands.add_parser("secrets", help="write random passwords and keys into .env, once")
    return parser


def _replicas(text: str) -> int:
    if not text.isdecimal() or not 1 <= int(text) <= scale.MOST_REPLICAS:
        raise argparse.ArgumentTypeError(
            f"expected a whole number from 1 to {scale.MOST_REPLICAS}, found {text!r}"
        )
    return int(text)


def _workers(text: str) -> int:
    if not text.isdecimal():
        raise argparse.ArgumentTypeError(f"expected a whole number from 0, found {text!r}")
    return int(text)


if __name__ == "__main__":
    # Each ends as Ctrl-C does, so that what a command must clean up is cleaned up.
    for signum in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(signum, signal.default_int_handler)
    sys.exit(main())
