"""What the stack relies on in the Redis image."""

import pytest

from tests.images.containers import Containers

pytestmark = pytest.mark.docker

PING = ("redis-cli", "ping")


def test_it_answers_other_containers_without_a_password(
    containers: Containers, images: dict[str, str]
) -> None:
    redis = containers.start(images["redis"])
    redis.wait_for(*PING)

    assert containers.once(images["redis"], "redis-cli", "-h", redis.name, "ping") == "PONG"


def test_options_alone_mean_the_server(containers: Containers, images: dict[str, str]) -> None:
    redis = containers.start(images["redis"], "--requirepass", "secret")
    redis.wait_for("redis-cli", "-a", "secret", "ping")

    assert "NOAUTH" in redis.run(*PING)
    answer = containers.once(
        images["redis"], "redis-cli", "--no-auth-warning", "-a", "secret", "-h", redis.name, "ping"
    )
    assert answer == "PONG"


def test_no_process_is_root(containers: Containers, images: dict[str, str]) -> None:
    redis = containers.start(images["redis"])
    redis.wait_for(*PING)

    assert redis.users() == {"999"}


def test_the_volume_keeps_the_data_of_a_clean_stop(
    containers: Containers, images: dict[str, str]
) -> None:
    options = ("--volume", f"{containers.volume()}:/data")
    first = containers.start(images["redis"], "--appendonly", "yes", options=options)
    first.wait_for(*PING)
    first.run("redis-cli", "set", "key", "value")
    assert first.stop() == 0

    second = containers.start(images["redis"], "--appendonly", "yes", options=options)
    second.wait_for(*PING)
    assert second.run("redis-cli", "get", "key") == "value"


def test_it_runs_with_a_read_only_root(containers: Containers, images: dict[str, str]) -> None:
    redis = containers.start(images["redis"], options=("--read-only", "--user", "redis"))

    redis.wait_for(*PING)
