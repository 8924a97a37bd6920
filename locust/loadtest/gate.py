"""Turns a run's figures into the exit code of the process."""

import logging
from typing import Any, Final

import locust.log
from locust.env import Environment
from locust.runners import STATE_INIT, WorkerRunner

from loadtest.limits import FAILURE_RATIO_VARIABLE, NO_LIMITS, passed_limits
from loadtest.session import Session

_log = logging.getLogger(__name__)

_NO_LIMIT_ADVICE: Final = (
    "No limit is set, so no request may fail: "
    f"to allow some, set {FAILURE_RATIO_VARIABLE} to a share of them, such as 0.01"
)


def verdict(session: Session) -> list[str]:
    """Why the run failed so far, if it did; each limit that it passed is a sentence."""
    passed = passed_limits(session.figures, session.limits)
    if session.stopped_by and session.stopped_by not in passed:
        passed.insert(0, f"it was ended early: {session.stopped_by}")
    return passed


def set_exit_code(session: Session, environment: Environment, **_: Any) -> None:
    """Decide on the run: 1 when it passed a limit, 0 when it kept the limits that are set.

    With no limit set, Locust decides: it exits with 1 as soon as one request fails. An
    exception in the load test's own code stays an error, whatever the limits say.
    """
    runner, options = environment.runner, environment.parsed_options
    if runner is None or options is None or isinstance(runner, WorkerRunner):
        return  # a worker sees its own share only
    if runner.state == STATE_INIT and not (options.headless or options.autostart):
        return  # the web page was opened and closed, and nobody asked for a run
    figures, limits, passed = session.figures, session.limits, verdict(session)
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
