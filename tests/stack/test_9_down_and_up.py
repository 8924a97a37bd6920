"""Down and up again: everything is still there. The last test, for it takes the stack down."""

import logging
import time
from itertools import pairwise
from typing import Any

import boto3
import httpx
import pytest

from tests.images.containers import wait_until
from tests.stack.airflow_api import INGESTION, TRAINING, AirflowApi
from tests.stack.containers import compose, container, containers, declared
from tests.stack.stack import Stack

pytestmark = pytest.mark.stack

IDLE_SECONDS = 900
READY_SECONDS = 300

log = logging.getLogger(__name__)


def objects(stack: Stack) -> dict[str, tuple[str, int]]:
    """Every object of the bucket, with its digest and size."""
    settings = stack.settings
    s3 = boto3.client(
        "s3",
        endpoint_url=stack.object_store,
        region_name="us-east-1",
        aws_access_key_id=settings.minio_root_user,
        aws_secret_access_key=settings.minio_root_password,
    )
    pages = s3.get_paginator("list_objects_v2").paginate(Bucket=settings.s3_bucket)
    return {
        found["Key"]: (found["ETag"], found["Size"])
        for page in pages
        for found in page.get("Contents", [])
    }


def history(airflow: AirflowApi) -> dict[str, list[tuple[str, str]]]:
    """Every run of both DAGs, with its state."""
    return {
        dag: [(run["dag_run_id"], run["state"]) for run in airflow.runs(dag)]
        for dag in (INGESTION, TRAINING)
    }


def kept(stack: Stack) -> dict[str, Any]:
    return {
        "ledger": container("airflow-worker").inside("ledger"),
        "champion": stack.champion(),
        "versions": stack.versions(),
        "objects": objects(stack),
        "clock": container("random-data-api").inside("clock"),
        "history": history(AirflowApi(stack)),
    }


def is_ready(stack: Stack) -> bool:
    try:
        return stack.web.get(f"{stack.gateway}/health/ready").is_success
    except httpx.TransportError:
        return False


def test_down_and_up_keeps_everything(stack: Stack) -> None:
    airflow = AirflowApi(stack)
    for dag in (INGESTION, TRAINING):
        airflow.wait_until_idle(dag, IDLE_SECONDS)
    before = kept(stack)
    assert all(before.values())
    times = [time.monotonic()]

    try:
        compose("down")
        assert containers() == []
        times.append(time.monotonic())
    finally:
        compose("up", "--detach")
    times.append(time.monotonic())
    wait_until(lambda: is_ready(stack), "a served champion", READY_SECONDS)
    times.append(time.monotonic())
    wait_until(
        lambda: all(
            each.is_healthy()
            for each in containers()
            if declared()[each.service]["restart"] != "no"
        ),
        "every service is healthy",
        READY_SECONDS,
    )
    times.append(time.monotonic())
    stack.wait_for_replicas(stack.settings.fastapi_replicas)

    phases = ("down", "up", "a model is served", "all healthy")
    took = [end - start for start, end in pairwise(times)]
    log.info(", ".join(f"{name}: {s:.0f} s" for name, s in zip(phases, took, strict=True)))
    assert kept(stack) == before


def test_the_first_ingestion_does_not_come_again(stack: Stack) -> None:
    airflow = AirflowApi(stack)
    started = container("airflow-dag-processor").state["StartedAt"]

    def parsed() -> bool:
        return all(
            airflow.get(f"dags/{dag}")["last_parsed_time"] > started
            for dag in (INGESTION, TRAINING)
        )

    # What the scheduler does next is decided when a DAG is parsed.
    wait_until(parsed, "the DAGs are parsed again", READY_SECONDS)
    assert airflow.get(f"dags/{INGESTION}")["next_dagrun_run_after"] is None
    assert [run["run_type"] for run in airflow.runs(INGESTION)].count("scheduled") == 1
