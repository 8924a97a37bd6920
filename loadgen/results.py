"""What a run came to."""

from array import array
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from loadgen.timeline import OK, REFUSED, Second, timeline

# Above this share of its core, the generator may be what limits the rate.
SATURATED_CPU = 0.9


@dataclass(frozen=True, slots=True)
class Latency:
    """Percentiles of a set of latencies, in milliseconds."""

    p50_ms: float
    p90_ms: float
    p95_ms: float
    p99_ms: float
    p999_ms: float
    max_ms: float

    @classmethod
    def of(cls, seconds: NDArray[np.float64]) -> "Latency | None":
        """None without a single latency."""
        if len(seconds) == 0:
            return None
        values = np.percentile(seconds * 1000, (50, 90, 95, 99, 99.9, 100))
        p50, p90, p95, p99, p999, largest = (round(float(value), 3) for value in values)
        return cls(p50, p90, p95, p99, p999, largest)


@dataclass(frozen=True, slots=True)
class Result:
    """Figures of one run, warm-up excluded.

    Latency counts from the time that a request was due: in a closed loop that is when it
    was sent, in an open loop it is the schedule, whether or not it could be sent then.
    ``refused`` are the latencies of answers with status 503.

    ``late_sends`` left late after they were due; ``overslept`` are requests that the generator
    itself looked at late. The other late ones found every connection waiting for the server.
    ``generator_cpu`` is the share of a core that the generator used, ``generator_queued`` the
    share of the time in which it wanted to run and another program had the core.
    """

    seconds: float
    requests: int
    ok: int
    statuses: Mapping[str, int]
    answers: Mapping[str, int]
    accepted: Latency | None
    refused: Latency | None
    rps: float
    goodput: float
    offered: float | None
    late_sends: int
    overslept: int
    dropped: int
    generator_cpu: float
    generator_queued: float
    timeline: Sequence[Second] | None

    @property
    def saturated(self) -> bool:
        """Was the generator itself at its limit?"""
        return self.generator_cpu > SATURATED_CPU

    def to_json(self) -> dict[str, Any]:
        """Plain values."""
        return asdict(self) | {"saturated": self.saturated}


@dataclass(slots=True)
class Recorder:
    """Collects the answers to requests that are due within a span, whenever they come.

    ``label`` names a text value to count the answers by. ``cpu_seconds`` and ``queued_seconds``
    are the generator's own: on a core, and waiting for one.
    """

    label: str | None = None
    has_timeline: bool = False
    answers: Counter[str] = field(default_factory=Counter)
    late_sends: int = 0
    overslept: int = 0
    started: float = float("inf")
    stopped: float = float("inf")
    cpu_seconds: float = 0.0
    queued_seconds: float = 0.0
    _due: "array[float]" = field(default_factory=lambda: array("d"))
    _latency: "array[float]" = field(default_factory=lambda: array("d"))
    _status: "array[int]" = field(default_factory=lambda: array("h"))
    _unsent: "array[float]" = field(default_factory=lambda: array("d"))

    def count_between(self, started: float, stopped: float) -> None:
        """Count the requests that are due from ``started`` until before ``stopped``."""
        self.started, self.stopped = started, stopped

    def counts(self, scheduled: float) -> bool:
        """Is a request that was due then part of the figures?"""
        return self.started <= scheduled < self.stopped

    def note(self, scheduled: float, now: float, status: int, body: bytes) -> None:
        """Record an answer, if its request counts."""
        if not self.started <= scheduled < self.stopped:
            return
        self._due.append(scheduled)
        self._latency.append(now - scheduled)
        self._status.append(status)
        if self.label is not None and status == OK:
            self.answers[_value(body, self.label)] += 1

    def drop(self, scheduled: float) -> None:
        """Record a request that was given up before it was sent."""
        if self.counts(scheduled):
            self._unsent.append(scheduled)

    def result(self, offered: float | None) -> Result:
        """The figures, once the last answer has come or was given up."""
        seconds = self.stopped - self.started
        latency, status = np.asarray(self._latency), np.asarray(self._status)
        codes, counts = np.unique(status, return_counts=True)
        statuses = {int(code): int(n) for code, n in zip(codes, counts, strict=True)}
        requests, ok = len(status), statuses.get(OK, 0)
        names = {0: "no answer"}
        return Result(
            seconds=round(seconds, 3),
            requests=requests,
            ok=ok,
            statuses={names.get(code, str(code)): n for code, n in statuses.items()},
            answers=dict(self.answers),
            accepted=Latency.of(latency[status == OK]),
            refused=Latency.of(latency[status == REFUSED]),
            rps=round(requests / seconds, 1),
            goodput=round(ok / seconds, 1),
            offered=offered,
            late_sends=self.late_sends,
            overslept=self.overslept,
            dropped=len(self._unsent),
            generator_cpu=round(self.cpu_seconds / seconds, 3),
            generator_queued=round(self.queued_seconds / seconds, 3),
            timeline=self._timeline(latency, status) if self.has_timeline else None,
        )

    def _timeline(
        self, latency: NDArray[np.float64], status: NDArray[np.int16]
    ) -> Sequence[Second]:
        due, unsent = np.asarray(self._due), np.asarray(self._unsent)
        length = round(self.stopped - self.started, 3)
        return timeline(due - self.started, latency, status, unsent - self.started, length)


def _value(body: bytes, key: str) -> str:
    """The text value of a key in a flat JSON object, without parsing all of it."""
    _, found, rest = body.partition(f'"{key}":"'.encode())
    return rest.partition(b'"')[0].decode(errors="replace") if found else "none"
