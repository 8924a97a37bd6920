"""The short way answers as the long one does, and every request that it is not for is safe."""

import json
import threading
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from covertype.schema import FEATURE_NAMES
from inference.turn import Turn
from inference.wire import WireProtocol
from tests.inference.conftest import KEEP_ALIVE_SECONDS, Service
from tests.inference.models import sample_rows
from tests.inference.raw_http import RawAnswer, RawConnection, connected, request

LOW, HIGH = 2000.0, 3000.0  # the models answer another class above 2500 m


@pytest.fixture(autouse=True)
def no_known_heads() -> None:
    WireProtocol.heads.clear()


def body(elevation: float = LOW) -> bytes:
    row = dict(zip(FEATURE_NAMES, sample_rows(1)[0], strict=True)) | {"Elevation": elevation}
    return json.dumps(row).encode()


def ask(connection: RawConnection, *parts: bytes) -> RawAnswer:
    for part in parts:
        connection.send(part)
    return connection.answer()


@pytest.mark.parametrize(
    "sent",
    [
        body(),
        body(HIGH),
        body(1e300),
        b"",
        b"{",
        b"[]",
        b"null",
        b'{"Elevation": NaN}',
        body()[:-1] + b', "Slope": 3}',
        body()[:-1] + b', "extra": 3}',
        body().replace(b"2000.0", b'"2000"'),
        body().replace(b"2000.0", b"1e999"),
        b"\xff" * 40,
        b'{"a":' * 5000,
        b'"' * 400,
    ],
    ids=lambda sent: sent[:24].decode(errors="replace"),
)
def test_both_ways_give_the_same_answer(ready_service: Service, sent: bytes) -> None:
    with connected(ready_service.address) as connection:
        by_the_long_way = ask(connection, request(sent))
        assert len(WireProtocol.heads) == 1
        by_the_short_way = ask(connection, request(sent))

    assert by_the_short_way.without_date() == by_the_long_way.without_date()


