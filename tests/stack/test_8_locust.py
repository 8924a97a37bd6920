"""The load test's own compose file, on the network of the running stack."""

import csv
import json
import re
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import httpx
import pytest

from console.settings import Settings
from tests.images.containers import ROOT, wait_until
from tests.stack.containers import COMPOSE_SECONDS, docker
from tests.stack.passing_on import passed_on
from tests.stack.stack import Stack

pytestmark = pytest.mark.stack

FILE = "docker-compose.locust.yaml"
REPORTS = ROOT / "out" / "locust"
RUN_SECONDS = 6
ANOTHER_HOST = "locust_another_host"


def locust(*arguments: str, env: Mapping[str, str] | None = None) -> str:
    """Run Compose on the load test's file; gives the output, AssertionError when it fails."""
    return docker("compose", "--file", FILE, *arguments, env=env, seconds=COMPOSE_SECONDS)


@pytest.fixture(autouse=True)
def _nothing_stays() -> Iterator[None]:
    locust("down")
    yield
    locust("down")


def aggregated(file: Path) -> dict[str, str]:
    """The sum of all requests in a report."""
    with file.open() as lines:
        (row,) = (row for row in csv.DictReader(lines) if row["Name"] == "Aggregated")
    return row


def requests(stack: Stack) -> int:
    """How many predictions the gateway has passed on."""
    return sum(server.requests for server in stack.servers().values())


@pytest.mark.parametrize("further_workers", [0, 2])
def test_a_headless_run_reports_every_request(stack: Stack, further_workers: int) -> None:
    before, started = requests(stack), time.time()

    locust(
        *("up", "--scale", f"worker={further_workers}", "--exit-code-from", "locust"),
        env={
            "LOCUST_HEADLESS": "true",
            "LOCUST_RUN_TIME": f"{RUN_SECONDS}s",
            "LOCUST_EXPECT_WORKERS": str(1 + further_workers),
        },
    )

    log = locust("logs", "--no-color", "locust")
    connected = [int(found) for found in re.findall(r"(\d+) workers connected", log)]
    assert max(connected) == 1 + further_workers, log
    assert f"to {1 + further_workers} ready workers" in log, "all of them from the start"
    reports = {path for path in REPORTS.iterdir() if path.stat().st_mtime >= started}
    assert {"report.html", "stats_stats.csv", "stats_stats_history.csv"} <= {
        path.name for path in reports
    }
    total = aggregated(REPORTS / "stats_stats.csv")
    assert total["Failure Count"] == "0"
    # A worker whose figures got lost would have sent more than the report says.
    sent = requests(stack) - before
    assert int(total["Request Count"]) == sent >= stack.settings.locust_users


def test_a_run_that_breaks_its_limit_fails() -> None:
    with pytest.raises(AssertionError, match="LOCUST_MAX_P95_MS allows"):
        locust(
            *("up", "--exit-code-from", "locust"),
            env={
                "LOCUST_HEADLESS": "true",
                "LOCUST_RUN_TIME": f"{RUN_SECONDS}s",
                "LOCUST_MAX_P95_MS": "0.001",
            },
        )


def test_the_page_is_filled_in_from_the_settings_and_starts_a_run(
    stack: Stack, settings: Settings
) -> None:
    locust("up", "--detach", env={"LOCUST_HEADLESS": "false"})
    url = settings.url(settings.locust_port)

    def answers() -> bool:
        try:
            return stack.web.get(url).is_success
        except httpx.TransportError:
            return False

    wait_until(answers, "Locust's page")
    found = re.search(r"window\.templateArgs = (\{.*\})", stack.web.get(url).text)
    assert found
    page: dict[str, Any] = json.loads(found[1])
    assert page["host"] == settings.locust_host
    assert page["num_users"] == settings.locust_users
    assert page["spawn_rate"] == settings.locust_spawn_rate
    assert page["run_time"] == settings.run_seconds
    assert page["user_count"] == 0, "nothing runs before a person starts it"

    filled_in = {"user_count": 3, "spawn_rate": 3, "host": page["host"], "run_time": "30s"}
    wait_until(lambda: stack.json(f"{url}/stats/requests")["workers"], "a worker is there")
    assert stack.web.post(f"{url}/swarm", data=filled_in).json()["success"]

    def figures() -> dict[str, Any]:
        return dict(stack.json(f"{url}/stats/requests"))

    wait_until(lambda: figures()["stats"][-1]["num_requests"] > 0, "answers are counted")
    assert (figures()["user_count"], figures()["fail_ratio"]) == (3, 0)
    spawned = re.search(r"All users spawned: (\{.*?\})", locust("logs", "--no-color", "locust"))
    assert spawned
    assert {name for name, count in json.loads(spawned[1]).items() if count} == {
        settings.locust_user_class
    }


