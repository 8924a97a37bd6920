"""The load test's own options: on the command line, in the environment, and on the page.

Locust keeps each as the text that it was given, because the page sends texts; `Settings` reads
them when a run begins.
"""

import functools
import math
from argparse import ArgumentParser, ArgumentTypeError, Namespace
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from loadtest.limits import (
    FAILURE_RATIO_VARIABLE,
    GOODPUT_VARIABLE,
    P95_VARIABLE,
    P99_VARIABLE,
    REFUSED_RATIO_VARIABLE,
    Limits,
)
from loadtest.profiles import CONSTANT, PROFILES

USER_CLASSES: Final = ("CovertypeUser", "CovertypeHttpUser")
WAIT_VARIABLE: Final = "LOCUST_WAIT"
WARMUP_VARIABLE: Final = "LOCUST_WARMUP"


@dataclass(frozen=True, slots=True)
class Settings:
    """What holds for one run. ``warmup`` and ``wait`` in seconds."""

    limits: Limits
    warmup: float
    wait: tuple[float, float]
    stop_at_limit: bool

    @classmethod
    def of(cls, options: Namespace) -> "Settings":
        """Read the options as they are now."""
        return cls(
            limits=Limits(
                failure_ratio=failure_ratio_limit(options.max_failure_ratio),
                refused_ratio=refused_ratio_limit(options.max_refused_ratio),
                p95_ms=p95_limit(options.max_p95_ms),
                p99_ms=p99_limit(options.max_p99_ms),
                goodput=goodput_limit(options.min_goodput),
            ),
            warmup=warmup_seconds(options.warmup),
            wait=wait_range(options.wait),
            stop_at_limit=options.stop_at_limit == "true",
        )


@functools.cache
def wait_range(text: str) -> tuple[float, float]:
    """Read ``1-2.5`` or ``0``: the seconds between two requests of a user, at least and at most.

    Raises ArgumentTypeError when the text is neither.
    """
    low, dash, high = text.partition("-")
    numbers = _number(low), _number(high if dash else low)
    if not (
        numbers[0] is not None
        and numbers[1] is not None
        and 0 <= numbers[0] <= numbers[1] < math.inf
    ):
        raise ArgumentTypeError(
            f"{text!r} is no wait between two requests: set {WAIT_VARIABLE} to seconds such as "
            "1-2.5, or to 0 for none"
        )
    return numbers[0], numbers[1]


def warmup_seconds(text: str) -> float:
    """Read the length of the warm-up. Raises ArgumentTypeError when it is no number from 0."""
    seconds = _number(text)
    if seconds is None or not 0 <= seconds < math.inf:
        raise ArgumentTypeError(
            f"{text!r} is no warm-up: set {WARMUP_VARIABLE} to a number of seconds, such as 5, "
            "or to 0 for none"
        )
    return seconds


def _ratio(variable: str, text: str) -> float | None:
    """Read a share of requests. Empty text is no limit.

    Raises ArgumentTypeError when the text is not a number from 0 to 1.
    """
    limit = _number(text)
    if limit is not None and not 0 <= limit <= 1:
        raise ArgumentTypeError(
            f"{text!r} is not a share of requests: set {variable} to a number "
            "from 0 to 1, such as 0.01, or leave it empty for no limit"
        )
    return limit


def _milliseconds(variable: str, text: str) -> float | None:
    """Read a time in milliseconds. Empty text is no limit.

    Raises ArgumentTypeError when the text is not a number above 0.
    """
    limit = _number(text)
    if limit is not None and not 0 < limit < math.inf:
        raise ArgumentTypeError(
            f"{text!r} is not a time in milliseconds: set {variable} to a number above 0, "
            "such as 200, or leave it empty for no limit"
        )
    return limit


