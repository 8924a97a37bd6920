"""The champion's files lie in the object store, where only the holder of the keys sees them."""

import hashlib
from typing import Any

import boto3
import pytest
from botocore import UNSIGNED
from botocore.config import Config
from botocore.exceptions import ClientError

from console.settings import Settings
from tests.stack.stack import Champion, Stack

pytestmark = pytest.mark.stack

FILES = {"model.onnx": "onnx_sha256", "golden_rows.json": "golden_sha256"}


def client(stack: Stack, **options: Any) -> Any:
    return boto3.client("s3", endpoint_url=stack.object_store, region_name="us-east-1", **options)


def keys(settings: Settings) -> dict[str, str]:
    return {
        "aws_access_key_id": settings.minio_root_user,
        "aws_secret_access_key": settings.minio_root_password,
    }


@pytest.fixture(scope="module")
def champion(stack: Stack) -> Champion:
    return stack.champion()


@pytest.mark.parametrize("file", FILES)
def test_a_file_of_the_champion_is_an_object(stack: Stack, champion: Champion, file: str) -> None:
    s3 = client(stack, **keys(stack.settings))

    stored = s3.get_object(Bucket=stack.settings.s3_bucket, Key=f"{champion.folder}/{file}")
    content = stored["Body"].read()

    assert hashlib.sha256(content).hexdigest() == champion.tags[FILES[file]]
    assert stack.artifact(f"{champion.folder}/{file}") == content


@pytest.mark.parametrize("who", ["nobody", "with a wrong secret", "with a wrong key"])
def test_others_see_nothing(stack: Stack, champion: Champion, who: str) -> None:
    wrong = {
        "nobody": {"config": Config(signature_version=UNSIGNED)},
        "with a wrong secret": {**keys(stack.settings), "aws_secret_access_key": "wrong-secret"},
        "with a wrong key": {**keys(stack.settings), "aws_access_key_id": "wrong-key"},
    }
    s3, bucket = client(stack, **wrong[who]), stack.settings.s3_bucket

    for refused in (
        s3.list_buckets,
        lambda: s3.list_objects_v2(Bucket=bucket),
        lambda: s3.get_object(Bucket=bucket, Key=f"{champion.folder}/model.onnx"),
        lambda: s3.put_object(Bucket=bucket, Key="of-the-tests", Body=b""),
    ):
        with pytest.raises(ClientError) as raised:
            refused()
        assert raised.value.response["ResponseMetadata"]["HTTPStatusCode"] in {400, 401, 403}
