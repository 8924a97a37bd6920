"""The prediction service and the Locust process that the tests of this folder share."""

import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.locust.locust_process import DEADLINE_SECONDS, Locust
from tests.locust.prediction_service import Service


@pytest.fixture
def service() -> Iterator[Service]:
    with Service() as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
        thread.start()
        yield server
        server.closing.set()
        server.shutdown()
        thread.join(DEADLINE_SECONDS)


@pytest.fixture
def locust(service: Service) -> Locust:
    return Locust(service.url)


@pytest.fixture
def summary_file(locust: Locust, tmp_path: Path) -> Path:
    """Where Locust leaves the summary of a run; the folder is not there yet."""
    path = tmp_path / "new" / "summary.json"
    locust.settings |= {"LOCUST_SUMMARY": str(path)}
    return path