failure_ratio_limit = functools.partial(_ratio, FAILURE_RATIO_VARIABLE)
refused_ratio_limit = functools.partial(_ratio, REFUSED_RATIO_VARIABLE)
goodput_limit = functools.partial(_ratio, GOODPUT_VARIABLE)
p95_limit = functools.partial(_milliseconds, P95_VARIABLE)
p99_limit = functools.partial(_milliseconds, P99_VARIABLE)


def _number(text: str) -> float | None:
    """The number, NaN for text that is none, ``None`` for text that is empty."""
    if not text.strip():
        return None
    try:
        return float(text)
    except ValueError:
        return math.nan


# Option of the page: how it is read.
_CHECKS: Final[Mapping[str, Callable[[str], object]]] = {
    "wait": wait_range,
    "warmup": warmup_seconds,
    "max_failure_ratio": failure_ratio_limit,
    "max_refused_ratio": refused_ratio_limit,
    "max_p95_ms": p95_limit,
    "max_p99_ms": p99_limit,
    "min_goodput": goodput_limit,
}


def fault_of(form: Mapping[str, str]) -> str | None:
    """What is wrong with the first bad value of the page's form, if one is."""
    for name, check in _CHECKS.items():
        try:
            check(form.get(name, "1"))
        except ArgumentTypeError as error:
            return str(error)
    return None


def add_options(parser: ArgumentParser, **_: Any) -> None:
    """Add the options, so that a bad value ends the process at once."""
    # Locust's parser knows an option's `env_var`, and shows it on the page if it is in no group.
    option: Any = parser.add_argument
    option(
        "--user-class",
        choices=USER_CLASSES,
        default=USER_CLASSES[0],
        env_var="LOCUST_USER_CLASS",
        help="The class of users, where none is named at the end of the command line",
    )
    option(
        "--shape",
        choices=(CONSTANT, *PROFILES),
        type=lambda text: text or CONSTANT,
        default=CONSTANT,
        env_var="LOCUST_SHAPE",
        help="How the number of users changes over the run time. Default is constant",
    )
    _add_text(option, "wait", "1-2.5", WAIT_VARIABLE, "Seconds between two requests of a user")
    what = "Seconds with all users there, before anything counts; 0 counts from the start"
    _add_text(option, "warmup", "0", WARMUP_VARIABLE, what)
    for name, variable, what in (
        ("max_failure_ratio", FAILURE_RATIO_VARIABLE, "Largest share of requests that may fail"),
        (
            "max_refused_ratio",
            REFUSED_RATIO_VARIABLE,
            "Largest share of requests that may be refused with 503, which are then no failures",
        ),
        ("max_p95_ms", P95_VARIABLE, "Largest 95th percentile of the latency, in milliseconds"),
        ("max_p99_ms", P99_VARIABLE, "Largest 99th percentile of the latency, in milliseconds"),
        (
            "min_goodput",
            GOODPUT_VARIABLE,
            "Smallest share of predictions among the requests that the users would make of a "
            "service that answers at once",
        ),
    ):
        _add_text(option, name, "", variable, f"{what}. Default is no limit")
    option(
        "--stop-at-limit",
        choices=("false", "true"),
        default="false",
        env_var="LOCUST_STOP_AT_LIMIT",
        help="true: the run ends as soon as it has passed a limit for good",
    )
    option(
        "--summary",
        metavar="<file>",
        default="",
        env_var="LOCUST_SUMMARY",
        include_in_web_ui=False,
        help="The figures of each run as JSON",
    )
    option(
        "--balance-url",
        metavar="<url>",
        default="",
        env_var="LOCUST_BALANCE_URL",
        include_in_web_ui=False,
        help="The gateway's figures as CSV. Default: those of a host that is named gateway",
    )


def _add_text(option: Any, name: str, default: str, variable: str, what: str) -> None:
    def checked(text: str) -> str:
        _CHECKS[name](text)
        return text

    option(
        f"--{name.replace('_', '-')}",
        type=checked,
        default=default,
        metavar="<value>",
        env_var=variable,
        help=what,
    )
