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
from tests.stack.stack import Stack

pytestmark = pytest.mark.stack

FILE = "docker-compose.locust.yaml"
REPORTS = ROOT / "out" / "locust"
RUN_SECONDS = 6


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
