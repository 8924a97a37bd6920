"""Health, what is served, what is counted, and the nudge."""

import os
from collections.abc import Callable

import httpx
import pytest
from fastapi import FastAPI

from covertype.schema import FEATURE_NAMES
from inference.health import Health
from inference.operation_routes import health_router
from tests.inference.conftest import Follower, Service
from tests.inference.fake_registry import FakeRegistry
from tests.inference.models import Package, sample_rows

ROW: dict[str, float] = dict(zip(FEATURE_NAMES, sample_rows(1)[0], strict=True))
Start = Callable[..., Service]


def test_without_a_model_it_is_alive_and_not_ready(start_service: Start) -> None:
    service = start_service()
    assert service.client.get("/health/live").json() == {"status": "live"}
    ready = service.client.get("/health/ready")
    assert ready.status_code == 503
    assert service.client.get("/ping").status_code == 503
    assert service.client.get("/version").status_code == 503
    model = service.model()
    assert model["version"] is None
    assert model["processes"] == {str(os.getpid()): None}


def test_model_shows_version_tags_source_and_processes(
    registry: FakeRegistry, packages: list[Package], start_service: Start
) -> None:
    registry.register("7", packages[0].tagged(note="first"))
    model = start_service().wait_ready().model()
    assert model["model"] == "CovertypeModel"
    assert model["version"] == "7"
    assert model["sha256"] == packages[0].tags["onnx_sha256"]
    assert model["tags"] == packages[0].tagged(note="first").tags
    assert model["source"] == "registry"
    assert model["loaded_at"] >= "2026"
    assert model["registry_seen_at"] >= "2026"
    assert model["last_error"] is None
    assert model["processes"] == {str(os.getpid()): "7"}


def test_tags_that_change_are_shown_without_a_reload(
    registry: FakeRegistry, packages: list[Package], start_service: Start
) -> None:
    registry.register("1", packages[0])
    service = start_service(model_poll_seconds=5).wait_ready()
    loaded_at = service.model()["loaded_at"]
    registry.register("1", packages[0].tagged(note="edited"))
    assert service.client.post("/reload_models/").json()["changed"] is False
    assert service.model()["tags"]["note"] == "edited"
    assert service.model()["loaded_at"] == loaded_at


def test_reload_follows_the_alias_at_once(
    registry: FakeRegistry, packages: list[Package], start_service: Start
) -> None:
    registry.register("1", packages[0])
    service = start_service(model_poll_seconds=5).wait_ready()
    registry.register("2", packages[1])
    expected = {"model": "CovertypeModel", "version": "2", "changed": True}
    assert service.client.post("/reload_models/").json() == expected
    assert service.client.post("/reload_models").json() == {**expected, "changed": False}


def test_reload_with_the_registry_down_says_so_and_serves_on(
    registry: FakeRegistry, packages: list[Package], start_service: Start
) -> None:
    registry.register("1", packages[0])
    service = start_service(model_poll_seconds=5).wait_ready()
    with registry.down():
        answer = service.client.post("/reload_models/")
    assert answer.status_code == 503
    assert answer.json()["reason"] == "registry_unreachable"
    assert answer.json()["version"] == "1"
    assert "MLFLOW_TRACKING_URI" in answer.json()["detail"]
    assert service.client.get("/health/ready").status_code == 200
    assert service.client.post("/predict/", json=ROW).json()["version"] == "1"


def test_metrics_count_requests_predictions_and_values_outside(
    registry: FakeRegistry, packages: list[Package], start_service: Start
) -> None:
    registry.register("1", packages[0])
    service = start_service().wait_ready()
    low, high = {**ROW, "Elevation": 2000}, {**ROW, "Elevation": 3000, "Slope": 80}
    assert service.client.post("/predict/", json=low).status_code == 200
    assert service.client.post("/predict", json=high).status_code == 200
    assert service.client.post("/predict/", json={}).status_code == 422
    batch = {"rows": [low, high, {**low, "Aspect": -1}]}
    assert service.client.post("/predict/batch", json=batch).status_code == 200
    assert service.client.get("/no/such/page").status_code == 404
    requests = "inference_requests_total"
    assert service.metric(requests, route="/predict/", status="200") == 2
    assert service.metric(requests, route="/predict/", status="422") == 1
    assert service.metric(requests, route="/predict/batch", status="200") == 1
    assert service.metric(requests, route="unmatched", status="404") == 1
    assert service.metric("inference_request_seconds_count", route="/predict/") == 3
    assert service.metric("inference_predictions_total", cover_type="Lodgepole Pine") == 3
    assert service.metric("inference_predictions_total", cover_type="Spruce/Fir") == 2
    outside = "inference_values_outside_training_range_total"
    assert service.metric(outside, feature="Slope") == 2
    assert service.metric(outside, feature="Aspect") == 1
    assert service.metric(outside) == 3


def test_metrics_name_the_version_and_the_process(
    registry: FakeRegistry, packages: list[Package], start_service: Start
) -> None:
    registry.register("1", packages[0])
    service = start_service(model_poll_seconds=5).wait_ready()
    registry.register("2", packages[1])
    service.client.post("/reload_models/")
    sha256 = packages[1].tags["onnx_sha256"]
    info = "inference_model_info"
    assert service.metric(info, version="2", sha256=sha256, pid=str(os.getpid())) == 1
    assert service.metric(info) == 1
    assert service.metric("inference_model_loaded_timestamp_seconds") > 1.7e9
    assert service.metric("inference_registry_polls_total", result="swapped") == 2
    assert service.metric("process_resident_memory_bytes") > 10_000_000
    lines = service.client.get("/metrics").text.splitlines()
    assert all("pid=" in line for line in lines if not line.startswith("#"))


def test_process_that_no_longer_follows_the_registry_is_not_alive(
    make_follower: Callable[..., Follower],
) -> None:
    class Broken(Exception):
        """A fault that nobody foresaw."""

    follower = make_follower()

    def break_down(result: str) -> None:
        raise Broken(result)

    follower.polled = break_down  # type: ignore[method-assign]
    app = FastAPI()
    app.include_router(health_router(follower.manager, Health(follower.manager)))

    async def live() -> int:
        transport = httpx.ASGITransport(app)
        async with httpx.AsyncClient(transport=transport, base_url="http://test") as client:
            return (await client.get("/health/live")).status_code

    assert follower.run(live()) == 200
    with pytest.raises(Broken):
        follower.run(follower.manager.run())
    assert follower.run(live()) == 503
