"""Who may run `make images`, and whose the files are that it makes."""

import os
from pathlib import Path

import pytest

from tests.closed_network.fake_docker import GIVES, FakeDocker
from tests.closed_network.machine import Machine

SUDO = {"SUDO_UID": "1234", "SUDO_GID": "5678"}


def given_away(machine: Machine) -> set[str]:
    return {call.split()[-1] for call in machine.calls("chown") if "1234:5678" in call}


def test_what_root_makes_for_a_user_belongs_to_the_user(machine: Machine) -> None:
    done = machine.images("redis", **SUDO)

    assert done.returncode == 0, done.stdout
    assert given_away(machine) == {"out", "out/images"}
    assert machine.calls("chown")[-1] == "-hR 1234:5678 out/images"


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give files away")
def test_the_user_owns_every_file_afterwards(machine: Machine) -> None:
    (machine.bin / "chown").unlink()
    (machine.bin / "chown").symlink_to("/usr/bin/chown")

    machine.images("redis", **SUDO)

    made = [machine.repo / "out", *(machine.repo / "out").rglob("*")]
    assert len(made) > 3
    assert {(file.stat().st_uid, file.stat().st_gid) for file in made} == {(1234, 5678)}


def test_files_are_given_away_when_it_fails_too(machine: Machine) -> None:
    machine.command("unshare", "#!/bin/bash\nexit 1\n")

    done = machine.images("redis", **SUDO)

    assert done.returncode == 1
    assert machine.calls("chown").count("-hR 1234:5678 out/images") == 2


def test_root_without_sudo_and_users_give_nothing_away(machine: Machine) -> None:
    machine.images("redis")
    machine.is_user(1234)
    machine.images("redis", **SUDO)

    assert machine.calls("chown") == []


def test_a_user_who_may_use_docker_can_pull(machine: Machine, docker: FakeDocker) -> None:
    machine.is_user(1234)
    docker.docker_hub(GIVES)

    assert machine.images("redis").returncode == 0


def test_a_user_can_build_on_a_base_that_is_there(machine: Machine, docker: FakeDocker) -> None:
    machine.images("redis")
    machine.is_user(1234)

    done = machine.images("redis", "python")

    assert done.returncode == 0, done.stdout
    assert docker.image("python:3.13-slim-trixie").label


def test_a_base_image_needs_root_and_says_so(machine: Machine, docker: FakeDocker) -> None:
    machine.is_user(1234)

    done = machine.images("redis")

    assert done.returncode == 1
    assert "Making a base image needs root: run sudo make images." in done.stdout
    assert docker.images == []


def test_debootstrap_is_installed_where_it_is_missing(machine: Machine) -> None:
    (machine.bin / "debootstrap").unlink()

    machine.images("redis")

    assert any("install" in call and "debootstrap" in call for call in machine.calls("apt-get"))


def test_files_of_another_user_in_out_are_said(machine: Machine) -> None:
    theirs = machine.repo / "out/images/context"
    theirs.mkdir(parents=True)
    # Root may write everywhere, so what find would say is written down.
    machine.command("find", "#!/bin/bash\necho out/images/context\n")

    done = machine.images("redis")

    assert done.returncode == 1
    assert "out holds files of another user: run sudo make images" in done.stdout
    assert Path(theirs).exists()
