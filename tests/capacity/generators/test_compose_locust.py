"""Locust over its compose file: what it is told, and what it leaves."""

import json
from pathlib import Path

import pytest

from capacity.errors import CannotMeasure
from capacity.generators.both import stack_generator
from capacity.plan.load import Closed
from console.errors import ProcessFailed
from stack.context import Stack
from tests.capacity.generators.conftest import LOAD, summary, written
from tests.stack_commands.fake_docker import FakeDocker, Reply, container

URL = "http://127.0.0.1:8081/predict/"
HISTORY = """\
User Count,Name,Requests/s
100,Aggregated,65.5
"""


@pytest.fixture
def ready(docker: FakeDocker) -> FakeDocker:
    """Locust runs for two looks and ends well."""
    docker.answer("compose build")
    docker.answer("compose down")
    docker.answer("ps --quiet", Reply(), Reply("id\n"))
    docker.answer("logs", out="Locust's own words\n")
    docker.answer("compose up")
    ended(docker, 0)
    return docker


def ended(docker: FakeDocker, code: int) -> None:
    running = [container("locust"), container("worker")]
    docker.containers(running, running, [container("locust", "exited", code=code)])


def leave_summary(stack: Stack, docker: FakeDocker, **changes: object) -> None:
    path = stack.repo / "out" / "locust" / "summary.json"
    docker.answer("compose up", Reply(writes=(str(path), json.dumps(summary(**changes)))))


def test_it_is_told_the_load_and_leaves_its_figures(
    stack: Stack, ready: FakeDocker, tmp_path: Path
) -> None:
    leave_summary(stack, ready)
    history = stack.repo / "out" / "locust" / "stats_stats_history.csv"
    history.parent.mkdir(parents=True)
    history.write_text(HISTORY)
    news: list[str] = []
    load = Closed(**LOAD.model_dump() | {"workers": 2})
    figures = stack_generator(stack, tmp_path).closed(URL, load, news.append)
    assert figures.ok == 655
    assert figures.generator.faults == ()
    call = ready.calls_with("up")[0]
    assert call.arguments[-1] == "worker=2"
    assert call.environment["LOCUST_HOST"] == "http://gateway:8081"
    assert call.environment["LOCUST_USERS"] == "100"
    assert call.environment["LOCUST_WARMUP"] == "1"
    assert call.environment["LOCUST_HEADLESS"] == "true"
    assert call.environment["LOCUST_EXPECT_WORKERS"] == "3"
    assert "100 users, 66 requests/s" in news
    assert ready.calls_with("down")
    assert not stack.progress.seconds  # what the planner shows is its own


def test_its_image_is_built_once(stack: Stack, ready: FakeDocker, tmp_path: Path) -> None:
    generator = stack_generator(stack, tmp_path)
    leave_summary(stack, ready)
    generator.closed(URL, LOAD, lambda _: None)
    path = written(stack.repo / "out" / "locust" / "new")
    path.replace(path.with_name("summary.json"))
    ready.answer("compose up", Reply(writes=(str(path), "")))
    with pytest.raises(CannotMeasure, match="is from an earlier run"):
        generator.closed(URL, LOAD, lambda _: None)
    assert len(ready.calls_with("build")) == 1


def test_a_locust_that_fails_is_explained_and_removed(
    stack: Stack, ready: FakeDocker, tmp_path: Path
) -> None:
    ended(ready, 2)
    with pytest.raises(CannotMeasure, match="Locust ended with exit code 2") as caught:
        stack_generator(stack, tmp_path).closed(URL, LOAD, lambda _: None)
    assert caught.value.excerpt == "Locust's own words"
    assert ready.calls_with("down")


def test_one_that_does_not_start_is_removed(
    stack: Stack, ready: FakeDocker, tmp_path: Path
) -> None:
    ready.answer("compose up", Reply(err="no space left", code=1))
    with pytest.raises(ProcessFailed):
        stack_generator(stack, tmp_path).closed(URL, LOAD, lambda _: None)
    assert ready.calls_with("down")
