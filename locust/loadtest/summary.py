"""The figures of a run as JSON, for programs."""

import json
import logging
from argparse import Namespace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from loadtest.histogram import latency
from loadtest.options import wait_range
from loadtest.tally import Tally, whole_seconds

if TYPE_CHECKING:
    from loadtest.session import Session

_log = logging.getLogger(__name__)

# Above this share of a core, Locust reads answers later than they come.
_BUSY: Final = 0.9


def of(session: "Session", options: Namespace) -> dict[str, Any]:
    """The summary of a run that has ended.

    ``goodput`` is of the measured seconds alone: the answers to requests that were under way at
    their end count everywhere else.
    """
    recorder = session.recorder
    tally = recorder.tally if session.is_measuring else Tally()
    seconds = recorder.seconds if session.is_measuring else 0.0
    total = tally.total
    timeline = tally.timeline(whole_seconds(seconds))
    good = tally.ok_within(len(timeline))
    good_seconds = min(seconds, len(timeline))
    return {
        "users": max(tally.users.values(), default=0),
        "seconds": round(seconds, 3),
        "ok": total.accepted.total(),
        "refused": total.refused.total(),
        "failed": total.failed.total(),
        "failures": dict(total.messages),
        "accepted": latency(total.accepted),
        "refusals": latency(total.refused),
        "goodput": round(good / good_seconds, 3) if timeline else 0.0,
        "timeline": timeline,
        "generator": {
            "cpu": round(max(recorder.cpu.values(), default=0.0), 3),
            "warnings": _warnings(session),
        },
        "balance": session.balance,
        "wait": list(wait_range(options.wait)),
        "stopped_by": session.stopped_by,
    }


def _warnings(session: "Session") -> list[str]:
    """What makes the figures doubtful on the side of the load test."""
    found = [
        f"{process} used {share:.0%} of a core: its latencies are too long, and it sent fewer "
        "requests than its users would have; add workers"
        for process, share in session.recorder.cpu.items()
        if share > _BUSY
    ]
    found += [f"worker {name} was lost during the run" for name in sorted(session.lost_workers)]
    if not session.is_measuring:
        found.append("the run ended before its warm-up was over: nothing was measured")
    return found


def write(path: Path, figures: dict[str, Any]) -> None:
    """Replace the file as a whole; say in the log when that is not possible."""
    draft = path.with_name(f".{path.name}.new")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        draft.write_text(json.dumps(figures, indent=1), encoding="utf-8")
        draft.replace(path)
    except OSError as error:
        _log.error("The summary of the run is not written: %s", error)
