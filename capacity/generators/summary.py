"""What Locust says about a run: its summary file, read as figures of a load."""

from pathlib import Path
from typing import Annotated, Final

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from capacity.errors import CannotMeasure
from capacity.plan.load import Closed
from capacity.records import GeneratorUse, Latency, LoadFigures, Moment
from loadgen.results import SATURATED_CPU

# Users who spend less of their time with waiting and asking than this were woken late.
_LEAST_SHARE: Final = 0.9
# After so long the locustfile gives a request up: what a failed one may have taken.
_TIMEOUT_SECONDS: Final = 10.0

Count = Annotated[int, Field(ge=0)]
# The identity of a file, which changes when it is written anew; None when there is none.
Stamp = tuple[int, int] | None


class _Use(BaseModel):
    cpu: Annotated[float, Field(ge=0)]
    warnings: tuple[str, ...] = ()


class _Summary(BaseModel):
    """The part of the file that the planner reads; see docs/load-tests.md."""

    model_config = ConfigDict(frozen=True)

    users: Count
    seconds: Annotated[float, Field(ge=0)]
    ok: Count
    refused: Count
    failed: Count
    failures: dict[str, Count]
    accepted: Latency | None
    refusals: Latency | None
    goodput: Annotated[float, Field(ge=0)]
    timeline: tuple[Moment, ...]
    generator: _Use
    wait: tuple[float, float]
    stopped_by: str | None


def stamp(path: Path) -> Stamp:
    """Which file is there now? Asked before a run, for `read_summary`."""
    try:
        found = path.stat()
    except FileNotFoundError:
        return None
    return found.st_ino, found.st_mtime_ns


def read_summary(path: Path, before: Stamp, load: Closed) -> LoadFigures:
    """The figures of the run that has just ended.

    Args:
        before: the file's stamp before the run.
        load: what was asked for.

    Raises:
        CannotMeasure: the file is missing, damaged, or from an earlier run, or the run ended
            before anything was measured.
    """
    now = stamp(path)
    if now is None or now == before:
        what = "is missing" if now is None else "is from an earlier run"
        raise CannotMeasure(
            f"Locust's summary {path} {what}: the run ended before it could be written; see "
            "Locust's log, and check that its image is new (`make up` builds it)"
        )
    try:
        found = _Summary.model_validate_json(path.read_bytes())
    except ValidationError as error:
        first = error.errors()[0]
        place = ".".join(map(str, first["loc"])) or "the file"
        raise CannotMeasure(
            f"Locust's summary {path} cannot be read ({place}: {first['msg']}): build Locust's "
            "image anew with `make up`, and run again"
        ) from error
    if not found.seconds:
        why = "; ".join(found.generator.warnings) or "it ended too early"
        raise CannotMeasure(
            f"Locust measured nothing ({why}): its users took too long to start. Plan fewer users "
            "or a longer duration"
        )
    return _figures(found, load)


def _figures(found: _Summary, load: Closed) -> LoadFigures:
    mean_wait = sum(found.wait) / 2
    answered = found.ok + found.refused + found.failed
    # Users who never wait would ask a service that answers at once without end.
    offered = found.users / mean_wait if mean_wait else answered / found.seconds
    return LoadFigures(
        kind="closed",
        users=found.users,
        offered=round(offered, 3),
        seconds=found.seconds,
        ok=found.ok,
        refused=found.refused,
        failed=found.failed,
        goodput=found.goodput,
        accepted=found.accepted,
        refusals=found.refusals,
        failures=found.failures,
        timeline=found.timeline,
        generator=GeneratorUse(cpu=found.generator.cpu, faults=tuple(_faults(found, load))),
    )


def _faults(found: _Summary, load: Closed) -> list[str]:
    """Why Locust itself was the limit."""
    faults = []
    cpu, warnings = found.generator.cpu, found.generator.warnings
    if cpu > SATURATED_CPU and not warnings:
        faults.append(f"Locust used {cpu:.0%} of a core: give it more workers")
    faults += [f"Locust warned: {warning}" for warning in warnings]
    if found.users < load.scaled_users:
        faults.append(f"Locust had started only {found.users:,} of {load.scaled_users:,} users")
    if (share := _spent_share(found)) < _LEAST_SHARE:
        faults.append(
            f"Locust's users spent only {share:.0%} of their time with requests and the waits "
            "between them: it woke them late"
        )
    if found.stopped_by:
        faults.append(f"Locust ended the run early: {found.stopped_by}")
    return faults


def _spent_share(found: _Summary) -> float:
    """At most this share of the users' time went into requests and the waits between them."""
    answered = found.ok + found.refused + found.failed
    spent = answered * sum(found.wait) / 2
    spent += found.ok * _most_mean_seconds(found.accepted)
    spent += found.refused * _most_mean_seconds(found.refusals)
    spent += found.failed * _TIMEOUT_SECONDS
    # Requests that the end of the run found under way are in no count.
    if found.accepted is not None:
        spent += found.users * found.accepted.p95_ms / 1000
    return spent / (found.users * found.seconds) if found.users else 1.0


def _most_mean_seconds(latency: Latency | None) -> float:
    """The largest mean that these percentiles allow."""
    if latency is None:
        return 0.0
    steps = ((0.5, latency.p50_ms), (0.4, latency.p90_ms), (0.05, latency.p95_ms))
    tail = 0.04 * latency.p99_ms + 0.01 * latency.max_ms
    return (sum(share * limit for share, limit in steps) + tail) / 1000
