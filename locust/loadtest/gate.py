"""Locust listeners that turn a run's figures into the exit code of the process."""

import logging
from argparse import ArgumentParser
from collections import Counter
from typing import Any, Final

import locust.log
from locust.env import Environment
from locust.runners import STATE_INIT, WorkerRunner
from locust.stats import RequestStats, calculate_response_time_percentile

from loadtest.answers import SHED_ROW
from loadtest.limits import (
    FAILURE_RATIO_VARIABLE,
    NO_LIMITS,
    P95_VARIABLE,
    Figures,
    Limits,
    failure_ratio_limit,
    p95_limit,
    passed_limits,
)

_log = logging.getLogger(__name__)

_NO_LIMIT_ADVICE: Final = (
    "No limit is set, so no request may fail: "
    f"to allow some, set {FAILURE_RATIO_VARIABLE} to a share of them, such as 0.01"
)


def add_limits(parser: ArgumentParser, **_: Any) -> None:
    """Add the limits to Locust's options, so that a bad value ends the process at once."""
    limits = parser.add_argument_group(
        "Limits: the run exits with 1 when it passes one; with none set, when a request fails"
    )
    # Locust's parser reads an option's `env_var`, which plain argparse does not know.
    from_environment: Any = limits.add_argument
    from_environment(
        "--max-failure-ratio",
        type=failure_ratio_limit,
        metavar="<number>",
        env_var=FAILURE_RATIO_VARIABLE,
        help="Largest share of requests that may fail, from 0 to 1. Default is no limit",
    )
    from_environment(
        "--max-p95-ms",
        type=p95_limit,
        metavar="<number>",
        env_var=P95_VARIABLE,
        help="Largest 95th percentile of the latency, in milliseconds. Default is no limit",
    )


def set_exit_code(environment: Environment, **_: Any) -> None:
    """Decide on the run: 1 when it passed a limit, 0 when it kept the limits that are set.

    With no limit set, Locust decides: it exits with 1 as soon as one request fails. An
    exception in the load test's own code stays an error, whatever the limits say.
    """
    runner, options = environment.runner, environment.parsed_options
    if runner is None or options is None or isinstance(runner, WorkerRunner):
        return  # a worker sees its own share only
    if runner.state == STATE_INIT and not (options.headless or options.autostart):
        return  # the web page was opened and closed, and nobody asked for a run
    figures = figures_of(environment.stats)
    limits = Limits(failure_ratio=options.max_failure_ratio, p95_ms=options.max_p95_ms)
    passed = passed_limits(figures, limits)
    for sentence in passed:
        _log.error("Load test failed: %s", sentence)
    if passed:
        environment.process_exit_code = 1
        return
    if limits == NO_LIMITS:
        if figures.failures:
            _log.error("Load test failed: %s. %s", figures, _NO_LIMIT_ADVICE)
        else:
            _log.info("Load test without limits: %s", figures)
        return
    _log.info("Load test kept its limits: %s", figures)
    if figures.failures and limits.failure_ratio is None:
        _log.warning("No limit on failures is set: set %s to have one", FAILURE_RATIO_VARIABLE)
    if not runner.exceptions and not locust.log.unhandled_greenlet_exception:
        environment.process_exit_code = 0


def figures_of(stats: RequestStats) -> Figures:
    """Add up the rows of the report; the percentile is over every row but the shed one."""
    times: Counter[int] = Counter()
    for entry in stats.entries.values():
        if entry.name != SHED_ROW:
            times.update(entry.response_times)
    answered = times.total()
    return Figures(
        requests=stats.num_requests,
        failures=stats.num_failures,
        p95_ms=calculate_response_time_percentile(times, answered, 0.95) if answered else None,
    )
