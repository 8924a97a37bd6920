"""A new champion while requests are under way."""

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import httpx

from covertype.schema import FEATURE_NAMES
from tests.inference.conftest import READY_SECONDS, Service
from tests.inference.fake_registry import FakeRegistry
from tests.inference.models import Package, sample_rows
from tests.support.servers import wait_until

LOW = {**dict(zip(FEATURE_NAMES, sample_rows(1)[0], strict=True)), "Elevation": 2000}
# What each package predicts for LOW tells the version apart from what the answer claims.
CLASS_OF_VERSION = {"1": 2, "2": 3, "3": 5, "4": 2, "5": 3, "6": 5}
SENDERS = 6


def test_each_answer_comes_from_exactly_one_version_and_none_fails(
    registry: FakeRegistry, packages: list[Package], start_service: Callable[..., Service]
) -> None:
    registry.register("1", packages[0])
    service = start_service().wait_ready()
    finished = threading.Event()
    answered: set[str] = set()

    def send(many: bool) -> list[tuple[int, Any]]:
        path, body = ("/predict/batch", {"rows": [LOW] * 100}) if many else ("/predict/", LOW)
        seen = []
        with httpx.Client(base_url=service.url, timeout=30) as client:
            while not finished.is_set():
                answer = client.post(path, json=body)
                seen.append((answer.status_code, answer.json()))
                answered.add(answer.json().get("version"))
        return seen

    with ThreadPoolExecutor(SENDERS) as pool:
        senders = [pool.submit(send, number % 3 == 0) for number in range(SENDERS)]
        for version in CLASS_OF_VERSION:
            registry.register(version, packages[(int(version) - 1) % 3])
            wait_until(lambda: version in answered, READY_SECONDS, f"version {version}")  # noqa: B023 - called here
        finished.set()
        answers = [answer for sender in senders for answer in sender.result()]

    assert {status for status, _ in answers} == {200}
    for _, answer in answers:
        predictions = answer.get("predictions", [answer.get("prediction")])
        assert set(predictions) == {CLASS_OF_VERSION[answer["version"]]}
    assert service.metric("inference_load_failures_total") == 0
