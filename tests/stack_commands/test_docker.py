"""Docker's command line: is it there, what it answers, and how long commands end."""

import os
import sys
from pathlib import Path

import psutil
import pytest

from console.errors import NotReady, NotUp, NotWritable, ProcessFailed
from console.processes import lives
from stack.docker import Docker
from tests.stack_commands.conftest import POLL
from tests.stack_commands.fake_docker import FakeDocker, Reply


@pytest.fixture
def commands(docker: FakeDocker, tmp_path: Path) -> Docker:
    assert docker.folder.exists()
    return Docker(tmp_path, tmp_path / "logs", POLL)


def test_an_engine_and_compose_are_enough(commands: Docker) -> None:
    commands.check()


def test_a_machine_without_docker_is_told_what_to_do(
    commands: Docker, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", "")
    with pytest.raises(NotUp, match=r"no Docker Engine answers: .*`make engine`"):
        commands.check()


@pytest.mark.parametrize(
    ("words", "reply", "message"),
    [
        (
            "version",
            Reply(err="Cannot connect to the Docker daemon. Is it running?\n", code=1),
            r"no Docker Engine answers: .*`make engine`.*Is it running\?",
        ),
        (
            "compose version",
            Reply(err="docker: 'compose' is not a docker command.\n", code=1),
            "Docker Compose is missing: .*`make engine`",
        ),
        ("compose version", Reply("1.29.2"), r"Docker Compose 1\.29\.2 is too old"),
        (
            "compose version",
            Reply("v2.23.0-desktop.1\n"),
            r"Docker Compose 2\.23\.0-desktop\.1 is too old: the stack needs 2\.23\.1 or newer",
        ),
        ("compose version", Reply("2.9"), r"Docker Compose 2\.9 is too old"),
    ],
)
def test_what_is_missing_is_named(
    commands: Docker, docker: FakeDocker, words: str, reply: Reply, message: str
) -> None:
    docker.answer(words, reply)
    with pytest.raises(NotUp, match=message):
        commands.check()


@pytest.mark.parametrize("version", ["2.23.1", "2.40.3-3", "v2.100.0+ds1", "5.0", "dev"])
def test_newer_versions_are_enough(commands: Docker, docker: FakeDocker, version: str) -> None:
    docker.answer("compose version", out=f"{version}\n")
    commands.check()


def test_an_answer_and_a_failure(commands: Docker, docker: FakeDocker) -> None:
    docker.answer("volume ls", out="a\nb\n")
    assert commands.ids("volume", "ls") == ["a", "b"]
    docker.answer("volume ls", Reply(err="first\nthe reason\n", code=1))
    with pytest.raises(ProcessFailed, match="`docker volume` failed: the reason"):
        commands.ids("volume", "ls")


def test_an_answer_has_a_time_limit(commands: Docker, docker: FakeDocker) -> None:
    docker.answer("volume ls", Reply(hangs=True))
    with pytest.raises(NotReady, match="`docker volume` gave no answer"):
        commands.ask("volume", "ls", seconds=0.5)


def test_a_long_command_writes_a_log(commands: Docker, docker: FakeDocker) -> None:
    docker.answer("compose up", Reply("starting\n", "failed: port is taken\n", code=3))
    assert commands.run("up", ["compose", "up"], 20) == 3
    with pytest.raises(ProcessFailed, match="`docker compose up` ended with exit code 3") as caught:
        commands.run_well("up", ["compose", "up"], 20)
    assert caught.value.log == commands.log("up")
    assert caught.value.excerpt == "starting\nfailed: port is taken"  # of the last run alone


def test_a_log_that_cannot_be_written_says_what_to_do(commands: Docker, docker: FakeDocker) -> None:
    docker.answer("compose up")
    commands.log("up").mkdir(parents=True)
    with pytest.raises(NotWritable, match=r"up\.log cannot be written .*sudo chown -R .* out"):
        commands.run("up", ["compose", "up"], 20)
    assert not docker.calls


def test_a_long_command_has_a_time_limit(commands: Docker, docker: FakeDocker) -> None:
    docker.answer("compose up", Reply("starting\n", hangs=True))
    with pytest.raises(NotReady, match="`docker compose up` still ran after 1 s") as caught:
        commands.run("up", ["compose", "up"], 1)
    assert caught.value.excerpt == "starting"
    assert not running_children(docker)


def test_an_error_while_it_runs_ends_it(commands: Docker, docker: FakeDocker) -> None:
    docker.answer("compose up", Reply("starting\n", hangs=True))

    def look(log: Path) -> None:
        if log.read_text():
            raise ProcessFailed("a container failed")

    with pytest.raises(ProcessFailed, match="a container failed"):
        commands.run("up", ["compose", "up"], 20, look)
    assert not running_children(docker)


def running_children(docker: FakeDocker) -> list[psutil.Process]:
    program = str(docker.folder / "docker")
    children = psutil.Process(os.getpid()).children()
    return [child for child in children if lives(child) and program in child.cmdline()]


def test_variables_are_added_to_those_of_the_caller(
    commands: Docker, docker: FakeDocker, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LOCUST_HEADLESS", "true")
    docker.answer("compose up", out=sys.platform)
    commands.run_well("up", ["compose", "up"], 20, environment={"LOCUST_OWNER": "1:2"})
    assert docker.calls[-1].environment == {"LOCUST_HEADLESS": "true", "LOCUST_OWNER": "1:2"}
