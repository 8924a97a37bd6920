"""The users against the inference service itself, with a model that was trained on nothing."""

from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from tests.inference.fake_registry import FakeRegistry
from tests.inference.models import package
from tests.locust.locust_process import Locust
from tests.support.servers import inference, wait_until

REFERENCE = Path(__file__).with_name("reference_locustfile.py")


@pytest.fixture(scope="module")
def service_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    registry = FakeRegistry()
    registry.register("1", package(2))
    with inference(tmp_path_factory.mktemp("inference"), registry.url) as url:
        ready = f"{url}/health/ready"
        wait_until(lambda: httpx.get(ready).is_success, 30, "a served model")
        yield url
    registry.stop()


def test_our_users_see_no_failure(service_url: str) -> None:
    run = Locust(service_url).run(settings={"LOCUST_MAX_FAILURE_RATIO": "0"})
    assert run.exit_code == 0, run.log
    assert run.requests >= 12


def test_users_whose_values_leave_the_ranges_see_no_failure_either(service_url: str) -> None:
    before = httpx.get(f"{service_url}/metrics").text
    # A plain locustfile's run time begins before Locust's imports, which take seconds on a
    # busy machine, and by default it drops the requests that are under way at the end.
    settings = {"LOCUST_RUN_TIME": "6s", "LOCUST_STOP_TIMEOUT": "10"}
    run = Locust(service_url).run(file=REFERENCE, settings=settings)
    assert run.exit_code == 0, run.log
    assert run.requests >= 1
    assert not run.failures
    after = httpx.get(f"{service_url}/metrics").text
    assert outside(after, "Elevation") > outside(before, "Elevation")


def outside(metrics: str, feature: str) -> float:
    """How many values of a feature left the training range, as counted by the service."""
    lines = [line for line in metrics.splitlines() if feature in line and "outside" in line]
    return sum(float(line.rsplit(" ", 1)[1]) for line in lines)
