"""Command line of the benchmark."""

import argparse
import logging
import signal
import sys
from collections.abc import Sequence
from pathlib import Path

from rich.console import Console

from bench.measure import Load
from bench.run import Plan, run
from bench.targets import NAMES, QUICK, TARGETS
from console.errors import CommandError, explain

REPO = Path(__file__).resolve().parents[1]


def main(arguments: list[str] | None = None) -> int:
    """Run the benchmark; the exit code is 1 when a target that was started got no figures."""
    plan = plan_of(arguments)
    logging.basicConfig(level=logging.WARNING, format="%(levelname)s %(name)s: %(message)s")
    try:
        results = run(REPO, plan, Console())
    except CommandError as error:
        explain(error, Console(stderr=True))
        return error.exit_code
    except KeyboardInterrupt:  # before anything was started, or after all has ended
        return 128 + signal.SIGINT
    return 1 if results.refused else 0


def plan_of(arguments: list[str] | None) -> Plan:
    """What the command line asks for."""
    chosen = _parser().parse_args(arguments)
    names = chosen.targets or chosen.names
    is_whole = chosen.targets is None or set(chosen.targets) == set(NAMES)
    load = Load(chosen.warmup, chosen.seconds, chosen.connections)
    return Plan(
        mode=chosen.mode if is_whole else "some",  # a part must not replace the page
        targets=[target for target in TARGETS if target.name in names],
        repeats=chosen.repeats,
        load=load,
        folder=chosen.out.resolve(),
    )


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m bench",
        description="Measure the inference service beside its alternatives: the server on one "
        "processor core, the load generator on another.",
        epilog=f"Targets: {', '.join(NAMES)}. Results: results.json.",
    )
    commands = parser.add_subparsers(dest="command", required=True, metavar="command")
    full = commands.add_parser("run", help="all targets, a quarter of an hour; writes docs, too")
    full.set_defaults(mode="full", names=NAMES)
    _add_options(full, repeats=5, seconds=5.0, warmup=1.5)
    quick = commands.add_parser("quick", help=f"two minutes: {', '.join(QUICK)}")
    quick.set_defaults(mode="quick", names=QUICK)
    _add_options(quick, repeats=2, seconds=4.0, warmup=1.0)
    return parser


def _add_options(
    parser: argparse.ArgumentParser, repeats: int, seconds: float, warmup: float
) -> None:
    parser.formatter_class = argparse.ArgumentDefaultsHelpFormatter
    parser.add_argument(
        "--targets", type=_targets, metavar="NAME,NAME", help="these alone; the docs stay"
    )
    parser.add_argument("--repeats", type=_count, default=repeats, help="rounds")
    parser.add_argument("--seconds", type=_seconds, default=seconds, help="length of a measurement")
    parser.add_argument("--warmup", type=_seconds, default=warmup, help="seconds of load before")
    parser.add_argument(
        "--out", type=Path, default=REPO / "out" / "bench", metavar="FOLDER", help="results"
    )
    parser.add_argument(
        "--connections", type=_count, default=32, help="connections, each with one request"
    )


def _targets(text: str) -> Sequence[str]:
    names = [name.strip() for name in text.split(",")]
    for name in names:
        if name not in NAMES:
            raise argparse.ArgumentTypeError(f"{name!r} is none of {', '.join(NAMES)}")
    return names


def _count(text: str) -> int:
    value = int(text)
    if value < 1:
        raise argparse.ArgumentTypeError(f"{text!r} is not a whole number from 1")
    return value


def _seconds(text: str) -> float:
    value = float(text)
    if not 0 < value < float("inf"):
        raise argparse.ArgumentTypeError(f"{text!r} is not a number of seconds above 0")
    return value


if __name__ == "__main__":
    sys.exit(main())
