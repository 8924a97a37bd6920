"""The limits that a run must keep, and which of them it passed."""

import math
from argparse import ArgumentTypeError
from dataclasses import dataclass
from typing import Final

FAILURE_RATIO_VARIABLE: Final = "LOCUST_MAX_FAILURE_RATIO"
P95_VARIABLE: Final = "LOCUST_MAX_P95_MS"


@dataclass(frozen=True, slots=True)
class Limits:
    """``None`` is no limit. The ratio is from 0 to 1, the percentile in milliseconds."""

    failure_ratio: float | None
    p95_ms: float | None


NO_LIMITS: Final = Limits(failure_ratio=None, p95_ms=None)


@dataclass(frozen=True, slots=True)
class Figures:
    """What a run came to.

    ``p95_ms`` is ``None`` when every request was shed: a refusal in 5 ms must not pass
    for a fast prediction, so shed answers have no part in the percentile.
    """

    requests: int
    failures: int
    p95_ms: int | None

    def __str__(self) -> str:
        p95 = "no p95" if self.p95_ms is None else f"p95 {self.p95_ms} ms"
        return f"{self.requests} requests, {self.failures} failed, {p95}"


def failure_ratio_limit(text: str) -> float | None:
    """Read a share of requests. Empty text is no limit.

    Raises ArgumentTypeError when the text is not a number from 0 to 1.
    """
    limit = _number(text)
    if limit is not None and not 0 <= limit <= 1:
        raise ArgumentTypeError(
            f"{text!r} is not a share of requests: set {FAILURE_RATIO_VARIABLE} to a number "
            "from 0 to 1, such as 0.01, or leave it empty for no limit"
        )
    return limit


def p95_limit(text: str) -> float | None:
    """Read a time in milliseconds. Empty text is no limit.

    Raises ArgumentTypeError when the text is not a number above 0.
    """
    limit = _number(text)
    if limit is not None and not 0 < limit < math.inf:
        raise ArgumentTypeError(
            f"{text!r} is not a time in milliseconds: set {P95_VARIABLE} to a number above 0, "
            "such as 200, or leave it empty for no limit"
        )
    return limit


def _number(text: str) -> float | None:
    """The number, NaN for text that is none, ``None`` for text that is empty."""
    if not text.strip():
        return None
    try:
        return float(text)
    except ValueError:
        return math.nan


def passed_limits(figures: Figures, limits: Limits) -> list[str]:
    """A sentence with the figures for each limit that the run passed; empty if it kept all.

    A run without a single request has shown nothing, so it keeps no limit.
    """
    if figures.requests == 0:
        return [
            "no request was made: check that the host is a URL such as http://localhost:8081, "
            "that there is at least one user, and that the run is long enough"
        ]
    passed = []
    ratio = figures.failures / figures.requests
    if limits.failure_ratio is not None and ratio > limits.failure_ratio:
        passed.append(
            f"{figures.failures} of {figures.requests} requests failed, a share of {ratio:.4g}; "
            f"{FAILURE_RATIO_VARIABLE} allows {limits.failure_ratio:g}"
        )
    if limits.p95_ms is None:
        return passed
    if figures.p95_ms is None:
        passed.append(
            f"all {figures.requests} requests were shed, so there is no 95th percentile "
            f"to compare with {P95_VARIABLE}"
        )
    elif figures.p95_ms > limits.p95_ms:
        passed.append(
            f"the 95th percentile of the latency is {figures.p95_ms} ms; "
            f"{P95_VARIABLE} allows {limits.p95_ms:g} ms"
        )
    return passed
