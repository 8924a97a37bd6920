"""A run from its start to its summary: alone and with workers."""

import re
from pathlib import Path

import pytest

from tests.locust.locust_process import DEADLINE_SECONDS, Locust, Run, summary
from tests.locust.prediction_service import Reply, Service
from tests.support.servers import free_port


def workers(count: int) -> tuple[str, ...]:
    """The options of a run with so many worker processes."""
    port = str(free_port())
    binding = ("--master-bind-host", "127.0.0.1", "--master-bind-port", port, "--master-port", port)
    return ("--processes", str(count), *binding) if count else ()


def steps_of(run: Run) -> list[int]:
    return [int(users) for users in re.findall(r"Shape test updating to (\d+) users", run.log)]


@pytest.mark.parametrize("processes", [0, 2])
def test_the_summary_counts_every_request_once(
    locust: Locust, service: Service, summary_file: Path, processes: int
) -> None:
    service.answer_with(Reply(), Reply(status=500), Reply(status=503), Reply())
    limits = {"LOCUST_MAX_FAILURE_RATIO": "0.5", "LOCUST_MAX_REFUSED_RATIO": "0.5"}

    run = locust.run(*workers(processes), settings={**limits, "LOCUST_RUN_TIME": "3s"})

    assert run.exit_code == 0, run.log
    found = summary(summary_file)
    assert found["ok"] + found["refused"] + found["failed"] == len(service.bodies)
    assert found["failures"] == {"status 500, expected 200": found["failed"]}
    assert min(found["failed"], found["refused"]) >= 3
    assert found["users"] == 12
    assert found["wait"] == [1.0, 2.5]
    assert found["seconds"] == pytest.approx(3, abs=1)
    seconds = [moment["second"] for moment in found["timeline"]]
    assert seconds == list(range(len(seconds)))
    assert len(seconds) == pytest.approx(found["seconds"], abs=1)
    assert found["goodput"] == pytest.approx(found["ok"] / found["seconds"], rel=0.5)
    assert found["accepted"].keys() == found["refusals"].keys()
    assert 0 < found["generator"]["cpu"] < 4
    assert (found["balance"], found["stopped_by"]) == ({}, None)


def test_the_last_answers_of_workers_are_in_the_figures(
    locust: Locust, service: Service, summary_file: Path
) -> None:
    service.answer_with(Reply(delay=2))

    run = locust.run(*workers(2), settings={"LOCUST_WAIT": "0"})

    assert run.exit_code == 0, run.log
    assert run.requests == summary(summary_file)["ok"] == len(service.bodies) == 12
    assert summary(summary_file)["goodput"] == 0, "none of them came within the run time"


@pytest.mark.parametrize("processes", [0, 2])
def test_nothing_counts_during_the_warm_up(
    locust: Locust, service: Service, summary_file: Path, processes: int
) -> None:
    service.answer_with(*[Reply(status=500)] * 12, *[Reply()] * 500)

    settings = {"LOCUST_WARMUP": "1", "LOCUST_RUN_TIME": "5s", "LOCUST_MAX_FAILURE_RATIO": "0"}
    run = locust.run(*workers(processes), settings=settings)

    assert run.exit_code == 0, run.log
    found = summary(summary_file)
    assert 2 < found["seconds"] < 4.5
    assert 12 <= found["ok"] == run.requests < len(service.bodies)
    assert not run.failures


def test_a_run_that_ends_in_its_warm_up_has_measured_nothing(
    locust: Locust, summary_file: Path
) -> None:
    run = locust.run(settings={"LOCUST_WARMUP": "60", "LOCUST_MAX_FAILURE_RATIO": "1"})

    assert run.exit_code == 1, run.log
    assert "long enough for the ramp, the warm-up" in run.log
    found = summary(summary_file)
    assert (found["ok"], found["timeline"]) == (0, [])
    assert "ended before its warm-up was over" in found["generator"]["warnings"][0]


@pytest.mark.parametrize("wait", ["0.2", "0"], ids=["waits", "no wait"])
@pytest.mark.parametrize("processes", [0, 1])
def test_a_service_that_answers_at_once_keeps_the_limit_on_goodput(
    locust: Locust, processes: int, wait: str
) -> None:
    settings = {"LOCUST_MIN_GOODPUT": "0.6", "LOCUST_WAIT": wait, "LOCUST_STOP_AT_LIMIT": "true"}
    run = locust.run(*workers(processes), settings={**settings, "LOCUST_RUN_TIME": "4s"})
    assert run.exit_code == 0, run.log


def test_answers_after_the_end_are_no_goodput(locust: Locust, service: Service) -> None:
    service.answer_with(Reply(delay=2))
    run = locust.run(settings={"LOCUST_MIN_GOODPUT": "0.1", "LOCUST_WAIT": "0.1"})
    assert run.exit_code == 1, run.log
    assert "LOCUST_MIN_GOODPUT wants 0.1" in run.log
    assert run.requests == 12


@pytest.mark.parametrize(
    ("settings", "replies", "reason"),
    [
        ({"LOCUST_MAX_P99_MS": "50"}, (Reply(delay=0.1),), "LOCUST_MAX_P99_MS allows 50 ms"),
        (
            {"LOCUST_MIN_GOODPUT": "0.9", "LOCUST_WAIT": "0.05-0.15"},
            (Reply(delay=0.1),),
            "LOCUST_MIN_GOODPUT wants 0.9",
        ),
        (
            {"LOCUST_MAX_REFUSED_RATIO": "0"},
            (*[Reply()] * 40, Reply(status=503)),
            "LOCUST_MAX_REFUSED_RATIO allows 0",
        ),
    ],
)
@pytest.mark.parametrize("processes", [0, 1])
def test_a_run_ends_early_once_it_passed_a_limit_for_good(
    locust: Locust,
    summary_file: Path,
    service: Service,
    processes: int,
    settings: dict[str, str],
    replies: tuple[Reply, ...],
    reason: str,
) -> None:
    service.answer_with(*replies)
    stop = {"LOCUST_STOP_AT_LIMIT": "true", "LOCUST_RUN_TIME": "10m", "LOCUST_WAIT": "0.2"}

    run = locust.run(*workers(processes), settings={**stop, **settings})

    assert run.exit_code == 1, run.log
    assert reason in summary(summary_file)["stopped_by"]
    assert run.log.count("The run ends early, it passed a limit for good: ") == 1
    assert summary(summary_file)["seconds"] < DEADLINE_SECONDS


@pytest.mark.parametrize("processes", [0, 2])
def test_a_shape_is_chosen_by_the_environment(
    locust: Locust, summary_file: Path, processes: int
) -> None:
    shape = {"LOCUST_SHAPE": "steps", "LOCUST_USERS": "10", "LOCUST_RUN_TIME": "6s"}

    run = locust.run(*workers(processes), settings=shape)

    assert run.exit_code == 0, run.log
    assert steps_of(run) == [2, 4, 6, 8, 10]
    found = summary(summary_file)
    assert found["users"] == 10
    assert found["seconds"] == pytest.approx(6, abs=1.5)


def test_an_unknown_shape_ends_the_process(locust: Locust, service: Service) -> None:
    run = locust.run(settings={"LOCUST_SHAPE": "stairs"})
    assert run.exit_code == 2
    assert "ten-thousand" in run.log
    assert service.bodies == []


def test_users_wait_as_long_as_asked(locust: Locust, service: Service) -> None:
    run = locust.run(settings={"LOCUST_WAIT": "0", "LOCUST_USERS": "1"})
    assert run.exit_code == 0, run.log
    assert len(service.bodies) > 20
