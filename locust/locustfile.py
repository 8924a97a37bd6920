"""The load test: users who ask for one prediction every 1 to 2.5 seconds.

    PYTHONPATH=. locust -f locust/locustfile.py --headless -u 100 -r 50 -t 20s

``CovertypeUser`` runs unless other classes are named at the end of the command line, in
LOCUST_USER_CLASSES, or picked in the web page (``--class-picker``). ``CovertypeHttpUser``
takes more than twice the processor time a request; it is there to check a finding with
a second HTTP client.

Locust itself reads LOCUST_HOST, LOCUST_USERS, LOCUST_SPAWN_RATE and LOCUST_RUN_TIME. The
exit code is 1 when a request fails, unless LOCUST_MAX_FAILURE_RATIO or LOCUST_MAX_P95_MS is
set: then these limits decide. None of them is read from a file.
"""

import os
from argparse import ArgumentParser
from typing import Any, Final

import gevent  # type: ignore[import-untyped]
from locust import FastHttpUser, HttpUser, between, events, task
from locust.env import Environment
from locust.runners import MasterRunner, WorkerRunner

from loadtest.answers import report
from loadtest.gate import add_limits, set_exit_code
from loadtest.payloads import payloads

DEFAULT_HOST: Final = "http://localhost:8081"
PREDICT: Final = "/predict/"

# A request without an answer counts as failed after this time, and a run that ends waits
# as long for requests under way. Otherwise the slowest requests, those cut off at the
# end, would be missing from the figures.
TIMEOUT_SECONDS: Final = 10


class CovertypeUser(FastHttpUser):
    """The default user: geventhttpclient, cheap enough for thousands of users on one core."""

    host = DEFAULT_HOST
    wait_time = between(1, 2.5)
    connection_timeout = TIMEOUT_SECONDS
    network_timeout = TIMEOUT_SECONDS

    def on_start(self) -> None:
        self.rows = payloads()

    @task
    def predict(self) -> None:
        with self.client.post(PREDICT, json=next(self.rows), catch_response=True) as response:
            report(response)


class CovertypeHttpUser(HttpUser):
    """The same user on the requests library."""

    host = DEFAULT_HOST
    wait_time = between(1, 2.5)
    network_timeout = TIMEOUT_SECONDS

    def on_start(self) -> None:
        self.rows = payloads()

    @task
    def predict(self) -> None:
        with self.client.post(
            PREDICT, json=next(self.rows), catch_response=True, timeout=self.network_timeout
        ) as response:
            report(response)


def keep_default_user(environment: Environment, **_: Any) -> None:
    """Without a choice, Locust runs every class: leave only the default one.

    A worker keeps both, because it runs what the master picked.
    """
    options = environment.parsed_options
    if isinstance(environment.runner, WorkerRunner) or options is None or options.user_classes:
        return
    if CovertypeUser in environment.user_classes and CovertypeHttpUser in environment.user_classes:
        environment.user_classes.remove(CovertypeHttpUser)


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


for hook, listener in (
    (events.init_command_line_parser, add_limits),
    (events.init_command_line_parser, wait_for_last_answers),
    (events.init, keep_default_user),
    (events.init, set_clock),
    (events.init, expect_workers),
    (events.quitting, set_exit_code),
):
    hook.add_listener(listener)  # type: ignore[no-untyped-call]  # Locust has no types here
