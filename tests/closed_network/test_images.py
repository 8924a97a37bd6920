"""`make images`: which images are pulled, which are built, and which are left alone."""

import time

import pytest

from tests.closed_network.fake_docker import (
    BREAKS,
    GIVES,
    LIMITS,
    NO_SUCH_HOST,
    SILENT,
    UNKNOWN,
    FakeDocker,
    Registry,
)
from tests.closed_network.machine import Machine

REDIS, PYTHON = "redis:8.0", "python:3.13-slim-trixie"
BASE = "covertype/debian:trixie"


def test_an_image_that_a_registry_gives_is_pulled(machine: Machine, docker: FakeDocker) -> None:
    docker.docker_hub(GIVES)

    done = machine.images("redis")

    assert done.returncode == 0, done.stdout
    assert f"{REDIS}: pulled, 87 MB" in done.stdout
    assert docker.image(REDIS).label is None
    assert not docker.calls_of("buildx", "build")


@pytest.mark.parametrize(
    "registry",
    [UNKNOWN, NO_SUCH_HOST, Registry("pull access denied for redis, repository does not exist")],
)
def test_an_image_that_no_registry_gives_is_built(
    machine: Machine, docker: FakeDocker, registry: Registry
) -> None:
    docker.docker_hub(registry)

    done = machine.images("redis")

    assert done.returncode == 0, done.stdout
    assert f"{REDIS}: built in" in done.stdout
    assert (docker.image(REDIS).label or "").startswith(f"{REDIS} ")
    assert (docker.image(BASE).label or "").startswith(f"{BASE} ")


def test_a_registry_that_answers_is_asked_for_each_image(
    machine: Machine, docker: FakeDocker
) -> None:
    docker.docker_hub(UNKNOWN)

    machine.images("redis", "python")

    assert docker.calls_of("pull") == [["pull", REDIS], ["pull", PYTHON]]


@pytest.mark.parametrize("registry", [BREAKS, LIMITS])
def test_a_pull_that_broke_is_an_error_and_nothing_is_built(
    machine: Machine, docker: FakeDocker, registry: Registry
) -> None:
    docker.docker_hub(registry)

    done = machine.images("redis")

    assert done.returncode == 1
    assert registry.says.splitlines()[-1] in done.stdout
    assert f"{REDIS} is to be had, but pulling it failed" in done.stdout
    assert docker.images == []


def test_a_silent_registry_is_given_up_and_not_asked_again(
    machine: Machine, docker: FakeDocker
) -> None:
    docker.registries |= {"docker.io": SILENT, "quay.io": UNKNOWN}
    docker.write()
    began = time.monotonic()

    done = machine.images("python", "redis", "minio", PULL_ANSWER_SECONDS="3")

    assert done.returncode == 0, done.stdout
    assert time.monotonic() - began < 20, "the limit was not kept"
    pulls = [call[1] for call in docker.calls_of("pull")]
    assert pulls[0] == PYTHON
    assert [name.split("/")[0] for name in pulls[1:]] == ["quay.io"]
    assert len(docker.calls_of("buildx", "build")) == 3


def test_an_image_of_somebody_else_is_left_alone(machine: Machine, docker: FakeDocker) -> None:
    docker.docker_hub(GIVES)
    theirs = docker.has(REDIS)

    done = machine.images("redis", IMAGES_REBUILD="1", IMAGES_REPLACE="1")

    assert f"{REDIS}: here already, and left alone" in done.stdout
    assert docker.images == [theirs]
    assert not docker.calls_of("pull")


def test_an_image_made_from_one_of_ours_is_somebody_elses(
    machine: Machine, docker: FakeDocker
) -> None:
    docker.docker_hub(GIVES)
    theirs = docker.has(REDIS, label=f"{PYTHON} 0123456789abcdef-0123456789ab")

    machine.images("redis")

    assert docker.images == [theirs]


def test_an_image_that_is_up_to_date_is_not_built_again(
    machine: Machine, docker: FakeDocker
) -> None:
    machine.images("redis")
    before = docker.images

    done = machine.images("redis")

    assert f"{REDIS}: built here before, and up to date" in done.stdout
    assert docker.images == before
    assert len(docker.calls_of("buildx", "build")) == 1
    assert len(docker.calls_of("import")) == 1


def test_an_image_whose_recipe_has_changed_takes_the_old_ones_place(
    machine: Machine, docker: FakeDocker
) -> None:
    machine.images("redis")
    old = docker.image(REDIS)
    recipe = machine.repo / "images/redis/Dockerfile"
    recipe.write_text(recipe.read_text() + "ENV NEW=1\n")

    done = machine.images("redis")

    assert done.returncode == 0, done.stdout
    assert docker.image(REDIS).label != old.label
    assert old.id not in {one.id for one in docker.images}


def test_a_rebuild_removes_nothing_but_what_it_replaced(
    machine: Machine, docker: FakeDocker
) -> None:
    machine.images("python")
    label = docker.image(PYTHON).label
    child = docker.has("covertype/mlflow:0.1.0", label)
    nameless = docker.has(None, label)
    replaced = docker.image(PYTHON)

    machine.images("python", IMAGES_REBUILD="1")

    assert child in docker.images
    assert [one for one in docker.images if one.name is None] == [nameless]
    assert replaced.id != docker.image(PYTHON).id


def test_an_engine_that_does_not_answer_is_said(machine: Machine, docker: FakeDocker) -> None:
    docker.answers(False)

    done = machine.images()

    assert done.returncode == 1
    assert "No Docker Engine answers: run make engine first." in done.stdout


def test_a_name_that_is_no_image_is_refused(machine: Machine, docker: FakeDocker) -> None:
    done = machine.images("redis", "oracle")

    assert done.returncode == 1
    assert "There is no image oracle here; there are: python redis" in done.stdout
    assert not docker.calls_of("pull")