def summary() -> dict[str, Any]:
    """What the last run left for programs."""
    return dict(json.loads((REPORTS / "summary.json").read_text()))


def test_a_shape_is_chosen_by_the_environment_and_the_balance_is_known(stack: Stack) -> None:
    locust(
        *("up", "--exit-code-from", "locust"),
        env={
            "LOCUST_HEADLESS": "true",
            "LOCUST_SHAPE": "steps",
            "LOCUST_USERS": "20",
            "LOCUST_WAIT": "0.1-0.2",
            "LOCUST_RUN_TIME": f"{2 * RUN_SECONDS}s",
        },
    )

    found, replicas = summary(), stack.up()
    by_second = [moment["users"] for moment in found["timeline"]]
    assert by_second == sorted(by_second), "steps go up"
    assert (by_second[0], by_second[-1]) == (4, 20)
    assert (found["refused"], found["failed"], found["failures"]) == (0, 0, {})
    assert found["balance"].keys() == replicas.keys()
    assert sum(found["balance"].values()) == found["ok"]
    assert min(found["balance"].values()) > found["ok"] / len(replicas) / 2
    log = locust("logs", "--no-color", "locust")
    assert all(f"{replica} answered " in log for replica in replicas)


def test_a_run_ends_early_when_it_passed_a_limit_for_good() -> None:
    with pytest.raises(AssertionError, match="The run ends early, it passed a limit for good"):
        locust(
            *("up", "--exit-code-from", "locust"),
            env={
                "LOCUST_HEADLESS": "true",
                "LOCUST_RUN_TIME": "10m",
                "LOCUST_WARMUP": "1",
                "LOCUST_MAX_P99_MS": "0.001",
                "LOCUST_STOP_AT_LIMIT": "true",
            },
        )

    found = summary()
    assert "LOCUST_MAX_P99_MS allows 0.001 ms" in found["stopped_by"]
    assert 10 < found["seconds"] < 60


@pytest.fixture
def another_host() -> Iterator[str]:
    """A network that shares nothing with the load test's: the workers in it stand for a host.

    Gives the address under which they reach this machine, and its published ports.
    """
    docker("network", "create", ANOTHER_HOST)
    try:
        yield docker(
            *("network", "inspect", ANOTHER_HOST),
            *("--format", "{{(index .IPAM.Config 0).Gateway}}"),
        )
    finally:
        filters = ("--filter", f"network={ANOTHER_HOST}")
        for container in docker("ps", "--all", "--quiet", *filters).split():
            docker("rm", "--force", container)
        docker("network", "rm", ANOTHER_HOST)


def remote_worker(master: str, port: int) -> str:
    """Start a worker on the other host; gives its address."""
    container = docker(
        *("run", "--detach", "--init", "--network", ANOTHER_HOST, "covertype/locust:0.1.0"),
        *("locust", "--locustfile", "/app/locustfile.py", "--worker"),
        *("--master-host", master, "--master-port", str(port)),
    )
    address = "{{range .NetworkSettings.Networks}}{{.IPAddress}}{{end}}"
    return docker("inspect", container, "--format", address)


def test_workers_of_another_host_join_through_the_published_port(
    stack: Stack, settings: Settings, another_host: str
) -> None:
    users = 30
    remote = [remote_worker(another_host, settings.locust_master_port) for _ in range(2)]
    workers = 1 + len(remote)
    before = requests(stack)

    with passed_on(another_host, settings.gateway_port) as connections:
        locust(
            *("up", "--exit-code-from", "locust"),
            env={
                "BIND_ADDRESS": another_host,
                "LOCUST_HOST": f"http://{another_host}:{settings.gateway_port}",
                "LOCUST_BALANCE_URL": "http://gateway:8404/stats;csv",
                "LOCUST_HEADLESS": "true",
                "LOCUST_EXPECT_WORKERS": str(workers),
                "LOCUST_USERS": str(users),
                "LOCUST_RUN_TIME": f"{2 * RUN_SECONDS}s",
            },
        )

    assert f"to {workers} ready workers" in locust("logs", "--no-color", "locust")
    found = summary()
    assert (found["failed"], found["refused"]) == (0, 0)
    assert found["ok"] == requests(stack) - before == sum(found["balance"].values())
    # A user keeps its connection: each worker had its share of them.
    assert min(connections[address] for address in remote) >= users // workers, connections
