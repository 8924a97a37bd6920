"""Make the bucket that MLflow keeps artifacts in, unless it is there.

Reads S3_URL, S3_BUCKET and the variables of boto3 (AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY).
Only calls of S3 itself, so that any S3 server can hold the artifacts.
"""

import os
import sys

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError


def main() -> int:
    """Look for the bucket, make it when it is missing; the exit code."""
    url, bucket = os.environ["S3_URL"], os.environ["S3_BUCKET"]
    client = boto3.client(
        "s3",
        endpoint_url=url,
        region_name="us-east-1",
        config=Config(retries={"max_attempts": 10, "mode": "standard"}, connect_timeout=5),
    )
    try:
        present = {found["Name"] for found in client.list_buckets()["Buckets"]}
        if bucket not in present:
            client.create_bucket(Bucket=bucket)
    except (BotoCoreError, ClientError) as error:
        sys.stderr.write(
            f"{url} gave no bucket {bucket!r}: {error}. Check S3_URL, S3_BUCKET, MINIO_ROOT_USER "
            "and MINIO_ROOT_PASSWORD in .env, and the object store's log.\n"
        )
        return 1
    sys.stdout.write(f"The bucket {bucket} is there.\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
