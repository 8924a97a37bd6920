"""``secrets`` replaces the public passwords, once, and nothing else."""

import os
import stat
import subprocess
from pathlib import Path

import pytest

from console.envfile import read_values
from console.errors import NotUp, SettingsError
from console.settings import Credentials, Settings
from stack.context import Stack
from stack.credentials import InUse, random_values, replace_values, write_secrets
from stack.defaults import PUBLIC
from tests.stack_commands.conftest import shown, write_env
from tests.stack_commands.fake_docker import FakeDocker, Reply
from tests.support.servers import REPO


@pytest.fixture
def ready(docker: FakeDocker) -> FakeDocker:
    docker.answer("volume ls")
    return docker


def git(repo: Path, *arguments: str) -> str:
    command = ["git", "-c", "user.name=x", "-c", "user.email=x@localhost", *arguments]
    return subprocess.run(command, cwd=repo, capture_output=True, text=True, check=True).stdout


@pytest.fixture
def committed(repo: Path) -> Path:
    """The project folder as a git work tree."""
    git(repo, "init", "--quiet")
    git(repo, "add", ".env")
    git(repo, "commit", "--quiet", "--message", "settings")
    return repo


@pytest.mark.usefixtures("ready")
def test_every_password_and_key_is_replaced(stack: Stack) -> None:
    path = stack.repo / ".env"
    before = read_values(path, {})
    path.chmod(0o644)
    write_secrets(stack)
    after = read_values(path, {})
    changed = {key for key in before if before[key] != after[key]}
    assert changed == {name.upper() for name in Credentials.model_fields} - {"AIRFLOW_ADMIN_USER"}
    assert len({after[key] for key in changed}) == len(changed)
    Settings.of(after, {})
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert "mode 600" in shown(stack)
    assert {file.name for file in stack.repo.iterdir()} == {"images", ".env"}
    for key in changed:
        assert after[key] not in shown(stack)


@pytest.mark.usefixtures("ready")
def test_git_leaves_the_file_alone(committed: Path, stack: Stack) -> None:
    write_secrets(stack)
    assert git(committed, "status", "--short", ".env") == ""
    assert git(committed, "ls-files", "-v", ".env") == "S .env\n"
    undo = next(line for line in shown(stack).splitlines() if "git update-index" in line)
    subprocess.run(undo, shell=True, cwd=committed, check=True, capture_output=True)  # noqa: S602
    assert git(committed, "ls-files", "-v", ".env") == "H .env\n"
    assert git(committed, "diff", "HEAD") == ""


@pytest.mark.usefixtures("ready")
def test_a_folder_without_git_is_fine(stack: Stack) -> None:
    write_secrets(stack)
    assert "git " not in shown(stack)


@pytest.mark.usefixtures("committed")
def test_git_that_fails_is_told(stack: Stack, ready: FakeDocker) -> None:
    assert ready.folder.exists()
    (stack.repo / ".git" / "index.lock").touch()
    write_secrets(stack)
    assert "run `git update-index --skip-worktree .env`" in shown(stack)


def test_a_stack_that_was_started_keeps_its_passwords(stack: Stack, ready: FakeDocker) -> None:
    before = (stack.repo / ".env").read_bytes()
    ready.answer("volume ls", out="taller_locust_mysql\n")
    with pytest.raises(InUse, match=r"taller_locust_mysql\. `make down VOLUMES=1` deletes them"):
        write_secrets(stack)
    assert (stack.repo / ".env").read_bytes() == before
    query = ready.calls_with("volume")[0].arguments
    assert query[-1] == "label=com.docker.compose.project=taller_locust"


def test_public_values_are_replaced_without_an_engine(stack: Stack, ready: FakeDocker) -> None:
    write_env(stack.repo, {})
    ready.answer("volume ls", Reply(err="Cannot connect to the Docker daemon\n", code=1))
    write_secrets(stack)
    assert "No Docker Engine answers" in shown(stack)
    assert "Wrote 10 random passwords and keys" in shown(stack)


def test_values_that_volumes_may_need_stay_while_no_engine_answers(
    stack: Stack, ready: FakeDocker
) -> None:
    write_env(stack.repo, {"REDIS_PASSWORD": "mine"})
    before = (stack.repo / ".env").read_bytes()
    ready.answer("volume ls", Reply(err="Cannot connect to the Docker daemon\n", code=1))
    with pytest.raises(NotUp, match=r"start Docker, then run `make secrets` again \(.*daemon"):
        write_secrets(stack)
    assert (stack.repo / ".env").read_bytes() == before


def test_the_public_values_are_those_of_the_published_file() -> None:
    published = read_values(REPO / ".env", {})
    names = {name.upper() for name in Credentials.model_fields} - {"AIRFLOW_ADMIN_USER"}
    assert {name: published[name] for name in names} == PUBLIC


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give a file to somebody else")
def test_root_leaves_the_file_to_its_owner(tmp_path: Path) -> None:
    path = tmp_path / ".env"
    path.write_text("KEY=old\n")
    os.chown(path, 12345, 23456)
    replace_values(path, {"KEY": "new"})
    assert path.read_text() == "KEY=new\n"
    assert (path.stat().st_uid, path.stat().st_gid) == (12345, 23456)


def test_docker_is_not_needed(stack: Stack, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "")
    write_secrets(stack)
    assert "Wrote 10 random passwords and keys" in shown(stack)


@pytest.mark.usefixtures("ready")
def test_a_variable_that_wins_anyway_is_named(
    stack: Stack, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("REDIS_PASSWORD", "elsewhere")
    write_secrets(stack)
    assert "variables of the environment override REDIS_PASSWORD" in shown(stack)


def test_all_other_bytes_stay(tmp_path: Path) -> None:
    path = tmp_path / ".env"
    path.write_bytes(
        b"# KEY=in a remark\r\nKEY=old # why\r\nexport QUOTED='a b' # x\n"
        b"OTHER_KEY=old\nURL=redis://${KEY}@x\n  EMPTY=\nno line end KEY=1"
    )
    replace_values(path, {"KEY": "new", "QUOTED": "q", "EMPTY": r"\1"})
    assert path.read_bytes() == (
        b"# KEY=in a remark\r\nKEY=new # why\r\nexport QUOTED=q # x\n"
        b"OTHER_KEY=old\nURL=redis://${KEY}@x\n  EMPTY=\\1\nno line end KEY=1"
    )


def test_a_key_without_a_line_changes_nothing(tmp_path: Path) -> None:
    path = tmp_path / ".env"
    path.write_text("KEY=old\n")
    with pytest.raises(SettingsError, match="a line that begins with GONE="):
        replace_values(path, {"KEY": "new", "GONE": "x"})
    assert path.read_text() == "KEY=old\n"
    assert [file.name for file in tmp_path.iterdir()] == [".env"]


def test_values_differ_each_time() -> None:
    first, second = random_values(), random_values()
    assert all(first[key] != second[key] for key in first)