def test_a_head_is_known_on_every_connection(
    ready_service: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    with connected(ready_service.address) as connection:
        expected = ask(connection, request(body()))

    def parsed(*_: Any) -> None:
        raise AssertionError("this head needs no parser")

    monkeypatch.setattr(WireProtocol, "_parse", parsed)
    with connected(ready_service.address) as connection:
        for _ in range(3):
            assert ask(connection, request(body())).without_date() == expected.without_date()


@pytest.mark.parametrize(
    ("headers", "options"),
    [
        ({"Transfer-Encoding": "chunked", "Content-Length": ""}, {}),
        ({"Expect": "100-continue"}, {}),
        ({"Connection": "close"}, {}),
        ({"Connection": "close\r\nConnection: keep-alive"}, {}),
        ({"Proxy-Connection": "close"}, {}),
        ({"Upgrade": "h2c"}, {}),
        ({"Connection": "Upgrade", "Upgrade": "websocket"}, {}),
        ({"Content-Type": "text/plain"}, {}),
        ({"Content-Encoding": "gzip"}, {}),
        ({"Content-Length": "99999999"}, {}),
        ({"X-Long": "x" * 5000}, {}),
        ({}, {"path": "/predict/batch"}),
        ({}, {"path": "/model"}),
        ({}, {"method": "PUT"}),
        ({}, {"version": "1.0"}),
    ],
)
def test_other_heads_always_go_the_long_way(
    ready_service: Service, headers: dict[str, str], options: dict[str, str]
) -> None:
    with connected(ready_service.address) as connection:
        connection.send(request(b"0\r\n\r\n", headers=headers, **options))
        while connection.answer().status == 100:
            pass

    assert WireProtocol.heads == {}


@pytest.mark.parametrize("connection_header", ["keep-alive", "Keep-Alive"])
def test_a_client_may_say_that_it_stays(ready_service: Service, connection_header: str) -> None:
    sent = request(body(), headers={"Connection": connection_header})
    with connected(ready_service.address) as connection:
        assert ask(connection, sent).status == ask(connection, sent).status == 200
    assert len(WireProtocol.heads) == 1


@pytest.mark.parametrize("cut", [10, 60, 130, 200, -1])
def test_a_request_in_pieces(ready_service: Service, cut: int) -> None:
    whole = request(body(HIGH))
    with connected(ready_service.address) as connection:
        expected = ask(connection, whole).json()
        for _ in range(3):
            connection.send(whole[:cut])
            ready_service.client.get("/health/live")  # the first piece has been read by now
            assert ask(connection, whole[cut:]).json() == expected
        assert ask(connection, whole).json() == expected


def test_pipelined_requests_are_answered_in_order(ready_service: Service) -> None:
    low, high = request(body(LOW)), request(body(HIGH))
    live = request(b"", "/health/live", method="GET")
    with connected(ready_service.address) as connection:
        expected = {sent: ask(connection, sent).body for sent in (low, high, live)}
        for sent in ([low, high, low], [low, live, high], [live, low, live], [high] * 20):
            connection.send(b"".join(sent))
            assert [connection.answer().body for _ in sent] == [expected[one] for one in sent]
            for one in sent:  # in packets of their own, so that the first goes the short way
                connection.send(one)
            assert [connection.answer().body for _ in sent] == [expected[one] for one in sent]


def test_each_of_many_at_once_gets_its_own_answer(ready_service: Service) -> None:
    expected = {}
    with connected(ready_service.address) as connection:
        for elevation in (LOW, HIGH):
            expected[elevation] = ask(connection, request(body(elevation))).json()["prediction"]
    assert expected[LOW] != expected[HIGH]
    start = threading.Barrier(40)

    def client(number: int) -> bool:
        with connected(ready_service.address) as connection:
            start.wait(10)
            elevations = [(LOW, HIGH)[(number + turn) % 2] for turn in range(50)]
            return all(
                ask(connection, request(body(elevation))).json()["prediction"]
                == expected[elevation]
                for elevation in elevations
            )

    with ThreadPoolExecutor(40) as threads:
        assert all(threads.map(client, range(40)))


def test_memory_for_heads_is_bounded(
    ready_service: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("inference.wire._MOST_HEADS", 5)
    with connected(ready_service.address) as connection:
        for number in range(20):
            sent = request(body(), headers={"X-Number": str(number)})
            assert ask(connection, sent).status == 200
            assert 0 < len(WireProtocol.heads) <= 5
            assert sent.partition(b"\r\n\r\n")[0] + b"\r\n\r\n" in WireProtocol.heads


def test_blank_lines_before_a_request_are_no_head(ready_service: Service) -> None:
    with connected(ready_service.address) as connection:
        assert ask(connection, b"\n\r\n\r\n" + request(body())).status == 200
        live = request(b"", "/health/live", method="GET")
        assert ask(connection, b"\n\r\n\r\n" + live).json() == {"status": "live"}
    assert all(head.startswith(b"POST ") for head in WireProtocol.heads)


def test_every_request_is_counted(ready_service: Service) -> None:
    counted = {"route": "/predict/", "status": "200"}
    before = ready_service.metric("inference_requests_total", **counted)
    predicted = ready_service.metric("inference_predictions_total")
    with connected(ready_service.address) as connection:
        for _ in range(10):
            ask(connection, request(body()))
    assert ready_service.metric("inference_requests_total", **counted) == before + 10
    assert ready_service.metric("inference_predictions_total") == predicted + 10


def test_an_unused_connection_is_closed_and_a_used_one_is_not(ready_service: Service) -> None:
    with (
        connected(ready_service.address, KEEP_ALIVE_SECONDS + 10) as used,
        connected(ready_service.address, KEEP_ALIVE_SECONDS + 10) as unused,
    ):
        ask(unused, request(body()))
        ask(unused, request(body()))
        closed = threading.Event()

        def watch() -> None:
            if unused.is_closed():
                closed.set()

        watcher = threading.Thread(target=watch)
        watcher.start()
        asked = 0
        while not closed.wait(0.2):
            assert ask(used, request(body())).status == 200
            asked += 1
            assert asked < 100, "the unused connection stays open"
        watcher.join()
        assert ask(used, request(body())).status == 200


def test_the_answer_under_way_is_given_when_the_service_stops(
    ready_service: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    add = Turn.add

    def stop_in_the_same_turn(turn: Turn, asker: WireProtocol, sent: bytes, since: float) -> None:
        add(turn, asker, sent, since)
        asker.shutdown()

    with connected(ready_service.address) as connection:
        expected = ask(connection, request(body()))
        monkeypatch.setattr(Turn, "add", stop_in_the_same_turn)
        answer = ask(connection, request(body()))
        assert answer.body == expected.body
        assert answer.headers["connection"] == "close"
        assert connection.is_closed()
