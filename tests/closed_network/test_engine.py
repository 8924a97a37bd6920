"""`make engine`: what it leaves alone, what it starts, and what it says where it cannot."""

import os
import shutil
import subprocess
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.closed_network.fake_docker import FakeDocker
from tests.closed_network.machine import Machine

PLUGIN = "usr/local/lib/docker/cli-plugins/docker-compose"


@pytest.fixture
def no_engine(machine: Machine, docker: FakeDocker) -> Machine:
    """No engine answers; a dockerd would."""
    docker.answers(False)
    notes = f'echo "$*" >>{machine.folder}/dockerd.calls'
    machine.command("dockerd", f"#!/bin/bash\n{notes}\nrm {machine.bin}/silent\n")
    return machine


@contextmanager
def process_named(name: str, folder: Path) -> Iterator[int]:
    """The number of a process whose program has this name."""
    program = folder / name
    shutil.copy(Path(shutil.which("sleep") or "").resolve(), program)
    process = subprocess.Popen([str(program), "300"])
    try:
        yield process.pid
        assert process.poll() is None, "the script ended a process that is not its own"
    finally:
        process.kill()
        process.wait()


@pytest.mark.parametrize("user", [0, 1234])
@pytest.mark.parametrize("system", ["debian", "fedora"])
def test_an_engine_that_answers_is_left_alone(machine: Machine, user: int, system: str) -> None:
    machine.is_user(user)
    machine.is_system(system)

    done = machine.engine()

    assert done.returncode == 0, done.stdout
    assert "Docker Engine 28.0.1, Compose 2.40.3" in done.stdout
    assert machine.calls("apt-get") == []
    assert not (machine.root / PLUGIN).exists()


@pytest.mark.parametrize(
    ("user", "system", "message"),
    [
        (0, "fedora", "installs on Debian only, and this is fedora: install Docker Engine"),
        (1234, "debian", "run it as root (sudo make engine)"),
    ],
)
def test_where_it_cannot_install_it_says_what_to_do(
    no_engine: Machine, user: int, system: str, message: str
) -> None:
    no_engine.is_user(user)
    no_engine.is_system(system)

    done = no_engine.engine()

    assert done.returncode == 1
    assert message in done.stdout
    assert no_engine.calls("apt-get") == no_engine.calls("dockerd") == []


def test_a_user_outside_the_group_docker_is_told(machine: Machine, docker: FakeDocker) -> None:
    docker.refuses = True
    docker.write()

    done = machine.engine()

    assert done.returncode == 1
    assert "join the group docker" in done.stdout


def test_a_docker_host_that_does_not_answer_is_named(no_engine: Machine) -> None:
    done = no_engine.engine(DOCKER_HOST="tcp://10.0.0.1:2375")

    assert done.returncode == 1
    assert "DOCKER_HOST is tcp://10.0.0.1:2375 and no engine answers there" in done.stdout
    assert no_engine.calls("dockerd") == []


def test_a_missing_engine_is_installed_and_started(no_engine: Machine) -> None:
    dockerd = (no_engine.bin / "dockerd").read_text()
    (no_engine.bin / "dockerd").unlink()
    apt = (no_engine.bin / "apt-get").read_text()
    (no_engine.folder / "dockerd").write_text(dockerd)
    (no_engine.folder / "dockerd").chmod(0o755)
    brings = f'[[ "$*" != *docker.io* ]] || mv {no_engine.folder}/dockerd {no_engine.bin}/dockerd\n'
    no_engine.command("apt-get", apt + brings)

    done = no_engine.engine()

    assert done.returncode == 0, done.stdout
    assert len(no_engine.calls("dockerd")) == 1


def test_a_pid_file_of_another_process_is_not_taken_for_dockerd(no_engine: Machine) -> None:
    with process_named("somebody", no_engine.folder) as pid:
        pid_file = no_engine.root / "var/run/docker.pid"
        pid_file.write_text(str(pid))

        done = no_engine.engine()

        assert done.returncode == 0, done.stdout
    assert no_engine.calls("dockerd") == [f"--pidfile {pid_file}"]
    assert "A dockerd is there" not in done.stdout
    assert not pid_file.exists(), "dockerd would refuse to start"


