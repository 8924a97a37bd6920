"""The command that asks for one prediction."""

import json
import shlex
from collections.abc import Mapping


def shown_command(url: str, row: Mapping[str, float]) -> str:
    """A command that a user can copy into a shell."""
    body = shlex.quote(json.dumps(row))
    return f"curl -X POST {url}/predict/ -H 'Content-Type: application/json' -d {body}"
