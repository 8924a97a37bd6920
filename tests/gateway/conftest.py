"""Fixtures of the gateway's tests. They need a Docker Engine: `make engine images` first."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.gateway.gateway import Gateway
from tests.images.containers import Containers, containers_of_a_test, image_names

StartGateway = Callable[..., Gateway]


def pytest_ignore_collect(
    collection_path: Path,  # noqa: ARG001  # pytest's name
    config: pytest.Config,
) -> bool | None:
    """Leave them out unless they are asked for: ``pytest -m docker tests/gateway``."""
    return True if config.getoption("markexpr") in {"", "not docker"} else None


@pytest.fixture(scope="session")
def images() -> dict[str, str]:
    return image_names()


@pytest.fixture
def containers() -> Iterator[Containers]:
    with containers_of_a_test() as started:
        yield started


@pytest.fixture
def start_gateway(containers: Containers, images: dict[str, str]) -> StartGateway:
    """Start a gateway of the test's own; keyword arguments are its settings."""

    def start(**settings: str | int) -> Gateway:
        return Gateway.start(containers, images, **settings)  # type: ignore[arg-type]

    return start


@pytest.fixture(scope="session")
def gateway(images: dict[str, str]) -> Iterator[Gateway]:
    """A gateway with two replicas, for tests that leave both as they are."""
    with containers_of_a_test() as started:
        shared = Gateway.start(started, images)
        shared.replicas(2)
        yield shared
