"""The service of known capacity does what the planner's tests take for granted."""

import httpx
import pytest

from capacity.configuration import Configuration
from capacity.errors import NotApplied
from capacity.service import Service
from tests.capacity.fake_service import FakeService, PacedServer

THREE = Configuration(cpus=0.1, memory=250, replicas=3)


def quiet(_: str) -> None:
    """Take no notice of news."""


def test_it_is_a_service_whose_figures_fit_together() -> None:
    fake = FakeService(longest_wait=0.0, oom_below=300)
    service: Service = fake
    for _ in range(2):  # a second run of the planner takes it over again
        with service.taken_over(), httpx.Client(trust_env=False) as client:
            applied = service.apply(THREE, quiet)
            with service.observed() as seen:
                answers = [client.post(service.url, json={}).json() for _ in range(4)]
        assert [one["version"] for one in answers] == ["3"] * 4
        assert [one.name for one in applied.limits] == ["fastapi-1", "fastapi-2", "fastapi-3"]
        assert {(one.cpus, one.memory) for one in applied.limits} == {(0.1, 250)}
        assert seen.balance == {"fastapi-1": 2, "fastapi-2": 1, "fastapi-3": 1}
        inference = [one for one in seen.containers if one.service == "fastapi"]
        assert all(0 < one.cpu_mean <= one.cpu_limit for one in inference)
        assert [one.oom_kills for one in inference] == [1, 0, 0]
    assert fake.applied == [THREE, THREE]
    assert not fake.is_taken_over


def test_too_little_memory_cannot_be_had() -> None:
    service = FakeService(least_memory=300)
    with service.taken_over(), pytest.raises(NotApplied, match="at least 300 MB"):
        service.apply(THREE, quiet)
    assert service.applied == []


def test_a_full_queue_refuses_and_says_when_to_come_back() -> None:
    with PacedServer(2.0, longest_wait=0.1) as server, httpx.Client(trust_env=False) as client:
        first, second, third = (client.post(server.url, json={}, timeout=5) for _ in range(3))
        assert (first.status_code, second.status_code, third.status_code) == (200, 200, 200)
        server.rate = 0.5
        with pytest.raises(httpx.ReadTimeout):
            client.post(server.url, json={}, timeout=0.2)
        refused = client.post(server.url, json={}, timeout=5)
    assert refused.status_code == 503
    assert refused.headers["Retry-After"] == "1"