def test_the_pid_file_of_a_dead_containerd_is_removed_and_of_a_live_one_stays(
    no_engine: Machine, docker: FakeDocker
) -> None:
    pid_file = no_engine.root / "var/run/docker/containerd/containerd.pid"
    pid_file.parent.mkdir(parents=True)
    pid_file.write_text(str(os.getpid()))
    no_engine.engine()
    assert not pid_file.exists()

    docker.answers(False)
    with process_named("containerd", no_engine.folder) as pid:
        pid_file.write_text(str(pid))
        no_engine.engine()
    assert pid_file.exists()


def test_a_dockerd_that_is_starting_is_waited_for(no_engine: Machine, docker: FakeDocker) -> None:
    """It answers once it was asked three times."""
    programs = no_engine.folder / "programs"
    programs.mkdir()
    with process_named("dockerd", programs) as pid:
        (no_engine.root / "var/run/docker.pid").write_text(str(pid))
        later = threading.Thread(target=answer_after, args=(docker, 3))
        later.start()

        done = no_engine.engine()

        later.join()
    assert done.returncode == 0, done.stdout
    assert "A dockerd is there and does not answer; waiting for it" in done.stdout
    assert no_engine.calls("dockerd") == []


def answer_after(docker: FakeDocker, count: int) -> None:
    deadline = time.monotonic() + 30
    while len(docker.calls_of("version")) < count and time.monotonic() < deadline:
        threading.Event().wait(0.02)
    docker.answers(True)


def test_a_dockerd_that_dies_shows_the_end_of_its_log(no_engine: Machine) -> None:
    no_engine.command("dockerd", "#!/bin/bash\necho 'no space left on device' >&2\nexit 1\n")

    done = no_engine.engine()

    assert done.returncode == 1
    assert "no space left on device" in done.stdout
    assert "dockerd did not start: the end of its log is above." in done.stdout


@pytest.mark.parametrize("version", ["", "1.29.2", "2.2.3", "2.20.3", "v2.23.0"])
def test_a_compose_that_is_missing_or_too_old_is_installed(
    machine: Machine, docker: FakeDocker, version: str
) -> None:
    docker.compose = version
    docker.write()

    done = machine.engine()

    assert done.returncode == 0, done.stdout
    assert (machine.root / PLUGIN).read_text() == "2.40.3\n"
    downloads = [call for call in machine.calls("apt-get") if "download" in call]
    assert [call.rpartition("download ")[2] for call in downloads] == ["docker-compose"]


@pytest.mark.parametrize("version", ["2.23.1", "v2.23.3", "2.40.3-3", "2.100.0", "5.0.1"])
def test_a_compose_that_is_new_enough_stays(
    machine: Machine, docker: FakeDocker, version: str
) -> None:
    docker.compose = version
    docker.write()

    assert machine.engine().returncode == 0
    assert machine.calls("apt-get") == []


def test_an_old_compose_that_it_may_not_replace_is_said(
    machine: Machine, docker: FakeDocker
) -> None:
    machine.is_user(1234)
    docker.compose = "2.20.3"
    docker.write()

    done = machine.engine()

    assert done.returncode == 1
    assert "Compose 2.23.1 or newer and buildx are not both here" in done.stdout


def test_a_plugin_that_does_not_run_is_said(machine: Machine, docker: FakeDocker) -> None:
    docker.compose = "2.20.3"
    docker.write()
    apt = (machine.bin / "apt-get").read_text()
    machine.command("apt-get", apt.replace("echo 2.40.3", "echo 2.20.3"))

    done = machine.engine()

    assert done.returncode == 1
    assert "install Compose 2.23.1 or newer and buildx by hand" in done.stdout
