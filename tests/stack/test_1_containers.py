"""Every container is well, is limited, and can do no more than it needs."""

import ipaddress
from urllib.parse import urlsplit

import httpx
import pytest

from console.settings import Credentials, Settings
from tests.images.containers import docker, wait_until
from tests.stack.containers import Container, compose, container, containers, declared
from tests.stack.stack import Stack

pytestmark = pytest.mark.stack

STORES = {"mysql": 3306, "postgres": 5432, "redis": 6379, "minio": 9000}
KNOWN_CAPABILITIES = {"minio-volume": ["CHOWN"]}
HEALTHY_SECONDS = 60
MOST_ADDED_BYTES = 300_000_000
ROOT_NAMES = {"", "0", "root", "0:0"}


def running() -> list[Container]:
    return [each for each in containers() if each.state["Running"]]


def jobs() -> set[str]:
    return {name for name, service in declared().items() if service["restart"] == "no"}


def test_every_service_is_healthy_and_every_job_is_done() -> None:
    once = jobs()
    assert once == {"minio-volume", "minio-bucket", "airflow-init"}

    def faults() -> set[str]:
        found = containers()
        missing = declared().keys() - {each.service for each in found}
        return missing | {
            each.name
            for each in found
            if not (each.is_done() if each.service in once else each.is_healthy())
        }

    wait_until(lambda: not faults(), "all services are healthy, all jobs done", HEALTHY_SECONDS)


def test_inference_has_its_replicas_each_with_its_limits(settings: Settings) -> None:
    replicas = containers("fastapi")

    assert len(replicas) == settings.fastapi_replicas
    limits = {(each.host_config["NanoCpus"], each.host_config["Memory"]) for each in replicas}
    memory = int(declared()["fastapi"]["deploy"]["resources"]["limits"]["memory"])
    assert limits == {(int(settings.fastapi_cpus * 1e9), memory)}


def test_the_inference_image_adds_little_to_its_base(settings: Settings) -> None:
    sizes = [
        int(docker("image", "inspect", "--format", "{{.Size}}", image))
        for image in (settings.inference_image, settings.python_image)
    ]
    assert sizes[0] - sizes[1] < MOST_ADDED_BYTES


def test_every_limit_of_the_compose_file_is_applied() -> None:
    services = declared()
    for each in containers():
        limits = services[each.service]["deploy"]["resources"]["limits"]
        assert each.host_config["Memory"] == int(limits["memory"]), each.name
        assert each.host_config["NanoCpus"] == int(float(limits.get("cpus", 0)) * 1e9), each.name


def test_no_process_is_root() -> None:
    users = {each.name: each.users() for each in running()}

    assert all(users.values())
    assert [name for name, numbers in users.items() if numbers & {"0", "root"}] == []
    # Jobs have ended by now; the one that gives a volume to its user has to be root.
    of_root = {
        each.service for each in containers() if each.details["Config"]["User"] in ROOT_NAMES
    }
    assert of_root == {"minio-volume"}


def test_no_container_may_do_more_than_it_needs() -> None:
    for each in containers():
        host = each.host_config
        assert host["CapDrop"] == ["ALL"], each.name
        added = [name.removeprefix("CAP_") for name in host["CapAdd"] or []]
        assert added == KNOWN_CAPABILITIES.get(each.service, []), each.name
        assert "no-new-privileges:true" in host["SecurityOpt"], each.name
        assert not host["Privileged"], each.name
        sources = [mount["Source"] for mount in each.details["Mounts"]]
        assert not any(source.endswith("docker.sock") for source in sources), each.name


@pytest.mark.parametrize("service", ["fastapi", "gateway", "random-data-api"])
def test_what_answers_requests_cannot_change_its_files(service: str) -> None:
    for each in containers(service):
        refused = docker("exec", each.id, "touch", "/etc/changed", check=False)
        assert "Read-only file system" in refused


def test_ports_are_published_for_this_machine_alone(settings: Settings) -> None:
    published = {
        (binding["HostIp"], int(binding["HostPort"]))
        for each in running()
        for bindings in each.details["NetworkSettings"]["Ports"].values()
        for binding in bindings or []
    }

    assert {port for _, port in published} == {
        settings.gateway_port,
        settings.gateway_stats_port,
        settings.airflow_port,
        settings.mlflow_port,
        settings.random_data_port,
        settings.minio_port,
        settings.minio_console_port,
    }
    assert all(ipaddress.ip_address(host).is_loopback for host, _ in published)


def test_inference_reaches_no_store(stack: Stack) -> None:
    names = [f"{service}:{port}" for service, port in STORES.items()]
    numbers = [
        f"{address}:{port}"
        for service, port in STORES.items()
        for address in container(service).addresses.values()
    ]
    published = [
        f"{host['Gateway']}:{stack.settings.minio_port}"
        for host in containers("fastapi")[0].details["NetworkSettings"]["Networks"].values()
    ]
    assert len(numbers) >= len(STORES)

    # The same from the worker shows that these are the addresses of the stores.
    reached = container("airflow-worker").inside("connect", *names)
    assert reached == dict.fromkeys(names, True)
    for replica in containers("fastapi"):
        others = ("airflow-apiserver:8080", "mlflow:5000")
        tried = replica.inside("connect", *names, *numbers, *published, *others)
        assert [address for address, is_reached in tried.items() if is_reached] == ["mlflow:5000"]


def test_inference_holds_no_password(settings: Settings) -> None:
    secrets = {str(getattr(settings, name)) for name in Credentials.model_fields}
    for replica in containers("fastapi"):
        held = set(replica.environment.values())
        held |= {str(urlsplit(value).password) for value in held if "@" in value}
        assert not held & secrets
        assert not {name for name in replica.environment if "KEY" in name or "PASSWORD" in name}
    # The object store's keys are where they belong: the comparison sees them.
    assert set(container("mlflow").environment.values()) & secrets


def test_flower_shows_the_worker_to_the_administrator(stack: Stack) -> None:
    compose("--profile", "flower", "up", "--detach", "--no-deps", "flower")
    try:
        wait_until(lambda: container("flower").is_healthy(), "Flower is healthy", HEALTHY_SECONDS)
        url = f"{stack.settings.url(stack.settings.flower_port)}/workers?json=1"
        login = (stack.settings.airflow_admin_user, stack.settings.airflow_admin_password)
        assert stack.web.get(url).status_code == httpx.codes.UNAUTHORIZED
        assert "celery@" in stack.web.get(url, auth=login).raise_for_status().text
    finally:
        compose("--profile", "flower", "rm", "--force", "--stop", "flower")
