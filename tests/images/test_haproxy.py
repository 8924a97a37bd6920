"""What the stack relies on in the HAProxy image."""

from pathlib import Path

import httpx
import pytest

from tests.images.containers import Container, Containers, wait_until

pytestmark = pytest.mark.docker

CONFIGURATION = """
global
    maxconn 100
defaults
    mode http
    timeout client 5s
    timeout connect 5s
    timeout server 5s
resolvers docker
    nameserver dns 127.0.0.11:53
    accepted_payload_size 8192
frontend web
    bind :8081
    http-request return status 200 content-type text/plain string "served"
frontend figures
    bind :8405
    http-request use-service prometheus-exporter if { path /metrics }
    stats enable
    stats uri /stats
backend replicas
    server-template replica 3 replica:8081 check resolvers docker init-addr none
"""


@pytest.fixture
def gateway(containers: Containers, images: dict[str, str], tmp_path: Path) -> Container:
    tmp_path.chmod(0o755)
    (tmp_path / "haproxy.cfg").write_text(CONFIGURATION)
    container = containers.start(
        images["haproxy"],
        options=(
            *("--publish", "127.0.0.1::8081", "--publish", "127.0.0.1::8405"),
            *("--volume", f"{tmp_path}:/usr/local/etc/haproxy:ro"),
        ),
    )
    url = f"http://127.0.0.1:{container.port(8081)}"
    wait_until(lambda: served(url), f"the gateway serves; {container.logs()}")
    return container


def served(url: str) -> bool:
    try:
        return httpx.get(url, trust_env=False).text == "served"
    except httpx.TransportError:
        return False


def test_it_is_the_version_that_the_gateway_was_measured_with(
    containers: Containers, images: dict[str, str]
) -> None:
    assert "version 3.2." in containers.once(images["haproxy"], "haproxy", "-v")


def test_it_gives_figures_for_prometheus(gateway: Container) -> None:
    answer = httpx.get(f"http://127.0.0.1:{gateway.port(8405)}/metrics", trust_env=False)

    assert "haproxy_frontend_status" in answer.text


def test_no_process_is_root(gateway: Container) -> None:
    assert gateway.users() == {"99"}


def test_a_wrong_configuration_is_refused(containers: Containers, images: dict[str, str]) -> None:
    container = containers.start(
        images["haproxy"], "haproxy", "-c", "-f", "/usr/local/etc/haproxy/absent.cfg"
    )

    assert container.wait_for_end() == 1


def test_it_reloads_and_goes_on_serving(gateway: Container) -> None:
    url = f"http://127.0.0.1:{gateway.port(8081)}"
    gateway.run("sh", "-c", "kill -USR2 1")

    wait_until(lambda: gateway.logs().count("Loading success") >= 2, "a new worker is loaded")
    assert served(url)


def test_it_stops_at_once_when_idle(gateway: Container) -> None:
    assert gateway.stop() == 0
