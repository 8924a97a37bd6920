"""The users, run by a real Locust against a real server."""

import shutil
from pathlib import Path

import pytest

from covertype.schema import FEATURES
from loadtest.answers import SHED_FAILURE, SHED_ROW
from tests.locust.locust_process import ROOT, Locust
from tests.locust.prediction_service import GOOD, Reply, Service

USER_CLASSES = ["CovertypeUser", "CovertypeHttpUser"]
NO_FAILURES = {"LOCUST_MAX_FAILURE_RATIO": "0"}


def test_settings_from_the_environment_drive_only_the_default_user(
    locust: Locust, service: Service
) -> None:
    limits = {**NO_FAILURES, "LOCUST_MAX_P95_MS": "5000"}

    run = locust.run(settings={**limits, "LOCUST_RUN_TIME": "2s"})

    assert run.exit_code == 0, run.log
    assert run.users == {"CovertypeUser": 12}
    assert "at a rate of 100.00 per second" in run.log
    assert run.seconds > 1.9, "the run time should not begin before the users do"
    assert "Load test kept its limits: " in run.log
    assert run.rows.keys() == {"/predict/"}
    assert run.requests == len(service.bodies)
    assert 12 <= run.requests <= 12 * (1 + run.seconds), "a user should wait at least a second"
    for feature in FEATURES:
        sent = [body[feature.name] for body in service.bodies]
        assert all(type(value) is int and value in feature.seen for value in sent)
        assert len(set(sent)) > len(sent) / 3, "the users should send rows that vary"


def test_the_other_user_is_chosen_by_name(locust: Locust, service: Service) -> None:
    run = locust.run("CovertypeHttpUser", settings=NO_FAILURES)

    assert run.exit_code == 0, run.log
    assert run.users == {"CovertypeHttpUser": 12}
    assert run.requests == len(service.bodies) >= 12


@pytest.mark.parametrize(
    ("user_class", "broken"),
    [
        ("CovertypeUser", "HTTPParseError('Incomplete response.')"),
        ("CovertypeHttpUser", "ChunkedEncodingError("),
    ],
)
def test_each_bad_answer_is_a_failure_with_its_own_message(
    locust: Locust, service: Service, user_class: str, broken: str
) -> None:
    service.answer_with(
        Reply(),
        Reply(status=500),
        Reply(status=503),
        Reply(body="<html>Welcome</html>"),
        Reply(body={**GOOD, "cover_type": "Aspen"}),
        Reply(missing=10),
    )

    run = locust.run(user_class, settings={"LOCUST_MAX_FAILURE_RATIO": "0.5"})

    assert run.exit_code == 1, run.log
    assert len(run.failures) == 5
    assert any(message.startswith(broken) for message in run.failures)
    assert run.failures.keys() >= {
        SHED_FAILURE,
        "status 500, expected 200",
        "status 200, but the body is not JSON",
        "cover_type is \"Aspen\", expected 'Lodgepole Pine' for prediction 2",
    }
    assert run.rows.keys() == {"/predict/", SHED_ROW}
    shed = run.rows[SHED_ROW]
    assert shed.requests == shed.failures == run.failures[SHED_FAILURE]
    assert run.requests == len(service.bodies)
    failed = f"{sum(run.failures.values())} of {run.requests} requests failed, a share of "
    assert f"Load test failed: {failed}" in run.log
    assert "LOCUST_MAX_FAILURE_RATIO allows 0.5" in run.log


@pytest.mark.parametrize("user_class", USER_CLASSES)
def test_a_request_that_hangs_fails_after_the_timeout(
    locust: Locust, service: Service, user_class: str
) -> None:
    service.answer_with(Reply(delay=60))
    shorter = f'{{"user_class_name": "{user_class}", "network_timeout": 0.3}}'

    run = locust.run(user_class, settings={**NO_FAILURES, "LOCUST_CONFIG_USERS": shorter})

    assert run.exit_code == 1, run.log
    assert run.rows["/predict/"].failures == len(service.bodies) >= 12
    assert all("timed out" in message for message in run.failures), run.failures


def test_requests_under_way_at_the_end_are_in_the_figures(locust: Locust, service: Service) -> None:
    service.answer_with(Reply(delay=1.5))

    run = locust.run(settings=NO_FAILURES)

    assert run.exit_code == 0, run.log
    assert run.requests == len(service.bodies) == 12
    assert min(run.rows["/predict/"].times) >= 1500


def test_the_same_files_run_flat_in_one_folder(
    locust: Locust, service: Service, tmp_path: Path
) -> None:
    app = tmp_path / "app"
    shutil.copytree(ROOT / "locust", app, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copytree(ROOT / "covertype", app / "covertype")

    run = locust.run(settings=NO_FAILURES, cwd=app, file=Path("locustfile.py"))

    assert run.exit_code == 0, run.log
    assert run.requests == len(service.bodies) >= 12
