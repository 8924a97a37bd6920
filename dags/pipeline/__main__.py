"""Commands for people: ``python -m pipeline rollback [VERSION]``."""

import argparse
import logging
import sys

from pydantic import ValidationError

from pipeline.errors import PipelineError
from pipeline.promotion import PREVIOUS, roll_back
from pipeline.rollout import await_serving
from pipeline.settings import Settings


def main() -> int:
    """Run one command; 0 when it did what it says, 1 with a message otherwise."""
    parser = argparse.ArgumentParser(prog="python -m pipeline", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    rollback = commands.add_parser(
        "rollback", help="make an earlier version the champion, and wait until it is served"
    )
    rollback.add_argument(
        "version",
        nargs="?",
        default=PREVIOUS,
        help="a version of CovertypeModel, or 'previous' (default)",
    )
    arguments = parser.parse_args()
    logging.basicConfig(level=logging.INFO, format="%(message)s")
    logging.getLogger("httpx").setLevel(logging.WARNING)
    try:
        settings = Settings()
        version = roll_back(settings, arguments.version)
        await_serving(str(settings.serving_url), version, settings.rollout_timeout_seconds)
    except (PipelineError, ValidationError) as error:
        logging.error("%s", error)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
