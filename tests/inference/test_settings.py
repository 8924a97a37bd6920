"""Settings: bad values are named before anything starts."""

from typing import Any

import pytest
from pydantic import ValidationError

from inference.settings import Settings


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("mlflow_tracking_uri", "mlflow:5000"),
        ("mlflow_tracking_uri", "file:///mlruns"),
        ("model_name", "../other"),
        ("model_poll_seconds", 60),
        ("model_poll_seconds", 0),
        ("max_body_bytes", -1),
        ("log_level", "LOUD"),
    ],
)
def test_bad_value_is_named(name: str, value: Any) -> None:
    with pytest.raises(ValidationError, match=name):
        Settings(**{name: value})


def test_environment_is_read(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MODEL_POLL_SECONDS", "0.5")
    monkeypatch.setenv("MLFLOW_TRACKING_URI", "http://mlflow:5000")
    settings = Settings()
    assert settings.model_poll_seconds == 0.5
    assert str(settings.mlflow_tracking_uri) == "http://mlflow:5000/"


def test_every_setting_is_described() -> None:
    assert all(field.description for field in Settings.model_fields.values())
