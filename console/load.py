"""What Locust measured, read from the CSV files that it writes."""

import csv
import json
from dataclasses import dataclass
from pathlib import Path

from console.errors import AnswerError

_TOTAL = "Aggregated"


@dataclass(frozen=True)
class Load:
    """A load test. Times in milliseconds."""

    requests: int
    failures: int
    rps: float
    p50_ms: float
    p95_ms: float
    p99_ms: float


def read_load(prefix: Path) -> Load:
    """The totals of the run that was started with ``--csv prefix``.

    Raises:
        AnswerError: Locust wrote no totals.
    """
    path = prefix.with_name(f"{prefix.name}_stats.csv")
    try:
        with path.open(newline="", encoding="utf-8") as lines:
            total = next(row for row in csv.DictReader(lines) if row["Name"] == _TOTAL)
        return Load(
            requests=int(total["Request Count"]),
            failures=int(total["Failure Count"]),
            rps=round(float(total["Requests/s"]), 1),
            p50_ms=float(total["50%"]),
            p95_ms=float(total["95%"]),
            p99_ms=float(total["99%"]),
        )
    except (OSError, StopIteration, KeyError, ValueError) as error:
        raise AnswerError(
            f"Locust left no totals in {path}: no request ended, or it was stopped"
        ) from error


def read_notes(path: Path) -> list[str]:
    """What a summary of Locust has to say besides totals; nothing if there is none.

    Raises:
        AnswerError: the summary cannot be understood.
    """
    try:
        summary = json.loads(path.read_text(encoding="utf-8"))
        balance = ", ".join(f"{name} {count:,}" for name, count in summary["balance"].items())
        notes = [f"Ended early: {summary['stopped_by']}"] if summary["stopped_by"] else []
        notes += [f"Refused with 503: {summary['refused']:,}"] if summary["refused"] else []
        notes += [f"Predictions by replica: {balance}"] if balance else []
        return notes + [f"Doubtful: {warning}" for warning in summary["generator"]["warnings"]]
    except FileNotFoundError:
        return []
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise AnswerError(f"Locust's summary in {path} cannot be understood: {error}") from error


def read_progress(prefix: Path) -> str:
    """News of a run under way, as old as the last write of Locust's history; may be empty."""
    path = prefix.with_name(f"{prefix.name}_stats_history.csv")
    try:
        with path.open(newline="", encoding="utf-8") as lines:
            totals = [row for row in csv.DictReader(lines) if row.get("Name") == _TOTAL]
        last = totals[-1]
        return f"{last['User Count']} users, {float(last['Requests/s']):.0f} requests/s"
    except (OSError, IndexError, KeyError, ValueError, TypeError):
        return ""  # nothing was written yet, or half a line
