"""The command line of the stack."""

import io
from pathlib import Path

import pytest

from stack.__main__ import main
from stack.context import Stack
from stack.overview import show_containers
from tests.console.fake_web import FakeWeb
from tests.stack_commands.conftest import shown
from tests.stack_commands.fake_docker import FakeDocker, Reply, container


@pytest.mark.parametrize(
    "arguments",
    [
        *([], ["sideways"], ["up", "--fast"], ["scale"], ["scale", "0"], ["scale", "21"]),
        *(["scale", "many"], ["rollback", "last"], ["train", "--params", "[7]"]),
        *(["locust", "--workers", "-1"], ["locust", "--headless", "--down"], ["predict", "x"]),
    ],
)
def test_a_wrong_command_line_is_refused(
    arguments: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as caught:
        main(arguments)
    assert caught.value.code == 2
    assert "usage: python -m stack" in capsys.readouterr().err


def test_help_names_every_command(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(["--help"])
    text = capsys.readouterr().out
    for command in (
        *("up", "down", "ps", "ingest", "train", "rollback", "predict", "scale", "locust"),
        "secrets",
    ):
        assert f"    {command} " in text


def test_a_wrong_setting_is_found_before_anything_is_asked(
    repo: Path, docker: FakeDocker, capsys: pytest.CaptureFixture[str]
) -> None:
    with (repo / ".env").open("a") as file:
        file.write("FASTAPI_MEMORY=1\n")
    assert main(["up"], repo) == 1
    assert ".env: FASTAPI_MEMORY: expected a size of at least 100M" in capsys.readouterr().err
    assert docker.calls == []


def test_an_error_ends_with_its_code(repo: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["predict"], repo) == 1
    assert "Failed: http://127.0.0.1:" in capsys.readouterr().err


def test_a_command_that_ends_well(
    repo: Path, gateway: FakeWeb, capsys: pytest.CaptureFixture[str]
) -> None:
    gateway.answers["POST /predict/"] = (200, {"prediction": 5})
    assert main(["predict"], repo) == 0
    assert '{"prediction": 5}' in capsys.readouterr().out


@pytest.mark.parametrize(
    ("arguments", "advice"),
    [
        *(([name], "`make engine`") for name in ("up", "down", "ps", "locust")),
        (["scale", "2"], "`make engine`"),
        (["locust", "--down"], "`make engine`"),
        *(([name], "`make up`") for name in ("ingest", "train", "rollback", "predict")),
    ],
)
def test_every_command_says_what_it_lacks(
    repo: Path,
    mlflow: FakeWeb,
    gateway: FakeWeb,
    arguments: list[str],
    advice: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setenv("PATH", "")
    mlflow.answers.clear()
    gateway.answers["POST /predict/"] = (503, {})
    assert main(arguments, repo) == 1
    assert advice in capsys.readouterr().err


def test_secrets_need_nothing(
    repo: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("PATH", "")
    assert main(["secrets"], repo) == 0
    assert "Wrote 10 random passwords" in capsys.readouterr().out


def test_ps_shows_use_next_to_limits(stack: Stack, docker: FakeDocker) -> None:
    docker.containers(
        [
            container("fastapi"),
            container("mlflow"),
            container("redis"),
            container("airflow-init", "exited"),
        ]
    )
    docker.answer(
        "stats",
        Reply(
            '{"Name": "taller_locust-fastapi-1", "CPUPerc": "12.50%", '
            '"MemUsage": "73.4MiB / 1000MiB"}\n'
            '{"Name": "taller_locust-mlflow-1", "CPUPerc": "1.00%", '
            '"MemUsage": "1.086GiB / 1000MiB"}\n'
            '{"Name": "taller_locust-redis-1", "CPUPerc": "--", "MemUsage": "-- / --"}\n'
        ),
    )
    show_containers(stack)
    rows = [line.split() for line in shown(stack).splitlines()]
    assert ["fastapi-1", "running,", "healthy", "12.50%", "150%", "73M", "1000M"] in rows
    assert ["mlflow-1", "running,", "healthy", "1.00%", "-", "1112M", "1000M"] in rows
    assert ["redis-1", "running,", "healthy", "-", "1000M"] in rows  # it has just ended
    assert ["airflow-init-1", "done", "-", "1000M"] in rows
    assert docker.calls_with("stats")[0].arguments[-3:] == [
        *("id-fastapi-1", "id-mlflow-1", "id-redis-1")
    ]
    # Of those that run: 73.4 + 1112.1 of three times 1000.
    assert next(row for row in reversed(rows) if row[:1] == ["sum"]) == ["sum", "1185M", "3000M"]


def test_the_sum_of_limits_is_none_where_one_has_none(stack: Stack, docker: FakeDocker) -> None:
    unlimited = container("redis")
    unlimited["HostConfig"] = {"NanoCpus": 0, "Memory": 0, "RestartPolicy": {"Name": "always"}}
    docker.containers([container("fastapi"), unlimited])
    docker.answer("stats", out="")
    show_containers(stack)
    rows = [line.split() for line in shown(stack).splitlines()]
    assert ["sum", "0M", "-"] in rows


def test_ps_of_nothing_says_what_to_do(stack: Stack, docker: FakeDocker) -> None:
    docker.containers([])
    show_containers(stack)
    assert "`make up` starts the stack" in shown(stack)
    assert isinstance(stack.console.file, io.StringIO)
