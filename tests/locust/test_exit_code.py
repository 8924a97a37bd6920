"""The exit code of the process: alone, with workers, and with the web page."""

import signal
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest

from loadtest.answers import SHED_ROW
from tests.locust.locust_process import (
    DEADLINE_SECONDS,
    LOCUSTFILE,
    Locust,
    finish,
)
from tests.locust.prediction_service import Reply, Service
from tests.support.servers import free_port, wait_until


def test_quick_refusals_do_not_flatter_the_percentile(locust: Locust, service: Service) -> None:
    service.answer_with(Reply(delay=0.5), *[Reply(status=503)] * 20)

    run = locust.run(
        settings={
            "LOCUST_USERS": "63",
            "LOCUST_SPAWN_RATE": "200",
            "LOCUST_MAX_FAILURE_RATIO": "1",
            "LOCUST_MAX_P95_MS": "450",
        }
    )

    assert run.exit_code == 1, run.log
    assert run.log.count("Load test failed: ") == 1
    assert "LOCUST_MAX_P95_MS allows 450 ms" in run.log
    assert min(run.rows["/predict/"].times) > 450
    assert run.rows[SHED_ROW].requests > 10 * run.rows["/predict/"].requests


@pytest.mark.parametrize("limits", [{}, {"LOCUST_MAX_FAILURE_RATIO": "", "LOCUST_MAX_P95_MS": ""}])
@pytest.mark.parametrize(("status", "exit_code"), [(500, 1), (200, 0)])
def test_without_limits_any_failure_fails_the_run(
    locust: Locust, service: Service, limits: dict[str, str], status: int, exit_code: int
) -> None:
    service.answer_with(Reply(), Reply(status=status))
    locust.settings.clear()
    options = ("--host", service.url, "--users", "4", "--spawn-rate", "100", "--run-time", "1s")

    run = locust.run(*options, settings=limits)

    assert run.exit_code == exit_code, run.log
    assert run.requests == len(service.bodies) >= 4
    assert ("set LOCUST_MAX_FAILURE_RATIO to a share" in run.log) == (exit_code == 1)
    assert "kept its limits" not in run.log


def test_without_limits_locusts_own_option_for_failures_holds(
    locust: Locust, service: Service
) -> None:
    service.answer_with(Reply(status=500))
    assert locust.run("--exit-code-on-error", "7").exit_code == 7


def test_a_limit_on_the_latency_alone_allows_failures(locust: Locust, service: Service) -> None:
    service.answer_with(Reply(status=500))

    run = locust.run(settings={"LOCUST_MAX_P95_MS": "5000"})

    assert run.exit_code == 0, run.log
    assert run.failures == {"status 500, expected 200": len(service.bodies)}
    assert "No limit on failures is set: set LOCUST_MAX_FAILURE_RATIO to have one" in run.log


@pytest.mark.parametrize(
    ("variable", "value"),
    [("LOCUST_MAX_FAILURE_RATIO", "5%"), ("LOCUST_MAX_P95_MS", "-200")],
)
def test_a_bad_limit_ends_the_process_before_the_run(
    locust: Locust, service: Service, variable: str, value: str
) -> None:
    run = locust.run(settings={variable: value})

    assert run.exit_code == 2
    assert f"'{value}' is not a " in run.log
    assert f"set {variable} to a number" in run.log
    assert service.bodies == []


def test_a_run_without_requests_fails(locust: Locust) -> None:
    run = locust.run(settings={"LOCUST_USERS": "0"})

    assert run.exit_code == 1
    assert "Load test failed: no request was made: check that the host is a URL" in run.log


def test_an_error_in_a_users_own_code_fails_a_run_within_its_limits(
    locust: Locust, tmp_path: Path
) -> None:
    broken = tmp_path / "broken.py"
    broken.write_text(
        "from locust import User, constant, task\n"
        "class Broken(User):\n"
        "    wait_time = constant(1)\n"
        "    @task\n"
        "    def fail(self) -> None:\n"
        "        raise ValueError('broken')\n"
    )

    limits = {"LOCUST_MAX_FAILURE_RATIO": "0"}
    run = locust.run(file=Path(f"{LOCUSTFILE},{broken}"), settings=limits)

    assert run.users == {"CovertypeUser": 6, "Broken": 6}
    assert "Load test kept its limits: " in run.log
    assert run.exit_code == 1, run.log


def test_the_master_decides_on_the_sum_of_its_workers(locust: Locust, service: Service) -> None:
    service.answer_with(Reply(), Reply(), Reply(), Reply(status=500))
    port = str(free_port())
    ports = ("--master-bind-host", "127.0.0.1", "--master-bind-port", port, "--master-port", port)

    run = locust.run("--processes", "2", *ports, settings={"LOCUST_MAX_FAILURE_RATIO": "0.1"})

    assert run.exit_code == 1, run.log
    assert run.users == {"CovertypeUser": 12}
    assert run.requests == len(service.bodies) >= 12
    failed = sum(row.failures for row in run.rows.values())
    assert run.log.count("Load test failed: ") == 1
    assert f"Load test failed: {failed} of {run.requests} requests failed" in run.log


@contextmanager
def web_page(locust: Locust) -> Iterator[tuple[subprocess.Popen[str], httpx.Client]]:
    """Locust with its web page and the class picker, and a client of that page."""
    port = str(free_port())
    options = ("--web-host", "127.0.0.1", "--web-port", port, "--class-picker", "--json")
    with (
        locust.start(*options) as process,
        httpx.Client(base_url=f"http://127.0.0.1:{port}", timeout=DEADLINE_SECONDS) as page,
    ):
        try:
            wait_until(lambda: answers(page), DEADLINE_SECONDS, "the web page")
            yield process, page
        finally:
            process.kill()


def answers(page: httpx.Client) -> bool:
    try:
        return page.get("/").is_success
    except httpx.TransportError:
        return False


def test_a_web_page_that_nobody_used_is_no_failure(locust: Locust) -> None:
    with web_page(locust) as (process, _):
        process.send_signal(signal.SIGTERM)
        run = finish(process)

    assert run.exit_code == 0, run.log
    assert "Load test" not in run.log


def test_a_run_from_the_web_page_is_judged_too(locust: Locust, service: Service) -> None:
    service.answer_with(Reply(status=500))
    locust.settings["LOCUST_MAX_FAILURE_RATIO"] = "0"
    picked = {"user_count": "3", "spawn_rate": "100", "user_classes": "CovertypeHttpUser"}

    with web_page(locust) as (process, page):
        assert page.post("/swarm", data=picked).json()["success"]
        wait_until(lambda: len(service.bodies) >= 3, DEADLINE_SECONDS, "three requests")
        assert page.post("/stop").json()["success"]
        process.send_signal(signal.SIGTERM)
        run = finish(process)

    assert run.exit_code == 1, run.log
    assert run.users == {"CovertypeHttpUser": 3}
    assert f"Load test failed: {run.requests} of {run.requests} requests failed" in run.log
