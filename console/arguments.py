"""Arguments that more than one command takes, as types for argparse."""

import argparse
import json
import re
from typing import Any


def add_params(parser: argparse.ArgumentParser) -> None:
    """Let a command take ``--params``."""
    parser.add_argument(
        "--params",
        default={},
        type=params,
        metavar="JSON",
        help="""Params of the DAG covertype_training, such as '{"seed": 7}'""",
    )


def add_version(parser: argparse.ArgumentParser) -> None:
    """Let a command take the version to go back to."""
    parser.add_argument(
        "version",
        nargs="?",
        default="previous",
        type=version,
        help="a version such as 3, or previous: the champion before today's (default)",
    )


def params(text: str) -> dict[str, Any]:
    """A JSON object: Params of a DAG."""
    try:
        value = json.loads(text)
    except ValueError as error:
        value, reason = None, f" ({error})"
    else:
        reason = ""
    if not isinstance(value, dict):
        raise argparse.ArgumentTypeError(
            f"""expected a JSON object such as '{{"seed": 7}}', found {text!r}{reason}"""
        )
    return value


def version(text: str) -> str:
    """A version of the model, or ``previous``."""
    if not re.fullmatch(r"[1-9][0-9]*|previous", text):
        raise argparse.ArgumentTypeError(f"{text!r} is neither a version such as 3 nor `previous`")
    return text
