"""How the gateway is watched, and how it stops."""

import threading

import httpx
import pytest

from tests.gateway.conftest import StartGateway
from tests.gateway.gateway import Gateway
from tests.images.containers import wait_until

pytestmark = pytest.mark.docker

HEALTH = (
    "exec 3<>/dev/tcp/127.0.0.1/8404 && printf 'GET /live HTTP/1.0\\r\\n\\r\\n' >&3 "
    "&& read -r -t 2 line <&3 && [[ $line == *' 200 '* ]]"
)


def test_its_health_check_needs_no_replica_and_only_the_image(start_gateway: StartGateway) -> None:
    gateway = start_gateway()

    assert gateway.container.answers("bash", "-c", HEALTH)
    assert not gateway.container.answers("bash", "-c", HEALTH.replace("8404", "8405"))


def test_prometheus_learns_of_each_replica(gateway: Gateway) -> None:
    gateway.predict()
    figures = gateway.figures("/metrics").text.splitlines()

    total = 'haproxy_backend_http_responses_total{proxy="predictions",code="2xx"}'
    assert any(line.startswith(total) and not line.endswith(" 0") for line in figures)
    up = [line for line in figures if "haproxy_server_status" in line and 'state="UP"' in line]
    assert sum(line.endswith(" 1") for line in up if 'proxy="predictions"' in line) == 2


def test_the_figures_tell_how_predictions_were_shared_out(gateway: Gateway) -> None:
    before = sum(int(row["stot"]) for row in gateway.ready())
    with gateway.load(4) as load:
        load.wait_for(200)

    shares = [int(row["stot"]) for row in gateway.ready()]
    assert sum(shares) - before >= 200
    assert min(shares) > max(shares) / 3


def test_figures_are_not_on_the_port_of_the_predictions(gateway: Gateway) -> None:
    assert "haproxy" not in gateway.get("/stats").text
    assert "haproxy" not in gateway.get("/metrics").text
    assert gateway.figures("/stats").is_success
    assert gateway.figures("/predict/").status_code == 404


def test_only_what_went_wrong_is_logged(gateway: Gateway) -> None:
    assert gateway.get("/a-good-one").is_success
    assert gateway.request("POST", "/a-bad-one", json={"answer": 500}).status_code == 500

    wait_until(lambda: "/a-bad-one" in gateway.container.logs(), "the log tells of it")
    assert "/a-good-one" not in gateway.container.logs()
    assert "/health/" not in gateway.container.logs().replace("/health/ready HTTP", "")


def test_it_is_not_root(gateway: Gateway) -> None:
    assert gateway.container.users() == {"99"}


def test_stopping_lets_requests_finish(start_gateway: StartGateway) -> None:
    gateway = start_gateway()
    gateway.replicas(1)
    answers: list[httpx.Response] = []
    client = threading.Thread(target=lambda: answers.append(gateway.predict(sleep=1.5)))
    client.start()
    wait_until(lambda: gateway.ready()[0]["scur"] == "1", "the request is with the replica")

    assert gateway.container.stop() == 0
    client.join()
    assert answers[0].status_code == 200


def test_a_client_that_stays_does_not_keep_it_from_stopping(start_gateway: StartGateway) -> None:
    gateway = start_gateway()
    with gateway.connected():
        assert gateway.container.stop() == 0
