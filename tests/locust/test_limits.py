"""Which limits a run passed, and what a limit may look like."""

from argparse import ArgumentTypeError

import pytest

from loadtest.limits import NO_LIMITS, Figures, Limits, passed_for_good, passed_limits
from loadtest.options import failure_ratio_limit, fault_of, p95_limit, wait_range, warmup_seconds


def figures(
    requests: int = 200,
    failures: int = 0,
    refused: int = 0,
    p95_ms: float | None = 40,
    p99_ms: float | None = 60,
    wanted: float = 200,
) -> Figures:
    ok = requests - failures - refused
    return Figures(requests, ok, wanted, failures, refused, p95_ms, p99_ms)


def test_a_run_at_its_limits_keeps_them() -> None:
    limits = Limits(failure_ratio=0.01, p95_ms=40)
    assert passed_limits(figures(failures=2), limits) == []
    assert passed_limits(figures(), Limits(failure_ratio=0, p95_ms=40)) == []


def test_without_limits_only_a_run_without_requests_fails() -> None:
    assert passed_limits(figures(failures=200, p95_ms=None), NO_LIMITS) == []
    (sentence,) = passed_limits(figures(requests=0, p95_ms=None), NO_LIMITS)
    assert sentence.startswith("no request was made: check that the host is a URL")


def test_each_passed_limit_is_named_with_the_figures() -> None:
    assert passed_limits(figures(failures=3, p95_ms=41), Limits(0.01, None, 40.5)) == [
        "3 of 200 requests failed, a share of 0.015; LOCUST_MAX_FAILURE_RATIO allows 0.01",
        "the 95th percentile of the latency is 41 ms; LOCUST_MAX_P95_MS allows 40.5 ms",
    ]


def test_one_failure_passes_a_limit_of_zero() -> None:
    (sentence,) = passed_limits(figures(requests=100_000, failures=1), Limits(0, None))
    assert "1 of 100000 requests failed, a share of 1e-05" in sentence


def test_a_run_of_shed_requests_has_no_percentile_to_be_proud_of() -> None:
    (sentence,) = passed_limits(figures(failures=200, p95_ms=None), Limits(1, p95_ms=40))
    assert sentence.startswith("all 200 requests were refused")


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


def test_refusals_and_the_99th_percentile_have_limits_of_their_own() -> None:
    limits = Limits(refused_ratio=0.1, p99_ms=50)
    assert passed_limits(figures(refused=20, p99_ms=50), limits) == []
    assert passed_limits(figures(refused=30), limits) == [
        "30 of 200 requests were refused, a share of 0.15; LOCUST_MAX_REFUSED_RATIO allows 0.1",
        "the 99th percentile of the latency is 60 ms; LOCUST_MAX_P99_MS allows 50 ms",
    ]


def test_what_users_did_not_even_ask_for_is_missing_from_the_goodput() -> None:
    assert passed_limits(figures(requests=90, wanted=100), Limits(goodput=0.9)) == []
    assert passed_limits(figures(requests=90, failures=9, wanted=100), Limits(goodput=0.9)) == [
        "81 predictions came where the users would have asked a service that answers at once for "
        "100, a share of 0.81; LOCUST_MIN_GOODPUT wants 0.9"
    ]


def test_a_limit_is_passed_for_good_when_every_span_passes_it() -> None:
    slow, fast, few = figures(p95_ms=90), figures(p95_ms=10), figures(requests=3, p95_ms=90)
    limits = Limits(failure_ratio=0.5, p95_ms=50)
    assert passed_for_good(slow, [slow, slow, slow], limits) is not None
    assert passed_for_good(slow, [slow, fast, slow], limits) is None
    assert passed_for_good(slow, [few, few, few], limits) is None, "too few to tell"
    hung = figures(requests=0)
    assert passed_for_good(slow, [slow, hung, slow, hung, hung], limits) is not None
    assert passed_for_good(slow, [hung, hung, fast, slow, hung], limits) is None
    assert passed_for_good(slow, [hung, hung], limits) is None


def test_a_ratio_of_zero_is_passed_for_good_by_one_request() -> None:
    kept, lost = figures(requests=0), figures(requests=9, failures=1)
    sentence = passed_for_good(lost, [kept, lost], Limits(failure_ratio=0))
    assert sentence is not None
    assert sentence.startswith("1 of 9 requests failed")
    assert passed_for_good(kept, [kept, kept], Limits(failure_ratio=0)) is None


@pytest.mark.parametrize(
    ("text", "seconds"), [("1-2.5", (1, 2.5)), ("0", (0, 0)), ("0.5", (0.5, 0.5))]
)
def test_wait_reads(text: str, seconds: tuple[float, float]) -> None:
    assert wait_range(text) == seconds


@pytest.mark.parametrize("text", ["", "-1", "3-2", "1-", "a-b", "nan", "1-nan"])
def test_wait_refuses(text: str) -> None:
    with pytest.raises(ArgumentTypeError, match="set LOCUST_WAIT to seconds"):
        wait_range(text)


@pytest.mark.parametrize("text", ["", "-1", "5s", "inf", "nan"])
def test_warm_up_refuses(text: str) -> None:
    with pytest.raises(ArgumentTypeError, match="set LOCUST_WARMUP to a number of seconds"):
        warmup_seconds(text)


def test_the_first_bad_value_of_the_page_is_named() -> None:
    assert fault_of({"wait": "1", "max_p99_ms": "", "host": "x"}) is None
    assert "'fast' is not a time" in str(fault_of({"wait": "1", "max_p99_ms": "fast"}))
