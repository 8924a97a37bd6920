"""Where the engine cannot be asked, the planner says so."""

import os
from pathlib import Path

import pytest

from capacity.services.engine_api import Engine
from console.errors import NotUp
from stack.docker import Docker
from tests.stack_commands.fake_docker import FakeDocker

QUESTION = "context inspect"


@pytest.fixture
def docker(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> FakeDocker:
    folder = tmp_path / "bin"
    folder.mkdir()
    monkeypatch.setenv("PATH", f"{folder}{os.pathsep}{os.environ['PATH']}")
    return FakeDocker(folder)


def test_an_engine_on_another_machine_is_refused(docker: FakeDocker, tmp_path: Path) -> None:
    docker.answer(QUESTION, out="ssh://me@far.example\n")
    with pytest.raises(NotUp, match=r"ssh://me@far\.example.*run it on the machine of the engine"):
        Engine(Docker(tmp_path, tmp_path, 0.01))


def test_a_socket_where_nobody_listens_is_named(docker: FakeDocker, tmp_path: Path) -> None:
    docker.answer(QUESTION, out=f"unix://{tmp_path}/nobody.sock\n")
    with pytest.raises(NotUp, match=r"nobody\.sock gives no answer: start Docker"):
        Engine(Docker(tmp_path, tmp_path, 0.01))


def test_without_docker_the_advice_is_to_install_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(NotUp, match="make engine"):
        Engine(Docker(tmp_path, tmp_path, 0.01))
