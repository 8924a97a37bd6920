"""Settings: what must be given, what is refused, and that .env fits."""

from pathlib import Path

import pytest
from pydantic import ValidationError

from pipeline.errors import BadSettings
from pipeline.settings import Settings, read_settings
from tests.pipeline.processes import ROOT

REQUIRED = {
    "DATA_DB_URL": "sqlite:////data/covertype.db",
    "RANDOM_DATA_API_URL": "http://random-data-api:8001",
    "MLFLOW_TRACKING_URI": "http://mlflow:5000",
    "SERVING_URL": "http://fastapi:8081",
    "MAX_ONNX_MB": "20",
    "MAX_ROW_US": "60",
}
OPTIONAL = (
    "ROLLOUT_TIMEOUT_SECONDS",
    "FETCH_TIMEOUT_SECONDS",
    "FETCH_ATTEMPTS",
    "FETCH_BACKOFF_SECONDS",
)


@pytest.fixture(autouse=True)
def environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Only what is required is set."""
    monkeypatch.chdir(tmp_path)
    for name in OPTIONAL:
        monkeypatch.delenv(name, raising=False)
    for name, value in REQUIRED.items():
        monkeypatch.setenv(name, value)


def test_values_come_from_the_environment() -> None:
    settings = Settings()

    assert settings.data_db_url == REQUIRED["DATA_DB_URL"]
    assert str(settings.serving_url) == "http://fastapi:8081/"
    assert (settings.max_onnx_mb, settings.max_row_us) == (20, 60)
    assert settings.rollout_timeout_seconds == 60


@pytest.mark.parametrize("name", REQUIRED)
def test_a_missing_value_is_named(monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    monkeypatch.delenv(name)

    with pytest.raises(ValidationError) as raised:
        Settings()

    assert [item["loc"] for item in raised.value.errors()] == [(name.lower(),)]


def test_a_task_names_every_variable_at_fault(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("MAX_ONNX_MB")
    monkeypatch.setenv("MAX_ROW_US", "fast")

    with pytest.raises(BadSettings, match=r"MAX_ONNX_MB: Field required; MAX_ROW_US: "):
        read_settings()


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("RANDOM_DATA_API_URL", "random-data-api:8001"),
        ("SERVING_URL", "fastapi"),
        ("MLFLOW_TRACKING_URI", "sqlite:///mlflow.db"),
        ("MAX_ONNX_MB", "0"),
        ("MAX_ONNX_MB", "nan"),
        ("MAX_ROW_US", "-1"),
        ("ROLLOUT_TIMEOUT_SECONDS", "0"),
        ("FETCH_TIMEOUT_SECONDS", "0"),
        ("FETCH_ATTEMPTS", "0"),
        ("FETCH_ATTEMPTS", "1.5"),
        ("FETCH_BACKOFF_SECONDS", "-0.1"),
    ],
)
def test_what_makes_no_sense_is_refused(
    monkeypatch: pytest.MonkeyPatch, name: str, value: str
) -> None:
    monkeypatch.setenv(name, value)

    with pytest.raises(ValidationError, match=name.lower()):
        Settings()


def test_the_values_of_the_env_file_are_accepted(monkeypatch: pytest.MonkeyPatch) -> None:
    lines = (ROOT / ".env").read_text(encoding="utf-8").splitlines()
    given = dict(line.split("=", 1) for line in lines if "=" in line and not line.startswith("#"))
    known = {name: value for name, value in given.items() if name.lower() in Settings.model_fields}
    for name, value in known.items():
        monkeypatch.setenv(name, value)

    settings = Settings()

    assert {"MAX_ONNX_MB", "MAX_ROW_US", "ROLLOUT_TIMEOUT_SECONDS"} <= known.keys()
    assert settings.max_onnx_mb == float(given["MAX_ONNX_MB"])


def test_every_field_is_described() -> None:
    assert all(field.description for field in Settings.model_fields.values())


def test_settings_do_not_change() -> None:
    settings = Settings()

    with pytest.raises(ValidationError, match="frozen"):
        settings.max_row_us = 1.0  # type: ignore[misc]  # what the test is about
