"""Requests at a fixed rate, by the project's own load generator in a process of its own."""

import json
import sys
from pathlib import Path
from typing import Any, Final

from bench.bodies import OBJECT
from bench.rows import read_rows, write_bodies
from capacity.generators.children import run_to_its_end
from capacity.records import GeneratorUse, Latency, LoadFigures, Moment
from capacity.service import OpenLoad
from console.results import have_folder
from demo.process import Command
from loadgen.loops import LATE_SECONDS
from loadgen.results import SATURATED_CPU
from loadgen.timeline import REFUSED

#: More than a late answer should take; a request that finds no connection so long is dropped.
DRAIN_SECONDS: Final = 10.0
# Above this share of requests, the generator's own lateness is in the percentiles that matter.
_LATE_SHARE: Final = 0.01
_EXTRA_SECONDS: Final = 60.0  # for its start, and for what is still under way at the end
_PERCENTILES: Final = ("p50_ms", "p90_ms", "p95_ms", "p99_ms", "max_ms")


class OpenLoop:
    """Runs ``python -m loadgen``, one run at a time.

    Its files go to ``folder``. ``core`` is the processor core that it stays on, None for any.
    """

    def __init__(self, repo: Path, folder: Path, core: int | None = None) -> None:
        self.repo = repo
        self.folder = folder
        self._core = core
        self._bodies: Path | None = None

    def run(self, url: str, load: OpenLoad) -> LoadFigures:
        """Load an address with different rows of the data set.

        Raises:
            CannotMeasure: nothing takes connections there, or the generator broke.
            Interrupted: a signal came.
            NotWritable: its files cannot be written.
        """
        output = self.folder / "loadgen.json"
        argv = [
            *(
                sys.executable,
                "-m",
                "loadgen",
                url,
                "--rate",
                str(load.rate),
                "--timeline",
                "--urgent",
            ),
            *("--connections", str(load.connections), "--bodies", str(self._written_bodies())),
            *("--warmup", str(load.warmup), "--seconds", str(load.duration)),
            *("--drain", str(DRAIN_SECONDS), "--output", str(output)),
        ]
        if self._core is not None:
            argv += ["--core", str(self._core)]
        log = self.folder / "loadgen.log"
        environment = {"PYTHONPATH": str(self.repo)}
        command = Command("the load generator", tuple(argv), environment, self.repo, log)
        seconds = load.warmup + load.duration + 2 * DRAIN_SECONDS + _EXTRA_SECONDS
        run_to_its_end(command, seconds)
        return figures_of(json.loads(output.read_text(encoding="utf-8")))

    def _written_bodies(self) -> Path:
        if self._bodies is None:
            have_folder(self.folder)
            rows = read_rows(self.repo / "Data" / "covertype.parquet")
            self._bodies = write_bodies(rows, OBJECT, self.folder)
        return self._bodies


def figures_of(found: dict[str, Any]) -> LoadFigures:
    """Read what the load generator wrote about a run at a fixed rate."""
    statuses: dict[str, int] = found["statuses"]
    refused = statuses.get(str(REFUSED), 0)
    failures = {
        f"status {name}" if name.isdecimal() else name: count
        for name, count in statuses.items()
        if name not in ("200", str(REFUSED))
    }
    if found["dropped"]:
        failures[f"never sent: no free connection in {DRAIN_SECONDS:g} s"] = found["dropped"]
    return LoadFigures(
        kind="open",
        offered=found["offered"],
        seconds=found["seconds"],
        ok=found["ok"],
        refused=refused,
        failed=sum(failures.values()),
        goodput=found["goodput"],
        accepted=_latency(found["accepted"]),
        refusals=_latency(found["refused"]),
        failures=failures,
        timeline=tuple(_moment(second, found["seconds"]) for second in found["timeline"]),
        generator=GeneratorUse(
            cpu=found["generator_cpu"],
            queued=found["generator_queued"],
            late=found["late_sends"],
            dropped=found["dropped"],
            faults=tuple(_faults(found)),
        ),
    )


def _faults(found: dict[str, Any]) -> list[str]:
    """Why the generator itself was the limit.

    That requests waited for a free connection is no reason: then the service is slow.
    """
    faults = []
    cpu, queued = found["generator_cpu"], found["generator_queued"]
    if cpu > SATURATED_CPU:
        faults.append(f"the load generator used {cpu:.0%} of its core")
    elif cpu + queued > SATURATED_CPU:
        faults.append(
            f"the load generator used {cpu:.0%} of a core, and other programs kept it from "
            f"running {queued:.0%} of the time"
        )
    due = found["requests"] + found["dropped"]
    if due and found["overslept"] > _LATE_SHARE * due:
        faults.append(
            f"the load generator itself was more than {LATE_SECONDS * 1000:g} ms late with "
            f"{found['overslept'] / due:.1%} of the requests"
        )
    return faults


def _latency(found: dict[str, float] | None) -> Latency | None:
    if found is None:
        return None
    return Latency(**{name: found[name] for name in _PERCENTILES})


def _moment(second: dict[str, Any], length: float) -> Moment:
    """A second's requests as rates: the last one may be shorter."""
    width = min(1.0, length - second["second"])
    rates = {name: round(second[name] / width, 3) for name in ("ok", "refused", "failed")}
    percentiles = {name: second[name] for name in ("p50_ms", "p95_ms", "p99_ms")}
    return Moment(second=second["second"], **rates, **percentiles)
