"""A closed load in Locust's settings."""

import pytest

from capacity.generators.users import run_seconds, settings_of
from capacity.plan.load import Closed


def test_a_run_lasts_as_long_as_ramp_warm_up_and_measurement() -> None:
    load = Closed(users=10_000, spawn_rate=500, scale=0.1, wait=(1, 2.5), warmup=5, duration=30)
    assert run_seconds(load) == 20 + 5 + 30
    settings = settings_of(load)
    assert settings["LOCUST_USERS"] == "1000"
    assert settings["LOCUST_SPAWN_RATE"] == "50"
    assert settings["LOCUST_RUN_TIME"] == "55s"
    assert settings["LOCUST_WAIT"] == "1-2.5"
    assert settings["LOCUST_WARMUP"] == "5"


def test_the_ramp_is_never_measured() -> None:
    load = Closed(users=100, spawn_rate=50, warmup=0, duration=10)
    assert settings_of(load)["LOCUST_WARMUP"] == "1"
    assert run_seconds(load) == 13


def test_no_setting_of_the_user_bends_a_run(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LOCUST_SHAPE", "spike")
    settings = settings_of(Closed(users=1, spawn_rate=1))
    for name in ("SHAPE", "MAX_P95_MS", "MAX_P99_MS", "MAX_REFUSED_RATIO", "MIN_GOODPUT"):
        assert settings[f"LOCUST_{name}"] == ""
    assert settings["LOCUST_STOP_AT_LIMIT"] == "false"
    assert settings["LOCUST_MAX_FAILURE_RATIO"] == "1"
