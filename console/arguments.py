"""Arguments that more than one command takes, as types for argparse."""

import argparse
import json
import re
from typing import Any


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
