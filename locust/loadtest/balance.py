"""How a run's requests were spread over the replicas, by the gateway's own count."""

import csv
import logging
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final
from urllib.parse import urlsplit
from urllib.request import urlopen

_log = logging.getLogger(__name__)

_GATEWAY: Final = "gateway"
_FIGURES_PORT: Final = 8404
_SECONDS: Final = 3.0
_BACKEND: Final = "predictions"
# Answers with a status from 200 to 299: predictions, and no refusals.
_ANSWERED: Final = "hrsp_2xx"


@dataclass(frozen=True, slots=True)
class Look:
    """What each slot for a replica has answered so far, and which slots are in use."""

    answers: Mapping[str, int] = field(default_factory=dict)
    in_use: frozenset[str] = frozenset()


def figures_url(host: str | None, configured: str) -> str | None:
    """Where the gateway's figures are: as configured, or beside a host named ``gateway``.

    Behind any other name there may be no gateway, or the figures of another one.
    """
    if configured:
        return configured
    parts = urlsplit(host or "")
    if parts.hostname != _GATEWAY:
        return None
    return f"{parts.scheme}://{_GATEWAY}:{_FIGURES_PORT}/stats;csv"


def look(url: str | None) -> Look:
    """Ask the gateway; an empty look when there is none, or it does not say."""
    if url is None:
        return Look()
    try:
        with urlopen(url, timeout=_SECONDS) as response:  # noqa: S310 - the address is ours
            return read(response.read().decode())
    except (OSError, ValueError, KeyError) as error:
        _log.warning("The balance between replicas is unknown: %s: %s", url, error)
        return Look()


def read(text: str) -> Look:
    """Read the gateway's figures.

    Raises:
        KeyError: a column is missing.
        ValueError: a count is no number.
    """
    rows = [
        row
        for row in csv.DictReader(text.removeprefix("# ").splitlines())
        if row["pxname"] == _BACKEND and row["svname"] != "BACKEND"
    ]
    return Look(
        answers={row["svname"]: int(row[_ANSWERED] or 0) for row in rows},
        in_use=frozenset(row["svname"] for row in rows if not row["status"].startswith("MAINT")),
    )


def spread(before: Look, after: Look) -> dict[str, int]:
    """What each replica answered between two looks, as far as it was in use.

    A gateway that was started anew in between counts from 0 again.
    """
    grown = {name: count - before.answers.get(name, 0) for name, count in after.answers.items()}
    if any(count < 0 for count in grown.values()):
        grown = dict(after.answers)
    return {name: count for name, count in grown.items() if count or name in after.in_use}


def table(balance: Mapping[str, int]) -> list[dict[str, str]]:
    """A line for each replica: its name, its requests, and their share."""
    total = sum(balance.values())
    return [
        {"replica": name, "requests": f"{count}", "share": f"{count / max(1, total):.1%}"}
        for name, count in balance.items()
    ]
