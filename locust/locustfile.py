"""The load test: users who ask for one prediction every 1 to 2.5 seconds.

    PYTHONPATH=. locust -f locust/locustfile.py --headless -u 100 -r 50 -t 20s

``CovertypeUser`` runs unless another class is named at the end of the command line or in
LOCUST_USER_CLASS, or chosen on the page. ``CovertypeHttpUser`` takes more than twice the
processor time a request; it is there to check a finding with a second HTTP client.

Locust itself reads LOCUST_HOST, LOCUST_USERS, LOCUST_SPAWN_RATE and LOCUST_RUN_TIME;
`loadtest.options` has what comes on top. The exit code is 1 when a request fails, unless a
limit is set: then the limits decide. docs/load-tests.md tells all of it.
"""

import os
from argparse import ArgumentParser
from functools import partial
from random import uniform
from typing import Any, Final

import gevent  # type: ignore[import-untyped]
import locust.stats
from locust import FastHttpUser, HttpUser, events, task
from locust.env import Environment
from locust.runners import MasterRunner

from loadtest.answers import report
from loadtest.gate import set_exit_code
from loadtest.histogram import milliseconds_of
from loadtest.options import add_options, wait_range
from loadtest.page import add_tabs, choose
from loadtest.payloads import payloads
from loadtest.recorder import Recorder
from loadtest.session import Session
from loadtest.shapes import Soak, Spike, Steps, TenThousand

__all__ = [
    "CovertypeHttpUser",
    "CovertypeUser",
    # Locust finds shapes, as it finds users, among the names of its file.
    "Soak",
    "Spike",
    "Steps",
    "TenThousand",
]

DEFAULT_HOST: Final = "http://localhost:8081"
PREDICT: Final = "/predict/"

# A request without an answer counts as failed after this time, and a run that ends waits
# as long for requests under way. Otherwise the slowest requests, those cut off at the
# end, would be missing from the figures.
TIMEOUT_SECONDS: Final = 10


class PatientUser:
    """Waits between two requests, as LOCUST_WAIT says."""

    environment: Environment

    def wait_time(self) -> float:
        options = self.environment.parsed_options
        return uniform(*wait_range(options.wait)) if options else 0.0


class CovertypeUser(PatientUser, FastHttpUser):
    """The default user: geventhttpclient, cheap enough for thousands of users on one core."""

    host = DEFAULT_HOST
    connection_timeout = TIMEOUT_SECONDS
    network_timeout = TIMEOUT_SECONDS

    def on_start(self) -> None:
        self.rows = payloads()

    @task
    def predict(self) -> None:
        with self.client.post(PREDICT, json=next(self.rows), catch_response=True) as response:
            report(response)


class CovertypeHttpUser(PatientUser, HttpUser):
    """The same user on the requests library."""

    host = DEFAULT_HOST
    network_timeout = TIMEOUT_SECONDS

    def on_start(self) -> None:
        self.rows = payloads()

    @task
    def predict(self) -> None:
        with self.client.post(
            PREDICT, json=next(self.rows), catch_response=True, timeout=self.network_timeout
        ) as response:
            report(response)


def set_clock(**_: Any) -> None:
    """Let the run time begin now.

    gevent counts from the time that its loop read last, which is before Locust's imports:
    without this, a run is shorter than asked for by the second that they take.
    """
    gevent.get_hub().loop.update_now()


def expect_workers(environment: Environment, **_: Any) -> None:
    """Let a master that starts without its page wait for workers of other containers.

    With a worker process of its own (LOCUST_PROCESSES), Locust expects no other.
    """
    wanted = os.environ.get("LOCUST_EXPECT_WORKERS", "")
    if isinstance(environment.runner, MasterRunner) and environment.parsed_options and wanted:
        environment.parsed_options.expect_workers = int(wanted)


def wait_for_last_answers(parser: ArgumentParser, **_: Any) -> None:
    """Give ``--stop-timeout`` a default that leaves no request out of the figures."""
    parser.set_defaults(stop_timeout=str(TIMEOUT_SECONDS))


recorder = Recorder()
session = Session(recorder)
recorder.install(events)
session.install(events)
for hook, listener in (
    (events.init_command_line_parser, add_options),
    (events.init_command_line_parser, wait_for_last_answers),
    (events.init, choose),
    (events.init, partial(add_tabs, session)),
    (events.init, set_clock),
    (events.init, expect_workers),
    (events.quitting, partial(set_exit_code, session)),
):
    hook.add_listener(listener)  # type: ignore[no-untyped-call]  # Locust has no types here
locust.stats.bucket_response_time = milliseconds_of
