"""A client for the HTTP servers of tests."""

from collections.abc import Iterator

import pytest

from console.web import Web


@pytest.fixture
def web() -> Iterator[Web]:
    client = Web()
    yield client
    client.close()
