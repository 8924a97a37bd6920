"""``scale`` waits until the gateway uses exactly so many replicas."""

import pytest

from console.errors import NotReady, NotUp
from stack.context import Stack
from stack.scale import scale, servers_in_use
from tests.console.fake_web import FakeWeb
from tests.stack_commands.conftest import shown
from tests.stack_commands.fake_docker import FakeDocker, Reply, container


def stats(*states: str) -> bytes:
    """The gateway's table, with a server for each state of the backend of predictions."""
    rows = [f"predictions,replica{n},0,{state}," for n, state in enumerate(states, 1)]
    others = ["web,FRONTEND,0,OPEN,", "operations,replica1,0,UP,", "predictions,BACKEND,0,UP,"]
    return "\n".join(["# pxname,svname,qcur,status,", *others, *rows, ""]).encode()


def replicas(count: int) -> list[dict[str, object]]:
    return [container("gateway"), *(container("fastapi", number=n + 1) for n in range(count))]


@pytest.fixture
def ready(docker: FakeDocker) -> FakeDocker:
    docker.answer("compose up")
    docker.answer("logs", Reply("no champion yet\n"))
    return docker


def test_waits_until_the_gateway_uses_them(
    stack: Stack, ready: FakeDocker, figures: FakeWeb
) -> None:
    ready.containers(replicas(1), replicas(2))
    figures.answers["GET /stats;csv"] = [
        (200, stats("UP", "MAINT (resolution)")),
        (200, stats("UP", "DOWN")),
        (200, stats("UP", "UP")),
    ]
    scale(stack, 2)
    assert ready.calls_with("up")[0].arguments[2:] == [
        *("--detach", "--no-build", "--no-deps", "--no-recreate"),
        *("--scale", "fastapi=2", "fastapi"),
    ]
    assert "taller_locust-fastapi-2: running, healthy" in shown(stack)
    assert "`make up` goes back to FASTAPI_REPLICAS=3" in shown(stack)


def test_fewer_count_once_the_gateway_has_let_them_go(
    stack: Stack, ready: FakeDocker, figures: FakeWeb
) -> None:
    ready.containers(replicas(1))
    figures.answers["GET /stats;csv"] = [(200, stats("UP", "UP")), (200, stats("UP", "MAINT"))]
    scale(stack, 1)
    assert sum(request.path == "/stats;csv" for request in figures.requests) == 2


def test_replicas_without_a_model_are_told(
    stack: Stack, ready: FakeDocker, figures: FakeWeb
) -> None:
    ready.containers(replicas(2))
    figures.answers["GET /stats;csv"] = (200, stats("UP", "DOWN"))
    with pytest.raises(NotReady, match="exactly 2 replicas: it uses those that have") as caught:
        scale(stack, 2, seconds=0.3)
    assert caught.value.excerpt == "no champion yet"


def test_a_gateway_that_is_down_is_told(stack: Stack, ready: FakeDocker, figures: FakeWeb) -> None:
    figures.answers.clear()
    with pytest.raises(NotUp, match="`make up`"):
        scale(stack, 2)
    assert not ready.calls_with("up")


@pytest.mark.parametrize(
    ("states", "count"), [((), 0), (("UP", "DOWN", "MAINT", "UP 1/2", "NOLB", "DRAIN"), 2)]
)
def test_servers_that_get_predictions_are_counted(
    stack: Stack, figures: FakeWeb, states: tuple[str, ...], count: int
) -> None:
    figures.answers["GET /stats;csv"] = (200, stats(*states))
    assert servers_in_use(stack) == count
