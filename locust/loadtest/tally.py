"""The figures of a run, second by second, of one process or of all of them.

Locust's own figures know no refusals and no percentiles of a second. Seconds count from the
start of the measurement in each process, so that the clocks of several hosts need not agree.
"""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from loadtest.histogram import Histogram, percentile
from loadtest.limits import Figures

# Reports of a worker come every three seconds; a second this old is complete.
_COMPLETE_SECONDS: Final = 30
# A run of ten seconds may be a little shorter; its last second is one all the same.
_NEARLY: Final = 0.1


def whole_seconds(seconds: float) -> int:
    """How many seconds a measurement of this length has."""
    return int(seconds + _NEARLY)


@dataclass(slots=True)
class Row:
    """Requests that ended in the same second, by what came of them."""

    accepted: Histogram = field(default_factory=Counter)
    refused: Histogram = field(default_factory=Counter)
    failed: Histogram = field(default_factory=Counter)
    messages: Counter[str] = field(default_factory=Counter)

    def add(self, other: "Row") -> None:
        """Count the other's requests as well."""
        self.accepted.update(other.accepted)
        self.refused.update(other.refused)
        self.failed.update(other.failed)
        self.messages.update(other.messages)

    def figures(
        self, *, refused_apart: bool, ok: int | None = None, wanted: float | None = None
    ) -> Figures:
        """What limits are compared with; ``ok`` and ``wanted`` are those of this row where None.

        Quick refusals must not pass for fast predictions, so they have no part in the
        percentiles; requests that failed, such as those that timed out, have.
        """
        answered = self.accepted + self.failed
        refused, failed = self.refused.total(), self.failed.total()
        requests = answered.total() + refused
        return Figures(
            requests=requests,
            ok=self.accepted.total() if ok is None else ok,
            wanted=requests if wanted is None else wanted,
            failures=failed if refused_apart else failed + refused,
            refused=refused,
            p95_ms=percentile(answered, 0.95),
            p99_ms=percentile(answered, 0.99),
        )

    def moment(self, second: int, users: int | None) -> dict[str, Any]:
        """This second in the summary's timeline."""
        return {
            "second": second,
            "users": users,
            "ok": self.accepted.total(),
            "refused": self.refused.total(),
            "failed": self.failed.total(),
            "p50_ms": percentile(self.accepted, 0.5),
            "p95_ms": percentile(self.accepted, 0.95),
            "p99_ms": percentile(self.accepted, 0.99),
        }

    def to_wire(self) -> list[Any]:
        """What a worker sends of it."""
        return [dict(part) for part in (self.accepted, self.refused, self.failed, self.messages)]

    @classmethod
    def from_wire(cls, parts: Iterable[Mapping[Any, int]]) -> "Row":
        """The row that a worker sent."""
        return cls(*(Counter(part) for part in parts))


class Tally:
    """All requests since the start of the measurement."""

    def __init__(self) -> None:
        self.total = Row()
        self.users: dict[int, int] = {}
        self._rows: dict[int, Row] = {}
        self._moments: dict[int, dict[str, Any]] = {}

    def row(self, second: int) -> Row:
        """The row that requests of this second are counted in, until `take` or `merge`."""
        return self._rows.setdefault(second, Row())

    def take(self) -> list[list[Any]]:
        """What was counted since the last call, as a worker sends it."""
        taken, self._rows = self._rows, {}
        return [[second, *row.to_wire()] for second, row in taken.items()]

    def merge(self, rows: Iterable[list[Any]]) -> None:
        """Add what `take` gave."""
        for second, *parts in rows:
            row = Row.from_wire(parts)
            self.total.add(row)
            # A request that ended long ago is late news, but none for a second that is closed.
            if second not in self._moments:
                self.row(second).add(row)

    def close_old(self, now: int) -> None:
        """Keep of seconds long past only their place in the timeline: a soak takes hours."""
        for second in [each for each in self._rows if each < now - _COMPLETE_SECONDS]:
            row = self._rows.pop(second)
            self._moments[second] = row.moment(second, self.users.get(second))

    def between(self, first: int, end: int) -> Row:
        """All requests of the seconds from ``first`` to before ``end``, of the last half minute."""
        found = Row()
        for second in range(first, end):
            if second in self._rows:
                found.add(self._rows[second])
        return found

    def ok_within(self, seconds: int) -> int:
        """Predictions that came in the first ``seconds`` seconds."""
        old = sum(moment["ok"] for second, moment in self._moments.items() if second < seconds)
        rows = (row for second, row in self._rows.items() if second < seconds)
        return int(old) + sum(row.accepted.total() for row in rows)

    def mean_users(self, first: int, end: int) -> float:
        """Users on average, of the seconds from ``first`` to before ``end`` that were looked at."""
        seen = [self.users[second] for second in range(first, end) if second in self.users]
        return sum(seen) / len(seen) if seen else 0.0

    def timeline(self, seconds: int) -> list[dict[str, Any]]:
        """One entry for each of the first ``seconds`` seconds."""
        return [
            self._moments.get(second)
            or self._rows.get(second, Row()).moment(second, self.users.get(second))
            for second in range(seconds)
        ]
