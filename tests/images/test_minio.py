"""What the stack relies on in the object store, whoever made it: S3, one key, health, a volume."""

import io
import os
from typing import Any

import boto3
import httpx
import pytest
from botocore.config import Config
from botocore.exceptions import ClientError

from tests.images.containers import Container, Containers, wait_until

pytestmark = pytest.mark.docker

KEY = {"MINIO_ROOT_USER": "storeroot", "MINIO_ROOT_PASSWORD": "long password"}
COMMAND = ("server", "/data", "--console-address", ":9001")
PUBLISHED = ("--publish", "127.0.0.1::9000", "--publish", "127.0.0.1::9001")


def alive(url: str) -> bool:
    try:
        return httpx.get(f"{url}/minio/health/live", trust_env=False).status_code == 200
    except httpx.TransportError:
        return False


def address(container: Container) -> str:
    url = f"http://127.0.0.1:{container.port(9000)}"
    wait_until(lambda: alive(url), "the object store is alive")
    return url


def client(url: str, password: str = KEY["MINIO_ROOT_PASSWORD"]) -> Any:
    """boto3's client has no types of its own."""
    return boto3.client(
        "s3",
        endpoint_url=url,
        aws_access_key_id=KEY["MINIO_ROOT_USER"],
        aws_secret_access_key=password,
        region_name="us-east-1",
        config=Config(retries={"total_max_attempts": 1}, signature_version="s3v4"),
    )


def test_objects_are_kept_across_containers(containers: Containers, images: dict[str, str]) -> None:
    options = (*PUBLISHED, "--volume", f"{containers.volume()}:/data")
    first = containers.start(images["minio"], *COMMAND, env=KEY, options=options)
    store = client(address(first))
    store.create_bucket(Bucket="mlflow")
    content = os.urandom(12_000_000)  # more than one part
    store.upload_fileobj(io.BytesIO(content), "mlflow", "1/a run/artifacts/modèle.onnx")
    store.put_object(Bucket="mlflow", Key="1/other/empty", Body=b"")
    assert first.stop() == 0

    second = containers.start(images["minio"], *COMMAND, env=KEY, options=options)
    store = client(address(second))
    answer = store.get_object(Bucket="mlflow", Key="1/a run/artifacts/modèle.onnx")
    assert answer["Body"].read() == content
    listed = store.list_objects_v2(Bucket="mlflow", Prefix="1/a run/")["Contents"]
    assert [(item["Key"], item["Size"]) for item in listed] == [
        ("1/a run/artifacts/modèle.onnx", len(content))
    ]
    folders = store.list_objects_v2(Bucket="mlflow", Prefix="1/", Delimiter="/")["CommonPrefixes"]
    assert [item["Prefix"] for item in folders] == ["1/a run/", "1/other/"]


def test_a_part_of_an_object_and_a_signed_address(
    containers: Containers, images: dict[str, str]
) -> None:
    container = containers.start(images["minio"], *COMMAND, env=KEY, options=PUBLISHED)
    store = client(address(container))
    store.create_bucket(Bucket="mlflow")
    store.put_object(Bucket="mlflow", Key="file", Body=b"0123456789")

    part = store.get_object(Bucket="mlflow", Key="file", Range="bytes=2-4")
    assert part["Body"].read() == b"234"
    url = store.generate_presigned_url("get_object", Params={"Bucket": "mlflow", "Key": "file"})
    assert httpx.get(url, trust_env=False).content == b"0123456789"
    store.delete_objects(Bucket="mlflow", Delete={"Objects": [{"Key": "file"}]})
    assert store.list_objects_v2(Bucket="mlflow")["KeyCount"] == 0


def test_making_a_bucket_again_says_that_it_is_there(
    containers: Containers, images: dict[str, str]
) -> None:
    container = containers.start(images["minio"], *COMMAND, env=KEY, options=PUBLISHED)
    store = client(address(container))
    store.create_bucket(Bucket="mlflow")

    with pytest.raises(ClientError, match="BucketAlreadyOwnedByYou"):
        store.create_bucket(Bucket="mlflow")
    store.head_bucket(Bucket="mlflow")
    with pytest.raises(ClientError, match="404"):
        store.head_bucket(Bucket="absent")


def test_nothing_is_served_without_the_key(containers: Containers, images: dict[str, str]) -> None:
    container = containers.start(images["minio"], *COMMAND, env=KEY, options=PUBLISHED)
    url = address(container)
    client(url).create_bucket(Bucket="mlflow")

    with pytest.raises(ClientError, match="SignatureDoesNotMatch"):
        client(url, "another password").list_buckets()
    for path in ("/", "/mlflow", "/mlflow/file", "/minio/health/live/../../../mlflow"):
        assert httpx.get(url + path, trust_env=False).status_code in {400, 403}


def test_a_short_password_is_refused(containers: Containers, images: dict[str, str]) -> None:
    environment = {**KEY, "MINIO_ROOT_PASSWORD": "short"}
    container = containers.start(images["minio"], *COMMAND, env=environment)

    assert container.wait_for_end() != 0


def test_a_health_check_inside_the_container_and_a_page_at_the_console(
    containers: Containers, images: dict[str, str]
) -> None:
    container = containers.start(images["minio"], *COMMAND, env=KEY, options=PUBLISHED)
    address(container)

    container.run("curl", "--fail", "--silent", "http://127.0.0.1:9000/minio/health/live")
    console = f"http://127.0.0.1:{container.port(9001)}/"
    assert httpx.get(console, trust_env=False).status_code == 200
