"""What a run came to."""

from array import array
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

import numpy as np

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
    def of(cls, seconds: Sequence[float]) -> "Latency | None":
        """None without a single latency."""
        if len(seconds) == 0:
            return None
        values = np.percentile(np.asarray(seconds) * 1000, (50, 90, 95, 99, 99.9, 100))
        p50, p90, p95, p99, p999, largest = (round(float(value), 3) for value in values)
        return cls(p50, p90, p95, p99, p999, largest)


@dataclass(frozen=True, slots=True)
class Result:
    """Figures of one run, warm-up excluded.

    Latency counts from the time that a request was due: in a closed loop that is when it
    was sent, in an open loop it is the schedule, whether or not it could be sent then.
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
    dropped: int
    generator_cpu: float

    @property
    def saturated(self) -> bool:
        """Was the generator itself at its limit?"""
        return self.generator_cpu > SATURATED_CPU

    def to_json(self) -> dict[str, Any]:
        """Plain values."""
        return asdict(self) | {"saturated": self.saturated}


@dataclass(slots=True)
class Recorder:
    """Collects the answers to requests that are due within a span, whenever they come."""

    label: str | None = None
    statuses: Counter[int] = field(default_factory=Counter)
    answers: Counter[str] = field(default_factory=Counter)
    accepted: "array[float]" = field(default_factory=lambda: array("d"))
    refused: "array[float]" = field(default_factory=lambda: array("d"))
    late_sends: int = 0
    dropped: int = 0
    started: float = float("inf")
    stopped: float = float("inf")
    cpu_seconds: float = 0.0

    def count_between(self, started: float, stopped: float) -> None:
        """Count the requests that are due from ``started`` until before ``stopped``."""
        self.started, self.stopped = started, stopped

    def counts(self, scheduled: float) -> bool:
        """Is a request that was due then part of the figures?"""
        return self.started <= scheduled < self.stopped

    def note(self, scheduled: float, now: float, status: int, body: bytes) -> None:
        """Record an answer, if its request counts."""
        if not self.counts(scheduled):
            return
        self.statuses[status] += 1
        if status == 200:
            self.accepted.append(now - scheduled)
            if self.label is not None:
                self.answers[_value(body, self.label)] += 1
        else:
            self.refused.append(now - scheduled)

    def drop(self, scheduled: float) -> None:
        """Record a request that was given up before it was sent."""
        if self.counts(scheduled):
            self.dropped += 1

    def result(self, offered: float | None) -> Result:
        """The figures, once the last answer has come or was given up."""
        seconds = self.stopped - self.started
        requests, ok = self.statuses.total(), self.statuses[200]
        names = {0: "no answer"}
        return Result(
            seconds=round(seconds, 3),
            requests=requests,
            ok=ok,
            statuses={names.get(code, str(code)): n for code, n in sorted(self.statuses.items())},
            answers=dict(self.answers),
            accepted=Latency.of(self.accepted),
            refused=Latency.of(self.refused),
            rps=round(requests / seconds, 1),
            goodput=round(ok / seconds, 1),
            offered=offered,
            late_sends=self.late_sends,
            dropped=self.dropped,
            generator_cpu=round(self.cpu_seconds / seconds, 3),
        )


def _value(body: bytes, key: str) -> str:
    """The text value of a key in a flat JSON object, without parsing all of it."""
    _, found, rest = body.partition(f'"{key}":"'.encode())
    return rest.partition(b'"')[0].decode(errors="replace") if found else "none"
