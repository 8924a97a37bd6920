"""Locust as a process of its own.

Locust patches the standard library when it is imported, so no test imports it.
"""

import json
import re
import subprocess
import sys
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from tests.support.servers import environment

ROOT = Path(__file__).resolve().parents[2]
LOCUST = Path(sys.executable).parent / "locust"
LOCUSTFILE = Path("locust/locustfile.py")
DEADLINE_SECONDS = 30.0


@dataclass(frozen=True)
class Row:
    """One row of the figures; ``times`` counts requests by rounded milliseconds."""

    requests: int
    failures: int
    times: dict[int, int]


class Run:
    """A finished Locust process, read from its JSON figures and its log.

    Not from its CSV files: Locust writes those once a second, and not at the end.
    """

    def __init__(self, exit_code: int, output: str, log: str) -> None:
        self.exit_code = exit_code
        self.log = log
        self.rows = {
            entry["name"]: Row(
                requests=entry["num_requests"],
                failures=entry["num_failures"],
                times={int(ms): count for ms, count in entry["response_times"].items()},
            )
            for entry in _entries(output)
        }
        report = log.partition("Error report")[2]
        lines = re.findall(r"^(\d+) +POST [^:]+: (.*?) *$", report, re.MULTILINE)
        self.failures = {message: int(count) for count, message in lines}

    @property
    def requests(self) -> int:
        return sum(row.requests for row in self.rows.values())

    @property
    def seconds(self) -> float:
        """How long users were kept running."""
        begin, end = (
            datetime.fromisoformat(stamp.replace(",", "."))
            for stamp in re.findall(r"^\[(.*?)\].*run.time limit", self.log, re.M | re.I)
        )
        return (end - begin).total_seconds()

    @property
    def users(self) -> dict[str, int]:
        """Users of each class at the end of the ramp-up."""
        found = re.search(r"All users spawned: (\{.*?\})", self.log)
        assert found, self.log
        return {name: count for name, count in json.loads(found[1]).items() if count}


def _entries(output: str) -> list[dict[str, Any]]:
    """The rows of all JSON lists in the output: a worker process prints an empty one too."""
    entries: list[dict[str, Any]] = []
    while output:
        rows, end = json.JSONDecoder().raw_decode(output)
        entries += rows
        output = output[end:].lstrip()
    return entries


class Locust:
    """Starts Locust the way a person does, with no LOCUST_ variables but its ``settings``."""

    def __init__(self, host: str) -> None:
        self.settings = {
            "LOCUST_HOST": host,
            "LOCUST_USERS": "12",
            "LOCUST_SPAWN_RATE": "100",
            "LOCUST_RUN_TIME": "1s",
        }

    def start(
        self,
        *arguments: str,
        settings: dict[str, str] | None = None,
        cwd: Path = ROOT,
        file: Path = LOCUSTFILE,
    ) -> subprocess.Popen[str]:
        return subprocess.Popen(
            [LOCUST, "-f", file, *arguments],
            cwd=cwd,
            env=environment({"PYTHONPATH": str(cwd), **self.settings, **(settings or {})}),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def run(
        self,
        *arguments: str,
        settings: dict[str, str] | None = None,
        cwd: Path = ROOT,
        file: Path = LOCUSTFILE,
    ) -> Run:
        """Run to the end without the web page."""
        options = ("--headless", "--only-summary", "--json")
        with self.start(*options, *arguments, settings=settings, cwd=cwd, file=file) as process:
            return finish(process)


def finish(process: subprocess.Popen[str]) -> Run:
    """Wait for the process to end; kill it at the deadline."""
    try:
        output, log = process.communicate(timeout=DEADLINE_SECONDS)
    finally:
        process.kill()
    return Run(process.returncode, output, log)


def summary(path: Path) -> dict[str, Any]:
    """The summary that a run left."""
    return dict(json.loads(path.read_text()))
