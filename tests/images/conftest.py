"""Fixtures of the images' contracts. They need a Docker Engine: `make engine images` first.

The same tests run on the images of `make images` and on the official ones: they state what
this stack relies on, whoever made the image.
"""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.images.containers import Containers, containers_of_a_test, image_names


def pytest_ignore_collect(
    collection_path: Path,  # noqa: ARG001  # pytest's name
    config: pytest.Config,
) -> bool | None:
    """Leave them out unless they are asked for: ``pytest -m docker tests/images``."""
    return True if config.getoption("markexpr") in {"", "not docker"} else None


@pytest.fixture
def containers() -> Iterator[Containers]:
    with containers_of_a_test() as started:
        yield started


@pytest.fixture(scope="module")
def shared() -> Iterator[Containers]:
    """Containers for tests that only look."""
    with containers_of_a_test() as started:
        yield started


@pytest.fixture(scope="session")
def images() -> dict[str, str]:
    return image_names()
