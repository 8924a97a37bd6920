"""How a body arrives: its type, its size, its pace; and requests that go nowhere."""

import json
import socket
from collections.abc import Callable, Iterator

import httpx
import pytest

from covertype.schema import FEATURE_NAMES
from tests.inference.conftest import READY_SECONDS, Service
from tests.inference.models import sample_rows
from tests.support.servers import wait_until

ROW: dict[str, float] = dict(zip(FEATURE_NAMES, sample_rows(1)[0], strict=True))


def post(service: Service, content: bytes | Iterator[bytes], **headers: str) -> httpx.Response:
    headers = {"content-type": "application/json", **headers}
    return service.client.post("/predict/", content=content, headers=headers)


@pytest.mark.parametrize(
    "content_type",
    ["application/json", "Application/JSON; charset=UTF-8", "application/vnd.api+json", ""],
)
def test_json_content_types_are_accepted(ready_service: Service, content_type: str) -> None:
    answer = post(ready_service, json.dumps(ROW).encode(), **{"content-type": content_type})
    assert answer.status_code == 200


def test_no_content_type_is_accepted(ready_service: Service) -> None:
    body = json.dumps(ROW).encode()
    assert ready_service.client.post("/predict/", content=body).status_code == 200


@pytest.mark.parametrize(
    "headers",
    [
        {"content-type": "text/plain"},
        {"content-type": "application/x-www-form-urlencoded"},
        {"content-type": "application/json; charset=utf-16"},
        {"content-type": "application/jsonp"},
        {"content-encoding": "gzip"},
        {"content-encoding": "br"},
    ],
    ids=str,
)
def test_other_encodings_are_a_415(ready_service: Service, headers: dict[str, str]) -> None:
    answer = post(ready_service, json.dumps(ROW).encode(), **headers)
    assert answer.status_code == 415
    assert answer.json()["detail"][0]["loc"] == ["header", next(iter(headers))]


def test_body_over_the_limit_is_a_413_with_a_length(ready_service: Service) -> None:
    assert post(ready_service, b" " * 5_000_000).status_code == 413


def test_body_over_the_limit_is_a_413_without_a_length(ready_service: Service) -> None:
    answer = post(ready_service, (b" " * 10_000 for _ in range(200)))
    assert answer.status_code == 413
    assert answer.json()["detail"][0]["type"] == "body_too_large"


def test_body_in_pieces_is_read_whole(ready_service: Service) -> None:
    body = json.dumps(ROW).encode()
    answer = post(ready_service, (body[start : start + 7] for start in range(0, len(body), 7)))
    assert answer.status_code == 200


@pytest.fixture
def connect(ready_service: Service) -> Iterator[Callable[[bytes], socket.socket]]:
    """Open raw connections and send the first bytes."""
    connections: list[socket.socket] = []

    def open_and_send(content: bytes) -> socket.socket:
        connections.append(socket.create_connection(ready_service.address, timeout=20))
        connections[-1].sendall(content)
        return connections[-1]

    yield open_and_send
    for connection in connections:
        connection.close()


SLOW = b"POST /predict/ HTTP/1.1\r\nHost: x\r\nContent-Length: 300\r\n\r\n"


@pytest.mark.parametrize("beginning", [b"", b'{"Elevation"'])
def test_body_that_never_ends_is_a_408(
    connect: Callable[[bytes], socket.socket], beginning: bytes
) -> None:
    connection = connect(SLOW + beginning)
    assert connection.recv(1000).startswith(b"HTTP/1.1 408 ")


def test_client_that_goes_away_is_counted_and_harms_nothing(
    ready_service: Service, connect: Callable[[bytes], socket.socket]
) -> None:
    before = ready_service.metric("inference_requests_total", status="499")
    connect(SLOW).close()
    wait_until(
        lambda: ready_service.metric("inference_requests_total", status="499") == before + 1,
        READY_SECONDS,
        "the request to be counted",
    )
    assert ready_service.client.post("/predict/", json=ROW).status_code == 200


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/predict/", 405),
        ("DELETE", "/predict", 405),
        ("GET", "/invocations", 405),
        ("POST", "/model", 405),
        ("POST", "/predict/other", 404),
        ("GET", "/../etc/passwd", 404),
    ],
)
def test_wrong_path_or_method(ready_service: Service, method: str, path: str, status: int) -> None:
    answer = ready_service.client.request(method, path)
    assert answer.status_code == status
    assert answer.json()["detail"]
