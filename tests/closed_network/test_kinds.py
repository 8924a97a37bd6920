"""A registry that comes within reach after images were built here, with data and without."""

import pytest

from tests.closed_network.fake_docker import GIVES, FakeDocker
from tests.closed_network.machine import Machine

REDIS = "redis:8.0"
VOLUMES = {"taller_locust_minio": "com.docker.compose.project=taller_locust"}


def test_a_registry_that_comes_back_replaces_an_image_that_was_built_here(
    machine: Machine, docker: FakeDocker
) -> None:
    machine.images("redis")
    built = docker.image(REDIS)
    docker.docker_hub(GIVES)

    machine.images("redis")

    assert docker.image(REDIS).label is None
    assert built.id not in {one.id for one in docker.images}


def test_while_the_stack_has_data_the_image_that_was_built_here_stays(
    machine: Machine, docker: FakeDocker
) -> None:
    machine.images("redis", "haproxy")
    built = docker.images
    docker.volumes |= VOLUMES
    docker.docker_hub(GIVES)

    done = machine.images("redis", "haproxy")

    assert done.returncode == 0, done.stdout
    assert docker.images == built
    assert done.stdout.count("The stack has data") == 1
    for way in ("make down VOLUMES=1", "make images IMAGES_REPLACE=1"):
        assert way in done.stdout


def test_the_built_image_that_stays_is_still_kept_up_to_date(
    machine: Machine, docker: FakeDocker
) -> None:
    machine.images("redis")
    old = docker.image(REDIS)
    docker.volumes |= VOLUMES
    docker.docker_hub(GIVES)

    machine.images("redis", IMAGES_REBUILD="1")

    assert docker.image(REDIS).id != old.id
    assert docker.image(REDIS).label is not None


@pytest.mark.parametrize(
    ("volumes", "settings"),
    [
        (VOLUMES, {"IMAGES_REPLACE": "1"}),
        ({"other_data": "com.docker.compose.project=other"}, {}),
    ],
)
def test_it_is_replaced_on_request_and_where_only_others_have_data(
    machine: Machine, docker: FakeDocker, volumes: dict[str, str], settings: dict[str, str]
) -> None:
    machine.images("redis")
    docker.volumes |= volumes
    docker.docker_hub(GIVES)

    machine.images("redis", **settings)

    assert docker.image(REDIS).label is None


def test_data_do_not_keep_a_missing_image_from_being_pulled(
    machine: Machine, docker: FakeDocker
) -> None:
    docker.volumes |= VOLUMES
    docker.docker_hub(GIVES)

    machine.images("redis")

    assert docker.image(REDIS).label is None
