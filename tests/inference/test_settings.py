"""Settings: bad values are named before anything starts."""

import ast
from pathlib import Path
from typing import Any, Final

import pytest
from pydantic import ValidationError

from inference.settings import Settings
from tests.support.servers import REPO

# Not in .env, each for a reason: messages advise no one to change them, but for the first.
INTERNAL: Final = {
    "mlflow_tracking_uri": "wiring: whoever starts the service says where MLflow is",
    "model_name": "wiring: the pipeline registers under the name in the schema",
    "model_alias": "wiring: the pipeline moves this alias",
    "models_dir": "wiring: whoever starts the service mounts or makes the folder",
    "runtime_dir": "wiring: whoever starts the service makes the folder",
    "models_kept": "no other value has been needed",
    "registry_timeout_seconds": "no other value has been needed",
    "download_timeout_seconds": "a guard against a hanging download",
    "body_timeout_seconds": "a guard against slow senders",
    "max_model_bytes": "a guard: MAX_ONNX_MB limits what is promoted",
    "log_level": "for whoever looks for a fault",
}


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
        ("download_timeout_seconds", "inf"),
        ("body_timeout_seconds", "inf"),
        ("body_timeout_seconds", "nan"),
        ("registry_timeout_seconds", "inf"),
        ("model_poll_seconds", "inf"),
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


def test_every_setting_is_in_env_or_internal_for_a_reason() -> None:
    lines = (REPO / ".env").read_text().splitlines()
    keys = {line.partition("=")[0].lower() for line in lines if not line.startswith("#")}
    assert set(Settings.model_fields) - keys == set(INTERNAL)


def texts(module: Path) -> list[str]:
    """The strings of a module, without its docstrings."""
    tree = ast.parse(module.read_text())
    docstrings = {node.value for node in ast.walk(tree) if isinstance(node, ast.Expr)}
    return [
        node.value
        for node in ast.walk(tree)
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and node not in docstrings
    ]


def test_messages_advise_only_what_a_person_can_change() -> None:
    hidden = {name.upper() for name in INTERNAL} - {"MLFLOW_TRACKING_URI"}
    modules = set((REPO / "fastapi/inference").glob("*.py"))
    advice = [text for module in modules if module.name != "settings.py" for text in texts(module)]
    assert not [text for text in advice for name in hidden if name in text]
    assert [text for text in advice if "MAX_ONNX_MB" in text]
