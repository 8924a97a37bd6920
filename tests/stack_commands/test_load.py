"""``locust`` starts the load test beside the stack, with its page or to its end."""

import os

import pytest

from console.errors import AnswerError, NotUp, NotWritable
from stack.context import Stack
from stack.load import LoadFailed, end_load, run_load
from tests.console.fake_web import FakeWeb
from tests.stack_commands.conftest import shown
from tests.stack_commands.fake_docker import FakeDocker, Reply, container

FILE = ["--file", "docker-compose.locust.yaml"]
STATS = """\
Type,Name,Request Count,Failure Count,Median Response Time,Requests/s,50%,95%,99%
,Aggregated,1167,2,2,58.5959,2,39,48
"""


@pytest.fixture
def ready(docker: FakeDocker) -> FakeDocker:
    docker.answer("network ls", out="0123456789ab\n")
    docker.answer("ps --quiet", out="")
    docker.answer("compose build")
    docker.answer("image prune")
    docker.answer("compose up")
    docker.answer("compose down")
    docker.answer("logs", out="Locust's own words\n")
    return docker


def ended(docker: FakeDocker, code: int) -> None:
    """Locust runs for two looks and ends."""
    master = container("locust", "exited", code=code)
    reports = container("reports-init", "exited")
    running = [reports, container("locust"), container("worker")]
    docker.answer("ps --quiet", Reply(), Reply("id\n"))  # nothing runs before, Locust after
    docker.containers(running, running, [reports, master, container("worker")])


def leave_report(stack: Stack, docker: FakeDocker) -> None:
    """Let ``docker compose up`` leave what Locust does."""
    report = stack.repo / "out" / "locust" / "stats_stats.csv"
    docker.answer("compose up", Reply(writes=(str(report), STATS)))


def test_the_page_is_left_running(stack: Stack, ready: FakeDocker, page: FakeWeb) -> None:
    ready.containers([container("locust"), container("worker")])
    run_load(stack, 2, headless=False)
    assert len(page.requests) == 2  # the first answer was not yet the page
    call = ready.calls_with("up")[0]
    assert call.arguments == [
        *("compose", *FILE, "up", "--detach", "--no-build", "--scale", "worker=2")
    ]
    assert call.environment == {
        "LOCUST_OWNER": f"{os.getuid()}:{os.getgid()}",
        "LOCUST_HEADLESS": "false",
        "LOCUST_EXPECT_WORKERS": "3",
    }
    assert ready.calls_with("build")[0].arguments[1:3] == FILE
    assert ready.calls_with("build")[0].build_settings == ["ca", "pip"]
    assert (stack.repo / "out" / "locust").is_dir()
    last = ready.calls.index(ready.calls_with("build")[0]) + 1
    assert "prune" in ready.calls[last].arguments
    assert not ready.calls_with("down")
    assert f"Locust: {stack.settings.url(stack.settings.locust_port)}" in shown(stack)


def test_a_locust_that_ends_at_once_is_explained(stack: Stack, ready: FakeDocker) -> None:
    ready.containers([container("locust", "exited", code=2)])
    with pytest.raises(LoadFailed, match="exit code 2") as caught:
        run_load(stack, 0, headless=False)
    assert caught.value.excerpt == "Locust's own words"


def test_without_its_page_it_is_seen_to_its_end(stack: Stack, ready: FakeDocker) -> None:
    ended(ready, 0)
    leave_report(stack, ready)
    run_load(stack, 0, headless=True)
    assert ready.calls_with("up")[0].environment["LOCUST_HEADLESS"] == "true"
    assert ready.calls_with("up")[0].environment["LOCUST_EXPECT_WORKERS"] == "1"
    assert ready.calls_with("down")[-1].arguments == ["compose", *FILE, "down"]
    for figure in ("1,167", "58.6", "39", "report.html"):
        assert figure in shown(stack)


def test_its_exit_code_is_the_commands(stack: Stack, ready: FakeDocker) -> None:
    ended(ready, 3)
    leave_report(stack, ready)
    with pytest.raises(LoadFailed, match="exit code 3") as caught:
        run_load(stack, 0, headless=True)
    assert caught.value.exit_code == 3
    assert caught.value.excerpt == "Locust's own words"
    assert "1,167" in shown(stack)  # the figures tell which limit was passed
    assert ready.calls_with("down")


def test_a_run_without_figures_is_told(stack: Stack, ready: FakeDocker) -> None:
    ended(ready, 0)
    with pytest.raises(AnswerError, match="Locust left no totals"):
        run_load(stack, 0, headless=True)


def test_reports_of_an_earlier_run_are_left_to_the_job_that_removes_them(
    stack: Stack, ready: FakeDocker
) -> None:
    report = stack.repo / "out" / "locust" / "report.html"
    report.parent.mkdir(parents=True)
    report.touch()  # it may belong to another user
    ready.containers([container("locust")])
    run_load(stack, 0, headless=False)
    assert report.exists()


def test_results_that_somebody_else_has_made_say_what_to_do(
    stack: Stack, ready: FakeDocker
) -> None:
    (stack.repo / "out").write_text("a file where a folder must be")
    with pytest.raises(NotWritable, match=r"cannot be written .*sudo chown -R .* out"):
        run_load(stack, 0, headless=False)
    assert not ready.calls_with("up")


def test_the_setting_decides_without_the_option(
    stack: Stack, ready: FakeDocker, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LOCUST_HEADLESS", "true")
    ended(ready, 0)
    again = Stack(stack.repo, stack.console, stack.poll)
    leave_report(again, ready)
    run_load(again, 0, headless=False)
    assert ready.calls_with("up")[0].environment["LOCUST_HEADLESS"] == "true"


def test_a_load_test_needs_the_stack(stack: Stack, ready: FakeDocker) -> None:
    ready.answer("network ls")
    with pytest.raises(NotUp, match=r"taller_locust_mlops_net is missing: .*`make up`"):
        run_load(stack, 0, headless=False)
    assert not ready.calls_with("up")


def test_it_can_be_stopped(stack: Stack, ready: FakeDocker) -> None:
    end_load(stack)
    assert "Locust does not run" in shown(stack)
    ready.answer("ps --quiet", Reply("0123456789ab\n"))
    end_load(stack)
    assert "Locust is stopped" in shown(stack)
    assert ready.calls_with("down")[0].arguments == ["compose", *FILE, "down"]
