"""The limits that a run must keep, and which of them it passed."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, fields
from typing import Final

FAILURE_RATIO_VARIABLE: Final = "LOCUST_MAX_FAILURE_RATIO"
REFUSED_RATIO_VARIABLE: Final = "LOCUST_MAX_REFUSED_RATIO"
P95_VARIABLE: Final = "LOCUST_MAX_P95_MS"
P99_VARIABLE: Final = "LOCUST_MAX_P99_MS"
GOODPUT_VARIABLE: Final = "LOCUST_MIN_GOODPUT"

# So many requests make a judgement about a part of a run.
_ENOUGH_REQUESTS: Final = 20


@dataclass(frozen=True, slots=True)
class Limits:
    """``None`` is no limit. Ratios are from 0 to 1, percentiles in milliseconds.

    With a limit on refusals, a refusal is no failure. ``goodput`` is the least share of the
    requests that the users want to make that must be answered with predictions.
    """

    failure_ratio: float | None = None
    refused_ratio: float | None = None
    p95_ms: float | None = None
    p99_ms: float | None = None
    goodput: float | None = None

    def each(self) -> "Iterator[Limits]":
        """Every limit that is set, alone."""
        for one in fields(self):
            if (value := getattr(self, one.name)) is not None:
                yield Limits(**{one.name: value})


NO_LIMITS: Final = Limits()


@dataclass(frozen=True, slots=True)
class Figures:
    """What a run, or a part of it, came to.

    ``failures`` are what the limit on failures is about: refusals are among them when they
    have no limit of their own. A percentile is ``None`` when every request was refused. ``ok``
    are predictions, ``wanted`` the requests that the users would have made of a service that
    answers at once.
    """

    requests: int
    ok: int
    wanted: float
    failures: int
    refused: int
    p95_ms: float | None
    p99_ms: float | None

    def __str__(self) -> str:
        p95 = "no p95" if self.p95_ms is None else f"p95 {self.p95_ms:g} ms"
        return f"{self.requests} requests, {self.failures} failed, {self.refused} refused, {p95}"


def passed_limits(figures: Figures, limits: Limits) -> list[str]:
    """A sentence with the figures for each limit that the run passed; empty if it kept all.

    A run without a single request has shown nothing, so it keeps no limit.
    """
    if figures.requests == 0:
        return [
            "no request was made: check that the host is a URL such as http://localhost:8081, "
            "that there is at least one user, and that the run is long enough for the ramp, "
            "the warm-up and what is to be measured"
        ]
    found = (
        _ratio(figures, figures.failures, "failed", limits.failure_ratio, FAILURE_RATIO_VARIABLE),
        _ratio(
            figures, figures.refused, "were refused", limits.refused_ratio, REFUSED_RATIO_VARIABLE
        ),
        _percentile(figures, figures.p95_ms, "95th", limits.p95_ms, P95_VARIABLE),
        _percentile(figures, figures.p99_ms, "99th", limits.p99_ms, P99_VARIABLE),
        _goodput(figures, limits.goodput),
    )
    return [sentence for sentence in found if sentence]


def passed_for_good(total: Figures, spans: Sequence[Figures], limits: Limits) -> str | None:
    """The first limit that the run cannot be expected to keep any more, as a sentence.

    A ratio of 0 is passed for good by one request. Any other limit is when each of the
    ``spans``, which are the last seconds in equal parts, passes it: a hiccup does not last. Spans
    without an answer say nothing: a service that hangs lets all of its users wait for a while.
    """
    spans = [span for span in spans if span.requests]
    enough = sum(span.requests for span in spans) >= _ENOUGH_REQUESTS
    for limit in limits.each():
        if 0 in (limit.failure_ratio, limit.refused_ratio):
            passed = passed_limits(total, limit) if total.requests else []
        else:
            all_pass = enough and all(passed_limits(span, limit) for span in spans)
            passed = passed_limits(spans[-1], limit) if all_pass else []
        if passed:
            return passed[0]
    return None


def _ratio(
    figures: Figures, count: int, what: str, limit: float | None, variable: str
) -> str | None:
    ratio = count / figures.requests
    if limit is None or ratio <= limit:
        return None
    return (
        f"{count} of {figures.requests} requests {what}, a share of {ratio:.4g}; "
        f"{variable} allows {limit:g}"
    )


def _percentile(
    figures: Figures, found: float | None, which: str, limit: float | None, variable: str
) -> str | None:
    if limit is None:
        return None
    if found is None:
        return (
            f"all {figures.requests} requests were refused, so there is no {which} percentile "
            f"to compare with {variable}"
        )
    if found <= limit:
        return None
    return f"the {which} percentile of the latency is {found:g} ms; {variable} allows {limit:g} ms"


def _goodput(figures: Figures, limit: float | None) -> str | None:
    if limit is None or figures.ok >= limit * figures.wanted:
        return None
    return (
        f"{figures.ok} predictions came where the users would have asked a service that answers at "
        f"once for {figures.wanted:.0f}, a share of {figures.ok / figures.wanted:.4g}; "
        f"{GOODPUT_VARIABLE} wants {limit:g}"
    )
