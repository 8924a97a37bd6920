"""Requests that no endpoint takes: one form of error, which names what can be asked."""

from collections.abc import Callable

import httpx
import pytest

from inference.app import create_app
from tests.inference.conftest import Follower, MakeSettings, Service


@pytest.mark.parametrize(
    ("method", "path", "allowed"),
    [
        ("GET", "/predict/", "POST"),
        ("DELETE", "/predict", "POST"),
        ("GET", "/predict/batch", "POST"),
        ("GET", "/reload_models/", "POST"),
        ("POST", "/health/live", "GET, HEAD"),
        ("POST", "/model", "GET"),
        ("PUT", "/", "GET, HEAD"),
        ("OPTIONS", "/metrics", "GET"),
    ],
)
def test_wrong_method_names_the_right_ones(
    ready_service: Service, method: str, path: str, allowed: str
) -> None:
    answer = ready_service.client.request(method, path)
    assert answer.status_code == 405
    assert answer.headers["allow"] == allowed
    assert answer.headers["content-type"] == "application/json"
    (problem,) = answer.json()["detail"]
    assert problem["loc"] == ["method"]
    assert problem["type"] == "method_not_allowed"
    assert f"{path} takes {' or '.join(allowed.split(', '))}, not {method}." in problem["msg"]


@pytest.mark.parametrize(
    "path", ["/predict/one", "/health", "/docs/assets/none.js", "/" + "x" * 9999]
)
def test_unknown_path_names_all_that_exist(ready_service: Service, path: str) -> None:
    answer = ready_service.client.get(path)
    assert answer.status_code == 404
    (problem,) = answer.json()["detail"]
    assert problem["loc"] == ["path"]
    assert problem["type"] == "not_found"
    assert f"There is no address {path[:100]}. " in problem["msg"]
    for address in ("POST /predict/", "POST /predict/batch", "POST /invocations", "GET /model"):
        assert f"{address}," in problem["msg"]
    assert len(problem["msg"]) < 600


def test_wrong_method_on_a_file_of_the_docs(ready_service: Service) -> None:
    answer = ready_service.client.post("/docs/assets/swagger-ui.css")
    assert answer.status_code == 405
    assert answer.json()["detail"][0]["type"] == "method_not_allowed"


@pytest.mark.parametrize("path", ["/health/live", "/health/ready", "/ping"])
def test_health_answers_head_as_get_without_a_body(ready_service: Service, path: str) -> None:
    head, get = ready_service.client.head(path), ready_service.client.get(path)
    assert head.status_code == get.status_code == 200
    assert head.content == b""
    assert head.headers["content-length"] == get.headers["content-length"]


def test_root_leads_to_the_docs(ready_service: Service) -> None:
    answer = ready_service.client.get("/")
    assert answer.is_redirect
    assert answer.headers["location"] == "/docs"


def test_root_under_a_prefix_leads_to_the_docs_under_it(
    make_settings: MakeSettings, make_follower: Callable[..., Follower]
) -> None:
    app = create_app(make_settings())

    async def ask() -> httpx.Response:
        transport = httpx.ASGITransport(app, root_path="/cover")
        async with httpx.AsyncClient(transport=transport, base_url="http://test") as client:
            return await client.get("/cover/")

    assert make_follower().run(ask()).headers["location"] == "/cover/docs"
