"""Each program gets exactly the environment that it needs."""

import socket
from pathlib import Path

import pytest

from console.envfile import read_values
from demo.environment import Environments, Place, Ports
from demo.ports import LOOPBACK, free_port
from demo.services import Commands
from tests.demo.conftest import REPO


@pytest.fixture
def environments(tmp_path: Path) -> Environments:
    place = Place(REPO, tmp_path / "work", tmp_path / "logs")
    return Environments(place, Ports(1001, 1002, 1003), read_values(REPO / ".env", {}))


def test_the_callers_shell_adds_nothing(
    environments: Environments, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("AIRFLOW__CORE__EXECUTOR", "MLFLOW_TRACKING_TOKEN", "HTTP_PROXY", "LOCUST_HOST"):
        monkeypatch.setenv(name, "from the shell")
    monkeypatch.setenv("HOME", "/home/somebody")
    for build in ("random_data", "mlflow", "inference", "pipeline", "locust", "plain"):
        environment: dict[str, str] = getattr(environments, build)()
        assert "from the shell" not in environment.values()
        assert environment["HOME"] == "/home/somebody"
        assert str(REPO) in environment["PYTHONPATH"].split(":")


def test_the_parts_find_each_other(environments: Environments) -> None:
    pipeline, inference = environments.pipeline(), environments.inference()
    assert pipeline["RANDOM_DATA_API_URL"] == "http://127.0.0.1:1001"
    assert pipeline["MLFLOW_TRACKING_URI"] == inference["MLFLOW_TRACKING_URI"]
    assert pipeline["SERVING_URL"] == environments.locust()["LOCUST_HOST"]
    assert pipeline["DATA_DB_URL"] == f"sqlite:///{environments.place.data_db}"


def test_every_value_that_is_passed_on_is_in_the_env_file(environments: Environments) -> None:
    given = {key: f"mark {key}" for key in environments.values}
    marked = Environments(environments.place, environments.ports, given)
    passed = {
        key
        for environment in (
            marked.random_data(),
            marked.inference(),
            marked.pipeline(),
            marked.locust(),
        )
        for key, value in environment.items()
        if value == f"mark {key}"
    }
    assert passed >= {
        *("DATA_SOURCE", "DATA_SEED", "MIN_UPDATE_TIME", "MAX_ONNX_MB", "MAX_ROW_US"),
        *("MODEL_POLL_SECONDS", "MAX_BODY_BYTES", "MAX_BATCH_ROWS", "LOCUST_RUN_TIME"),
        *("LOCUST_MAX_FAILURE_RATIO", "LOCUST_MAX_P95_MS", "LOCUST_SPAWN_RATE"),
    }


def test_bytecode_is_kept_apart_where_it_may_not_lie_beside_the_sources(
    environments: Environments, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PYTHONDONTWRITEBYTECODE", "1")
    assert "PYTHONDONTWRITEBYTECODE" not in environments.pipeline()
    assert environments.pipeline()["PYTHONPYCACHEPREFIX"] == str(REPO / "out" / "pycache")
    monkeypatch.delenv("PYTHONDONTWRITEBYTECODE")
    assert "PYTHONPYCACHEPREFIX" not in environments.pipeline()


def test_the_programs_run_from_the_repository_with_a_log_each(environments: Environments) -> None:
    commands = Commands(environments)
    everything = [
        commands.random_data(),
        commands.mlflow(),
        commands.inference(),
        commands.airflow(),
        commands.locust(Path("l.html"), Path("l")),
        commands.curl("http://x"),
    ]
    assert {command.cwd for command in everything} == {REPO}
    assert len({command.log for command in everything}) == len(everything)
    assert {command.log.parent for command in everything} == {environments.place.logs}


def test_a_preferred_port_is_taken_when_it_is_free() -> None:
    port = free_port()
    assert free_port(port) == port
    with socket.create_server((LOOPBACK, port)):
        assert free_port(port) not in (port, 0)
