"""The compose files keep their promises, read as files: no engine is needed."""

import re
from typing import Any

import pytest
import yaml

from tests.support.servers import REPO

FILES = ("docker-compose.yml", "docker-compose.locust.yaml")
# Jobs end by themselves: nobody asks for their health.
JOBS = {"minio-volume", "minio-bucket", "airflow-init", "reports"}


def services(file: str) -> dict[str, dict[str, Any]]:
    return dict(yaml.safe_load((REPO / file).read_text())["services"])


def each_service() -> list[Any]:
    return [
        pytest.param(name, service, id=name)
        for file in FILES
        for name, service in services(file).items()
    ]


@pytest.mark.parametrize(("name", "service"), each_service())
def test_a_service_is_bounded_and_watched(name: str, service: dict[str, Any]) -> None:
    assert service["deploy"]["resources"]["limits"]["memory"]
    assert service["logging"]["options"].keys() == {"max-size", "max-file"}
    assert service["cap_drop"] == ["ALL"]
    assert service["security_opt"] == ["no-new-privileges:true"]
    assert service["init"] is True
    assert "stop_grace_period" in service or name in JOBS
    assert "healthcheck" in service or name in JOBS | {"worker"}
    for port in service.get("ports", []):
        assert port.startswith("${BIND_ADDRESS:?}:"), port


@pytest.mark.parametrize("name", ["fastapi", "gateway", "random-data-api"])
def test_what_faces_users_cannot_write_its_own_files(name: str) -> None:
    assert services("docker-compose.yml")[name]["read_only"] is True


def test_every_service_starts_again_unless_it_is_a_job() -> None:
    for name, service in services("docker-compose.yml").items():
        assert service["restart"] == ("no" if name in JOBS else "unless-stopped"), name


def test_inference_has_no_way_to_a_store() -> None:
    stack = services("docker-compose.yml")
    networks = {name: set(stack[name].get("networks", [])) for name in stack}
    for store in ("postgres", "redis", "mysql", "minio"):
        assert not networks[store] & networks["fastapi"]
        assert not networks[store] & networks["gateway"]
    backend = yaml.safe_load((REPO / "docker-compose.yml").read_text())["networks"]["backend"]
    assert backend == {"internal": True}


@pytest.mark.parametrize("file", FILES)
def test_nothing_waits_by_the_clock_or_hides_a_value(file: str) -> None:
    lines = [line.partition(" #")[0] for line in (REPO / file).read_text().splitlines()]
    text = "\n".join(line for line in lines if not line.startswith("#"))
    assert "sleep" not in text
    assert ":latest" not in text
    assert "container_name" not in text
    # Addresses are in .env; a health check asks its own container.
    addresses = set(re.findall(r"[a-z0-9+]+://[^\s\"',)]+", text))
    assert {address for address in addresses if "localhost" not in address} <= {
        "s3://${S3_BUCKET:?}"
    }
    for key, value in re.findall(r"^\s+(\w*(?:PASSWORD|SECRET|KEY)\w*): (.+)$", text, re.MULTILINE):
        assert value.startswith("${"), key


def test_the_load_test_joins_the_network_of_the_stack() -> None:
    load = yaml.safe_load((REPO / FILES[1]).read_text())
    stack = yaml.safe_load((REPO / FILES[0]).read_text())
    assert load["name"] != stack["name"]
    network = load["networks"]["mlops_net"]
    assert network == {"name": f"{stack['name']}_mlops_net", "external": True}
