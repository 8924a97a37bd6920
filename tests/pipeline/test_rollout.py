"""Waiting for the serving processes, which are real HTTP servers here."""

import socket
import sys
from collections.abc import Iterator
from typing import Any

import pytest

from pipeline.errors import RolloutTimeout
from pipeline.rollout import await_serving
from tests.pipeline.fault_server import FaultServer, Reply, serving

SHORT, LONG = 0.01, 20
HOST = "inference.test"


def _model(**versions: str | None) -> Reply:
    """The answer of ``GET /model`` for some processes."""
    return Reply.json({"model": "CovertypeModel", "processes": versions})


@pytest.mark.parametrize("processes", [1, 3])
def test_all_processes_that_serve_the_champion_are_counted(
    server: FaultServer, processes: int
) -> None:
    server.script(_model(**{f"p{number}": "7" for number in range(processes)}))

    assert await_serving(server.url, "7", SHORT) == processes
    assert {request.path for request in server.requests} == {"/model"}


def test_a_path_in_the_url_is_not_asked_for(server: FaultServer) -> None:
    server.script(_model(p1="7"))

    assert await_serving(f"{server.url}/", "7", SHORT) == 1
    assert server.requests[0].path == "/model"


def test_one_that_lags_is_waited_for(server: FaultServer) -> None:
    server.script(
        Reply(status=503),
        _model(p1="7", p2=None),
        _model(p1="7", p2="6"),
        _model(p1="7", p2="7"),
    )

    assert await_serving(server.url, "7", LONG) == 2
    assert len(server.requests) == 4


LAGGING = {
    "old": (_model(p1="7", p2="6"), "127.0.0.1 process p2: 6"),
    "none_loaded": (_model(p1=None), "127.0.0.1 process p1: no model loaded"),
    "no_process": (_model(), "127.0.0.1: no process"),
    "html": (
        Reply(b"<html>hello</html>", content_type="text/html"),
        "127.0.0.1: does not answer like the inference service",
    ),
    "json_of_another": (Reply.json(["7"]), "does not answer like the inference service"),
    "without_processes": (Reply.json({"version": "7"}), "does not answer like the inference"),
    "processes_is_a_list": (Reply.json({"processes": ["7"]}), "does not answer like the inference"),
    "not_found": (Reply.json({"detail": "x"}, 404), "does not answer like the inference"),
    "cut_off": (Reply(b'{"processes"', missing=40), "does not answer (RemoteProtocolError)"),
    "hung_up": (Reply(hangs_up=True), "does not answer (RemoteProtocolError)"),
}


@pytest.mark.parametrize(("reply", "words"), LAGGING.values(), ids=LAGGING)
def test_what_never_serves_the_champion_is_named(
    server: FaultServer, reply: Reply, words: str
) -> None:
    server.script(reply)

    with pytest.raises(RolloutTimeout) as raised:
        await_serving(server.url, "7", SHORT)

    message = str(raised.value)
    assert words in message
    assert "answers with version 7" in message
    assert "run this task again" in message


def test_only_the_laggards_are_named(server: FaultServer) -> None:
    server.script(_model(p1="7", p2="6", p3="7", p4="5"))

    with pytest.raises(RolloutTimeout) as raised:
        await_serving(server.url, "7", SHORT)

    message = str(raised.value)
    assert "127.0.0.1 process p2: 6; 127.0.0.1 process p4: 5" in message
    assert "p1" not in message
    assert "p3" not in message


def test_where_nothing_listens_the_address_is_named() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))  # bound, but it does not listen
        url = f"http://127.0.0.1:{taken.getsockname()[1]}"

        with pytest.raises(RolloutTimeout, match=r"127.0.0.1: does not answer \(ConnectError\)"):
            await_serving(url, "7", SHORT)


@pytest.fixture
def second(server: FaultServer) -> Iterator[FaultServer]:
    """A replica at another address, with the same port."""
    with serving(FaultServer("127.0.0.2", server.server_port)) as running:
        yield running


@pytest.fixture
def resolve(monkeypatch: pytest.MonkeyPatch) -> dict[str, list[str]]:
    """Stands in for DNS: the addresses of a host name."""
    known: dict[str, list[str]] = {}
    original = socket.getaddrinfo

    def look_up(host: str, port: int, *args: Any, **kwargs: Any) -> list[Any]:
        if host not in known:
            return original(host, port, *args, **kwargs)
        if not known[host]:
            raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")
        # A name has an entry for each protocol: the same address may come twice.
        return [entry for each in known[host] for entry in original(each, port, *args, **kwargs)]

    monkeypatch.setattr(socket, "getaddrinfo", look_up)
    return known


@pytest.mark.skipif(sys.platform != "linux", reason="needs the address 127.0.0.2")
def test_every_address_of_the_name_is_asked(
    server: FaultServer, second: FaultServer, resolve: dict[str, list[str]]
) -> None:
    resolve[HOST] = ["127.0.0.1", "127.0.0.2", "127.0.0.1"]
    server.script(_model(p1="7", p2="7"))
    second.script(_model(p1="6"), _model(p1="7"))

    assert await_serving(f"http://{HOST}:{server.server_port}", "7", LONG) == 3
    assert len(server.requests) == len(second.requests) == 2
    # A server may look at the name that it was asked for.
    assert {r.host for r in server.requests} == {f"{HOST}:{server.server_port}"}


@pytest.mark.skipif(sys.platform != "linux", reason="needs the address 127.0.0.2")
def test_a_replica_that_lags_is_named_by_its_address(
    server: FaultServer, second: FaultServer, resolve: dict[str, list[str]]
) -> None:
    resolve[HOST] = ["127.0.0.1", "127.0.0.2"]
    server.script(_model(p1="7"))
    second.script(_model(p1="6"))

    with pytest.raises(RolloutTimeout) as raised:
        await_serving(f"http://{HOST}:{server.server_port}", "7", SHORT)

    assert "127.0.0.2 process p1: 6" in str(raised.value)
    assert "127.0.0.1 process" not in str(raised.value)


def test_a_name_without_address_is_named(resolve: dict[str, list[str]]) -> None:
    resolve[HOST] = []

    with pytest.raises(RolloutTimeout, match=f"{HOST} has no address"):
        await_serving(f"http://{HOST}:8081", "7", SHORT)
