"""Settings from the environment, and the message for a wrong one."""

from pathlib import Path

import pytest
from pydantic import ValidationError

from randomdata.settings import REPO_DATA_DIR, DataSource, Settings, explain

ROOT = REPO_DATA_DIR.parent


@pytest.fixture(autouse=True)
def _no_settings(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in Settings.model_fields:
        monkeypatch.delenv(name.upper(), raising=False)


def test_every_setting_is_read_from_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    values = {
        "DATA_SOURCE": "simulated",
        "DATA_SEED": "7",
        "MIN_UPDATE_TIME": "2.5",
        "DATA_DIR": "/data",
        "STATE_FILE": "/state/x.json",
        "LOG_LEVEL": "debug",
    }
    for name, value in values.items():
        monkeypatch.setenv(name, value)
    assert Settings() == Settings(
        data_source=DataSource.SIMULATED,
        data_seed=7,
        min_update_time=2.5,
        data_dir=Path("/data"),
        state_file=Path("/state/x.json"),
        log_level="DEBUG",
    )


def test_an_empty_variable_means_the_default(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("STATE_FILE", "")
    monkeypatch.setenv("DATA_SEED", "")
    assert Settings() == Settings(data_dir=REPO_DATA_DIR)


def test_defaults_are_those_of_the_env_file() -> None:
    lines = (ROOT / ".env").read_text(encoding="utf-8").splitlines()
    values = dict(line.split("=", 1) for line in lines if line and not line.startswith("#"))
    settings = Settings()
    assert settings.data_source == values["DATA_SOURCE"]
    assert settings.data_seed == int(values["DATA_SEED"])
    assert settings.min_update_time == float(values["MIN_UPDATE_TIME"])


def test_every_setting_is_described() -> None:
    assert all(field.description for field in Settings.model_fields.values())


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("DATA_SOURCE", "fake"),
        ("DATA_SEED", "-1"),
        ("DATA_SEED", "x"),
        ("MIN_UPDATE_TIME", "-1"),
        ("MIN_UPDATE_TIME", "inf"),
        ("LOG_LEVEL", "loud"),
    ],
)
def test_a_wrong_value_is_named(name: str, value: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(name, value)
    with pytest.raises(ValidationError) as raised:
        Settings()
    message = explain(raised.value)
    assert message.startswith("Correct these environment variables and start again:\n")
    assert f"  {name}={value!r}: " in message
