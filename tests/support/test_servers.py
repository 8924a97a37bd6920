"""The servers of the tests do not hear of what the caller's shell exports."""

from pathlib import Path

import httpx
import pytest

from tests.support.servers import REPO, environment, random_data_api


def test_only_named_variables_are_inherited(monkeypatch: pytest.MonkeyPatch) -> None:
    kept = {
        "PATH": "/bin",
        "HOME": "/home/somebody",
        "SSL_CERT_FILE": "/ca.pem",
        "COVERAGE_FILE": "/coverage",
    }
    for name, value in kept.items():
        monkeypatch.setenv(name, value)
    for name in ("MAX_BATCH_ROWS", "DATA_SOURCE", "HTTP_PROXY", "LOCUST_USERS", "PYTHONPATH"):
        monkeypatch.setenv(name, "from the shell")

    result = environment({"DATA_SEED": "7", "HOME": "/elsewhere"})

    assert "from the shell" not in result.values()
    assert result.items() >= {**kept, "HOME": "/elsewhere", "DATA_SEED": "7"}.items()
    assert result["PYTHONPATH"] == str(REPO)


def test_an_exported_setting_does_not_reach_a_server(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("DATA_SOURCE", "neither")  # the service would refuse to start
    with random_data_api(tmp_path) as url:
        assert httpx.get(f"{url}/health", trust_env=False).json()["source"] == "real"
