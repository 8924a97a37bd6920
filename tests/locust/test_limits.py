"""Which limits a run passed, and what a limit may look like."""

from argparse import ArgumentTypeError

import pytest

from loadtest.limits import (
    NO_LIMITS,
    Figures,
    Limits,
    failure_ratio_limit,
    p95_limit,
    passed_limits,
)


def figures(requests: int = 200, failures: int = 0, p95_ms: int | None = 40) -> Figures:
    return Figures(requests=requests, failures=failures, p95_ms=p95_ms)


def test_a_run_at_its_limits_keeps_them() -> None:
    limits = Limits(failure_ratio=0.01, p95_ms=40)
    assert passed_limits(figures(failures=2), limits) == []
    assert passed_limits(figures(), Limits(failure_ratio=0, p95_ms=40)) == []


def test_without_limits_only_a_run_without_requests_fails() -> None:
    assert passed_limits(figures(failures=200, p95_ms=None), NO_LIMITS) == []
    (sentence,) = passed_limits(figures(requests=0, p95_ms=None), NO_LIMITS)
    assert sentence.startswith("no request was made: check that the host is a URL")


def test_each_passed_limit_is_named_with_the_figures() -> None:
    assert passed_limits(figures(failures=3, p95_ms=41), Limits(0.01, 40.5)) == [
        "3 of 200 requests failed, a share of 0.015; LOCUST_MAX_FAILURE_RATIO allows 0.01",
        "the 95th percentile of the latency is 41 ms; LOCUST_MAX_P95_MS allows 40.5 ms",
    ]


def test_one_failure_passes_a_limit_of_zero() -> None:
    (sentence,) = passed_limits(figures(requests=100_000, failures=1), Limits(0, None))
    assert "1 of 100000 requests failed, a share of 1e-05" in sentence


def test_a_run_of_shed_requests_has_no_percentile_to_be_proud_of() -> None:
    (sentence,) = passed_limits(figures(failures=200, p95_ms=None), Limits(1, 40))
    assert sentence.startswith("all 200 requests were shed")


@pytest.mark.parametrize(
    ("text", "limit"), [("", None), (" ", None), ("0", 0), ("1", 1), ("1e-2", 0.01)]
)
def test_failure_ratio_limit_reads(text: str, limit: float | None) -> None:
    assert failure_ratio_limit(text) == limit


@pytest.mark.parametrize(("text", "limit"), [("", None), ("200", 200), ("0.5", 0.5)])
def test_p95_limit_reads(text: str, limit: float | None) -> None:
    assert p95_limit(text) == limit


@pytest.mark.parametrize("text", ["some", "-0.1", "1.01", "nan", "inf", "5%"])
def test_failure_ratio_limit_refuses(text: str) -> None:
    with pytest.raises(ArgumentTypeError, match="set LOCUST_MAX_FAILURE_RATIO to a number from 0"):
        failure_ratio_limit(text)


@pytest.mark.parametrize("text", ["fast", "0", "-1", "nan", "inf", "200ms"])
def test_p95_limit_refuses(text: str) -> None:
    with pytest.raises(ArgumentTypeError, match="set LOCUST_MAX_P95_MS to a number above 0"):
        p95_limit(text)
