"""Command line of the load generator: one run, its figures as JSON on standard output."""

import argparse
import json
import os
import signal
import sys
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import uvloop

from loadgen.loops import Timing, closed_loop, open_loop
from loadgen.pool import CannotConnect
from loadgen.requests import Address, BadAddress, BadBodies, read_bodies, render
from loadgen.results import Recorder, Result

# Of the kernel's 20 steps above the usual: a late generator measures itself.
_URGENT = -15


def main(arguments: list[str] | None = None) -> int:
    """Run once; the exit code is 1 when the run could not take place."""
    chosen = _parser().parse_args(arguments)
    try:
        if chosen.core is not None:
            os.sched_setaffinity(0, {chosen.core})
        if chosen.urgent:
            with suppress(PermissionError):
                os.setpriority(os.PRIO_PROCESS, 0, _URGENT)
        result = uvloop.run(_run(chosen))
        _write(result, chosen.output)
    except (BadAddress, BadBodies, CannotConnect, OSError) as error:
        sys.stderr.write(f"loadgen: {error}\n")
        return 1
    except KeyboardInterrupt:
        return 128 + signal.SIGINT
    return 0


def _write(result: Result, output: Path | None) -> None:
    text = json.dumps(result.to_json(), indent=2) + "\n"
    if output is None:
        sys.stdout.write(text)
    else:
        output.write_text(text, encoding="utf-8")


async def _run(chosen: argparse.Namespace) -> Result:
    address = Address.of(chosen.url)
    bodies = read_bodies(chosen.bodies) if chosen.bodies else [b""]
    headers = dict(chosen.header)
    requests = render(address, bodies, headers)
    timing = Timing(chosen.warmup, chosen.seconds, chosen.drain)
    recorder = Recorder(label=chosen.count, has_timeline=chosen.timeline)
    if chosen.rate is None:
        return await closed_loop(address, requests, chosen.connections, timing, recorder)
    return await open_loop(address, requests, chosen.connections, chosen.rate, timing, recorder)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m loadgen",
        description="Load one HTTP address and print the figures as JSON.",
    )
    parser.add_argument("url", help="such as http://127.0.0.1:8081/predict/")
    parser.add_argument(
        "--bodies",
        type=Path,
        help="file with one request body a line, sent in turn by POST; without it, GET",
    )
    parser.add_argument(
        "--rate",
        type=_above(0.0),
        help="requests a second, whatever the server does; without it, each connection waits "
        "for its answer and asks again",
    )
    parser.add_argument("--connections", type=_count, default=32, help="default: %(default)s")
    parser.add_argument(
        "--seconds", type=_above(0.0), default=10.0, help="length; default: %(default)s"
    )
    parser.add_argument(
        "--warmup", type=_from_zero, default=1.0, help="seconds before; default: %(default)s"
    )
    parser.add_argument(
        "--drain",
        type=_above(0.0),
        default=10.0,
        help="seconds to wait for the last answers; default: %(default)s",
    )
    parser.add_argument("--header", action="append", default=[], type=_header, metavar="NAME:VALUE")
    parser.add_argument(
        "--count", metavar="KEY", help="count the answers by this text value, such as version"
    )
    parser.add_argument(
        "--timeline", action="store_true", help="add the figures of each second of the run"
    )
    parser.add_argument(
        "--output", type=Path, metavar="FILE", help="write the figures there; default: print them"
    )
    parser.add_argument(
        "--urgent",
        action="store_true",
        help="take a processor before other programs do, where that is allowed (as root)",
    )
    parser.add_argument("--core", type=int, help="processor core to stay on")
    return parser


def _above(limit: float) -> Callable[[str], float]:
    def number(text: str) -> float:
        value = float(text)
        if not limit < value < float("inf"):
            raise argparse.ArgumentTypeError(f"{text!r} is not a number above {limit:g}")
        return value

    return number


def _from_zero(text: str) -> float:
    value = float(text)
    if not 0 <= value < float("inf"):
        raise argparse.ArgumentTypeError(f"{text!r} is not a number from 0")
    return value


def _count(text: str) -> int:
    value = int(text)
    if value < 1:
        raise argparse.ArgumentTypeError(f"{text!r} is not a whole number from 1")
    return value


def _header(text: str) -> tuple[str, str]:
    name, colon, value = text.partition(":")
    if not colon:
        raise argparse.ArgumentTypeError(f"{text!r} is no header: write NAME:VALUE")
    return name.strip(), value.strip()


if __name__ == "__main__":
    sys.exit(main())
