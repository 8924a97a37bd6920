"""Runs from Locust's page: the choice of users and shape, checked values, the verdict."""

import json
import re
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.metadata import files
from pathlib import Path
from typing import Any

import httpx

from tests.locust.locust_process import DEADLINE_SECONDS, Locust, finish, summary
from tests.locust.prediction_service import Reply, Service
from tests.support.servers import free_port, wait_until


@contextmanager
def page(locust: Locust, *options: str) -> Iterator[httpx.Client]:
    """Locust with its page; the process is ended with the block."""
    port = str(free_port())
    options = ("--web-host", "127.0.0.1", "--web-port", port, *options)
    with (
        locust.start(*options) as process,
        httpx.Client(base_url=f"http://127.0.0.1:{port}", timeout=DEADLINE_SECONDS) as client,
    ):

        def answers() -> bool:
            try:
                return client.get("/").is_success
            except httpx.TransportError:
                return False

        try:
            wait_until(answers, DEADLINE_SECONDS, "the page")
            yield client
        finally:
            process.terminate()
            finish(process)


def arguments(client: httpx.Client) -> dict[str, Any]:
    found = re.search(r"window\.templateArgs = (\{.*\})", client.get("/").text)
    assert found
    return dict(json.loads(found[1]))


def run_one(client: httpx.Client, service: Service, **form: str) -> dict[str, int]:
    """Start a run with this form, wait for answers, stop it; gives its users by class."""
    before = len(service.bodies)
    form = {"user_count": "20", "spawn_rate": "100", "run_time": "60s", **form}
    answer = client.post("/swarm", data=form).json()
    assert answer["success"], answer
    wait_until(lambda: len(service.bodies) > before + 1, DEADLINE_SECONDS, "answers")
    users = {
        name: count["ratio"] for name, count in client.get("/tasks").json()["per_class"].items()
    }
    assert client.post("/stop").json()["success"]
    return users


def test_the_page_offers_user_class_and_shape_with_the_environments_choice(
    locust: Locust, service: Service, summary_file: Path
) -> None:
    locust.settings |= {"LOCUST_SHAPE": "spike", "LOCUST_USER_CLASS": "CovertypeHttpUser"}
    with page(locust) as client:
        options = arguments(client)["extra_options"]
        assert options["shape"]["default_value"] == "spike"
        assert options["shape"]["choices"][0] == "constant"
        assert options["user_class"]["default_value"] == "CovertypeHttpUser"

        assert run_one(client, service).keys() == {"CovertypeHttpUser"}
        assert summary(summary_file)["users"] == 2, "a spike begins with a tenth of the users"

        chosen = run_one(client, service, shape="constant", user_class="CovertypeUser")
        assert chosen.keys() == {"CovertypeUser"}
        assert summary(summary_file)["users"] == 20, "no shape is a choice as well"


def test_locusts_own_picker_chooses_too(
    locust: Locust, service: Service, summary_file: Path
) -> None:
    locust.settings |= {"LOCUST_SHAPE": "spike"}
    with page(locust, "--class-picker") as client:
        assert "Steps" in arguments(client)["available_shape_classes"]
        picked = {"user_classes": "CovertypeUser"}

        run_one(client, service, **picked, shape_class="Steps")
        assert summary(summary_file)["users"] == 4, "the first of five steps"
        run_one(client, service, **picked, shape_class="Default")
        assert summary(summary_file)["users"] == 2, "the default is the environment's"
        run_one(client, service, **picked, shape_class="Default", shape="constant")
        assert summary(summary_file)["users"] == 20


def test_the_page_refuses_a_bad_value_and_shows_the_verdict(
    locust: Locust, service: Service, summary_file: Path
) -> None:
    service.answer_with(Reply(status=500))
    locust.settings |= {"LOCUST_STOP_AT_LIMIT": "true"}
    form = {"user_count": "2", "spawn_rate": "2", "max_failure_ratio": "5%"}
    with page(locust) as client:
        refused = client.post("/swarm", data=form).json()
        assert not refused["success"]
        assert "set LOCUST_MAX_FAILURE_RATIO to a number" in refused["message"]
        assert service.bodies == []

        assert client.post("/swarm", data={**form, "max_failure_ratio": "0"}).json()["success"]
        wait_until(summary_file.exists, DEADLINE_SECONDS, "the end of the run")
        wait_until(lambda: "requests failed" in verdict(client), DEADLINE_SECONDS, "the verdict")
        assert {tab["title"] for tab in arguments(client)["extended_tabs"]} == {
            "Replicas",
            "Verdict",
        }


def verdict(client: httpx.Client) -> str:
    stats = client.get("/stats/requests").json()["extended_stats"]
    return str(next(one["data"] for one in stats if one["key"] == "verdict"))


def test_limits_arrive_under_the_names_that_the_pages_script_makes_of_them(
    locust: Locust, service: Service, summary_file: Path
) -> None:
    service.answer_with(Reply(delay=0.1))
    script = next(
        file for file in files("locust") or [] if file.match("webui/*/*/*.js")
    ).read_text()
    assert "replace(/([a-z0-9])([A-Z0-9])/g,`$1_$2`)" in script, "the page makes other names now"
    locust.settings |= {"LOCUST_STOP_AT_LIMIT": "true", "LOCUST_WAIT": "0.1"}
    form = {"user_count": "9", "spawn_rate": "9", "max_p9_5ms": "", "max_p9_9ms": "50"}
    with page(locust) as client:
        assert client.post("/swarm", data=form).json()["success"]
        wait_until(summary_file.exists, DEADLINE_SECONDS, "the end of the run")
        assert "LOCUST_MAX_P99_MS allows 50 ms" in summary(summary_file)["stopped_by"]
